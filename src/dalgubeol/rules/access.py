"""How people and programs come in: how often one may try, and what a token may be used for.

Wrong passwords and codes are counted by login. Five tries are free; then each costs a wait that grows up to
fifteen minutes, until one succeeds or a day has passed (NIST SP 800-63B, 5.2.2, names growing waits). No number
of wrong tries shuts a login for good, where that clause stops at 100: a stranger who knows a login could
keep its owner out with it. At fifteen minutes each, a stranger has 96 tries a day.
"""

from __future__ import annotations

from ..errors import Reason
from ..language import say
from ..nouns.permit import Actor, Role, Scope

FREE_TRIES = 5
FIRST_WAIT_S, LONGEST_WAIT_S = 30, 900
FORGOTTEN_AFTER_S = 86_400
"""After this long without a try, wrong ones count no more."""


def wait_after(tries: int) -> int:
    """Seconds before the next try, when so many have failed one after another."""
    if tries < FREE_TRIES:
        return 0
    return min(FIRST_WAIT_S << min(tries - FREE_TRIES, 10), LONGEST_WAIT_S)


def factor_is_lacking(roles: frozenset[Role], required_of: frozenset[Role], has_factor: bool) -> bool:
    """Whether this person may do nothing yet but set up a second factor."""
    return bool(roles & required_of) and not has_factor


def reasons_not_to_change(
    actor: Actor, person: str, roles: frozenset[Role], stays_operator: bool, others_operate: bool
) -> tuple[Reason, ...]:
    """Why `actor` may not change the roles of `person`, who has `roles`, or close their account."""
    last = Role.OPERATOR in roles and not stays_operator and not others_operate
    checks = (
        (Role.OPERATOR not in actor.roles, Reason("person.role", say("Only an operator changes accounts."))),
        (actor.id == person, Reason("person.own", say("Nobody changes their own roles or closes their own account."))),
        (last, Reason("person.last", say("This is the last operator; a site is never without one."))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def local_path(wished: str) -> str:
    """Where to go after signing in: a path of this site; the beginning where it is anything else, so that no
    link to our sign-in page leads anybody to another site."""
    shaped = wished.startswith("/") and not wished.startswith("//") and len(wished) <= 500
    return wished if shaped and all("!" <= c <= "~" and c != "\\" for c in wished) else "/"


def reasons_outside_scope(scopes: frozenset[Scope], needed: Scope) -> tuple[Reason, ...]:
    """Empty where the token's scopes allow what is `needed`; every scope allows reading what one may see."""
    if needed in scopes or (needed is Scope.READ and scopes):
        return ()
    message = say("This token does not have the scope '{scope}'.", scope=needed)
    return (Reason(f"scope.{needed.value}", message),)
