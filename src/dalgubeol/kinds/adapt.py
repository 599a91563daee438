"""`adapt`: a monitor is fitted to a plant's normal batches, with a limit from batches it has not seen."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import ClassVar

from pydantic import Field

from ..language import say
from . import contract
from .contract import Example, Form, Grant, Lifetime, Output, Slot, Work
from .plant_log import LogParameters, chosen, example_log, read_batches


class Adapt:
    name: ClassVar = "adapt"
    summary: ClassVar = say("Fit a monitor to the normal batches of a plant.")
    grants: ClassVar = frozenset({Grant.READ, Grant.DERIVE})
    deterministic: ClassVar = True
    lifetime: ClassVar = Lifetime.BATCH
    ports: ClassVar[frozenset[contract.Port]] = frozenset()
    slots: ClassVar = (Slot("data", frozenset({Form.SERIES}), "the plant's batch log"),)

    class Parameters(LogParameters):
        normal: tuple[str, ...] = Field(
            (), description="Batches to learn from, by name or range such as 1-40; all if none is named"
        )
        false_alarm_rate: float = Field(
            0.05, gt=0, le=0.2, description="Share of normal batches that may alarm"
        )
        segments: int = Field(20, ge=4, le=200, description="Into how many pieces a batch is cut")  # fmt: skip

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("model", Form.MODEL),)

    def execute(self, work: Work) -> None:
        import numpy as np

        from ..methods.series.adapting import adapt

        asked: Adapt.Parameters = work.parameters
        work.progress(0.1, say("reading"))
        log = read_batches(work, "data", asked)
        history = log.only(chosen(log.names, asked.normal)) if asked.normal else log
        work.progress(0.3, say("fitting, each batch held out once"))
        monitor = adapt(history, false_alarm_rate=asked.false_alarm_rate, segments=asked.segments)
        stored = io.BytesIO()
        np.savez(stored, allow_pickle=False, **monitor.as_arrays())
        about: dict[str, object] = {
            "monitor": "batch",
            "false_alarm_rate_asked": asked.false_alarm_rate,
            "false_alarm_rate_held_out": round(monitor.held_out_alarm_rate, 4),
            "resolution": round(monitor.limit.resolution, 4),
            "extrapolated": monitor.limit.extrapolated,
            "limit": round(monitor.limit.value, 4),
            "reference": len(monitor.reference),
            "batches_set_aside": len(monitor.batches_set_aside),
            "tags": list(monitor.watched),
            "tags_set_aside": [[s.name, s.reason] for s in monitor.tags_set_aside],
        }
        if not work.dataset(
            "data"
        ).protected:  # papers are not encrypted: names of batches only where data is not
            about["batches_set_aside"] = [[s.name, s.reason] for s in monitor.batches_set_aside]
        about["said"] = [
            say(
                "Learnt from {count} batches; {aside} stood out and were set aside.",
                count=len(monitor.reference),
                aside=len(monitor.batches_set_aside),
            ).stored(),
            say(
                "The limit is set from their own scores, each held out once: {rate} % lie beyond it (asked: {asked} %).",
                rate=f"{100 * monitor.held_out_alarm_rate:.1f}",
                asked=f"{100 * asked.false_alarm_rate:g}",
            ).stored(),
        ]
        work.write_bytes("model", stored.getvalue(), about)

    def examples(self) -> Iterable[Example]:
        yield Example("Twelve normal batches of a made-up plant", {"data": example_log(12)}, {"batch": "batch", "segments": 8})  # fmt: skip
