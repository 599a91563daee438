"""What is searched: distinct tuples with counts, what is asked of their classes, and how loss is measured.

A `Problem` holds no rows. It can be built from a table (`anonymity`), or from tuples counted in a stream.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ....errors import Invalid
from ....language import say
from ..hierarchy import Hierarchy
from ..models import Model, population_of, sensitive_of
from ..values import Codes
from .measure import Measure

Levels = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The distinct (tuple, person) pairs: two arrays of one length. Persons are numbered from 0."""

    of_tuple: Codes
    person: Codes


@dataclass(frozen=True, slots=True, eq=False)
class Sensitive:
    """A sensitive attribute: `rows[i]` rows of tuple `of_tuple[i]` have value `value[i]`, a code into `values`.

    No (tuple, value) twice. The order of `values` is the order of the attribute, missing (None) last.
    """

    name: str
    values: tuple[str | None, ...]
    of_tuple: Codes
    value: Codes
    rows: Codes


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Distinct tuples of codes into `hierarchies`, with counts, and what is asked of their classes.

    `tuples` has shape (tuples, quasi-identifiers), no tuple twice; `rows` counts the rows of each, and is 0 for
    a tuple that only a population has. `people` is None where every row is a person of its own.
    `sensitive` holds the attributes that models name; `populations` gives for each model with a population its
    persons per tuple. At most `allowed_rows` may be suppressed. `lowest` and `highest` bound the levels, both
    included; None is the whole range.
    """

    hierarchies: tuple[Hierarchy, ...]
    tuples: Codes
    rows: Codes
    models: tuple[Model, ...]
    allowed_rows: int = 0
    people: Pairs | None = None
    sensitive: tuple[Sensitive, ...] = ()
    populations: Mapping[Model, Codes] = field(default_factory=dict)
    lowest: Levels = ()
    highest: Levels = ()
    measure: Measure = field(default_factory=Measure)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lowest", self.lowest or (0,) * len(self.hierarchies))
        object.__setattr__(self, "highest", self.highest or tuple(h.height for h in self.hierarchies))
        if not self.hierarchies or self.tuples.shape != (len(self.rows), len(self.hierarchies)):
            raise Invalid.field("tuples", expected="a column for each hierarchy", got=str(self.tuples.shape))
        if not self.models:
            raise Invalid.field("models", expected="at least one privacy model", got="none")
        known = {s.name for s in self.sensitive}
        for model in self.models:
            column = sensitive_of(model)
            if column is not None and column not in known:
                raise Invalid(
                    "invalid.sensitive",
                    say("The sensitive column {column} is not there.", column=column),
                    say("Name a column of the table."),
                )
            if population_of(model) is not None and model not in self.populations:
                raise Invalid.field(
                    "populations", expected="counts for each model with a population", got="none"
                )

    @property
    def nodes(self) -> int:
        """How many nodes the lattice has within the bounds."""
        return math.prod(high - low + 1 for low, high in zip(self.lowest, self.highest, strict=True))

    @property
    def all_rows(self) -> int:
        return int(self.rows.sum())

    @property
    def persons(self) -> int:
        """Distinct persons; rows where there is no person column."""
        return self.all_rows if self.people is None else len(np.unique(self.people.person))
