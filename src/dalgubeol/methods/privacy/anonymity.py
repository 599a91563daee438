"""k-anonymity of a table, its classes counted in persons and not in rows.

A person who occurs in five rows of one class hides nobody: a class counts its distinct persons. `optimum`
proves the best full-domain generalisation, `generalise` applies it and then counts again, on the table that
it is about to return and by a way that shares no code with the search.

What k persons per class does not promise: where the published table keeps a token per person, the rows of one
person can be put together, and the combination of her classes may be hers alone. `persons_below_k` counts the
persons to whom that happens; drop the token, or make it per row, where the count is not 0.

Sources: Samarati and Sweeney 1998 (k-anonymity, full-domain generalisation); the ARX tool (loss measure).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...errors import Invalid
from ...language import say
from .hierarchy import Hierarchy
from .lattice import MAX_NODES, Found, Levels, Problem, Search
from .values import Codes, column_of, distinct_texts, flat


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best generalisation, proven. `smallest_class` counts persons; `suppressed` masks rows."""

    quasi_identifiers: tuple[str, ...]
    levels: Levels
    score: float
    k: int
    suppression_limit: float
    rows: int
    persons: int
    suppressed_rows: int
    classes: int
    smallest_class: int
    nodes: int
    nodes_evaluated: int
    suppressed: npt.NDArray[np.bool_] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class EquivalenceClasses:
    """`class_of_row` per row; `rows` and `persons` (distinct) per class."""

    class_of_row: Codes
    rows: Codes
    persons: Codes

    @property
    def smallest(self) -> int:
        """Persons in the smallest class; 0 without rows."""
        return int(self.persons.min()) if len(self.persons) else 0


def optimum(
    table: pa.Table,
    hierarchies: Sequence[Hierarchy],
    *,
    k: int,
    suppression_limit: float = 0.0,
    person: str | None = None,
    at_least: Mapping[str, int] | None = None,
    at_most: Mapping[str, int] | None = None,
) -> Optimum:
    """The generalisation of least loss in which every class has `k` persons or is suppressed.

    The quasi-identifiers are the columns that `hierarchies` name. `suppression_limit` is a share of the rows;
    `person` names the column that says whose row it is (None: every row is a person of its own). `at_least`
    and `at_most` bound the level of a column. Raises `Invalid` for values outside a hierarchy, and, saying
    the best that can be reached, where nothing satisfies what is asked.
    """
    _check(table, hierarchies, k, suppression_limit)
    chosen = tuple(h.with_missing() if _has_missing(table, h.name) else h for h in hierarchies)
    codes = np.column_stack([h.encode(column_of(table, h.name)) for h in chosen])
    people = None if person is None else _person_codes(table, person)
    persons = table.num_rows if people is None else int(people.max()) + 1
    if persons < k:
        raise _too_few_persons(k, persons)
    allowed = int(Fraction(str(suppression_limit)) * table.num_rows)
    problem = Problem(
        codes, chosen, k, allowed, people, *_level_bounds(chosen, at_least or {}, at_most or {})
    )
    if problem.nodes > MAX_NODES:
        raise _too_many_nodes(problem.nodes)
    search = Search(problem)
    found = search.run()
    if found is None:
        raise _out_of_reach(search.at(problem.highest), suppression_limit)
    return Optimum(
        quasi_identifiers=tuple(h.name for h in chosen),
        levels=found.levels,
        score=found.score,
        k=k,
        suppression_limit=suppression_limit,
        rows=table.num_rows,
        persons=persons,
        suppressed_rows=int(found.suppressed.sum()),
        classes=found.classes,
        smallest_class=found.smallest_class,
        nodes=problem.nodes,
        nodes_evaluated=found.nodes_evaluated,
        suppressed=found.suppressed,
    )


def generalise(
    table: pa.Table, hierarchies: Sequence[Hierarchy], best: Optimum, *, person: str | None = None
) -> pa.Table:
    """`table` with the labels of `best` in its quasi-identifiers and without the suppressed rows.

    A column that stays at level 0 keeps its type. Its other columns are left alone. Raises `RuntimeError` if
    the table made this way had a class of fewer than k persons, which would be an error of this program.
    """
    if best.rows != table.num_rows or best.quasi_identifiers != tuple(h.name for h in hierarchies):
        raise Invalid.field("table", expected="the one the optimum was found on", got="another")
    kept = pa.array(~best.suppressed)
    for hierarchy, level in zip(hierarchies, best.levels, strict=True):
        index = table.schema.get_field_index(hierarchy.name)
        labels = _labels(column_of(table, hierarchy.name), hierarchy, level)
        table = table.set_column(index, hierarchy.name, labels)
    made = table.filter(kept)
    if made.num_rows and equivalence_classes(made, best.quasi_identifiers, person).smallest < best.k:
        raise RuntimeError("the generalised table has a class of fewer than k persons")
    return made


def equivalence_classes(
    table: pa.Table, quasi_identifiers: Sequence[str], person: str | None = None
) -> EquivalenceClasses:
    """The classes of `table` as it stands: rows equal in all `quasi_identifiers`; missing equals missing."""
    class_of_row = np.zeros(table.num_rows, np.int64)
    for name in quasi_identifiers:
        class_of_row = _refined(class_of_row, _raw_codes(column_of(table, name), name))
    count = int(class_of_row.max()) + 1 if table.num_rows else 0
    rows = np.bincount(class_of_row, minlength=count)
    if person is None:
        return EquivalenceClasses(class_of_row, rows, rows)
    people = _person_codes(table, person)
    pairs = np.unique(np.column_stack([class_of_row, people]), axis=0)
    return EquivalenceClasses(class_of_row, rows, np.bincount(pairs[:, 0], minlength=count))


def persons_below_k(table: pa.Table, quasi_identifiers: Sequence[str], person: str, k: int) -> int:
    """How many persons have a combination of classes, over all their rows, that fewer than `k` share."""
    classes = equivalence_classes(table, quasi_identifiers).class_of_row
    people = _person_codes(table, person)
    order = np.lexsort((classes, people))
    starts = np.flatnonzero(np.diff(people[order], prepend=-1))
    histories = [tuple(h.tolist()) for h in np.split(classes[order], starts[1:])] if len(order) else []
    return sum(shared for shared in Counter(histories).values() if shared < k)


def _refined(class_of_row: Codes, codes: Codes) -> Codes:
    width = int(codes.max(initial=0)) + 1
    refined: Codes = np.unique(class_of_row * width + codes, return_inverse=True)[1].astype(np.int64)
    return refined


def _raw_codes(column: pa.ChunkedArray, name: str) -> Codes:
    encoded = flat(column, name).dictionary_encode(null_encoding="encode")
    codes: Codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes


def _person_codes(table: pa.Table, person: str) -> Codes:
    column = flat(column_of(table, person), person)
    if column.null_count:
        raise Invalid(
            "invalid.person",
            say("{count} rows have no person in column {column}.", count=column.null_count, column=person),
            say("Remove these rows, or count every row as a person of its own."),
        )
    return _raw_codes(column, person)


def _labels(column: pa.ChunkedArray, hierarchy: Hierarchy, level: int) -> pa.Array:
    values = flat(column, hierarchy.name)
    chosen = hierarchy.with_missing() if values.null_count else hierarchy
    codes = chosen.encode(values)
    if level > 0:
        return pa.array(chosen.labels[level], pa.string()).take(pa.array(codes))
    # Values with the same text (0.0 and -0.0) must come out as one.
    _, member, number = np.unique(codes, return_index=True, return_inverse=True)
    return values.take(pa.array(member[number]))


def _has_missing(table: pa.Table, name: str) -> bool:
    texts, rows = distinct_texts(column_of(table, name), name)
    return bool((rows == len(texts) - 1).any())


def _level_bounds(
    hierarchies: Sequence[Hierarchy], at_least: Mapping[str, int], at_most: Mapping[str, int]
) -> tuple[Levels, Levels]:
    lowest = tuple(at_least.get(h.name, 0) for h in hierarchies)
    highest = tuple(at_most.get(h.name, h.height) for h in hierarchies)
    for h, low, high in zip(hierarchies, lowest, highest, strict=True):
        if not 0 <= low <= high <= h.height:
            raise Invalid.field(
                f"{h.name}.level",
                expected=say("a range within 0..{height}", height=h.height),
                got=f"{low}..{high}",
            )
    unknown = (set(at_least) | set(at_most)) - {h.name for h in hierarchies}
    if unknown:
        raise Invalid.field(
            "level bounds", expected="columns with a hierarchy", got=", ".join(sorted(unknown))
        )
    return lowest, highest


def _check(table: pa.Table, hierarchies: Sequence[Hierarchy], k: int, suppression_limit: float) -> None:
    names = [h.name for h in hierarchies]
    if k < 2:
        raise Invalid.field("k", expected="at least 2 persons", got=k)
    if not 0 <= suppression_limit <= 1:
        raise Invalid.field("suppression_limit", expected="a share between 0 and 1", got=suppression_limit)
    if not names or len(set(names)) < len(names):
        raise Invalid.field("hierarchies", expected="one for each quasi-identifier", got=len(names))
    if not table.num_rows:
        raise Invalid.field("table", expected="at least one row", got="no rows")


def _too_few_persons(k: int, persons: int) -> Invalid:
    return Invalid(
        "invalid.k",
        say("No class can have {k} persons: the table has {persons}.", k=k, persons=persons),
        say("Ask for a k of at most {persons}, or bring more persons.", persons=persons),
    )


def _too_many_nodes(nodes: int) -> Invalid:
    return Invalid(
        "invalid.hierarchies",
        say(
            "There are {nodes} combinations of levels; {limit} can be searched.", nodes=nodes, limit=MAX_NODES
        ),
        say("Take fewer quasi-identifiers or levels, or bound the levels of some."),
    )


def _out_of_reach(best: Found, limit: float) -> Invalid:
    rows, suppressed = len(best.suppressed), int(best.suppressed.sum())
    return Invalid(
        "invalid.suppression_limit",
        say(
            "Within these levels at least {suppressed} of {rows} rows ({share}%) must be suppressed; "
            "the limit is {limit}%.",
            suppressed=suppressed,
            rows=rows,
            share=f"{100 * suppressed / rows:.2f}",
            limit=f"{100 * limit:g}",
        ),
        say("Raise the suppression limit, allow coarser levels, or lower k."),
    )
