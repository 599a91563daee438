"""The balances equal the plain ones, keep mass, and cost at the steady states what is published."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.methods.tennessee import balances, measuring, plain
from dalgubeol.methods.tennessee import constants as c
from dalgubeol.methods.tennessee.constants import Floats
from dalgubeol.methods.tennessee.steady import COST_PER_H, MODES, STEADY


def computed(state: Floats, walk: Floats, idv6: float = 0, idv7: float = 0) -> tuple[Floats, Floats]:
    """The 50 derivatives with the valves told to stand at half, and what is inside."""
    warm, inside, out = np.array([120.0, 80.0, 65.0, 90.0]), np.zeros(balances.INSIDE), np.zeros(50)
    balances.balances(state, warm, walk, idv6, idv7, inside, out)
    balances.valves(state, np.full(12, 50.0), out)
    return out, inside


@pytest.mark.parametrize("mode", range(7), ids=MODES)
def test_the_published_steady_states_stand_still_and_cost_what_is_published(mode: int) -> None:
    state = STEADY[:, mode]
    out, inside = computed(state, c.WALK_CENTRE)
    assert np.all(np.abs(out[:38]) < 0.03), "the states are published to seven figures"
    assert measuring.cost(inside, state[45]) == pytest.approx(COST_PER_H[mode], abs=0.01)
    assert measuring.tripped(inside) == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 6), st.integers(0, 2**32), st.floats(0, 1), st.floats(0, 1))
def test_they_are_what_the_plain_ones_are(mode: int, seed: int, idv6: float, idv7: float) -> None:
    rng = np.random.default_rng(seed)
    state = STEADY[:, mode] * rng.uniform(0.9, 1.1, 50)
    state[38:] = rng.uniform(0, 100, 12)
    walk = c.WALK_CENTRE * rng.uniform(0.95, 1.05, 20) + rng.uniform(0, 0.3, 20) * (c.WALK_CENTRE == 0)
    fast, slow = (
        computed(state, walk, idv6, idv7)[0],
        plain.derivatives(state, walk, idv6, idv7, np.full(12, 50.0)),
    )
    scale = np.maximum(np.abs(slow), 1e-9 * np.abs(state) + 1e-6)
    assert np.max(np.abs(fast - slow) / scale) < 1e-8


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 6), st.integers(0, 2**32))
def test_mass_is_neither_made_nor_lost(mode: int, seed: int) -> None:
    """No reaction makes mass: 62 = 2 + 28 + 32, 76 = 2 + 28 + 46, 48 = 2 + 46, 2 x 48 = 3 x 32."""
    rng = np.random.default_rng(seed)
    state = STEADY[:, mode] * rng.uniform(0.9, 1.1, 50)
    out, inside = computed(state, c.WALK_CENTRE)
    held = sum(out[first : first + 8] @ c.MOLAR_MASS for first in (0, 9, 18, 27))
    mix_ac = np.array([*c.WALK_CENTRE[:2], 1 - c.WALK_CENTRE[:2].sum(), 0, 0, 0, 0, 0])
    at = balances
    comes = inside[at.D_FEED] * c.FEED_D + inside[at.E_FEED] * c.FEED_E + inside[at.A_FEED] * c.FEED_A
    comes = (comes + inside[at.C_FEED] * mix_ac) @ c.MOLAR_MASS
    leaves = inside[at.PURGE] * inside[at.PURGE_MIX : at.PURGE_MIX + 8] @ c.MOLAR_MASS
    leaves += inside[at.PRODUCT] * inside[at.PRODUCT_MIX : at.PRODUCT_MIX + 8] @ c.MOLAR_MASS
    assert held == pytest.approx(comes - leaves, rel=1e-9, abs=1e-6)
