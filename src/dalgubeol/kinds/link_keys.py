"""`link-keys`: an applicant's table of persons becomes linkage keys for the key agency, and a numbered table.

The two go different ways: the keys with their serial numbers to the key-management agency, the payload with the
same serial numbers, once it is pseudonymised, to the expert agency. In the oblivious mode what comes out are
blinded items, for the other applicant; in the tolerant mode encodings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..errors import Invalid
from ..language import Message, say
from ..nouns.linkage import Agreement, Content, Duplicates, JoinType, LinkMode, PartyRole
from . import contract
from .contract import OF_DATA, Example, Form, Output, Sensitivity, Slot, Work
from .linkage_archive import Manifest, Parcel, packed
from .linkage_parcels import (
    AGREEMENT,
    SECRET,
    SERIAL,
    Secret,
    agreement_of,
    example_agreement,
    example_document,
    example_secret,
    papers,
    secret_of,
)
from .linkage_step import LinkageStep

if TYPE_CHECKING:
    from ..methods.privacy.linkage.keys import Items


class LinkKeys(LinkageStep):
    name: ClassVar = "link-keys"
    summary: ClassVar = say(
        "Make linkage keys and serial numbers of a table of persons, as an applicant of a linkage."
    )
    slots: ClassVar = (
        Slot("data", frozenset({Form.TABLE}), "the table of persons, one row a person"),
        AGREEMENT,
        SECRET,
    )

    class Parameters(contract.Parameters):
        columns: dict[str, str] = Field(
            default_factory=dict,
            description="For each key item of the agreement the column that holds it (JSON); without one the column of the same name",
            json_schema_extra=OF_DATA,
        )

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("keys", Form.ARCHIVE), Output("numbered", Form.TABLE))

    def execute(self, work: Work) -> None:
        from ..methods.privacy.linkage import keys, normalise

        agreed = agreement_of(work)
        secret = secret_of(work, agreed)
        work.progress(0.05, say("reading"))
        table = work.table("data")
        if SERIAL in table.column_names:
            raise Invalid.field("data", expected=say("a table without a column '{column}'", column=SERIAL), got=say("one that has it"))  # fmt: skip
        pairs = [(item.name, item.normalise) for item in agreed.terms.items]
        if agreed.terms.normalisation != normalise.VERSION:
            raise Invalid.field("normalisation", expected=say("version {version}, as was agreed", version=agreed.terms.normalisation), got=say("version {version} of this program", version=normalise.VERSION))  # fmt: skip
        work.progress(0.2, say("normalising the key items"))
        items = keys.normalised_items(table, pairs, work.parameters.columns)
        serials = keys.serial_numbers(table.num_rows, secret.serials, agreed.digest)
        work.progress(0.4, say("making keys"))
        parcel, keyed, repeated = _parcel(work, agreed, secret, items, serials, normalise.digest(pairs))
        work.progress(0.9, say("writing"))
        said = list(_said(agreed, table.num_rows, keyed, repeated))
        about = {**papers(agreed, parcel.manifest.content), "said": [message.stored() for message in said]}
        work.write_bytes("keys", packed([parcel]), about)
        numbered = table.add_column(0, SERIAL, [serials]).sort_by(SERIAL)
        work.write_table("numbered", numbered, papers(agreed, "numbered"))

    def examples(self) -> Iterable[Example]:
        agreed = example_agreement()
        rows = "".join(f"사람{i},199{i}-03-0{i + 1},{i}\n" for i in range(8))
        yield Example(
            "Eight persons become keys",
            {"data": ("name,born,weeks\n" + rows).encode(), "agreement": example_document(agreed), "secret": example_secret(agreed)},
            {}, Sensitivity.PERSONAL,
        )  # fmt: skip


def _parcel(
    work: Work, agreed: Agreement, secret: Secret, items: Items, serials: list[str], normalisation: str
) -> tuple[Parcel, int, int]:
    """The parcel, how many persons have a key, and how many share theirs."""
    import pyarrow as pa

    from ..methods.privacy.linkage import keys

    mode, digest = agreed.terms.mode, agreed.digest
    made, repeated = _keys(work, agreed, secret, items)
    if repeated and agreed.terms.duplicates is Duplicates.REFUSE:
        from ..methods.privacy.linkage.match import duplicate_keys

        raise duplicate_keys({secret.party: repeated})
    keyed = sorted((serial, key) for serial, key in zip(serials, made, strict=True) if key is not None)
    unkeyed = sorted(s for s, key in zip(serials, made, strict=True) if key is None)
    shown = unkeyed if _keeps_all(agreed, secret.party) else []
    table = pa.table({
        "serial": pa.array([s for s, _ in keyed] + shown, pa.string()),
        "key": pa.array([k for _, k in keyed] + [None] * len(shown), pa.binary()),
    })  # fmt: skip
    if mode is LinkMode.OBLIVIOUS:
        other = next(p.name for p in agreed.applicants if p.name != secret.party)
        content, receiver, check = Content.BLINDED, other, ""
    else:
        content, receiver = Content.KEYS, agreed.the(PartyRole.KEY_AGENCY).name
        check = keys.check_value(secret.salt, digest, normalisation)
    manifest = Manifest(
        digest, content, secret.party, receiver, table.num_rows, persons=items.rows, of=secret.party,
        normalisation=normalisation, check=check,
    )  # fmt: skip
    return Parcel(manifest, table), len(keyed), repeated


def _keys(work: Work, agreed: Agreement, secret: Secret, items: Items) -> tuple[list[bytes | None], int]:
    """Per row its key, encoding or blinded element, and how many persons share theirs with another."""
    from ..methods.privacy.linkage import keys

    mode, digest = agreed.terms.mode, agreed.digest
    if mode is LinkMode.TOLERANT:
        return _encodings(agreed, secret, items), 0
    if mode is LinkMode.EXACT:
        plain = keys.link_keys(items, secret.salt, digest)
        return plain, _repeated(plain)
    from ..methods.privacy.linkage import oblivious

    lines = keys.item_lines(items)
    have = [f"{digest}|{line}" for line in lines if line is not None]
    blinded = iter(oblivious.blinded(have, secret.exponent, lambda share: work.progress(0.4 + share / 2, say("blinding"))))  # fmt: skip
    return [None if line is None else next(blinded) for line in lines], _repeated(lines)


def _encodings(agreed: Agreement, secret: Secret, items: Items) -> list[bytes | None]:
    from ..methods.privacy.linkage import clk

    asked = agreed.terms.tolerance
    setting = clk.Setting(asked.bits, asked.hashes, asked.q, asked.fold, asked.flip)
    normalisers = tuple(item.normalise for item in agreed.terms.items)
    bits, whole = clk.encodings(items, normalisers, secret.salt, agreed.digest, setting, secret.serials)
    return [row.tobytes() if has else None for row, has in zip(bits, whole.tolist(), strict=True)]


def _repeated(keys: Iterable[object]) -> int:
    """How many of the keys another row has too."""
    counts = Counter(key for key in keys if key is not None)
    return sum(count for count in counts.values() if count > 1)


def _keeps_all(agreed: Agreement, party: str) -> bool:
    """Whether the join keeps rows of this applicant that nothing is linked to."""
    return agreed.terms.join is JoinType.OUTER or agreed.terms.left == party


def _said(agreed: Agreement, persons: int, keyed: int, repeated: int) -> Iterable[Message]:
    yield say("{keyed} of {persons} persons have a key; the others miss a key item.", keyed=keyed, persons=persons)  # fmt: skip
    if repeated:
        yield say("{count} of them share a key with another and will not be linked.", count=repeated)
    yield say("Next: send the keys, and pseudonymise the numbered table with `--keep {column}`.", column=SERIAL)  # fmt: skip
