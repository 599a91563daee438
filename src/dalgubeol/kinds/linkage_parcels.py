"""What the kinds of a linkage work with: the agreement, an applicant's secrets, the parcels of all senders.

How parcels lie in an archive: `linkage_archive`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..digest import canonical
from ..errors import Invalid
from ..language import say
from ..nouns.linkage import Agreement, Content, LinkMode, PartyRole
from ..nouns.linkage import agreement as built
from .contract import Dataset, Form, Slot, Work
from .linkage_archive import LARGEST_PAPER, Parcel, no_parcel

AGREEMENT = Slot("agreement", frozenset({Form.ARCHIVE}), "the agreement that all parties signed")
SECRET = Slot("secret", frozenset({Form.ARCHIVE}), "the applicant's own secrets of this linkage")


def agreement_of(work: Work) -> Agreement:
    """What stands in the slot `agreement`. Raises Invalid."""
    return read_agreement(work.content("agreement").read(LARGEST_PAPER))


def read_agreement(document: bytes) -> Agreement:
    """The agreement in a signed document; the signatures are looked at where it is taken up. Raises Invalid."""
    return built(_json(document, "agreement").get("agreement"))


@dataclass(frozen=True, slots=True)
class Secret:
    """What an applicant knows in one linkage. Its `repr` says nothing."""

    party: str
    salt: bytes
    serials: bytes
    exponent: bytes

    def __repr__(self) -> str:
        return f"Secret({self.party})"


def secret_of(work: Work, agreed: Agreement) -> Secret:
    """What stands in the slot `secret`. Raises Invalid where it is of another linkage, or made before all that it
    needs had arrived."""
    plain = _json(work.content("secret").read(LARGEST_PAPER), "secret")
    if plain.get("agreement") != agreed.digest:
        raise Invalid.field(
            "secret", expected=say("the secret made under this agreement"), got=say("one of another"),
            next_step=say("Make it with `dalgu link secret {linkage}`.", linkage=agreed.terms.linkage),
        )  # fmt: skip
    needed = ("serials", "exponent" if agreed.terms.mode is LinkMode.OBLIVIOUS else "salt")
    if any(not plain.get(part) for part in needed):
        raise Invalid.field(
            "secret", expected=say("one that is whole"), got=say("one that waits for what another party issues"),
            next_step=say("Receive that envelope, then make the secret anew with `dalgu link secret {linkage}`.", linkage=agreed.terms.linkage),
        )  # fmt: skip
    return Secret(
        str(plain["party"]), *(bytes.fromhex(plain.get(part, "")) for part in ("salt", "serials", "exponent"))
    )


def complete(
    parcels: Iterable[Parcel], agreed: Agreement, content: Content, senders: Iterable[str]
) -> dict[str, Parcel]:
    """One parcel of each sender, of this agreement and content, in the agreement's order. Raises Invalid naming
    whose is missing, or what does not fit."""
    found: dict[str, Parcel] = {}
    for parcel in parcels:
        manifest = parcel.manifest
        if manifest.agreement != agreed.digest:
            raise Invalid(
                "link.other-agreement",
                say("What {sender} sent was made under another agreement.", sender=manifest.sender),
                say("All parties compare the digest with `dalgu link show`, and make it anew under the one that all signed."),
            )  # fmt: skip
        if manifest.content is not content:
            raise Invalid.field("content", expected=content, got=manifest.content)
        if not _has_columns(parcel, agreed):
            raise no_parcel()
        found[manifest.of or manifest.sender] = parcel
    missing = [sender for sender in senders if sender not in found]
    if missing:
        raise Invalid(
            "link.incomplete",
            say("Nothing is here yet from: {parties}.", parties=", ".join(missing)),
            say(
                "Receive their envelopes too, together or one by one: `dalgu link receive FILE ...`; take what the last one gives."
            ),
        )
    return {sender: found[sender] for sender in senders}


def _has_columns(parcel: Parcel, agreed: Agreement) -> bool:
    """Whether the table is one of its content. Of a payload, the join looks for itself."""
    import pyarrow as pa

    found = {field.name: field.type for field in parcel.table.schema}
    keyed = {"serial": pa.string(), "key": pa.binary()}
    expected = {
        Content.KEYS: keyed, Content.BLINDED: keyed, Content.TOLD: {"serial": pa.string()},
        Content.PAIRS: {each.name: pa.string() for each in agreed.applicants},
    }  # fmt: skip
    return found == expected.get(parcel.manifest.content, found)


def check_alike(parcels: Mapping[str, Parcel], mode: LinkMode) -> None:
    """Raises Invalid where two applicants normalised in different ways, or have different salts."""
    for what, next_step, values in (
        (
            say("the normalisation of the key items"),
            say("They bring their sites to the same version of dalgu, and make the keys anew."),
            {name: p.manifest.normalisation for name, p in parcels.items()},
        ),
        (
            say("the salt"),
            say("The issuer sends it again; all others make their secret and their keys anew."),
            {name: p.manifest.check for name, p in parcels.items()},
        ),
    ):
        if len(set(values.values())) > 1 and (mode is not LinkMode.OBLIVIOUS or what.template != "the salt"):
            raise Invalid(
                "link.unlike",
                say("{parties} differ in {what}: nothing would be linked, so nothing was tried.", parties=", ".join(values), what=what),
                next_step,
            )  # fmt: skip


def papers(agreed: Agreement, content: Content | str, **more: object) -> dict[str, object]:
    """What the papers of an output say of the linkage; `dalgu link send` goes by it."""
    return {"linkage": {"agreement": agreed.digest, "linkage": agreed.terms.linkage, "content": str(content), **more}}  # fmt: skip


SERIAL = "serial"
"""The column of the serial numbers in a numbered table and in a payload."""


def serial_column(dataset: Dataset) -> str | None:
    """The column of serial numbers of a table that `link-keys` numbered: made at random, it identifies nobody."""
    mark = dataset.about.get("linkage")
    return SERIAL if isinstance(mark, dict) and mark.get("content") == "numbered" else None


def example_agreement(**terms: Any) -> Agreement:
    """A small one of two applicants, for the kinds' examples."""
    roles = [("firm", PartyRole.APPLICANT), ("insurer", PartyRole.APPLICANT), ("keys", PartyRole.KEY_AGENCY), ("expert", PartyRole.EXPERT_AGENCY)]  # fmt: skip
    parties = [
        {"name": name, "role": role.value, "organisation": f"{name} org", "site": f"site-{name}", "verifier_key": f"{name} key", "box_key": f"{number:064x}"}
        for number, (name, role) in enumerate(roles)
    ]  # fmt: skip
    wanted = {
        "linkage": "example", "purpose": "statistics", "reason": "an example", "mode": "exact", "normalisation": "2026-1",
        "items": [{"name": "name", "normalise": "name"}, {"name": "born", "normalise": "date"}], "salt_by": "firm", "dummy": True,
    }  # fmt: skip
    return built({"v": 1, "terms": {**wanted, **terms}, "parties": parties})


def example_document(agreed: Agreement) -> bytes:
    return canonical({"agreement": agreed.plain(), "signatures": {}})


def example_secret(agreed: Agreement, party: str = "firm") -> bytes:
    made = {
        part: f"{number:02x}" * 32 for number, part in enumerate(("salt", "serials", "exponent"), start=1)
    }
    return canonical({"v": 1, "agreement": agreed.digest, "party": party, **made})


def _json(document: bytes, name: str) -> dict[str, Any]:
    try:
        plain = json.loads(document)
    except ValueError:
        plain = None
    if not isinstance(plain, dict):
        raise Invalid.field(name, expected=say("a document of this linkage"), got=say("something else"))
    return plain
