"""What a site must know by itself in a linkage: the salt, the seed of the serial numbers, the exponent.

A secret is made anew whenever something has arrived since: it keeps what an earlier one of this site holds, so
that what was issued from it stays true. Where one applicant issues the salt and another the serial numbers, each
makes its secret, hands out its part, and makes the secret again once the other's part has arrived.
"""

from __future__ import annotations

import io
import json
import os

from ...digest import CHUNK, canonical
from ...errors import Missing, Reason, Refused
from ...language import say
from ...methods.privacy.linkage.seeds import SALT_BYTES, seed_for
from ...nouns.dataset import Dataset, Sensitivity
from ...nouns.linkage import EACH, Content, LinkMode, Party, PartyRole
from ...world.identity import SignedIn
from ..house.house import House
from .acting import answers_for, check_acts, refuse
from .agreeing import Taken, check_answers, taken
from .kept import here, keep, stream
from .leaving import SECRET


def make_secret(house: House, who: SignedIn, linkage: str) -> Dataset:
    """What this site knows of it so far. Raises Missing where something has not arrived that is needed first,
    Refused at a site that has nothing to keep secret, and at an applicant for another's secret (recorded)."""
    check_answers(who)
    at = taken(house, linkage)
    check_acts(house, who, at)
    terms, me = at.agreement.terms, at.me.name
    applicant, issues = at.me.role is PartyRole.APPLICANT, me in (terms.salt_by, terms.serials_by)
    if not applicant and not issues:
        reason = Reason("linkage.no-secret", say("By this agreement '{party}' issues nothing and makes no keys.", party=me))  # fmt: skip
        raise Refused("linkage.refused", say("This site has no secret in this linkage."), say("`dalgu link show` says who issues what."), (reason,))  # fmt: skip
    before = _before(house, who, at)
    made: dict[str, str] = {}
    if applicant and terms.mode is not LinkMode.OBLIVIOUS:
        _put(made, "salt", _salt(house, at, before, optional=issues))
    if terms.serials_by == me:
        made["all_serials"] = before.get("all_serials") or _fresh()
    if applicant:
        _put(made, "serials", _seed(house, at, before, made, optional=issues))
    if applicant and terms.mode is LinkMode.OBLIVIOUS:
        made["exponent"] = before.get("exponent") or _fresh()
    document = canonical({"v": 1, "agreement": at.agreement.digest, "party": me, **made})
    return keep(house, who, at, SECRET, lambda: io.BytesIO(document), Sensitivity.PERSONAL)


def issued(document: bytes, what: Content, receiver: Party) -> bytes:
    """The part of a secret that goes to `receiver`, as it lies in an envelope."""
    plain = json.loads(document)
    if what is Content.SALT:
        value = str(plain["salt"])
    else:
        value = seed_for(bytes.fromhex(plain["all_serials"]), receiver.name).hex()
    return canonical({"v": 1, "agreement": plain["agreement"], "part": what.value, "value": value})


def _salt(house: House, at: Taken, before: dict[str, str], *, optional: bool) -> str | None:
    if at.agreement.terms.salt_by == at.me.name:
        return before.get("salt") or _fresh()
    return _arrived(house, at, Content.SALT, optional=optional)


def _seed(
    house: House, at: Taken, before: dict[str, str], made: dict[str, str], *, optional: bool
) -> str | None:
    """The seed of one's own serial numbers."""
    if "all_serials" in made:  # it hands others theirs, and has one of its own
        return seed_for(bytes.fromhex(made["all_serials"]), at.me.name).hex()
    if at.agreement.terms.serials_by == EACH:
        return before.get("serials") or _fresh()
    return _arrived(house, at, Content.SERIALS, optional=optional)


def _put(made: dict[str, str], part: str, value: str | None) -> None:
    if value is not None:
        made[part] = value


def _before(house: House, who: SignedIn, at: Taken) -> dict[str, str]:
    """What the latest secret of this site holds. It is nobody else's to have at an applicant."""
    found = here(house, at, SECRET)
    if found is None:
        return {}
    if not answers_for(who, found, at):
        reason = Reason("dataset.owner", say("Somebody else made the secret of this site; who has its salt could try names."))  # fmt: skip
        refuse(house, who, found, (reason,))
        raise Refused("linkage.refused", say("This is refused."), say("Let whoever made it go on, or let them destroy it first."), (reason,))  # fmt: skip
    with stream(house, found) as opened:
        plain = json.loads(opened.read(CHUNK))
    return {name: value for name, value in plain.items() if isinstance(value, str)}


def _arrived(house: House, at: Taken, content: Content, *, optional: bool) -> str | None:
    """The part that another party issued. Raises Missing; an issuer may go on without it for now."""
    found = here(house, at, content.value)
    if found is None and optional:
        return None
    if found is None:
        issuer = at.agreement.terms.salt_by if content is Content.SALT else at.agreement.terms.serials_by
        raise Missing(
            "link.secret",
            say("'{content}' has not arrived yet from '{party}'.", content=content, party=issuer),
            say("Ask them for the envelope, and take it in with `dalgu link receive`."),
        )
    with stream(house, found) as opened:
        return str(json.loads(opened.read(CHUNK))["value"])


def _fresh() -> str:
    return os.urandom(SALT_BYTES).hex()
