"""Run: one execution of a kind on Datasets under Permits, producing Datasets.

The states and the legal moves between them are the table in `rules.lifecycle`; a Run's failure is data here
(`Fault`), not an exception.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"  # executed; its outputs wait in the airlock
    DONE = "done"
    FAILED = "failed"  # the script or its parameters are at fault: yours
    BROKEN = "broken"  # the platform is at fault: ours
    CANCELLED = "cancelled"
    DECLINED = "declined"  # executed; the reviewers kept its outputs in

    @property
    def ended(self) -> bool:
        return self not in (RunState.QUEUED, RunState.RUNNING)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a Run failed or broke. Carries no data value: a log is an output too."""

    code: str
    message: str
    next_step: str
    line: int | None = None
    """The line of the analyst's own script, where there is one."""


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    kind: str
    inputs: Mapping[str, str]
    """Slot name to Dataset id."""
    permits: tuple[str, ...]
    parameters: Mapping[str, object]
    seed: int
    submitted_by: str
    state: RunState
    submitted_at: str
    attempt: int = 0
    started_at: str | None = None
    ended_at: str | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Output name to Dataset id."""
    fault: Fault | None = None
    progress: float = 0.0
    stage: str = ""
