from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Conflict
from dalgubeol.nouns.permit import PermitState
from dalgubeol.nouns.record import Retention
from dalgubeol.nouns.run import RunState
from dalgubeol.rules.airlock import ReviewState, drawn
from dalgubeol.rules.lifecycle import (
    PERMIT_MOVES,
    RUN_MOVES,
    diagram,
    may_be_erased,
    moved,
    retain_until,
)

TABLES: list[tuple[Any, type[StrEnum], str, set[str]]] = [
    (RUN_MOVES, RunState, "queued", {"done", "failed", "broken", "cancelled", "declined"}),
    (PERMIT_MOVES, PermitState, "requested", {"refused", "withdrawn", "revoked"}),
    (drawn(), ReviewState, "submitted", {"released", "returned", "rejected", "withdrawn", "expired"}),
]
NAMES = ["runs", "permits", "reviews"]
STARTS = {"queued", "requested", "draft", "submitted", "held"}


@pytest.mark.parametrize(("moves", "states", "start", "ends"), TABLES, ids=NAMES)
def test_exactly_the_ended_states_have_no_way_out(
    moves: Any, states: Any, start: str, ends: set[str]
) -> None:
    assert {state.value for state in states} - {known.value for known, _ in moves} == ends


@pytest.mark.parametrize(("moves", "states", "start", "ends"), TABLES, ids=NAMES)
def test_every_state_is_reached_and_leads_to_an_end(
    moves: Any, states: Any, start: str, ends: set[str]
) -> None:
    def reached(first: str) -> set[str]:
        seen, todo = {first}, [first]
        while todo:
            here = todo.pop()
            fresh = {end.value for (known, _), end in moves.items() if known.value == here} - seen
            seen |= fresh
            todo += fresh
        return seen

    begun = {state.value for state in states} & STARTS
    assert set().union(*map(reached, begun)) == {state.value for state in states}
    assert all(reached(state.value) & ends for state in states)


_walk = st.lists(
    st.sampled_from(sorted({move for moves, *_ in TABLES for _, move in moves} | {"fly", ""})), max_size=12
)


@pytest.mark.parametrize(("moves", "states", "start", "ends"), TABLES, ids=NAMES)
@given(walk=_walk, data=st.data())
def test_any_sequence_of_moves_stays_in_the_table(
    moves: Any, states: Any, start: str, ends: set[str], walk: list[str], data: st.DataObject
) -> None:
    state = data.draw(st.sampled_from(list(states)))
    for move in walk:
        if (state, move) in moves:
            assert state.value not in ends
            state = moved(moves, state, move)
            assert state in states
        else:
            with pytest.raises(Conflict) as refused:
                moved(moves, state, move)
            legal = [name for known, name in moves if known == state]
            assert all(name in str(refused.value) for name in legal)
            assert legal or "end of its life" in str(refused.value)


@pytest.mark.parametrize(("moves", "states", "start", "ends"), TABLES, ids=NAMES)
def test_the_diagram_shows_every_move_and_mermaid_can_read_it(
    moves: Any, states: Any, start: str, ends: set[str]
) -> None:
    first, *lines = diagram(moves).splitlines()
    assert first == "stateDiagram-v2"
    labels = dict(
        re.fullmatch(r' {4}state "([\w-]+)" as (\w+)', line).groups() for line in lines if " as " in line
    )  # type: ignore[union-attr]
    arrows = [re.fullmatch(r" {4}(\w+) --> (\w+): (.+)", line) for line in lines if " as " not in line]
    assert all(arrows), "a state's id has no hyphen"
    drawn = {a.groups() for a in arrows if a}
    assert drawn == {
        (labels.get(s.value, s.value), labels.get(e.value, e.value), move) for (s, move), e in moves.items()
    }


AT = "2026-03-01T12:00:00.000+00:00"


@pytest.mark.parametrize(
    ("retention", "recorded", "destroyed", "until"),
    [
        (Retention.PERMANENT, AT, AT, None),
        (Retention.ACCESS, AT, None, "2027-03-01T12:00:00.000+00:00"),
        (Retention.ACCESS_SENSITIVE, AT, None, "2028-03-01T12:00:00.000+00:00"),
        (Retention.PROCESSING, AT, None, None),
        (Retention.PROCESSING, AT, "2027-05-01T00:00:00.000+00:00", "2030-05-01T00:00:00.000+00:00"),
        (Retention.ACCESS, "2024-02-29T23:59:59.999+00:00", None, "2025-03-01T23:59:59.999+00:00"),
        (Retention.ACCESS_SENSITIVE, "2024-02-29T00:00:00.000+00:00", None, "2026-03-01T00:00:00.000+00:00"),
        (Retention.PROCESSING, AT, "2024-02-29T00:00:00.000+00:00", "2027-03-01T00:00:00.000+00:00"),
        (Retention.ACCESS, "2026-03-01T12:00:00Z", None, "2027-03-01T12:00:00.000+00:00"),
    ],
)
def test_until_when_a_record_is_kept(
    retention: Retention, recorded: str, destroyed: str | None, until: str | None
) -> None:
    assert retain_until(retention, recorded, destroyed) == until


@given(
    st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2200-01-01")),
    st.sampled_from([Retention.ACCESS, Retention.ACCESS_SENSITIVE]),
)
def test_a_record_is_never_kept_shorter_than_its_years(moment: datetime, retention: Retention) -> None:
    years = 1 if retention is Retention.ACCESS else 2
    until = retain_until(retention, moment.isoformat(timespec="milliseconds") + "+00:00")
    assert until is not None
    kept = datetime.fromisoformat(until).replace(tzinfo=None) - moment
    assert timedelta(days=365 * years) - timedelta(milliseconds=1) <= kept <= timedelta(days=366 * years)


@pytest.mark.parametrize(
    ("retention", "destroyed", "now", "gone"),
    [
        (Retention.ACCESS, [None], "2027-03-01T11:59:59.999+00:00", False),
        (Retention.ACCESS, [None], "2027-03-01T12:00:00.000+00:00", True),
        (Retention.ACCESS, [], "2027-03-01T12:00:00.000+00:00", True),
        (Retention.PERMANENT, [AT], "9999-01-01T00:00:00.000+00:00", False),
        (Retention.PROCESSING, [], "9999-01-01T00:00:00.000+00:00", False),
        (Retention.PROCESSING, [AT, None], "9999-01-01T00:00:00.000+00:00", False),
        (Retention.PROCESSING, [AT, "2028-01-01T00:00:00.000+00:00"], "2030-12-31T00:00:00.000+00:00", False),
        (Retention.PROCESSING, [AT, "2028-01-01T00:00:00.000+00:00"], "2031-01-01T00:00:00.000+00:00", True),
    ],
)
def test_when_a_payload_may_be_gone(
    retention: Retention, destroyed: list[str | None], now: str, gone: bool
) -> None:
    assert may_be_erased(retention, AT, destroyed, now) is gone
