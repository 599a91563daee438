"""`link-double`: in the oblivious mode, an applicant blinds the other's items a second time.

What comes out goes to the key-management agency, which sees that two elements are equal and nothing else; with
neither exponent nobody can test a guess. The applicant sees elements under the other's exponent: it can test
none either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from ..errors import Invalid
from ..language import say
from ..nouns.linkage import Content, LinkMode, PartyRole
from . import contract
from .contract import Example, Form, Output, Sensitivity, Slot, Work
from .linkage_archive import Manifest, Parcel, packed, unpacked
from .linkage_parcels import (
    AGREEMENT,
    SECRET,
    agreement_of,
    complete,
    example_agreement,
    example_document,
    example_secret,
    papers,
    secret_of,
)
from .linkage_step import LinkageStep


class LinkDouble(LinkageStep):
    name: ClassVar = "link-double"
    summary: ClassVar = say(
        "Blind the other applicant's items a second time, in the oblivious mode of a linkage."
    )
    slots: ClassVar = (
        Slot("blinded", frozenset({Form.ARCHIVE}), "the blinded items that the other applicant sent"),
        AGREEMENT,
        SECRET,
    )

    class Parameters(contract.Parameters):
        pass

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("keys", Form.ARCHIVE),)

    def execute(self, work: Work) -> None:
        import pyarrow as pa

        from ..methods.privacy.linkage import oblivious

        agreed = agreement_of(work)
        secret = secret_of(work, agreed)
        if agreed.terms.mode is not LinkMode.OBLIVIOUS:
            raise Invalid.field("agreement", expected=say("one of the oblivious mode"), got=agreed.terms.mode)
        other = next(p.name for p in agreed.applicants if p.name != secret.party)
        theirs = complete(unpacked(work.content("blinded")), agreed, Content.BLINDED, [other])[other]
        keys = theirs.table["key"].to_pylist()
        told = lambda share: work.progress(0.1 + 0.8 * share, say("blinding"))  # noqa: E731
        doubled = iter(oblivious.doubled([key for key in keys if key is not None], secret.exponent, told))
        table = pa.table({
            "serial": theirs.table["serial"],
            "key": pa.array([None if key is None else next(doubled) for key in keys], pa.binary()),
        })  # fmt: skip
        to = agreed.the(PartyRole.KEY_AGENCY).name
        manifest = replace(theirs.manifest, content=Content.KEYS, sender=secret.party, receiver=to, of=other)
        work.write_bytes("keys", packed([Parcel(manifest, table)]), papers(agreed, Content.KEYS))

    def examples(self) -> Iterable[Example]:
        import pyarrow as pa

        from ..methods.privacy.linkage import oblivious

        agreed = example_agreement(mode="oblivious", salt_by="")
        elements = oblivious.blinded(["a", "b"], b"\x07" * 32)
        table = pa.table({"serial": ["insurer0", "insurer1"], "key": pa.array(elements, pa.binary())})
        sent = Parcel(
            Manifest(agreed.digest, Content.BLINDED, "insurer", "firm", 2, 2, "insurer", "n"), table
        )
        yield Example(
            "Two blinded items",
            {"blinded": packed([sent]), "agreement": example_document(agreed), "secret": example_secret(agreed)},
            {}, Sensitivity.PERSONAL,
        )  # fmt: skip
