"""Privacy models: what an equivalence class must be like to be published. They are combined freely.

Each model is a frozen value with one vectorised question, `ok(seen)`: which classes satisfy it. A class that
fails any model is suppressed whole. Two properties decide what a search may conclude from one node:

- `closed`: a class that is ok stays ok joined with *any* other class. Then suppressed rows never become more
  on the way up, and one node settles boxes of the lattice. True for k-anonymity, k-map, distinct
  l-diversity and strict risk: joining only adds persons and values.
- `joins`: two classes that are both ok are ok together. Where nothing may be suppressed, that is enough.
  True for the others by convexity (entropy, recursive diversity, closeness, a largest presence), but not for
  a least presence: classes that only the population has dilute it.

tests/unit/methods/privacy/test_models.py checks both claims by brute force.

Persons count where there is a person column: in sizes and risks. Distributions of a sensitive attribute count
rows. Distances, entropies and mean risks that miss their limit by less than 1e-9 are taken as meeting it:
that much is rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...errors import Invalid
from .hierarchy import Hierarchy
from .values import Codes

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_ROUNDING = 1e-9
_BLOCK_CELLS = 4_000_000


class Distribution(Protocol):
    """A sensitive attribute in classes: how many rows of class c have value v."""

    @property
    def overall(self) -> Codes:
        """Rows per value in the whole table, in the order of the values."""

    def distinct(self) -> Codes:
        """How many values each class has."""

    def blocks(self, cells: int) -> list[Codes]:
        """The counts, shape (classes, values), cut along the classes into blocks of about so many cells."""


class Seen(Protocol):
    """The classes of one node, as a model sees them. Arrays have one entry per class."""

    @property
    def rows(self) -> Codes: ...
    @property
    def persons(self) -> Codes: ...
    def distribution(self, column: str) -> Distribution: ...
    def population(self, model: Model) -> Codes: ...


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Who could be in the data: a table with its quasi-identifiers, a row per person.

    `count` names a column that says for how many persons a row stands; without it, one.
    """

    table: pa.Table = field(repr=False)
    count: str | None = None


class _OfRows:
    """What holds for a model unless it says otherwise."""

    __slots__ = ()
    closed = True
    joins = True


@dataclass(frozen=True, slots=True)
class KAnonymity(_OfRows):
    """At least k persons per class (Samarati and Sweeney 1998)."""

    k: int

    def __post_init__(self) -> None:
        if self.k < 2:
            raise Invalid.field("k", expected="at least 2 persons", got=self.k)

    def ok(self, seen: Seen) -> Bools:
        return seen.persons >= self.k


@dataclass(frozen=True, slots=True)
class StrictRisk(_OfRows):
    """No class whose persons an attacker picks out with a chance above `limit`: 1 / persons <= limit.

    The prosecutor risk of El Emam and Dankar 2008; k-anonymity under another name.
    """

    limit: float

    def __post_init__(self) -> None:
        _share("limit", self.limit, above_zero=True)

    @property
    def least(self) -> int:
        """Persons that a class needs."""
        return -(-1 // Fraction(str(self.limit)))

    def ok(self, seen: Seen) -> Bools:
        return seen.persons >= self.least


@dataclass(frozen=True, slots=True)
class KMap(_OfRows):
    """At least k persons of the *population* share a class's labels (Sweeney 2001, thesis, ch. 5)."""

    k: int
    population: Population

    def __post_init__(self) -> None:
        if self.k < 2:
            raise Invalid.field("k", expected="at least 2 persons", got=self.k)

    def ok(self, seen: Seen) -> Bools:
        return seen.population(self) >= self.k


@dataclass(frozen=True, slots=True)
class DeltaPresence(_OfRows):
    """Whether somebody of the population is in the data is known with a chance of `lowest` to `highest`.

    rows / population of each class that has rows (Nergiz, Atzori and Clifton 2007). As in ARX, classes that
    only the population has are not looked at, for nothing about them is published. The sample must be part of
    the population: a class with more rows than persons has a presence above 1 and fails.
    """

    lowest: float
    highest: float
    population: Population
    closed = False

    def __post_init__(self) -> None:
        _share("lowest", self.lowest)
        _share("highest", self.highest)
        if self.lowest > self.highest:
            raise Invalid.field("lowest", expected="no more than highest", got=self.lowest)

    @property
    def joins(self) -> bool:  # type: ignore[override]
        return self.lowest == 0

    def ok(self, seen: Seen) -> Bools:
        presence = seen.persons / np.maximum(seen.population(self), 1)
        within = (presence >= self.lowest - _ROUNDING) & (presence <= self.highest + _ROUNDING)
        return within & (seen.population(self) > 0)


@dataclass(frozen=True, slots=True)
class DistinctDiversity(_OfRows):
    """At least l different values of `column` per class (Machanavajjhala et al. 2007, section 4)."""

    column: str
    l: int  # noqa: E741 - the literature's name

    def __post_init__(self) -> None:
        _diverse(self.l)

    def ok(self, seen: Seen) -> Bools:
        return seen.distribution(self.column).distinct() >= self.l


@dataclass(frozen=True, slots=True)
class EntropyDiversity(_OfRows):
    """The entropy of `column` in a class is at least log l (Machanavajjhala et al. 2007, definition 4.1)."""

    column: str
    l: float  # noqa: E741
    closed = False

    def __post_init__(self) -> None:
        _diverse(self.l)

    def ok(self, seen: Seen) -> Bools:
        return _by_block(seen.distribution(self.column), self._diverse)

    def _diverse(self, counts: Codes) -> Bools:
        n = np.maximum(counts.sum(axis=1), 1)
        entropy = np.log(n) - (counts * np.log(np.maximum(counts, 1))).sum(axis=1) / n
        enough: Bools = entropy >= np.log(self.l) - _ROUNDING
        return enough


@dataclass(frozen=True, slots=True)
class RecursiveDiversity(_OfRows):
    """r_1 < c (r_l + ... + r_m), the counts of `column` in a class in falling order.

    Recursive (c,l)-diversity (Machanavajjhala et al. 2007, definition 4.2): the commonest value is not too
    common even when l - 2 values have been ruled out.
    """

    column: str
    c: float
    l: int  # noqa: E741
    closed = False

    def __post_init__(self) -> None:
        _diverse(self.l)
        if not self.c > 0:
            raise Invalid.field("c", expected="a number above 0", got=self.c)

    def ok(self, seen: Seen) -> Bools:
        return _by_block(seen.distribution(self.column), self._diverse)

    def _diverse(self, counts: Codes) -> Bools:
        if counts.shape[1] < self.l:
            return np.zeros(len(counts), bool)
        c = Fraction(str(self.c))
        ordered = -np.sort(-counts, axis=1)
        rest = ordered[:, self.l - 1 :].sum(axis=1)
        rarer: Bools = ordered[:, 0].astype(np.int64) * c.denominator < rest.astype(np.int64) * c.numerator
        return rarer


@dataclass(frozen=True, slots=True)
class Closeness(_OfRows):
    """The distribution of `column` in a class is within t of the table's (Li, Li and Venkatasubramanian 2007).

    The distance is the earth mover's, with a ground distance that is
    - "equal": 1 between any two values; half the sum of differences;
    - "ordered": the difference in rank over (m - 1), values in the order of their numbers, else of their texts;
    - "hierarchical": the level of the lowest common ancestor in `tree` over its height.
    The reference is the whole table, suppressed rows included (as in ARX).
    """

    column: str
    t: float
    distance: Literal["equal", "ordered", "hierarchical"] = "equal"
    tree: Hierarchy | None = field(default=None, repr=False, compare=False)
    closed = False

    def __post_init__(self) -> None:
        _share("t", self.t)
        if self.distance not in ("equal", "ordered", "hierarchical"):
            raise Invalid.field("distance", expected="equal, ordered or hierarchical", got=self.distance)
        if (self.distance == "hierarchical") != (self.tree is not None):
            raise Invalid.field(
                "tree",
                expected="a hierarchy for the hierarchical distance, and only for it",
                got=self.distance,
            )

    def ok(self, seen: Seen) -> Bools:
        found = seen.distribution(self.column)
        overall = found.overall / max(int(found.overall.sum()), 1)
        return _by_block(found, lambda counts: self.distances(counts, overall) <= self.t + _ROUNDING)

    def distances(self, counts: Codes, overall: Floats) -> Floats:
        """From each row of `counts` (classes, values) to `overall`; with a tree, values are its values."""
        extra = counts / np.maximum(counts.sum(axis=1), 1)[:, None] - overall
        if self.distance == "equal":
            made: Floats = np.abs(extra).sum(axis=1) / 2
            return made
        if self.distance == "ordered":
            made = np.abs(np.cumsum(extra, axis=1)).sum(axis=1) / max(len(overall) - 1, 1)
            return made
        return _moved_in(extra, self.tree) if self.tree else np.zeros(len(counts))


@dataclass(frozen=True, slots=True)
class AverageRisk(_OfRows):
    """The mean over the published rows of 1 / persons of their class is at most `limit` (marketer risk).

    With a row per person: classes / rows, as in ARX. Where it does not hold, the classes of the highest risk
    are suppressed until it does, one by one (ARX's sample-based criteria do the same); among equals the one of
    fewer rows goes last, and then the one whose labels come later in the hierarchies goes first.
    """

    limit: float
    closed = False

    def __post_init__(self) -> None:
        _share("limit", self.limit, above_zero=True)

    def ok(self, seen: Seen) -> Bools:
        """Nothing is wrong with a class by itself: see `kept`."""
        return np.ones(len(seen.rows), bool)

    def kept(self, seen: Seen, ok: Bools, order: Callable[[], Codes] | None = None) -> Bools:
        """Which of the classes that are `ok` stay. `order` ranks classes by their labels; it is asked on ties."""
        limit = Fraction(str(self.limit))
        candidates = np.flatnonzero(ok & (seen.rows > 0))
        rows, persons = seen.rows[candidates], seen.persons[candidates]
        best = np.lexsort((rows, -persons))
        candidates, rows, persons = candidates[best], rows[best], persons[best]
        if np.array_equal(rows, persons):
            within = np.arange(1, len(rows) + 1) * limit.denominator <= np.cumsum(rows) * limit.numerator
        else:
            within = np.cumsum(rows / persons) <= np.cumsum(rows) * (float(limit) + _ROUNDING)
        count = _leading(within)
        if 0 < count < len(rows):
            alike = np.flatnonzero((rows == rows[count - 1]) & (persons == persons[count - 1]))
            if order is not None and alike[-1] >= count:  # some of these stay and some go
                tied = candidates[alike]
                candidates[alike] = tied[np.argsort(order()[tied], kind="stable")]
        stays = np.zeros(len(ok), bool)
        stays[candidates[:count]] = True
        return stays


Model = (
    KAnonymity
    | KMap
    | StrictRisk
    | AverageRisk
    | DistinctDiversity
    | EntropyDiversity
    | RecursiveDiversity
    | Closeness
    | DeltaPresence
)


def sensitive_of(model: Model) -> str | None:
    """The sensitive column that `model` looks at, if it does."""
    return getattr(model, "column", None)


def population_of(model: Model) -> Population | None:
    """The population that `model` counts in, if it does."""
    return getattr(model, "population", None)


def judge(models: tuple[Model, ...], seen: Seen, order: Callable[[], Codes] | None = None) -> Bools:
    """Which classes satisfy all `models`; `order` ranks classes by labels, for `AverageRisk` only."""
    if not models:
        return np.ones(len(seen.rows), bool)
    ok = models[0].ok(seen)
    for model in models[1:]:
        ok &= model.ok(seen)
    for model in models:
        if isinstance(model, AverageRisk):
            ok = model.kept(seen, ok, order)
    return ok


def least_persons(models: tuple[Model, ...]) -> int:
    """Persons that every class has that satisfies all `models`, as far as sizes say it; at least 1."""
    sizes = [
        m.k if isinstance(m, KAnonymity) else m.least
        for m in models
        if isinstance(m, KAnonymity | StrictRisk)
    ]
    return max(sizes, default=1)


def _by_block(found: Distribution, question: Callable[[Codes], Bools]) -> Bools:
    answers = [question(block) for block in found.blocks(_BLOCK_CELLS)]
    return np.concatenate(answers) if len(answers) != 1 else answers[0]


def _leading(within: Bools) -> int:
    """How many entries are true before the first false."""
    return len(within) if within.all() else int(np.argmin(within))


def _moved_in(extra: Floats, tree: Hierarchy) -> Floats:
    """Li et al., section 4.2: at every inner node, what its children must exchange, times its level."""
    cost = np.zeros(len(extra))
    surplus = extra
    for level in range(1, tree.height + 1):
        below, above = tree.codes(level - 1), tree.codes(level)
        parent = np.zeros((surplus.shape[1], tree.width(level)))
        parent[below, above] = 1
        gained, lost = np.maximum(surplus, 0) @ parent, np.maximum(-surplus, 0) @ parent
        cost += np.minimum(gained, lost).sum(axis=1) * level / tree.height
        surplus = surplus @ parent
    return cost


def _share(name: str, value: float, *, above_zero: bool = False) -> None:
    if not 0 <= value <= 1 or (above_zero and value == 0):
        wanted = "a share above 0 and at most 1" if above_zero else "a share between 0 and 1"
        raise Invalid.field(name, expected=wanted, got=value)


def _diverse(wanted: float) -> None:
    if not wanted > 1:
        raise Invalid.field("l", expected="more than 1 value", got=wanted)
