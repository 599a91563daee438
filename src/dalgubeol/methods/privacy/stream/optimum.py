"""The best generalisation of a surveyed table.

A survey of fewer than `LARGE` rows (with those of its population), or one that is asked for more than sizes of classes, is searched as any
table is (`anonymity.optimum`, on its codes); a larger one by counting its rows (`counted`). Both are the same
search with the same result.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np
import pyarrow as pa

from .. import anonymity
from ..anonymity import Optimum
from ..hierarchy import Hierarchy
from ..models import KAnonymity, Model, population_of
from ..search import Aggregate, Measure, Progress, search
from ..values import column_of, has_missing
from .columns import MISSING, EncodedColumn
from .counted import CountedRows, RowsProblem, crowd_of, fits
from .survey import Survey

LARGE = 1_000_000


def optimum(
    surveyed: Survey,
    hierarchies: Sequence[Hierarchy],
    *,
    models: Sequence[Model] = (),
    k: int | None = None,
    suppression_limit: float = 0.0,
    at_least: Mapping[str, int] | None = None,
    at_most: Mapping[str, int] | None = None,
    weights: Mapping[str, float] | None = None,
    gs_factor: float = 0.5,
    aggregate: Aggregate = "geometric",
    seconds: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
    large: int = LARGE,
) -> Optimum:
    """As `anonymity.optimum`, which says what is raised; persons are those of the survey.

    `hierarchies` are those of its quasi-identifiers, in their order. Columns that models look at must be encoded.
    """
    asked = (*models, *(() if k is None else (KAnonymity(k),)))
    crowd = crowd_of(asked)
    rows = surveyed.rows + (0 if crowd is None else crowd.table.num_rows)
    if rows < large or not fits(asked, hierarchies):
        return anonymity.optimum(
            as_table(surveyed), hierarchies, models=asked, suppression_limit=suppression_limit,
            person=None if surveyed.persons is None else surveyed.persons.column, at_least=at_least, at_most=at_most,
            weights=weights, gs_factor=gs_factor, aggregate=aggregate, seconds=seconds, on_progress=on_progress,
            clock=clock,
        )  # fmt: skip
    anonymity.check_asked(surveyed.rows, hierarchies, asked, suppression_limit, weights or {})
    persons = surveyed.rows if surveyed.persons is None else len(surveyed.persons)
    anonymity.check_persons(asked, persons)
    missed = [crowd is not None and has_missing(column_of(crowd.table, h.name), h.name) for h in hierarchies]
    chosen = tuple(
        h.with_missing() if column.has_missing or of_crowd else h
        for h, column, of_crowd in zip(hierarchies, surveyed.quasi, missed, strict=True)
    )
    problem = RowsProblem(
        hierarchies=chosen,
        tuples=np.empty((0, len(chosen)), np.int64),
        rows=np.empty(0, np.int64),
        models=asked,
        allowed_rows=int(Fraction(str(suppression_limit)) * surveyed.rows),
        lowest=tuple((at_least or {}).get(h.name, 0) for h in chosen),
        highest=tuple((at_most or {}).get(h.name, h.height) for h in chosen),
        measure=Measure(aggregate, gs_factor, weights or {}),
        populations={m: np.empty(0, np.int64) for m in asked if population_of(m) is not None},
        counted=surveyed.rows,
    )
    anonymity.check_levels(problem, {*(at_least or {}), *(at_most or {})})
    counting = CountedRows(problem, surveyed)
    found = search(problem, seconds=seconds, clock=clock, on_progress=on_progress, evaluation=counting)
    return anonymity.described(found, problem, suppression_limit, persons, found.suppressed)


def as_table(surveyed: Survey) -> pa.Table:
    """All that is encoded as dictionary columns, and the person of each row as a number."""
    columns = {column.name: _dictionary(column) for column in (*surveyed.quasi, *surveyed.others.values())}
    if surveyed.persons is not None:
        columns[surveyed.persons.column] = pa.array(surveyed.persons.of_row)
    return pa.table(columns)


def _dictionary(column: EncodedColumn) -> pa.DictionaryArray:
    places = pa.array(column.codes.astype(np.int32) - 1, mask=column.codes == MISSING)
    return pa.DictionaryArray.from_arrays(places, column.values)
