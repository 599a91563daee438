"""Invitations: a code, given by hand, with which somebody joins as what the operator said.

A row is named by a keyed hash of the code and of all that it promises: whoever writes into the database can
neither make an invitation nor turn a reviewer's into an operator's, and does not find the code.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from ...digest import canonical
from ...errors import Refused
from ...language import say
from ...nouns.permit import Role
from .accounts import roles_of, roles_text
from .schema import invitations


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody who may join."""

    login: str
    name: str
    organisation: str
    roles: frozenset[Role]
    invited_by: str
    expires_at: str
    code_hash: str = ""
    """What it is known by; not the code."""


def invite(connection: Connection, key: bytes, wished: Invitation) -> str:
    """A one-time code with which that person joins and chooses their own password."""
    code = f"i{secrets.token_urlsafe(18)}"  # never a dash in front: it would read as an option
    row = {
        "code_hash": _code_hash(key, code, wished), "login": wished.login, "name": wished.name,
        "organisation": wished.organisation, "roles": roles_text(wished.roles), "invited_by": wished.invited_by,
        "expires_at": wished.expires_at,
    }  # fmt: skip
    connection.execute(invitations.insert(), row)
    return code


def invited(connection: Connection, key: bytes, code: str, now: str) -> Invitation:
    """What a code promises. Raises Refused for a wrong, used or old one."""
    for each in open_invitations(connection, now):  # few: its hash is not known without what it promises
        if hmac.compare_digest(each.code_hash, _code_hash(key, code, each)):
            return each
    raise Refused(
        "invitation.invalid",
        say("This invitation is not valid (any more)."),
        say("Ask the operator for a new one."),
    )


def redeem(connection: Connection, used: Invitation, now: str) -> None:
    """It works once. Raises Refused where somebody was faster."""
    unused = (invitations.c.code_hash == used.code_hash) & invitations.c.used_at.is_(None)
    if connection.execute(invitations.update().where(unused).values(used_at=now)).rowcount != 1:
        raise Refused(
            "invitation.invalid",
            say("This invitation is not valid (any more)."),
            say("Ask the operator for a new one."),
        )


def open_invitations(connection: Connection, now: str) -> tuple[Invitation, ...]:
    """Those that nobody has used yet, in order of their end."""
    alive = invitations.c.used_at.is_(None) & (invitations.c.expires_at > now)
    rows = connection.execute(select(invitations).where(alive).order_by(invitations.c.expires_at))
    return tuple(_invitation(row) for row in rows.mappings())


def take_back(connection: Connection, login: str, now: str) -> int:
    """End all open invitations of a login; how many."""
    alive = (
        (invitations.c.login == login) & invitations.c.used_at.is_(None) & (invitations.c.expires_at > now)
    )
    return connection.execute(invitations.delete().where(alive)).rowcount


def drop_stale(connection: Connection, before: str) -> int:
    """Those that ran out before that, redeemed or not: their codes are of no use."""
    return connection.execute(invitations.delete().where(invitations.c.expires_at < before)).rowcount


def _invitation(row: RowMapping) -> Invitation:
    return Invitation(
        row["login"], row["name"], row["organisation"], roles_of(row["roles"]), row["invited_by"],
        row["expires_at"], row["code_hash"],
    )  # fmt: skip


def _code_hash(key: bytes, code: str, promised: Invitation) -> str:
    said = [
        promised.login, promised.name, promised.organisation, roles_text(promised.roles), promised.invited_by,
        promised.expires_at,
    ]  # fmt: skip
    text = b"dalgubeol/invitation/v2\0" + code.encode(errors="surrogatepass") + b"\0" + canonical(said)
    return hmac.new(key, text, hashlib.sha256).hexdigest()
