"""People over HTTP: inviting and joining, sessions, tokens, and one's own account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from ...nouns.permit import Role, Scope
from ...verbs.people import account, entry, people
from ...verbs.people.account import FactorBegun
from ...world.identity import Person
from ...world.identity.sessions import Session, Token
from ...world.store.paging import Page
from ..serve import cookie
from . import bodies
from .caller import Call, held_session, slow_down
from .lists import Cursor, Limit
from .operation import operation, response, router

routes = router("", "people")


@dataclass(frozen=True, slots=True)
class Invitation:
    login: str
    code: str
    """Works once, for seven days; shown this once."""


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """Somebody who may join; the code was shown once."""

    login: str
    name: str
    organisation: str
    roles: tuple[Role, ...]
    invited_by: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class Me:
    """Who calls."""

    person: Person
    scopes: tuple[Scope, ...]
    by_token: bool
    can_sign: bool
    expires_at: str
    has_factor: bool


@dataclass(frozen=True, slots=True)
class TokenMade:
    token: Token
    text: str
    """Keep it as you keep a password: it is shown this once."""


@dataclass(frozen=True, slots=True)
class Ended:
    ended: int


@dataclass(frozen=True, slots=True)
class RecoveryCodes:
    codes: tuple[str, ...]
    """Each works once, instead of the phone; shown this once."""


@operation(routes, "GET", "/people", Page[Person], scope=Scope.READ)
def list_people(call: Call, cursor: Cursor = "", limit: Limit = 100) -> Page[Person]:
    """Everybody who has joined, in that order."""
    return people.page(call.house, cursor, limit)


@operation(routes, "POST", "/invitations", Invitation, scope=Scope.OPERATE, status=201)
def invite_person(call: Call, body: bodies.Invited) -> Invitation:
    """Invite somebody; the code works once."""
    code = people.invite(
        call.house, call.who, login=body.login, name=body.name or body.login, organisation=body.organisation,
        roles=[Role(role).value for role in body.roles],
    )  # fmt: skip
    return Invitation(body.login, code)


@operation(routes, "GET", "/invitations", list[OpenInvitation], scope=Scope.OPERATE)
def list_invitations(call: Call) -> list[OpenInvitation]:
    """Who is invited and has not joined yet."""
    found = people.invited(call.house, call.who)
    return [OpenInvitation(i.login, i.name, i.organisation, tuple(sorted(i.roles)), i.invited_by, i.expires_at) for i in found]  # fmt: skip


@operation(routes, "DELETE", "/invitations/{login}", None, scope=Scope.OPERATE, status=204, errors=(404,))
def take_back_invitation(call: Call, login: Annotated[str, Path(max_length=100)]) -> None:
    """Take the invitations of somebody back."""
    people.uninvite(call.house, call.who, login)


@operation(routes, "POST", "/people/{person}/roles", Person, scope=Scope.OPERATE, errors=(404,))
def change_roles(
    call: Call, person: Annotated[str, Path(max_length=200)], body: bodies.RolesWanted
) -> Person:
    """Give somebody other roles, with your signature: a token also needs the scope `sign`."""
    return people.change_roles(call.house, call.who, person, [Role(role).value for role in body.roles])


@operation(routes, "POST", "/people/{person}/close", Person, scope=Scope.OPERATE, errors=(404,))
def close_account(call: Call, person: Annotated[str, Path(max_length=200)]) -> Person:
    """Close an account for good, with your signature: a token also needs the scope `sign`."""
    return people.close(call.house, call.who, person)


@operation(routes, "POST", "/people", Person, public=True, status=201, errors=(403,))
def join_site(call: Call, body: bodies.Joining) -> Person:
    """Join with an invitation and a password of one's own."""
    slow_down(call.request)
    return people.join(call.house, body.code, body.password)


@operation(routes, "GET", "/me", Me, scope=Scope.READ)
def show_me(call: Call) -> Me:
    """Who calls, and what this token or session may do."""
    who = call.who
    has_factor = account.factor(call.house, who) is not None
    return Me(who.person, tuple(sorted(who.scopes)), who.is_token, who.can_sign, who.expires_at, has_factor)


@operation(routes, "POST", "/sessions", Person, public=True, status=201, errors=(401, 403))
def sign_in(call: Call, body: bodies.SigningIn) -> Response:
    """Sign in; the answer sets the cookie of a session of eight hours. Programs use a token instead."""
    slow_down(call.request)
    person, held = entry.enter(call.house, body.login, body.password, door="web", code=body.code)
    answer = response(person, 201, call.request)
    cookie.put(answer, held, entry.SESSION_S, secure=call.served.secure)
    return answer


@operation(routes, "GET", "/sessions", list[Session], scope=Scope.READ)
def list_sessions(call: Call) -> list[Session]:
    """Where you are signed in."""
    return list(entry.places(call.house, call.who))


@operation(routes, "DELETE", "/sessions/others", Ended, scope=Scope.READ)
def end_other_sessions(call: Call) -> Ended:
    """Sign out everywhere else."""
    account.check_in_person(call.who)
    return Ended(entry.leave_everywhere(call.house, call.who, but_here=True))


@operation(routes, "DELETE", "/sessions/this", None, scope=Scope.READ, status=204)
def sign_out(call: Call) -> Response:
    """Sign out here."""
    held = held_session(call.request)
    if held is not None:
        entry.leave(call.house, held)
    answer = Response(None, 204)
    cookie.drop(answer, secure=call.served.secure)
    return answer


@operation(routes, "POST", "/sessions/this/unlock", None, scope=Scope.READ, status=204)
def unlock_session(call: Call, body: bodies.PasswordOnly) -> Response:
    """Put your key into a session that was begun without your password; the answer renews its cookie."""
    account.check_in_person(call.who)
    slow_down(call.request)
    held = entry.unlock_session(call.house, held_session(call.request) or b"", body.password)
    answer = Response(None, 204)
    cookie.put(answer, held, entry.SESSION_S, secure=call.served.secure)
    return answer


@operation(routes, "POST", "/tokens", TokenMade, scope=Scope.READ, status=201)
def make_token(call: Call, body: bodies.TokenWanted) -> TokenMade:
    """A token for programs. Only whoever is signed in makes one."""
    token, text = entry.make_token(call.house, call.who, body.name, body.scopes, body.days)
    return TokenMade(token, text)


@operation(routes, "GET", "/tokens", list[Token], scope=Scope.READ)
def list_tokens(call: Call) -> list[Token]:
    """Your tokens, the newest first."""
    return list(entry.tokens(call.house, call.who))


@operation(routes, "DELETE", "/tokens/{token}", None, scope=Scope.READ, status=204, errors=(404,))
def end_token(call: Call, token: Annotated[str, Path(max_length=200)]) -> None:
    """End a token of yours at once."""
    account.check_in_person(call.who)
    entry.end_token(call.house, call.who, token)


@operation(routes, "POST", "/me/password", Ended, scope=Scope.READ, before_factor=True)
def change_password(call: Call, body: bodies.PasswordChange) -> Ended:
    """Another password. All other sessions end, and the tokens that can sign."""
    return Ended(account.change_password(call.house, call.who, body.password, body.new, body.code))


@operation(routes, "POST", "/me/factor", FactorBegun, scope=Scope.READ, before_factor=True)
def begin_factor(call: Call, body: bodies.PasswordGiven) -> Mapping[str, str]:
    """Begin with a second factor: what a phone must learn, shown this once."""
    begun = account.begin_factor(call.house, call.who, body.password)
    return {"secret": begun.secret, "url": begun.url, "qr_svg": begun.qr_svg}


@operation(routes, "POST", "/me/factor/confirm", RecoveryCodes, scope=Scope.READ, before_factor=True)
def confirm_factor(call: Call, body: bodies.CodeGiven) -> RecoveryCodes:
    """Put it in use with the code that the phone shows."""
    return RecoveryCodes(account.confirm_factor(call.house, call.who, body.code))


@operation(routes, "POST", "/me/factor/end", None, scope=Scope.READ, status=204, errors=(404,))
def end_factor(call: Call, body: bodies.PasswordGiven) -> None:
    """Do without a second factor from now on."""
    account.end_factor(call.house, call.who, body.password, body.code)


@operation(
    routes, "POST", "/people/{person}/factor/end", None, scope=Scope.OPERATE, status=204, errors=(404,)
)
def take_off_factor(call: Call, person: Annotated[str, Path(max_length=200)]) -> None:
    """Help somebody who lost the phone and the recovery codes."""
    account.take_off_factor(call.house, call.who, person)
