"""A plant's batch log as the kinds read it: which column names the batch, which the phase, which are tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from ..errors import Invalid
from ..language import say
from . import contract
from .contract import OF_DATA, Work

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from ..methods.series.alignment import Batches

_RANGE = re.compile(r"(\d+)-(\d+)")


class PhaseSplit(BaseModel):
    """For plants without a phase tag: "before" becomes "after" when `tag` falls below `under`, having been over `over`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tag: str = Field(description="The tag that tells the phases apart", json_schema_extra=OF_DATA)
    over: float = Field(description="It has been over this value")
    under: float = Field(description="It falls below this value")


class LogParameters(contract.Parameters):
    """How the log is laid out; the same for every kind that reads one."""

    batch: str = Field(description="The column that names the batch", json_schema_extra=OF_DATA)
    phase: str | None = Field(
        None, description="The column of the recipe step, where there is one", json_schema_extra=OF_DATA
    )
    phase_split: PhaseSplit | None = Field(
        None, description="Where there is none: how to tell two phases (JSON)"
    )
    ignore: tuple[str, ...] = Field(
        (), description="Columns that are no tags, such as a clock", json_schema_extra=OF_DATA
    )


def read_batches(work: Work, slot: str, asked: LogParameters) -> Batches:
    """The log as batches. Raises Invalid naming columns that are not there or are not numbers."""
    return batches_of(work.table(slot), asked)


def batches_of(table: pa.Table, asked: LogParameters) -> Batches:
    import numpy as np

    from ..methods.series.alignment import batches_from_rows

    tags = _tags(table, asked)
    values = np.column_stack([_numbers(table, tag) for tag in tags])
    labels = table[asked.batch].to_pylist()
    return batches_from_rows(values, labels, tags, _phases(table, asked, labels))


def chosen(names: Sequence[str], selection: Iterable[str]) -> list[str]:
    """Batches by name or by range of numbers (`1-40`), in the log's order. Raises Invalid where one is not there."""
    wanted: set[str] = set()
    for each in selection:
        match = _RANGE.fullmatch(each)
        found = [n for n in names if _in_range(n, match)] if match else [n for n in names if n == each]
        if not found:
            raise Invalid.field(
                "batches", expected=say("batches of the log ({count} of them)", count=len(names)), got=each
            )
        wanted.update(found)
    return [name for name in names if name in wanted]


def _in_range(name: str, match: re.Match[str]) -> bool:
    try:
        return int(match[1]) <= float(name) <= int(match[2])
    except ValueError:
        return False


def _tags(table: pa.Table, asked: LogParameters) -> list[str]:
    named = [asked.batch, *([asked.phase] if asked.phase else []), *asked.ignore]
    if asked.phase_split is not None:
        named.append(asked.phase_split.tag)
    unknown = sorted(set(named) - set(table.column_names))
    if unknown:
        raise Invalid.field("columns", expected=say("columns of the log: {columns}", columns=", ".join(table.column_names)), got=", ".join(unknown))  # fmt: skip
    tags = [c for c in table.column_names if c not in {asked.batch, asked.phase, *asked.ignore}]
    if not tags:
        raise Invalid.field("columns", expected=say("at least one tag"), got=say("none left"))
    return tags


def _numbers(table: pa.Table, tag: str) -> np.ndarray:
    import numpy as np
    import pyarrow as pa

    column = table[tag]
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        raise Invalid.field(
            f"tag {tag}", expected=say("numbers (or name it with --ignore)"), got=str(column.type)
        )
    return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)


def _phases(table: pa.Table, asked: LogParameters, labels: list[object]) -> list[object] | None:
    if asked.phase is not None:
        phases: list[object] = table[asked.phase].to_pylist()
        return phases
    if asked.phase_split is None:
        return None
    return _split(_numbers(table, asked.phase_split.tag), labels, asked.phase_split)


def _split(values: np.ndarray, labels: list[object], how: PhaseSplit) -> list[object]:
    import numpy as np

    from ..methods.series.alignment import phases_from_event

    keys = np.array([str(label) for label in labels])
    phases = np.empty(len(keys), dtype=object)
    for key in dict.fromkeys(keys.tolist()):
        rows = keys == key
        series = values[rows]
        been_over = np.maximum.accumulate(series > how.over)
        phases[rows] = phases_from_event(series, (been_over & (series < how.under)).tolist())
    return list(phases)


def example_log(count: int, seed: int = 0) -> bytes:
    """A small made-up log as CSV, for examples."""
    from ..methods.series.example_plant import normal_batches

    made = normal_batches(count, seed, length=30, prefix="")
    lines = ["batch," + ",".join(made.tags)]
    for name, values in zip(made.names, made.values, strict=True):
        lines.extend(f"{name}," + ",".join(f"{v:.4f}" for v in row) for row in values)
    return "\n".join(lines).encode()
