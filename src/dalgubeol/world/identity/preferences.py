"""How somebody wants to be told of things, and in which language."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select

from ...errors import Invalid
from ...language import LANGUAGES, say
from .schema import preferences

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
LONGEST_ADDRESS = 254


@dataclass(frozen=True, slots=True)
class Preferences:
    language: str = "ko"
    theme: str = "auto"
    email: str = ""
    by_email: bool = False
    by_webhook: bool = False

    @property
    def channels(self) -> tuple[str, ...]:
        mail = ("email",) if self.by_email and self.email else ()
        return (*mail, "webhook") if self.by_webhook else mail


def preferences_of(connection: Connection, person: str) -> Preferences:
    row = connection.execute(select(preferences).where(preferences.c.person == person)).mappings().first()
    if row is None:
        return Preferences()
    return Preferences(
        row["language"], row["theme"], row["email"], bool(row["by_email"]), bool(row["by_webhook"])
    )


def keep_preferences(connection: Connection, person: str, wished: Preferences) -> None:
    """Raises Invalid for an address that is none, and where e-mail is wished without one."""
    check(wished)
    row = {**asdict(wished), "by_email": int(wished.by_email), "by_webhook": int(wished.by_webhook)}
    theirs = preferences.c.person == person
    if connection.execute(preferences.update().where(theirs).values(row)).rowcount == 0:
        connection.execute(preferences.insert(), {"person": person, **row})


def check(wished: Preferences) -> None:
    fits = not wished.email or (len(wished.email) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(wished.email))
    if not fits or (wished.by_email and not wished.email):
        raise Invalid.field("email", expected=say("an e-mail address"), got=say("something else") if wished.email else say("nothing"))  # fmt: skip
    if wished.language not in LANGUAGES:
        raise Invalid.field("language", expected=say("ko or en"), got=say("something else"))
    if wished.theme not in ("auto", "light", "dark"):
        raise Invalid.field("theme", expected=say("auto, light or dark"), got=say("something else"))
