"""`inject`: a copy of a plant log with known faults, to see whether a monitor finds them. Says what it did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..language import say
from . import contract
from .contract import OF_DATA, Example, Form, Grant, Lifetime, Output, Slot, Work
from .plant_log import LogParameters, batches_of, chosen, example_log


class InjectedFault(BaseModel):
    """One fault; `size` in spreads of the tag between normal batches (bias, drift, noise) or samples (delay)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: str = Field(description="The batch, by name")
    tag: str = Field(description="The tag", json_schema_extra=OF_DATA)
    kind: Literal["bias", "drift", "stuck", "noise", "delay", "lost"] = Field(description="What goes wrong")
    size: float = Field(0.0, description="How large, in spreads of the tag; for a delay in samples")
    start: float = Field(0.3, ge=0, le=1, description="From which part of the batch (0 to 1)")
    end: float = Field(0.7, ge=0, le=1, description="To which part of the batch (0 to 1)")


class Inject:
    name: ClassVar = "inject"
    summary: ClassVar = say("Make a copy of a plant log with known faults in it.")
    grants: ClassVar = frozenset({Grant.READ, Grant.DERIVE})
    deterministic: ClassVar = True
    lifetime: ClassVar = Lifetime.BATCH
    ports: ClassVar[frozenset[contract.Port]] = frozenset()
    slots: ClassVar = (Slot("data", frozenset({Form.SERIES}), "the plant's batch log"),)

    class Parameters(LogParameters):
        faults: tuple[InjectedFault, ...] = Field(min_length=1, description="The faults (JSON)")
        normal: tuple[str, ...] = Field((), description="Batches whose spread is the unit, by name or range; all if none is named")  # fmt: skip

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("faulty", Form.SERIES),)

    def execute(self, work: Work) -> None:
        import numpy as np
        import pyarrow as pa

        from ..methods.series.faults import Fault, inject_all, normal_spreads

        asked: Inject.Parameters = work.parameters
        table = work.table("data")
        log = batches_of(table, asked)
        unit = log.only(chosen(log.names, asked.normal)) if asked.normal else log
        faults = tuple(Fault(**each.model_dump()) for each in asked.faults)
        faulty = inject_all(log, faults, normal_spreads(unit), seed=work.seed)
        order = _rows_by_batch(table[asked.batch].to_pylist(), log.names)
        values = np.concatenate(faulty.values)
        for place, tag in enumerate(log.tags):
            column = np.empty(len(values))
            column[order] = values[:, place]
            where = table.column_names.index(tag)
            table = table.set_column(where, tag, pa.array(column, from_pandas=True))
        named = [asdict(fault) for fault in faults]
        about = {"injected_faults": len(faults) if work.dataset("data").protected else named}
        work.write_table("faulty", table, about)

    def examples(self) -> Iterable[Example]:
        yield Example(
            "A bias in one batch of a made-up plant",
            {"data": example_log(4)},
            {"batch": "batch", "faults": [{"batch": "1", "tag": "flow", "kind": "bias", "size": 5}]},
        )


def _rows_by_batch(labels: list[object], names: tuple[str, ...]) -> list[int]:
    """The rows of the table in the order in which the batches hold them."""
    rows: dict[str, list[int]] = {}
    for row, label in enumerate(labels):
        rows.setdefault(f"{label:g}" if isinstance(label, float) else str(label), []).append(row)
    return [row for name in names for row in rows[name]]
