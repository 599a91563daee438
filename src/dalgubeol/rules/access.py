"""What a token may be used for: a program has no more of a person's rights than the token was made with."""

from __future__ import annotations

from ..errors import Reason
from ..language import say
from ..nouns.permit import Scope


def reasons_outside_scope(scopes: frozenset[Scope], needed: Scope) -> tuple[Reason, ...]:
    """Empty where the token's scopes allow what is `needed`; every scope allows reading what one may see."""
    if needed in scopes or (needed is Scope.READ and scopes):
        return ()
    message = say("This token does not have the scope '{scope}'.", scope=needed)
    return (Reason(f"scope.{needed.value}", message),)
