"""Whether the Permit under which something was made is over: what waits of it stays in, whatever else its author holds."""

from __future__ import annotations

from sqlalchemy import Connection

from ...nouns.permit import Permit, PermitState
from ...nouns.run import Run
from ...world.store import permits


def carried_on(connection: Connection, permit: Permit, at: str) -> bool:
    """Whether a Permit that was asked for to follow this one, or one that follows that, is in force. Nothing follows
    one that was revoked: what it was for is over."""
    if permit.state is PermitState.REVOKED:
        return False
    later = permits.following(connection, permit)
    return any(at < each.valid_until or carried_on(connection, each, at) for each in later)


def permits_over(connection: Connection, run: Run, at: str) -> tuple[Permit, ...]:
    """Those Permits of a Run that are over, where none that was asked for to follow it is in force."""
    under = (permits.find(connection, each) for each in run.permits)
    over = (p for p in under if p.state is not PermitState.GRANTED or at >= p.valid_until)
    return tuple(each for each in over if not carried_on(connection, each, at))
