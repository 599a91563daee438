"""What somebody has begun to fill in: kept at the site, so that a closed browser loses nothing.

A draft can hold what a reason or a script says, so it is sealed with a working key of the site and bound to its
person and form: whoever has only the database can neither read one nor put it under another's name. It says
nothing and does nothing until its form is sent; so the history does not hold it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ...digest import canonical
from ...errors import Conflict, Invalid
from ...language import say
from ...nouns.permit import Actor
from ...world.store import drafts
from ..house.clock import earlier, now
from ..house.house import House

LARGEST_BYTES = 4 << 20
MOST = 100
KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Draft:
    form: str
    saved_at: str
    content: Mapping[str, Any]


def save(house: House, actor: Actor, form: str, content: Mapping[str, Any]) -> str:
    """Keep what stands in a form now, instead of what was kept before; when. Raises Invalid (too large),
    Conflict (too many)."""
    plain = canonical(dict(content))
    if len(plain) > LARGEST_BYTES:
        raise Invalid.field(
            "draft", expected=say("at most {most} MB", most=LARGEST_BYTES >> 20), got=say("more")
        )
    nonce, at = os.urandom(12), now()
    sealed = nonce + _sealing(house).encrypt(nonce, plain, _bound(actor, form))

    def keep(connection: Any) -> None:
        if drafts.count(connection, actor.id) >= MOST and drafts.find(connection, actor.id, form) is None:
            raise Conflict("draft.many", say("You have {count} drafts.", count=MOST), say("Send or discard some of them first."))  # fmt: skip
        drafts.keep(connection, actor.id, form, sealed, at)

    house.write(keep)
    return at


def find(house: House, actor: Actor, form: str) -> Draft | None:
    """What was kept. One that cannot be opened (any more) counts as none: the form begins empty."""
    with house.database.reading() as connection:
        found = drafts.find(connection, actor.id, form)
    if found is None:
        return None
    sealed, saved_at = found
    try:
        plain = _sealing(house).decrypt(sealed[:12], sealed[12:], _bound(actor, form))
    except (InvalidTag, ValueError):
        return None
    return Draft(form, saved_at, json.loads(plain))


def listed(house: House, actor: Actor) -> tuple[tuple[str, str], ...]:
    """(form, when it was saved), the newest first."""
    with house.database.reading() as connection:
        return drafts.listed(connection, actor.id)


def discard(house: House, actor: Actor, form: str) -> bool:
    """Whether there was one."""
    return house.write(lambda connection: drafts.drop(connection, actor.id, form))


def clear_old(house: House) -> int:
    """For the chores: drafts that nobody has come back to for a month; how many."""
    return house.write(lambda connection: drafts.drop_older(connection, earlier(KEPT_DAYS * 86400)))


def _sealing(house: House) -> AESGCM:
    return AESGCM(house.keyring.working_key("drafts"))


def _bound(actor: Actor, form: str) -> bytes:
    return canonical(["dalgubeol/draft/v1", actor.id, form])
