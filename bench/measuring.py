"""What every scenario is made of: figures, peers and bars, printed as one JSON object.

A figure is the median of several runs. A bar compares a figure with a bound; it is met or it is not, and
nothing here makes it easier. Outside data is found through DALGU_DATA.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    value: float
    bound: float
    at_most: bool = True

    @property
    def met(self) -> bool:
        return self.value <= self.bound if self.at_most else self.value >= self.bound

    def as_json(self) -> dict[str, object]:
        sign = "<=" if self.at_most else ">="
        return {"name": self.name, "value": self.value, "bound": f"{sign} {self.bound:g}", "met": self.met}


@dataclass(frozen=True, slots=True)
class Result:
    figures: Mapping[str, object]
    bars: tuple[Bar, ...]
    peers: Mapping[str, object] = field(default_factory=dict)
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    summary: str
    measure: Callable[[], Result]


def report(scenario: Scenario, result: Result) -> dict[str, object]:
    made = {
        "scenario": scenario.name,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "figures": dict(result.figures),
        "peers": dict(result.peers),
        "bars": [bar.as_json() for bar in result.bars],
    }
    return {**made, "skipped": result.skipped} if result.skipped else made


def text(made: Mapping[str, object]) -> str:
    return json.dumps(made, ensure_ascii=False)


def median(values: list[float]) -> float:
    return round(statistics.median(values), 4)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on the disk that a site would lie on, not on tmpfs: syncs must cost what they cost."""
    with TemporaryDirectory(prefix="dalgubeol-bench-", dir=os.environ.get("DALGU_BENCH_DIR")) as folder:
        yield Path(folder)
