"""Linkage (결합): who is party to one, and what all parties signed.

An agreement is one JSON document; its digest is what every envelope, every parcel and every Record of the
linkage names, so that nothing made under other terms can slip in. Each party signs it with the key of its
ledger. The parties, each a site of its own (PIPA art. 28-3; the PIPC's notice on linking and taking out
pseudonymised information, 가명정보의 결합 및 반출 등에 관한 고시):

| role | is | sees |
|---|---|---|
| applicant (결합신청자) | brings data, and gets the result | its own persons; never another's keys |
| key agency (결합키관리기관) | says which serial numbers belong together | keys (or encodings) and serial numbers; no salt, no payload |
| expert agency (결합전문기관) | joins what belongs together, reviews what leaves | serial numbers and pseudonymised payloads; no key |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from ..digest import canonical, sha256_hex
from ..errors import Invalid
from ..language import say

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,38}")
_LABEL = b"dalgubeol/linkage-agreement/v1\0"
EACH = "each"
"""For `serials_by`: every applicant makes its own."""


class PartyRole(StrEnum):
    APPLICANT = "applicant"
    KEY_AGENCY = "key-agency"
    EXPERT_AGENCY = "expert-agency"


class LinkMode(StrEnum):
    """How the key agency finds out what belongs together."""

    EXACT = "exact"  # equal keys: HMAC under a salt that the applicants share
    OBLIVIOUS = "oblivious"  # equal keys: Diffie-Hellman under two secrets that nobody has both of
    TOLERANT = "tolerant"  # similar encodings: Bloom filters (CLK) under a salt that the applicants share


class JoinType(StrEnum):
    INNER = "inner"
    LEFT = "left"
    OUTER = "outer"


class Duplicates(StrEnum):
    """What becomes of persons of one applicant who have the same key."""

    REFUSE = "refuse"
    DROP = "drop"


class Content(StrEnum):
    """What an envelope may hold."""

    SALT = "salt"
    SERIALS = "serials"
    BLINDED = "blinded"
    KEYS = "keys"
    TOLD = "told"
    PAIRS = "pairs"
    PAYLOAD = "payload"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class Item:
    """One key item (결합키 생성항목) and how its values are normalised."""

    name: str
    normalise: str


@dataclass(frozen=True, slots=True)
class Party:
    """One site in its role, as its own card says."""

    name: str
    role: PartyRole
    organisation: str
    site: str
    verifier_key: str
    """What the site signs with: its ledger's key, as text."""
    box_key: str
    """X25519, hex: what is encrypted to it in this linkage, and in no other."""
    designated: str = ""
    """An expert agency's own word on its designation (when, by whom); empty: it is not designated."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The settings of the encodings in the tolerant mode."""

    bits: int = 1024
    hashes: int = 20
    """Bits that each of ten q-grams of an item sets; of fewer q-grams each sets more, of more fewer."""
    q: int = 2
    fold: bool = True
    """XOR-folding: the halves of an encoding laid over each other (Schnell and Borgs 2016)."""
    flip: float = 0.0
    """The chance that a bit is replaced by a coin's toss (BLIP), 0 to 0.5."""
    threshold: float = 0.68
    """The least Dice similarity of a pair."""


@dataclass(frozen=True, slots=True)
class Terms:
    linkage: str
    purpose: str
    reason: str
    mode: LinkMode
    items: tuple[Item, ...]
    normalisation: str
    """Version of the rules of normalisation."""
    salt_by: str = ""
    """The applicant that issues the salt; none in the oblivious mode, where there is no salt."""
    serials_by: str = EACH
    """Who makes the serial numbers: "each" applicant its own, or one party for all."""
    join: JoinType = JoinType.INNER
    left: str = ""
    """The applicant whose rows are all in a left join."""
    may_leave: tuple[str, ...] = ()
    """The applicants whose rows may leave though nothing was linked to them (left and outer joins)."""
    duplicates: Duplicates = Duplicates.REFUSE
    sample: float = 1.0
    """The share of what was linked that is joined (표본)."""
    mock: float = 0.0
    """The share that a mock linkage (모의결합) joins first; 0: there is none."""
    extract: bool = False
    """가명정보 추출: each applicant is told which of its serial numbers will be joined, to bring only those."""
    dummy: bool = False
    """Only made-up data: a rehearsal that needs no designated agency."""
    tolerance: Tolerance = field(default_factory=Tolerance)


@dataclass(frozen=True, slots=True)
class Agreement:
    terms: Terms
    parties: tuple[Party, ...]

    def plain(self) -> dict[str, Any]:
        return {"v": 1, "terms": _plain(self.terms), "parties": [_plain(p) for p in self.parties]}

    @property
    def digest(self) -> str:
        return sha256_hex(canonical(self.plain()))

    def statement(self) -> bytes:
        """The exact bytes that each party signs."""
        return _LABEL + canonical(self.plain())

    @property
    def applicants(self) -> tuple[Party, ...]:
        return tuple(p for p in self.parties if p.role is PartyRole.APPLICANT)

    def the(self, role: PartyRole) -> Party:
        """The one party of a role that only one has."""
        return next(p for p in self.parties if p.role is role)

    def party(self, name: str) -> Party:
        """Raises Invalid."""
        found = next((p for p in self.parties if p.name == name), None)
        if found is None:
            raise Invalid.field("party", expected=say("one of: {names}", names=", ".join(p.name for p in self.parties)), got=say("another name"))  # fmt: skip
        return found


def agreement(plain: object) -> Agreement:
    """The one builder of an agreement from what somebody brought. Raises Invalid naming the field."""
    if not isinstance(plain, dict) or plain.get("v") != 1:
        raise Invalid.field("agreement", expected="an agreement of linkage, version 1", got="something else")
    parties = plain.get("parties")
    if not isinstance(parties, list):
        raise Invalid.field("parties", expected="a list of cards", got="something else")
    return Agreement(terms(plain.get("terms")), tuple(party(each) for each in parties))


def party(plain: object) -> Party:
    """Raises Invalid."""
    values = _known(plain, Party, "party")
    for name in ("name", "role", "organisation", "site", "verifier_key", "box_key"):
        _text(values, name)
    if not _SLUG.fullmatch(values["name"]):
        raise Invalid.field("party.name", expected="small letters, digits and dashes", got="something else")
    if not re.fullmatch(r"[0-9a-f]{64}", values["box_key"]):
        raise Invalid.field("party.box_key", expected="32 bytes in hex", got="something else")
    return Party(**{**values, "role": _member(PartyRole, "party.role", values["role"]), "designated": str(values.get("designated", ""))})  # fmt: skip


def terms(plain: object) -> Terms:
    """Raises Invalid naming the field: unknown names, wrong types, shares outside 0..1, no key items."""
    values = _known(plain, Terms, "terms")
    for name in ("linkage", "purpose", "reason", "mode", "normalisation"):
        _text(values, name)
    if not _SLUG.fullmatch(values["linkage"]):
        raise Invalid.field("linkage", expected="small letters, digits and dashes", got="something else")
    items = values.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= 20:
        raise Invalid.field("items", expected="1 to 20 key items", got="something else")
    made = tuple(_item(each) for each in items)
    if len({item.name for item in made}) < len(made):
        raise Invalid.field("items", expected="each name once", got="one twice")
    for name in ("sample", "mock"):
        _share(values, name)
    if values.get("sample") == 0:
        raise Invalid.field("sample", expected="a share above 0", got=0)
    may_leave = values.get("may_leave", [])
    if not isinstance(may_leave, list) or not all(isinstance(each, str) for each in may_leave):
        raise Invalid.field("may_leave", expected="a list of applicants", got="something else")
    for name in ("salt_by", "serials_by", "left"):
        if not isinstance(values.get(name, ""), str):
            raise Invalid.field(name, expected="the name of a party", got="something else")
    for name in ("extract", "dummy"):
        if not isinstance(values.get(name, False), bool):
            raise Invalid.field(name, expected="true or false", got="something else")
    return Terms(**{
        **values, "items": made, "may_leave": tuple(may_leave), "mode": _member(LinkMode, "mode", values["mode"]),
        "join": _member(JoinType, "join", values.get("join", "inner")),
        "duplicates": _member(Duplicates, "duplicates", values.get("duplicates", "refuse")),
        "tolerance": _tolerance(values.get("tolerance", {})),
    })  # fmt: skip


def _tolerance(plain: object) -> Tolerance:
    values = _known(plain, Tolerance, "tolerance")
    made = Tolerance(**values)
    bounds = {"bits": (64, 8192), "hashes": (1, 100), "q": (1, 4), "flip": (0, 0.5), "threshold": (0.3, 1)}
    for name, (least, most) in bounds.items():
        value = getattr(made, name)
        whole = name in ("bits", "hashes", "q")
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not least <= value <= most:  # fmt: skip
            raise Invalid.field(f"tolerance.{name}", expected=say("a number from {least} to {most}", least=least, most=most), got=say("something else"))  # fmt: skip
    if made.bits % 128 or not isinstance(made.fold, bool):
        raise Invalid.field("tolerance", expected="bits that 128 divides, and fold true or false", got="something else")  # fmt: skip
    return made


def _item(plain: object) -> Item:
    values = _known(plain, Item, "items")
    _text(values, "name")
    _text(values, "normalise")
    return Item(**values)


def _known(plain: object, kind: Any, name: str) -> dict[str, Any]:
    if not isinstance(plain, dict):
        raise Invalid.field(name, expected="a table of values", got="something else")
    known = {f.name for f in fields(kind)}
    unknown = sorted(set(plain) - known)
    if unknown:
        raise Invalid.field(name, expected=say("only: {names}", names=", ".join(sorted(known))), got=say("another name"))  # fmt: skip
    return dict(plain)


def _text(values: Mapping[str, Any], name: str) -> None:
    value = values.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > 500:
        raise Invalid.field(name, expected="a text of at most 500 characters", got="something else")


def _share(values: Mapping[str, Any], name: str) -> None:
    value = values.get(name, 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise Invalid.field(name, expected="a share between 0 and 1", got="something else")


def _member(kind: Any, name: str, value: object) -> Any:
    if not isinstance(value, str) or value not in set(kind):
        raise Invalid.field(name, expected=say("one of: {words}", words=", ".join(kind)), got=say("another word"))  # fmt: skip
    return kind(value)


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if hasattr(type(value), "__dataclass_fields__"):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    return value
