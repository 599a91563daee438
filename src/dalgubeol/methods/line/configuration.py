"""What a line is made of. Times in seconds, power in kW, deviations in tolerances (1 is the edge), money in won.

Two lines are here: `CAR_PARTS` (a bracket: two presses, three machining stations, washing, fitting, inspection) and
`MEDICAL` (a titanium screw: lots, and equipment that is cleaned and proven clean between them). Their numbers are of a
usual size for such lines and of nobody's line in particular; they are there to be replaced.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import Invalid
from ...language import say

Floats = npt.NDArray[np.float64]
MOST_WAITING = 64
LEAST_STATIONS = 1


@dataclass(frozen=True, slots=True)
class Station:
    """`waiting`: places before it (the first station's are filled by arrivals, or never empty).

    `spread` of the cycle: 0 always the same, 1 exponential. `mtbf_s` is of working time, nought never fails. A tool is
    worn at 1 after `tool_parts` parts at speed 1 (nought: no tool); its wear moves the part by `drift`, and `noise` is
    the part's standard deviation at speed 1.
    """

    name: str
    cycle_s: float
    waiting: int = 4
    spread: float = 0.0
    mtbf_s: float = 0.0
    mttr_s: float = 0.0
    tool_parts: float = 0.0
    tool_change_s: float = 0.0
    tool_won: float = 0.0
    drift: float = 0.0
    noise: float = 0.0
    idle_kw: float = 0.0
    work_kw: float = 0.0
    inspects: bool = False
    gauge: float = 0.0
    cleaned: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """`arrival_s`: mean time between parts that arrive (nought: there always is one; else Poisson, lost when full).

    `lot_parts`: parts of a lot (nought: no lots). Between lots every `cleaned` station is rinsed; what is left on it is
    `residue` x exp(-rinse/`rinse_tau_s`), give or take, and it is rinsed again while that is above `residue_limit`.
    """

    name: str
    stations: tuple[Station, ...]
    arrival_s: float = 0.0
    lot_parts: int = 0
    residue: float = 0.0
    rinse_tau_s: float = 1.0
    residue_limit: float = 0.0
    residue_spread: float = 0.25
    part_won: float = 0.0
    scrap_won: float = 0.0
    escape_won: float = 0.0
    hour_won: float = 0.0
    kwh_won: float = 0.0
    rinse_won: float = 0.0

    def __post_init__(self) -> None:
        if len(self.stations) < LEAST_STATIONS:
            raise Invalid.field("stations", expected=say("one or more"), got="0")
        for station in self.stations:
            if station.cycle_s <= 0 or not 0 <= station.spread <= 1:
                raise Invalid.field(f"{station.name}.cycle_s", expected=say("more than 0, its spread from 0 to 1"), got=f"{station.cycle_s}, {station.spread}")  # fmt: skip
            if not 0 <= station.waiting < MOST_WAITING:
                raise Invalid.field(f"{station.name}.waiting", expected=say("0 to {most}", most=MOST_WAITING - 1), got=station.waiting)  # fmt: skip
            if station.mtbf_s > 0 and station.mttr_s <= 0:
                raise Invalid.field(f"{station.name}.mttr_s", expected=say("more than 0 where it can fail"), got=station.mttr_s)  # fmt: skip
        if len({station.name for station in self.stations}) < len(self.stations):
            raise Invalid.field("stations", expected=say("a name of its own for each"), got=say("one twice"))
        if self.stations[0].cleaned:
            raise Invalid.field(f"{self.stations[0].name}.cleaned", expected=say("a first station that only feeds"), got=say("a cleaned one"))  # fmt: skip
        if self.lot_parts and self.residue and self.residue_limit <= 0:
            raise Invalid.field("residue_limit", expected=say("more than 0 where residue is proven"), got=self.residue_limit)  # fmt: skip

    def numbers(self) -> tuple[Floats, Floats]:
        """What the compiled line reads: [stations, 15] and [12], in the order of `running`'s names."""
        rows = [
            (s.cycle_s, s.waiting, s.spread, s.mtbf_s, s.mttr_s, s.tool_parts, s.tool_change_s, s.tool_won, s.drift,
             s.noise, s.idle_kw, s.work_kw, s.inspects, s.gauge, s.cleaned)
            for s in self.stations
        ]  # fmt: skip
        whole = (
            self.arrival_s, self.lot_parts, self.residue, self.rinse_tau_s, self.residue_limit, self.residue_spread,
            self.part_won, self.scrap_won, self.escape_won, self.hour_won, self.kwh_won, self.rinse_won,
        )  # fmt: skip
        return np.array(rows, np.float64), np.array(whole, np.float64)


CAR_PARTS = Line(
    "car-parts",
    (
        Station("blanking_press", 9.0, 8, 0.05, 4 * 3600, 600, 40_000, 1800, 900_000, 0.06, 0.05, 4.0, 22.0),
        Station("forming_press", 10.0, 6, 0.05, 5 * 3600, 900, 60_000, 2700, 2_400_000, 0.08, 0.08, 5.0, 30.0),
        Station("turning", 11.0, 6, 0.04, 6 * 3600, 700, 400, 120, 9_000, 0.25, 0.10, 2.0, 9.0),
        Station("milling", 11.5, 6, 0.04, 6 * 3600, 800, 600, 150, 21_000, 0.20, 0.10, 2.5, 11.0),
        Station("drilling", 10.5, 6, 0.04, 8 * 3600, 500, 900, 90, 6_000, 0.12, 0.08, 1.5, 5.0),
        Station("washing", 8.0, 10, 0.02, 20 * 3600, 600, idle_kw=3.0, work_kw=6.0),
        Station("fitting", 10.0, 6, 0.08, 5 * 3600, 300, noise=0.12, idle_kw=1.0, work_kw=2.0),
        Station("inspection", 9.0, 6, 0.02, 30 * 3600, 600, idle_kw=0.5, work_kw=1.0, inspects=True, gauge=0.04),
    ),
    part_won=5_200, scrap_won=2_600, escape_won=120_000, hour_won=95_000, kwh_won=165,
)  # fmt: skip

MEDICAL = Line(
    "medical",
    (
        Station("bar_feed", 20.0, 4, 0.02, 12 * 3600, 600, idle_kw=0.3, work_kw=0.6),
        Station("swiss_turning", 48.0, 4, 0.03, 10 * 3600, 1200, 250, 300, 48_000, 0.30, 0.10, 3.0, 8.0, cleaned=True),
        Station("thread_whirling", 42.0, 4, 0.03, 9 * 3600, 1200, 300, 300, 62_000, 0.25, 0.10, 2.5, 7.0, cleaned=True),
        Station("deburring", 30.0, 6, 0.10, 20 * 3600, 400, noise=0.05, idle_kw=0.8, work_kw=1.6, cleaned=True),
        Station("passivation", 36.0, 10, 0.01, 40 * 3600, 1800, idle_kw=4.0, work_kw=6.0, cleaned=True),
        Station("laser_marking", 18.0, 6, 0.02, 40 * 3600, 600, idle_kw=0.6, work_kw=1.2),
        Station("inspection", 40.0, 6, 0.05, 60 * 3600, 600, idle_kw=0.4, work_kw=0.8, inspects=True, gauge=0.02),
    ),
    lot_parts=120, residue=180.0, rinse_tau_s=300.0, residue_limit=0.5, part_won=38_000, scrap_won=14_000,
    escape_won=6_000_000, hour_won=120_000, kwh_won=165, rinse_won=18_000,
)  # fmt: skip
LINES = {line.name: line for line in (CAR_PARTS, MEDICAL)}
