"""`link-join`: the expert agency joins pseudonymised payloads by serial number.

It sees serial numbers and payloads, no key and no salt. `joined` holds every row that the agreed join keeps and
stays where it is; `leaving` only those that may leave, and nothing of it leaves before the export committee
(반출심사위원회) has said yes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import TYPE_CHECKING, ClassVar

from ..language import Message, say
from ..nouns.linkage import Agreement, Content, PartyRole
from . import contract
from .contract import Example, Form, Output, Sensitivity, Slot, Work
from .linkage_archive import Manifest, Parcel, packed, unpacked
from .linkage_parcels import (
    AGREEMENT,
    agreement_of,
    complete,
    example_agreement,
    example_document,
    papers,
)
from .linkage_step import LinkageStep

if TYPE_CHECKING:
    import pyarrow as pa


class LinkJoin(LinkageStep):
    name: ClassVar = "link-join"
    summary: ClassVar = say(
        "Join pseudonymised payloads by serial number, as the expert agency of a linkage."
    )
    slots: ClassVar = (
        Slot("payloads", frozenset({Form.ARCHIVE}), "the pseudonymised payloads that all applicants sent"),
        Slot("pairs", frozenset({Form.ARCHIVE}), "what the key-management agency sent"),
        AGREEMENT,
    )

    class Parameters(contract.Parameters):
        pass

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("leaving", Form.TABLE), Output("joined", Form.TABLE))

    def execute(self, work: Work) -> None:
        from ..methods.privacy.linkage.join import joined

        agreed = agreement_of(work)
        work.progress(0.05, say("reading"))
        names = [p.name for p in agreed.applicants]
        payloads = complete(unpacked(work.content("payloads")), agreed, Content.PAYLOAD, names)
        agency = agreed.the(PartyRole.KEY_AGENCY).name
        pairs = complete(unpacked(work.content("pairs")), agreed, Content.PAIRS, [agency])[agency]
        groups = pairs.table
        tables = {name: parcel.table for name, parcel in payloads.items()}
        work.progress(0.4, say("joining"))
        whole = joined(names, groups, tables)
        may = groups.filter(_may_leave(agreed, groups))
        leaving = whole if len(may) == len(groups) else joined(names, may, tables)
        work.progress(0.8, say("writing"))
        mock = pairs.manifest.mock
        said = [m.stored() for m in _said(len(groups), whole.num_rows, leaving.num_rows, mock)]
        work.write_table("leaving", leaving, {**papers(agreed, Content.RESULT, mock=mock), "said": said})
        work.write_table("joined", whole, papers(agreed, "joined", mock=mock))

    def examples(self) -> Iterable[Example]:
        import pyarrow as pa

        agreed = example_agreement()
        payloads = [
            Parcel(
                Manifest(agreed.digest, Content.PAYLOAD, p.name, "expert", 3),
                pa.table({"serial": [f"{p.name}{i}" for i in range(3)], "value": [i + 10 * place for i in range(3)]}),
            )
            for place, p in enumerate(agreed.applicants)
        ]  # fmt: skip
        pairs = pa.table({"firm": ["firm1", "firm2"], "insurer": ["insurer0", "insurer1"]})
        sent = Parcel(Manifest(agreed.digest, Content.PAIRS, "keys", "expert", 2), pairs)
        yield Example(
            "Two persons are known to both",
            {"payloads": packed(payloads), "pairs": packed([sent]), "agreement": example_document(agreed)},
            {}, Sensitivity.INTERNAL,
        )  # fmt: skip


def _may_leave(agreed: Agreement, groups: pa.Table) -> pa.ChunkedArray:
    """Per group whether it may leave: several applicants' persons, or one's of whom it was agreed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    here = {name: pc.is_valid(groups[name]) for name in groups.column_names}
    counts = reduce(pc.add, (each.cast(pa.int8()) for each in here.values()))
    return reduce(pc.or_, (here[name] for name in agreed.terms.may_leave), pc.greater(counts, 1))


def _said(groups: int, rows: int, leaving: int, mock: bool) -> Iterable[Message]:
    if mock:
        yield say("This is a mock linkage of a part of the data.")
    yield say("{rows} of {groups} groups are joined; for the others a row was left out when a payload was pseudonymised.", rows=rows, groups=groups)  # fmt: skip
    if leaving < rows:
        yield say("{count} rows stay here: nothing was linked to them, and it was agreed that such rows do not leave.", count=rows - leaving)  # fmt: skip
    yield say("Next: the export committee. `dalgu link convene`, then each member votes.")
