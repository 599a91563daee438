"""The population of a policy, read in batches: how many persons have each combination of quasi-identifiers.

A search needs no more of it (k-map and delta-presence count persons of classes), so no row is kept: per row the codes
of its values until all are read, then every combination once.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from ....errors import Invalid
from ..models import Population
from ..policy.plan import Prepared
from ..policy.policy_models import check_steps, in_population
from ..search.from_table import counts_of_persons
from ..values import Codes, column_of
from .classes import numbered
from .columns import MISSING, EncodedColumn, GrowingColumn

_LARGEST_KEY = 2**62
_PERSONS = "persons of the population"


def columns_of(ready: Prepared) -> tuple[str, ...]:
    """What is read of it."""
    count = ready.plan.policy.models.population_count
    return (*ready.plan.quasi, *([count] if count is not None and count not in ready.plan.quasi else []))


def counted_population(ready: Prepared, batches: Iterable[pa.RecordBatch]) -> Population:
    """As `policy_models.population_of` of the whole table, which says what is raised; equal rows are one."""
    check_steps(ready)
    count, quasi = ready.plan.policy.models.population_count, ready.plan.quasi
    growing = [GrowingColumn(column) for column in quasi]
    counts: list[Codes] = []
    for batch in batches:
        table = pa.Table.from_batches([batch])
        for column in growing:
            column.add(in_population(ready, table, column.name))
        if count is not None:
            counts.append(counts_of_persons(column_of(table, count), count))
        else:
            counts.append(np.ones(table.num_rows, np.int64))
    persons = np.concatenate(counts) if counts else np.zeros(0, np.int64)
    if not len(persons):
        raise Invalid.field("population", expected="at least one row", got="no rows")
    return _of([column.finish() for column in growing], persons)


def _of(columns: list[EncodedColumn], persons: Codes) -> Population:
    key, span = np.zeros(len(persons), np.int64), 1
    for column in columns:
        width = len(column.values) + 1
        if span * width > _LARGEST_KEY:
            key, span = numbered(key, span)
        key *= width
        key += column.codes
        span *= width
    number, count = numbered(key, span)
    row, of_class = np.empty(count, np.int64), np.zeros(count, np.int64)
    row[number] = np.arange(len(number))
    np.add.at(of_class, number, persons)
    made = {column.name: _dictionary(column, row) for column in columns}
    return Population(pa.table({**made, _PERSONS: of_class}), _PERSONS)


def _dictionary(column: EncodedColumn, rows: Codes) -> pa.DictionaryArray:
    codes = column.codes[rows]
    places = pa.array(codes - codes.dtype.type(1), mask=codes == MISSING)
    return pa.DictionaryArray.from_arrays(places, column.values)
