from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.series.alignment import Batches
from dalgubeol.methods.series.example_plant import TAGS, normal_batches
from dalgubeol.methods.series.faults import FAULT_KINDS, Fault, FaultKind, inject, inject_all, normal_spreads

BATCH = normal_batches(1, 0).values[0]


@given(
    kind=st.sampled_from(FAULT_KINDS), place=st.integers(0, 5), start=st.floats(0, 0.5), size=st.floats(0, 5)
)
def test_a_fault_touches_its_tag_alone_and_leaves_the_given_batch_as_it_was(
    kind: FaultKind, place: int, start: float, size: float
) -> None:
    before = BATCH.copy()
    faulty = inject(BATCH, place, Fault("n0", TAGS[place], kind, size, start, start + 0.3), spread=1.0)
    assert np.array_equal(BATCH, before)
    others = [i for i in range(6) if i != place]
    assert np.array_equal(faulty[:, others], BATCH[:, others])
    assert np.array_equal(
        faulty[: round(start * len(BATCH)), place], BATCH[: round(start * len(BATCH)), place]
    )


def difference(kind: FaultKind, size: float) -> np.ndarray:
    return np.asarray(inject(BATCH, 1, Fault("n0", "level", kind, size, 0.25, 0.75), spread=2.0) - BATCH)[
        :, 1
    ]


def test_each_kind_does_what_its_unit_says() -> None:
    first, last = round(0.25 * len(BATCH)), round(0.75 * len(BATCH))
    assert np.allclose(difference("bias", 3)[first:last], 6)
    assert np.allclose(difference("bias", 3)[last:], 0)
    assert np.allclose(difference("drift", 3)[last:], 6)
    assert 0 < difference("drift", 3)[first + 1] < 1
    assert np.std(difference("noise", 3)[first:last]) == pytest.approx(6, rel=0.4)
    stuck = inject(BATCH, 1, Fault("n0", "level", "stuck", 0, 0.25, 0.75), 2.0)[first:last, 1]
    assert set(stuck.tolist()) == {BATCH[first, 1]}
    delayed = inject(BATCH, 1, Fault("n0", "level", "delay", 4, 0.25, 0.75), 2.0)
    assert np.array_equal(delayed[first:last, 1], BATCH[first - 4 : last - 4, 1])
    lost = inject(BATCH, 1, Fault("n0", "level", "lost", 0, 0.25, 0.75), 2.0)
    assert np.isnan(lost[first:last, 1]).all()


def test_the_same_seed_gives_the_same_noise_and_another_seed_another() -> None:
    fault = Fault("n0", "level", "noise", 1.0)
    assert np.array_equal(inject(BATCH, 1, fault, 1.0, seed=4), inject(BATCH, 1, fault, 1.0, seed=4))
    assert not np.array_equal(inject(BATCH, 1, fault, 1.0, seed=4), inject(BATCH, 1, fault, 1.0, seed=5))


def test_a_normal_spread_is_between_batches_and_not_within_them() -> None:
    batches = normal_batches(40, 1)
    spreads = normal_spreads(batches)
    within = np.std(batches.values[0], axis=0)
    assert all(spreads[tag] < within[place] for place, tag in enumerate(TAGS))
    assert all(0.3 < spread < 3 for spread in spreads.values())


def test_faults_go_into_the_batches_they_name() -> None:
    batches = normal_batches(3, 2)
    faulty = inject_all(batches, (Fault("n1", "flow", "bias", 1.0),), normal_spreads(batches))
    assert np.array_equal(faulty.values[0], batches.values[0])
    assert not np.array_equal(faulty.values[1], batches.values[1])
    assert faulty.names == batches.names


@pytest.mark.parametrize(
    "fault",
    [
        Fault("n9", "flow", "bias", 1.0),
        Fault("n1", "flux", "bias", 1.0),
        Fault("n1", "flow", "explosion", 1.0),  # type: ignore[arg-type]
        Fault("n1", "flow", "bias", 1.0, 0.7, 0.3),
        Fault("n1", "flow", "delay", -1.0),
    ],
)
def test_a_fault_that_cannot_be_injected_is_invalid(fault: Fault) -> None:
    batches = normal_batches(3, 2)
    with pytest.raises(Invalid):
        inject_all(batches, (fault,), normal_spreads(batches))


def test_a_tag_that_is_held_for_most_of_the_batch_keeps_the_spread_of_where_it_moves() -> None:
    batches = normal_batches(40, 1)
    held = tuple(np.where(np.arange(len(v))[:, None] > 0.3 * len(v), 0.0, v) for v in batches.values)
    spreads = normal_spreads(Batches(batches.tags, batches.names, held), segments=10)
    assert all(spread > 0.2 for spread in spreads.values())
