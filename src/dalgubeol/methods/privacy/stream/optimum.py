"""The best generalisation of a surveyed table.

A survey of fewer than `LARGE` rows, or one that is asked for more than sizes of classes, is searched as any
table is (`anonymity.optimum`, on its codes); a larger one by counting its rows (`counted`). Both are the same
search with the same result.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pyarrow as pa

from .. import anonymity
from ..anonymity import Optimum
from ..hierarchy import Hierarchy
from ..models import KAnonymity, Model, least_persons
from ..search import Aggregate, Measure, Progress, search
from .columns import EncodedColumn
from .counted import CountedRows, RowsProblem, fits
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
    """As `anonymity.optimum`, which says what is raised; persons are those of the survey."""
