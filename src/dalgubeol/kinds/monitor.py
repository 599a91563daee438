"""`monitor`: a fitted monitor looks at batches and names those that are not normal, and the tags to look at."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..errors import Invalid
from ..language import Message, say
from . import contract
from .contract import Example, Form, Grant, Lifetime, Output, Slot, Work
from .plant_log import LogParameters, chosen, example_log, read_batches

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.series.detecting import Verdict
    from ..methods.series.monitor import Monitor as Fitted

_MOST_TAGS = 3


class Monitor:
    name: ClassVar = "monitor"
    summary: ClassVar = say("Find the batches that are not normal, and the tags responsible.")
    grants: ClassVar = frozenset({Grant.READ, Grant.DERIVE})
    deterministic: ClassVar = True
    lifetime: ClassVar = Lifetime.BATCH
    ports: ClassVar[frozenset[contract.Port]] = frozenset()
    slots: ClassVar = (
        Slot("model", frozenset({Form.MODEL}), "a monitor made by `adapt`"),
        Slot("data", frozenset({Form.SERIES}), "the plant's batch log"),
    )

    class Parameters(LogParameters):
        batches: tuple[str, ...] = Field((), description="Batches to look at, by name or range; all if none is named")  # fmt: skip

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("verdicts", Form.TABLE),)

    def execute(self, work: Work) -> None:
        import numpy as np

        from ..methods.series.detecting import detect
        from ..methods.series.monitor import monitor_from_arrays

        asked: Monitor.Parameters = work.parameters
        work.progress(0.1, say("reading"))
        try:
            with np.load(io.BytesIO(work.content("model").read()), allow_pickle=False) as stored:
                monitor = monitor_from_arrays(dict(stored))
        except (ValueError, OSError, EOFError):
            raise Invalid.field(
                "model", expected=say("a monitor made by `adapt`"), got=say("something else")
            ) from None
        log = read_batches(work, "data", asked)
        looked_at = log.only(chosen(log.names, asked.batches)) if asked.batches else log
        work.progress(0.5, say("looking at {count} batches", count=len(looked_at.names)))
        verdicts = detect(monitor, looked_at)
        alarms = [v for v in verdicts if v.alarm]
        about: dict[str, object] = {"batches": len(verdicts), "alarm_count": len(alarms)}
        if not work.dataset(
            "data"
        ).protected:  # papers are not encrypted: names of batches only where data is not
            about |= _named(verdicts, monitor)
        about["said"] = [message.stored() for message in _said(verdicts, work.dataset("data").protected)]
        work.write_table("verdicts", _table(verdicts), about)

    def examples(self) -> Iterable[Example]:
        yield Example(
            "The same made-up plant, looked at by a monitor of its own",
            {"data": example_log(12)}, {"batch": "batch"},
            runs_first={"model": ("adapt", {"batch": "batch", "segments": 8})},
        )  # fmt: skip


def _said(verdicts: Sequence[Verdict], protected: bool) -> Iterable[Message]:
    alarms = [v for v in verdicts if v.alarm]
    yield say("{alarms} of {count} batches are not normal.", alarms=len(alarms), count=len(verdicts))
    for verdict in () if protected else alarms:
        where = ", ".join(verdict.tags() or verdict.phases())
        yield say("Batch {batch}: look at {tags}.", batch=verdict.name, tags=where)


def _named(verdicts: Sequence[Verdict], monitor: Fitted) -> dict[str, object]:
    known = set(monitor.reference)
    return {
        "alarms": [[v.name, list(v.tags()), list(v.phases())] for v in verdicts if v.alarm],
        "scores": [[v.name, None if v.score is None else round(v.score, 3)] for v in verdicts],
        "not_judged": [v.name for v in verdicts if v.status == "not judged"],
        "seen_in_fit": [v.name for v in verdicts if v.name in known],
        "limit": round(monitor.limit.value, 4),
    }


def _table(verdicts: Sequence[Verdict]) -> pa.Table:
    import pyarrow as pa

    rows = {
        "batch": [v.name for v in verdicts],
        "status": [v.status for v in verdicts],
        "score": [v.score for v in verdicts],
        "limit": [v.limit for v in verdicts],
        "chance": [v.chance for v in verdicts],
    }
    for place in range(_MOST_TAGS):
        tags = [(v.tags()[place] if len(v.tags()) > place else None) for v in verdicts]
        rows[f"tag_{place + 1}"] = tags
    rows["how"] = [v.contributions[0].kind if v.alarm else None for v in verdicts]
    rows["phase"] = [v.contributions[0].phase if v.alarm else None for v in verdicts]
    types = [
        pa.string(),
        pa.string(),
        pa.float64(),
        pa.float64(),
        pa.float64(),
        *[pa.string()] * (_MOST_TAGS + 2),
    ]
    return pa.table([pa.array(v, t) for v, t in zip(rows.values(), types, strict=True)], names=list(rows))
