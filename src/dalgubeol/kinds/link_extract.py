"""`link-extract`: an applicant keeps, of its numbered table, the rows that will be joined (가명정보 추출).

So it pseudonymises and sends no more than is needed. Which those are the key-management agency told it, where the
agreement says so (`extract`): the applicant then knows which of its persons the others have.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from ..errors import Invalid
from ..language import say
from ..nouns.linkage import Content, PartyRole
from . import contract
from .contract import Example, Form, Output, Sensitivity, Slot, Work
from .linkage_archive import Manifest, Parcel, packed, unpacked
from .linkage_parcels import (
    AGREEMENT,
    SERIAL,
    agreement_of,
    complete,
    example_agreement,
    example_document,
    papers,
)
from .linkage_step import LinkageStep


class LinkExtract(LinkageStep):
    name: ClassVar = "link-extract"
    summary: ClassVar = say(
        "Keep the rows of a numbered table that will be joined, as an applicant of a linkage."
    )
    slots: ClassVar = (
        Slot("numbered", frozenset({Form.TABLE}), "the numbered table that `link-keys` wrote"),
        Slot("told", frozenset({Form.ARCHIVE}), "what the key-management agency told this applicant"),
        AGREEMENT,
    )

    class Parameters(contract.Parameters):
        pass

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("extracted", Form.TABLE),)

    def execute(self, work: Work) -> None:
        import pyarrow.compute as pc

        agreed = agreement_of(work)
        agency = agreed.the(PartyRole.KEY_AGENCY).name
        told = complete(unpacked(work.content("told")), agreed, Content.TOLD, [agency])[agency]
        if not agreed.terms.extract:
            raise Invalid.field("agreement", expected=say("one in which extraction was agreed"), got=say("one without"))  # fmt: skip
        table = work.table("numbered")
        if SERIAL not in table.column_names:
            raise Invalid.field("numbered", expected=say("a table that `link-keys` numbered"), got=say("another"))  # fmt: skip
        if not pc.all(pc.is_in(told.table["serial"], table[SERIAL].combine_chunks())).as_py():
            raise Invalid.field("numbered", expected=say("the table of all serial numbers that this site has sent"), got=say("one that lacks some that will be joined"))  # fmt: skip
        kept = table.filter(pc.is_in(table[SERIAL], told.table["serial"].combine_chunks()))
        said = say("{kept} of {all} rows will be joined; only these are pseudonymised and sent.", kept=kept.num_rows, all=table.num_rows)  # fmt: skip
        work.write_table(
            "extracted",
            kept,
            {**papers(agreed, "numbered", mock=told.manifest.mock, extracted=True), "said": [said.stored()]},
        )

    def examples(self) -> Iterable[Example]:
        import pyarrow as pa

        agreed = example_agreement(extract=True)
        told = Parcel(Manifest(agreed.digest, Content.TOLD, "keys", "firm", 2, rate=0.5), pa.table({"serial": ["a", "c"]}))  # fmt: skip
        yield Example(
            "Two of four rows",
            {"numbered": b"serial,weeks\na,1\nb,2\nc,3\nd,4\n", "told": packed([told]), "agreement": example_document(agreed)},
            {}, Sensitivity.PERSONAL,
        )  # fmt: skip
