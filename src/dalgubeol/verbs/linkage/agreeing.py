"""The agreement of a linkage: cards are gathered, terms are drafted, every party signs, every party takes it up.

A card says what a site is in this linkage and with which keys; the site signs it. A draft is cards and terms.
A signature binds a site to the digest of the whole. Only what all parties have signed is taken up, and only
under what was taken up anything is sent or received.
"""

from __future__ import annotations

import io
import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ...digest import canonical
from ...errors import Conflict, Invalid, Missing, Reason, Refused, Tampered
from ...kinds.linkage_parcels import read_agreement
from ...language import say
from ...methods.privacy.linkage import normalise
from ...nouns.dataset import Dataset, DatasetState, Form, Sensitivity
from ...nouns.linkage import Agreement, Party, PartyRole, Terms
from ...nouns.linkage import agreement as built
from ...nouns.linkage import party as built_party
from ...nouns.linkage import terms as built_terms
from ...nouns.permit import Role
from ...nouns.record import Event, Record, Retention
from ...rules.linkage import reasons_not_to_agree
from ...world.identity import SignedIn
from ...world.ledger.note import Verifier
from ...world.store import datasets
from ...world.store.envelope import box_of, public_half
from ...world.store.files import disk_errors, write_whole
from ..datasets import register
from ..house.clock import now
from ..house.house import House
from ..house.transition import proven, record

AGREEMENT, BOX = "agreement", "box"
BOX_BYTES = 32
_CARD = b"dalgubeol/linkage-card/v1\0"
_LARGEST = 1 << 20
_ANSWERING = frozenset({Role.OPERATOR, Role.PROVIDER})


@dataclass(frozen=True, slots=True)
class Taken:
    """An agreement that this site has taken up, and what it is in it."""

    agreement: Agreement
    me: Party
    dataset: Dataset


@dataclass(frozen=True, slots=True)
class Draft:
    """A document of an agreement, with who has signed it so far. Every signature in it holds."""

    agreement: Agreement
    signed: tuple[str, ...]

    @property
    def unsigned(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.agreement.parties if p.name not in self.signed)


def card(house: House, who: SignedIn, *, linkage: str, name: str, role: PartyRole, to: Path) -> Party:
    """Write this site's card for a linkage. An expert agency's says whether it is designated, as its settings do.
    Raises Refused, Invalid."""
    check_answers(who)
    designated = house.settings.served().linkage.designated or ""
    _make_box(house, who, linkage)
    box_key = public_half(receiving_key(house, linkage))
    mine = built_party({
        "name": name, "role": role.value, "organisation": who.actor.organisation, "site": house.facts.id,
        "verifier_key": house.facts.verifier_key, "box_key": box_key,
        "designated": designated if role is PartyRole.EXPERT_AGENCY else "",
    })  # fmt: skip
    plain = Agreement.plain(Agreement(_NO_TERMS, (mine,)))["parties"][0]
    signature = house.keyring.log_key().sign(_CARD + canonical(plain)).hex()
    _write(to, {"card": plain, "signature": signature}, new=True)
    return mine


def draft(terms_file: Path, cards: Iterable[Path], to: Path) -> Draft:
    """Put terms (TOML) and cards together. Raises Invalid, Tampered for a card that its site did not sign, Refused
    with everything that speaks against such an agreement."""
    return drafted(read_terms(terms_file), cards, to)


def drafted(terms: Terms, cards: Iterable[Path], to: Path) -> Draft:
    """The same, with terms that were read already."""
    parties = [_read_card(path) for path in cards]
    made = Agreement(terms, tuple(sorted(parties, key=_rank)))
    for item in made.terms.items:
        normalise.normaliser(item.normalise)
    _check(made)
    _write(to, {"agreement": made.plain(), "signatures": {}}, new=True)
    return Draft(made, ())


def sign(house: House, who: SignedIn, document: Path) -> Draft:
    """Sign for this site, in the document itself. Raises Refused, Tampered where another's signature fails."""
    check_answers(who)
    plain = _read(document)
    found = read_draft(document)
    me = _me(house, found.agreement, with_key=True)
    _check(found.agreement)
    plain["signatures"][me.name] = house.keyring.log_key().sign(found.agreement.statement()).hex()
    _write(document, plain, new=False)
    return read_draft(document)


def take_up(house: House, who: SignedIn, document: Path) -> Taken:
    """Keep an agreement that all have signed: from now on this site sends and receives under it.

    Raises Conflict where a signature is missing or this site has it already, Tampered where one fails.
    """
    from ...world.engine.reading import Content

    check_answers(who)
    found = read_draft(document)
    agreed, me = found.agreement, _me(house, found.agreement, with_key=True)
    _check(agreed)
    if found.unsigned:
        raise Conflict(
            "linkage.unsigned",
            say("Not everybody has signed: {parties} have not.", parties=", ".join(found.unsigned)),
            say("Send them the document; each signs it with `dalgu link sign`."),
        )
    content = document.read_bytes()

    def agreed_on(connection: Any, dataset: Dataset) -> None:
        payload = {"agreement": agreed.digest, "linkage": agreed.terms.linkage, "parties": {p.name: [p.role.value, p.site] for p in agreed.parties}}  # fmt: skip
        record(connection, Record(
            Event.AGREED, f"agreed/{agreed.digest}", now(), who.actor.id, dataset.id, payload, Retention.PROCESSING,
            datasets=(dataset.id,),
        ))  # fmt: skip

    kept = register.add(
        house, who, Content("agreement.json", lambda: io.BytesIO(content)), name=agreed.terms.linkage, form=Form.ARCHIVE,
        sensitivity=Sensitivity.INTERNAL, with_it=agreed_on,
        ours={"linkage": {"agreement": agreed.digest, "linkage": agreed.terms.linkage, "content": AGREEMENT, "me": me.name}},
    )  # fmt: skip
    return Taken(agreed, me, kept)


def taken(house: House, linkage: str) -> Taken:
    """The agreement of that name as this site has taken it up, proven by its Record. Raises Missing, Tampered."""
    with house.database.reading() as connection:
        dataset = datasets.find(connection, linkage)
        about = marked(dataset)
        if about.get("content") != AGREEMENT or dataset.state is not DatasetState.KEPT:
            raise no_linkage(linkage)
        with house.objects.open(dataset.object_id) as stream:
            agreed = read_agreement(stream.read(_LARGEST))
        told = proven(connection, house.log, f"agreed/{agreed.digest}", Event.AGREED, dataset.id)
    if told is None or about["agreement"] != agreed.digest:
        raise Tampered("linkage.changed", say("The agreement of '{name}' is not the one that the history tells of.", name=linkage), say("Nothing was done. Restore the site from backup; tell the operator."))  # fmt: skip
    return Taken(agreed, _me(house, agreed), dataset)


def no_linkage(name: str) -> Missing:
    """Also for who may not look at it."""
    return Missing("linkage.missing", say("There is no linkage '{name}' here.", name=name), say("`dalgu link take-up` takes an agreement up that all have signed."))  # fmt: skip


def read_draft(document: Path) -> Draft:
    """Raises Invalid, and Tampered where a signature does not hold."""
    plain = _read(document)
    agreed, signatures = built(plain.get("agreement")), plain.get("signatures")
    if not isinstance(signatures, dict):
        raise Invalid.field("signatures", expected="one for each party that has signed", got="something else")
    for name, signature in signatures.items():
        key = Verifier.parse(agreed.party(name).verifier_key).public_bytes
        if not _holds(key, agreed.statement(), signature):
            raise Tampered(
                "linkage.signature",
                say("The signature of '{name}' does not belong to this text.", name=name),
                say("Somebody changed the terms after that party had signed. Go back to the draft, and compare its digest."),
            )  # fmt: skip
    return Draft(agreed, tuple(p.name for p in agreed.parties if p.name in signatures))


def marked(dataset: Dataset) -> Mapping[str, Any]:
    """What a Dataset's papers say of a linkage; empty where nothing."""
    found = dataset.about.get("linkage", {})
    return found if isinstance(found, dict) else {}


def answers(who: SignedIn) -> bool:
    """Whether somebody speaks for the site in a linkage."""
    return bool(who.actor.roles & _ANSWERING)


def check_answers(who: SignedIn) -> None:
    """Raises Refused for somebody who does not speak for the site."""
    if not answers(who):
        reason = Reason("linkage.role", say("Only an operator or a provider acts for a site in a linkage."))
        raise Refused("linkage.refused", say("This is refused."), say("Ask the operator for the role."), (reason,))  # fmt: skip


def _check(agreed: Agreement) -> None:
    reasons = reasons_not_to_agree(agreed)
    if reasons:
        raise Refused("linkage.terms", say("Such a linkage may not be agreed."), say("Change the terms or the parties."), reasons)  # fmt: skip


def receiving_key(house: House, linkage: str) -> X25519PrivateKey:
    """What envelopes of a linkage are opened with here: a Dataset like others, so that destroying it is a Record
    and reaches its backups. Raises Missing where the linkage has ended."""
    with house.database.reading() as connection:
        found = [d for d in datasets.every(connection) if _is_box(d, linkage)]
    if not found:
        raise Missing(
            "linkage.ended",
            say("The linkage '{name}' has ended here: its receiving key is destroyed.", name=linkage),
            say("Envelopes of it open nowhere any more; agree on a new linkage."),
        )
    key = house.keyring.dataset_key(found[-1].id)
    with house.objects.open(found[-1].object_id, key, found[-1].id) as stream:
        return box_of(stream.read(BOX_BYTES))


def free_name(house: House, wished: str) -> str:
    """`wished`, or with a number after it: a name is never used twice, and some things are made anew."""
    with house.database.reading() as connection:
        every = (wished, *(f"{wished}-{number}" for number in range(2, 1000)))
        return next(name for name in every if not datasets.name_is_taken(connection, name))


def _is_box(dataset: Dataset, linkage: str) -> bool:
    mark = marked(dataset)
    kept = dataset.state is DatasetState.KEPT
    return kept and mark.get("content") == BOX and mark.get("linkage") == linkage


def _make_box(house: House, who: SignedIn, linkage: str) -> None:
    from ...world.engine.reading import Content

    secret = os.urandom(BOX_BYTES)
    register.add(
        house, who, Content("box.bin", lambda: io.BytesIO(secret)), name=free_name(house, f"{linkage}-box"), form=Form.ARCHIVE,
        sensitivity=Sensitivity.PERSONAL, ours={"linkage": {"agreement": "", "linkage": linkage, "content": BOX}},
    )  # fmt: skip


def _me(house: House, agreed: Agreement, *, with_key: bool = False) -> Party:
    me = next((p for p in agreed.parties if p.verifier_key == house.facts.verifier_key), None)
    if me is None:
        raise Missing("linkage.party", say("This site is no party to that linkage."), say("Give those who draft it this site's card: `dalgu link card`."))  # fmt: skip
    if with_key and me.box_key != public_half(receiving_key(house, agreed.terms.linkage)):
        raise Invalid.field("party", expected=say("this site's card as it is now"), got=say("an older one"))
    return me


def _read_card(path: Path) -> Party:
    plain = _read(path)
    found = built_party(plain.get("card"))
    key = Verifier.parse(found.verifier_key).public_bytes
    if not _holds(key, _CARD + canonical(plain["card"]), plain.get("signature")):
        raise Tampered("linkage.card", say("The card {name} was not signed by its site.", name=path.name), say("Ask for it anew."))  # fmt: skip
    return found


def read_terms(path: Path) -> Terms:
    """Terms out of a TOML file. Raises Missing, Invalid."""
    try:
        values = tomllib.loads(_bytes(path).decode())
    except ValueError:
        raise Invalid.field("terms", expected=say("a file in TOML"), got=say("something else")) from None
    values.setdefault("normalisation", normalise.VERSION)
    return built_terms(values)


def _read(path: Path) -> dict[str, Any]:
    try:
        plain = json.loads(_bytes(path))
        json.dumps(plain, ensure_ascii=False).encode()  # no text has half a surrogate pair
    except (ValueError, RecursionError):
        plain = None
    if not isinstance(plain, dict):
        raise Invalid.field("document", expected=say("a card or an agreement of a linkage"), got=say("something else"))  # fmt: skip
    return plain


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise Missing("file.missing", say("There is no file {path}.", path=path), say("Check the path."))
    with open(path, "rb") as file:
        return file.read(_LARGEST)


def _write(path: Path, plain: object, *, new: bool) -> None:
    text = json.dumps(plain, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
    try:
        with disk_errors():
            write_whole(path, text, new=new)
    except FileExistsError:
        raise Invalid.field("file", expected=say("a name that is free"), got=say("that of another file")) from None  # fmt: skip


def _holds(key: bytes, statement: bytes, signature: object) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(str(signature)), statement)
    except (InvalidSignature, ValueError):
        return False
    return True


def _rank(party: Party) -> tuple[int, str]:
    return list(PartyRole).index(party.role), party.name


_NO_TERMS = built_terms({
    "linkage": "none", "purpose": "-", "reason": "-", "mode": "exact", "normalisation": normalise.VERSION,
    "items": [{"name": "-", "normalise": "text"}],
})  # fmt: skip
