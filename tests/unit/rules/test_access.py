from __future__ import annotations

import pytest

from dalgubeol.nouns.permit import Role, Scope
from dalgubeol.rules.access import (
    FREE_TRIES,
    LONGEST_WAIT_S,
    factor_is_lacking,
    reasons_outside_scope,
    wait_after,
)


@pytest.mark.parametrize(
    ("tries", "wait_s"),
    [(0, 0), (1, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (11, 900), (10**6, 900)],
)
def test_after_the_free_tries_each_costs_twice_the_wait_of_the_one_before(tries: int, wait_s: int) -> None:
    assert wait_after(tries) == wait_s


def test_the_wait_never_shrinks_and_never_shuts_somebody_out_for_good() -> None:
    waits = [wait_after(n) for n in range(200)]
    assert waits == sorted(waits)
    assert waits[FREE_TRIES - 1] == 0
    assert max(waits) == LONGEST_WAIT_S


@pytest.mark.parametrize(
    ("roles", "has_factor", "lacking"),
    [
        ({Role.OPERATOR}, False, True),
        ({Role.OPERATOR}, True, False),
        ({Role.ANALYST}, False, False),
        ({Role.ANALYST, Role.OPERATOR}, False, True),
    ],
)
def test_a_factor_lacks_where_a_role_asks_for_it(roles: set[Role], has_factor: bool, lacking: bool) -> None:
    assert factor_is_lacking(frozenset(roles), frozenset({Role.OPERATOR}), has_factor) is lacking
    assert not factor_is_lacking(frozenset(roles), frozenset(), has_factor)


def test_a_scope_covers_itself_and_reading() -> None:
    assert reasons_outside_scope(frozenset({Scope.RUN}), Scope.READ) == ()
    assert reasons_outside_scope(frozenset({Scope.RUN}), Scope.RUN) == ()
    assert [r.code for r in reasons_outside_scope(frozenset({Scope.RUN}), Scope.SIGN)] == ["scope.sign"]
    assert [r.code for r in reasons_outside_scope(frozenset(), Scope.READ)] == ["scope.read"]
