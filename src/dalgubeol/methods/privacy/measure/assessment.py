"""A table before and after, measured in every way this package knows: risk, and what is left to use.

Exact numbers, for the eyes of whoever may see the table. What others may read of it comes out of `masking`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ....errors import Invalid
from ....language import Message, say
from ..anonymity import EquivalenceClasses, equivalence_classes
from ..hierarchy import Hierarchy
from .association import Associations, associations
from .outliers import Outliers, outlier_rows
from .population import PopulationUniqueness, population_uniqueness
from .predicting import Prediction, prediction
from .risk import Risk, reidentification_risk
from .sensitive import Disclosed, disclosed
from .singling import Singling, singling_out
from .utility import ClassUtility, Utility, class_utility, matched_columns, utility

BANDS = ((1, 1), (2, 2), (3, 4), (5, 9), (10, 19), (20, 49), (50, None))
"""Class sizes in persons, as the histogram groups them."""
MOST_TOGETHER = 20
"""Columns whose associations are looked at: the first ones."""


@dataclass(frozen=True, slots=True)
class Side:
    """The risk of one of the two tables. `bands` counts the persons in classes of each size of `BANDS`."""

    risk: Risk
    bands: tuple[int, ...]
    singling: Singling
    population: PopulationUniqueness | None


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """Everything. `prediction` is None without a target, `outliers` are those of the table after."""

    quasi_identifiers: tuple[str, ...]
    person: str | None
    k: int
    before: Side
    after: Side
    outliers: Outliers
    utility: Utility
    classes: ClassUtility
    associations: Associations
    prediction: Prediction | None
    sensitive: tuple[tuple[Disclosed | None, ...], ...] = ()
    """Of each sensitive column what its classes give away, before and after."""
    rows_after: bool = False
    """Persons were counted before, and the table after no longer says which rows are one person's: its rows are
    counted, so its risk is too low where somebody has several, and what it shows outside is not estimated."""


def assess(
    before: pa.Table,
    after: pa.Table,
    quasi_identifiers: Sequence[str],
    *,
    person: str | None = None,
    k: int = 5,
    population: int | None = None,
    target: str | None = None,
    sensitive: Sequence[str] = (),
    hierarchies: Mapping[str, Hierarchy] | None = None,
    most_columns: int = 3,
    seed: int = 0,
    on_progress: Callable[[float, Message], None] = lambda share, stage: None,
) -> Assessment:
    """Measure `after` against `before`. `population` is how many persons there are outside, for estimates of
    uniqueness there; `k` is the threshold of the risks (1/k) and the size under which a value is rare.

    Raises `Invalid` for columns that one of the tables has not, and what the measures raise.
    """
    _check(before, after, [*quasi_identifiers, *sensitive], person, target)
    on_progress(0.1, say("measuring the risk"))
    rows_after = person is not None and _in(after, person) is None
    sides = [
        _side(t, quasi_identifiers, person, k, outside, most_columns)
        for t, outside in ((before, population), (after, None if rows_after else population))
    ]
    on_progress(0.4, say("looking for rows that stand out"))
    shared = [c for c in before.column_names if c in after.column_names and c != person]
    odd = outlier_rows(
        after, [c for c in after.column_names if c != person], person=_in(after, person), rare=max(2, k)
    )
    on_progress(0.6, say("comparing the columns"))
    columns = matched_columns(before, after, shared, hierarchies)
    left = utility(columns, quasi_identifiers)
    kept = equivalence_classes(after, quasi_identifiers)
    together = associations(columns[:MOST_TOGETHER])
    on_progress(0.75, say("learning from both"))
    given_away = tuple(
        tuple(disclosed(t, quasi_identifiers, c, _in(t, person)) for t in (before, after)) for c in sensitive
    )
    predicted = None if target is None else prediction(columns, target, seed=seed)
    return Assessment(
        tuple(quasi_identifiers), person, k, sides[0], sides[1], odd, left,
        class_utility(kept.rows, left.rows_before - left.rows_after, k), together, predicted, given_away, rows_after,
    )  # fmt: skip


def persons_by_class_size(classes: EquivalenceClasses) -> tuple[int, ...]:
    """How many persons are in classes of each size of `BANDS`; in several classes, once in each."""
    sizes = classes.persons
    return tuple(
        int(sizes[(sizes >= low) & (sizes <= (high or np.iinfo(np.int64).max))].sum()) for low, high in BANDS
    )


def _side(
    table: pa.Table, quasi: Sequence[str], person: str | None, k: int, population: int | None, most: int
) -> Side:
    whose = _in(table, person)
    classes = equivalence_classes(table, quasi, whose)
    risk = reidentification_risk(table, quasi, person=whose, threshold=1 / k)
    outside = None
    if population is not None and risk.persons:
        if population < risk.persons:
            raise Invalid.field(
                "population", expected=say("at least the persons of the table"), got=population
            )
        outside = population_uniqueness(classes.persons, risk.persons / population, risk.persons)
    return Side(
        risk,
        persons_by_class_size(classes),
        singling_out(table, quasi, person=whose, most_columns=most),
        outside,
    )


def _in(table: pa.Table, person: str | None) -> str | None:
    return person if person in table.column_names else None


def _check(
    before: pa.Table, after: pa.Table, quasi: Sequence[str], person: str | None, target: str | None
) -> None:
    wished = {*quasi, *([target] if target else [])}
    lacking: dict[str, set[Any]] = {
        "before": (wished | ({person} if person else set())) - set(before.column_names),
        "after": wished - set(after.column_names),
    }
    for name, columns in lacking.items():
        if columns:
            raise Invalid(
                "invalid.column",
                say(
                    "The table '{name}' has no column {columns}.",
                    name=name,
                    columns=", ".join(sorted(columns)),
                ),
                say("Name columns that both tables have, as they are written there."),
            )
    if not before.num_rows:
        raise Invalid.field("before", expected="at least one row", got="none")
