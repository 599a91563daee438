"""The lives of Runs and Permits, each as one table; diagrams and tests are made from them. (Of the airlock: `airlock`.)

A move that is not in its table is a `Conflict`. `retain_until` is here too: when a Record may be erased.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from ..errors import Conflict
from ..language import phrase, say
from ..nouns.permit import PermitState
from ..nouns.record import Retention
from ..nouns.run import RunState

_State = TypeVar("_State", bound=StrEnum)

RUN_MOVES: Mapping[tuple[RunState, str], RunState] = {
    (RunState.QUEUED, "lease"): RunState.RUNNING,
    (RunState.QUEUED, "cancel"): RunState.CANCELLED,
    (RunState.RUNNING, "lease"): RunState.RUNNING,  # the earlier lease has expired
    (RunState.RUNNING, "finish"): RunState.DONE,
    (RunState.RUNNING, "hold"): RunState.HELD,
    (RunState.RUNNING, "fail"): RunState.FAILED,
    (RunState.RUNNING, "break"): RunState.BROKEN,
    (RunState.RUNNING, "cancel"): RunState.CANCELLED,
    (RunState.HELD, "release"): RunState.DONE,
    (RunState.HELD, "decline"): RunState.DECLINED,
}

PERMIT_MOVES: Mapping[tuple[PermitState, str], PermitState] = {
    (PermitState.REQUESTED, "grant"): PermitState.GRANTED,
    (PermitState.REQUESTED, "refuse"): PermitState.REFUSED,
    (PermitState.REQUESTED, "withdraw"): PermitState.WITHDRAWN,
    (PermitState.GRANTED, "withdraw"): PermitState.WITHDRAWN,
    (PermitState.GRANTED, "revoke"): PermitState.REVOKED,
}


def moved(moves: Mapping[tuple[_State, str], _State], state: _State, move: str) -> _State:
    """The state after `move`. Raises Conflict, naming the moves that are legal, where there is none."""
    if (state, move) in moves:
        return moves[state, move]
    legal = sorted(name for known, name in moves if known == state)
    raise Conflict(
        f"state.{move}",
        say("'{move}' is not possible in the state '{state}'.", move=phrase(move, "move"), state=state),
        say("Possible now: {legal}.", legal=tuple(phrase(name, "move") for name in legal))
        if legal
        else say("This is the end of its life; begin a new one."),
    )


def diagram(moves: Mapping[tuple[_State, str], _State]) -> str:
    """A Mermaid state diagram of a table. Mermaid takes no hyphen in a state's id: those get a label."""
    states = dict.fromkeys(state for (start, _), end in moves.items() for state in (start, end))
    labels = [f'    state "{s.value}" as {_drawn(s)}' for s in states if _drawn(s) != s.value]
    rows = [f"    {_drawn(start)} --> {_drawn(end)}: {move}" for (start, move), end in moves.items()]
    return "\n".join(["stateDiagram-v2", *labels, *rows])


def _drawn(state: StrEnum) -> str:
    return state.value.replace("-", "_")


_YEARS = {Retention.ACCESS: 1, Retention.ACCESS_SENSITIVE: 2, Retention.PROCESSING: 3}


def retain_until(retention: Retention, recorded_at: str, destroyed_at: str | None = None) -> str | None:
    """The instant before which a Record's payload may not be erased; None means not erasable (yet)."""
    if retention is Retention.PERMANENT:
        return None
    counted_from = destroyed_at if retention is Retention.PROCESSING else recorded_at
    return None if counted_from is None else _years_after(counted_from, _YEARS[retention])


def may_be_erased(retention: Retention, recorded_at: str, destroyed: Iterable[str | None], now: str) -> bool:
    """Whether a payload may be gone at `now`, given when each Dataset it speaks of was destroyed."""
    ends = [retain_until(retention, recorded_at, at) for at in (list(destroyed) or [None])]
    return all(end is not None and end <= now for end in ends)


def _years_after(instant: str, years: int) -> str:
    moment = datetime.fromisoformat(instant)
    try:
        later = moment.replace(year=moment.year + years)
    except ValueError:  # 29 February
        later = moment.replace(year=moment.year + years, day=28) + timedelta(days=1)
    return later.isoformat(timespec="milliseconds")
