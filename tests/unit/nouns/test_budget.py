"""Privacy loss: exact sums, answers rounded up, allowances down."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.nouns.budget import Loss

LOSSES = st.builds(Loss, st.integers(0, 10**9), st.integers(0, 10**12))


def test_ten_answers_of_a_tenth_cost_exactly_one() -> None:
    assert sum((Loss.of(0.1) for _ in range(10)), Loss()) == Loss.of(1.0)  # floats would not add up to it
    assert Loss.of(1.0).within(Loss.allowed(1.0))


def test_an_answer_is_never_cheaper_than_it_says_and_an_allowance_never_larger() -> None:
    assert Loss.of(0.00000049, 1e-13) == Loss(1, 1)
    assert Loss.allowed(0.00000149, 1e-13) == Loss(1, 0)
    assert Loss.of(1e-300).epsilon_millionths == 1  # what tells next to nothing is not told for nothing
    assert (Loss.of(0.5, 1e-6).epsilon, Loss.of(0.5, 1e-6).delta) == (0.5, 1e-6)


@settings(deadline=None)
@given(LOSSES, LOSSES, LOSSES)
def test_what_is_left_is_what_may_still_be_spent(told: Loss, more: Loss, most: Loss) -> None:
    if told.within(most):
        assert more.within(told.left_of(most)) is (told + more).within(most)
    assert told.left_of(most).within(most)
