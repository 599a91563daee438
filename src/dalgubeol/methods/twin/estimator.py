"""Where a plant is, from its tags alone: an ensemble Kalman filter (Evensen 1994; perturbed observations, Burgers 1998).

Each of the members is a plant of its own, moved by the measured valves. What is not measured, and the quantities
that disturb the process (composition, temperature and pressure of feeds, cooling water, reaction rates), differ between
members; what is measured pulls them, the quantities too. Tags that are missing (NaN) or stuck pull nothing.

Drift of a tag is how far the plant is from what was expected of it, in standard deviations, averaged over about
`MEMORY_H`: 1 or less where the model explains the plant.

How much members are moved at random was chosen on plants with other seeds than those of any test or scenario.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..tennessee.constants import NOISE, WALK_CENTRE, WALK_SPAN, Floats
from ..tennessee.controller import begin
from ..tennessee.process import Plants
from ..tennessee.stepping import LOOSE
from ..tennessee.tags import CONTINUOUS, MEASUREMENTS

MEMBERS = 160
MEMORY_H = 0.5
STUCK_AFTER = 20
"""So many equal readings in a row of an instrument that has noise are no measurement."""
QUANTITIES = {
    "A in the A and C feed": 0, "B in the A and C feed": 1, "D feed temperature": 2, "A and C feed temperature": 3,
    "reactor cooling water": 4, "condenser cooling water": 5, "rate of G's reaction": 6, "rate of H's reaction": 7,
    "A feed through an open valve": 14, "D feed through an open valve": 15, "E feed through an open valve": 16,
    "A and C feed through an open valve": 17,
}  # fmt: skip
"""What is estimated beside the state, and its walk."""
_WALKS = np.array(list(QUANTITIES.values()))
_SCALE = WALK_SPAN[_WALKS] * np.array([0.5, 1.0, 0.3, 0.3, 0.3, 0.3, 0.5, 0.5, 1.0, 1.0, 1.0, 1.0])
_RATE = _SCALE * np.where(
    _WALKS == 1, 0.3, 1.0
)  # B only ever leaves with the purge: what it does is slow to be seen
_PHYSICAL = 38
_VESSELS = (slice(0, 9), slice(9, 18), slice(18, 27), slice(27, 36))
_STATE_NOISE, _START, _INFLATION, _NOISE_TIMES = 0.01, 0.02, 1.01, 1.5
_NEVER_H = 1e9
_VALVE_NOISE = 0.3


@dataclass(slots=True)
class Twin:
    """`members`: plants, of which the mean is the estimate."""

    members: Plants
    rng: np.random.Generator
    last: Floats = field(default_factory=lambda: np.full(len(MEASUREMENTS), np.nan))
    same: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(MEASUREMENTS), np.int64))
    drift: Floats = field(default_factory=lambda: np.ones(len(MEASUREMENTS)))
    restarts: int = 0
    """How often no member was left, and the twin began anew at the base case."""

    @classmethod
    def at(cls, mode: str = "base", *, seed: int = 0, members: int = MEMBERS) -> Twin:
        """Somewhere near a steady state of `steady.MODES`. Raises Invalid."""
        rng = np.random.default_rng(seed)
        plants = Plants.at(mode, count=members, seed=seed)
        for vessel in _VESSELS:  # what is in it, together with its energy; then what it is made of
            plants.state[:, vessel] *= 1 + _START * rng.standard_normal((members, 1))
        plants.state[:, :_PHYSICAL] *= 1 + 0.25 * _START * rng.standard_normal((members, _PHYSICAL))
        plants.pieces[:, :, 5] = _NEVER_H  # the filter moves the quantities, no walk
        plants.pieces[:, _WALKS, 0] += _SCALE * rng.standard_normal((members, len(_WALKS)))
        return cls(plants, rng)

    def follow(self, shown: Floats, valve: Floats, hours: float) -> None:
        """`hours` have passed; the instruments now show `shown` [41]. `valve` [12]: where the valves were told to stand in
        the mean of that time, for some loops move theirs at every sample."""
        plants, rng, n = self.members, self.rng, len(self.members)
        around = _VALVE_NOISE * rng.standard_normal(plants.valve.shape) * (valve > 0) * (valve < 100)
        plants.valve[:] = np.where(np.isfinite(valve), np.clip(valve + around, 0, 100), plants.valve)
        plants.run(hours, control=LOOSE, noisy=False)
        self._revive()
        plants.state[:, :_PHYSICAL] *= 1 + _STATE_NOISE * np.sqrt(hours) * rng.standard_normal((n, _PHYSICAL))
        plants.pieces[:, _WALKS, 0] += _RATE * np.sqrt(hours) * rng.standard_normal((n, len(_WALKS)))
        usable = self._usable(shown)
        if usable.any():
            self._correct(shown, usable, hours)

    @property
    def quantities(self) -> dict[str, tuple[float, float]]:
        """What disturbs the plant: how far from its centre, and its standard deviation among the members."""
        off = self.members.pieces[:, _WALKS, 0] - WALK_CENTRE[_WALKS]
        return {
            name: (float(off[:, at].mean()), float(off[:, at].std())) for at, name in enumerate(QUANTITIES)
        }

    def estimate(self, handles: Floats, members: int = 0) -> Plants:
        """The mean plant, and so many members after it, under Ricker's controller at the plant's set-points `handles`."""
        plants = self.members.fork([*[0] * (1 + members)])
        for name in ("state", "warm", "pieces", "waiting", "shown"):
            told = getattr(self.members, name)
            getattr(plants, name)[0] = told.mean(axis=0)
            getattr(plants, name)[1:] = told[:members]
        for p in range(len(plants)):
            begin(plants.shown[p], plants.valve[p], plants.handles[p], plants.memory[p])
            plants.handles[p] = np.where(np.isfinite(handles), handles, plants.handles[p])
        return plants

    def _usable(self, shown: Floats) -> npt.NDArray[np.bool_]:
        """Readings that say something new: an analysis once, no stuck instrument, nothing outside of its range."""
        low = np.array([tag.low - 0.05 * (tag.high - tag.low) for tag in MEASUREMENTS])
        high = np.array([tag.high for tag in MEASUREMENTS])
        finite = np.isfinite(shown) & (shown >= low) & (shown <= high)
        changed = shown != self.last
        self.same[:] = np.where(changed, 0, self.same + 1)
        self.last[:] = shown
        fresh = np.where(np.arange(len(shown)) < CONTINUOUS, self.same < STUCK_AFTER, changed)
        return finite & fresh

    def _correct(self, shown: Floats, usable: npt.NDArray[np.bool_], hours: float) -> None:
        plants, n = self.members, len(self.members)
        x = np.concatenate(
            [np.log(plants.state[:, :_PHYSICAL]), plants.pieces[:, _WALKS, 0] / _SCALE], axis=1
        )
        y = plants.shown[:, usable]
        sd = _NOISE_TIMES * NOISE[usable]
        about_x, about_y = (x - x.mean(axis=0)) * _INFLATION, (y - y.mean(axis=0)) * _INFLATION
        x = x.mean(axis=0) + about_x
        spread = about_y.T @ about_y / (n - 1)
        apart = shown[usable] - y.mean(axis=0)
        share = 1.0 - np.exp(-hours / MEMORY_H)
        self.drift[usable] += share * (apart**2 / (np.diag(spread) + sd**2) - self.drift[usable])
        drawn = shown[usable] + sd * self.rng.standard_normal(y.shape)
        scale = np.sqrt(np.diag(spread) + sd**2)
        gain = np.linalg.solve(
            spread / np.outer(scale, scale) + np.diag((sd / scale) ** 2),
            (about_y / scale).T @ about_x / (n - 1),
        )
        x += ((drawn - y) / scale) @ gain
        plants.state[:, :_PHYSICAL] = np.exp(x[:, :_PHYSICAL])
        plants.pieces[:, _WALKS, 0] = x[:, _PHYSICAL:] * _SCALE

    def _revive(self) -> None:
        """A member that has shut down where the plant has not, or is no plant any more, is replaced by one that runs."""
        state = self.members.state
        lives = (
            (self.members.stopped == 0)
            & np.isfinite(state).all(axis=1)
            & (state[:, :_PHYSICAL] > 0).all(axis=1)
        )
        dead, alive = np.flatnonzero(~lives), np.flatnonzero(lives)
        if not len(dead):
            return
        if not len(alive):  # nothing is left to go on from
            fresh = type(self).at(seed=int(self.rng.integers(2**32)), members=len(self.members))
            for name in ("state", "warm", "pieces", "waiting", "shown", "command"):
                getattr(self.members, name)[:] = getattr(fresh.members, name)
            self.restarts += 1
            dead, alive = dead[:0], np.arange(len(self.members))
        steps = int(self.members.steps.max())
        for each, other in zip(dead, self.rng.choice(alive, len(dead)), strict=True):
            for name in ("state", "warm", "pieces", "waiting", "shown", "command"):
                getattr(self.members, name)[each] = getattr(self.members, name)[other]
        self.members.stopped[:] = 0
        self.members.steps[:] = steps
