"""Inputs of the scenarios: a kind that does nothing, and a large Parquet file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from dalgubeol.kinds import contract
from dalgubeol.kinds.contract import Example, Form, Grant, Lifetime, Output, Slot, Work
from dalgubeol.language import say


class Empty:
    """Reads nothing and writes an empty report: what is left is the platform's own cost."""

    name: ClassVar = "empty"
    summary: ClassVar = say("Nothing at all.")
    grants: ClassVar = frozenset({Grant.READ})
    deterministic: ClassVar = True
    lifetime: ClassVar = Lifetime.BATCH
    ports: ClassVar[frozenset[contract.Port]] = frozenset()
    slots: ClassVar = (Slot("data", frozenset({Form.TABLE})),)
    Parameters: ClassVar = contract.Parameters

    def outputs(self, parameters: contract.Parameters) -> tuple[Output, ...]:
        return (Output("nothing", Form.REPORT),)

    def execute(self, work: Work) -> None:
        work.write_bytes("nothing", b"")

    def examples(self) -> Iterable[Example]:
        yield Example("Nothing", {"data": b"a\n1\n"})


def write_large_parquet(path: Path, size: int) -> int:
    """Random numbers, which no compression makes smaller, in row groups of a common size."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(0)
    schema = pa.schema([(f"tag_{i}", pa.float64()) for i in range(16)])
    with pq.ParquetWriter(path, schema, use_dictionary=False) as writer:
        while path.stat().st_size < size:
            columns = [pa.array(random.standard_normal(131_072)) for _ in range(16)]
            writer.write_table(pa.table(columns, schema=schema))
    return path.stat().st_size
