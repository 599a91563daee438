"""The best generalisation of a table under privacy models, its classes counted in persons and not in rows.

A person who occurs in five rows of one class hides nobody: a class counts its distinct persons. `optimum`
proves the best full-domain generalisation, `generalise` applies it and then counts again, on the table that
it is about to return and by a way that shares no code with the search.

What k persons per class does not promise: where the published table keeps a token per person, the rows of one
person can be put together, and the combination of her classes may be hers alone. `persons_below_k` counts the
persons to whom that happens; drop the token, or make it per row, where the count is not 0.

Sources: Samarati and Sweeney 1998 (k-anonymity, full-domain generalisation); the ARX tool (loss measure).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...errors import Invalid
from ...language import say
from .grouping import group_anyhow
from .hierarchy import Hierarchy
from .measure.members import members_of
from .models import (
    DistinctDiversity,
    EntropyDiversity,
    KAnonymity,
    Model,
    RecursiveDiversity,
    StrictRisk,
    judge,
    least_persons,
    population_of,
    sensitive_of,
)
from .search import Aggregate, Found, Levels, Measure, Problem, Progress, search
from .search.from_table import count_table, sensitive_in
from .tokens import normalised_values
from .values import Codes, column_of, flat


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best generalisation. `smallest_class` counts persons; `suppressed` masks rows.

    `k` is the least number of persons that the models ask of a class (1 where they ask for none). No allowed
    generalisation has a score under `lower_bound`; where `proven`, this one has the smallest there is.
    """

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
    lower_bound: float
    proven: bool
    models: tuple[Model, ...]
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
    models: Sequence[Model] = (),
    k: int | None = None,
    suppression_limit: float = 0.0,
    person: str | None = None,
    at_least: Mapping[str, int] | None = None,
    at_most: Mapping[str, int] | None = None,
    weights: Mapping[str, float] | None = None,
    gs_factor: float = 0.5,
    aggregate: Aggregate = "geometric",
    seconds: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Optimum:
    """The generalisation of least loss in which every class satisfies all `models` or is suppressed.

    The quasi-identifiers are the columns that `hierarchies` name. `k` is short for `KAnonymity(k)`.
    `suppression_limit` is a share of the rows; `person` names the column that says whose row it is (None: every
    row is a person of its own). `at_least` and `at_most` bound the level of a column. `weights`, `gs_factor` and
    `aggregate` are those of `search.Measure`. After `seconds` by `clock` the search stops with what it has,
    `proven` or not; `on_progress` is told now and then. Raises `Invalid` for values outside a hierarchy, and,
    saying the best that can be reached, where nothing satisfies what is asked.
    """
    asked = (*models, *(() if k is None else (KAnonymity(k),)))
    check_asked(table.num_rows, hierarchies, asked, suppression_limit, weights or {})
    people = None if person is None else person_codes(table, person)
    persons = table.num_rows if people is None else int(people.max()) + 1
    check_persons(asked, persons)
    counted = count_table(
        table,
        hierarchies,
        asked,
        allowed_rows=int(Fraction(str(suppression_limit)) * table.num_rows),
        person=people,
        lowest=tuple((at_least or {}).get(h.name, 0) for h in hierarchies),
        highest=tuple((at_most or {}).get(h.name, h.height) for h in hierarchies),
        measure=Measure(aggregate, gs_factor, weights or {}),
    )
    problem = counted.problem
    check_levels(problem, {*(at_least or {}), *(at_most or {})})
    _check_diversity(problem)
    found = search(problem, seconds=seconds, clock=clock, on_progress=on_progress)
    return described(found, problem, suppression_limit, persons, found.suppressed[counted.tuple_of_row])


def described(
    found: Found, problem: Problem, suppression_limit: float, persons: int, suppressed: npt.NDArray[np.bool_]
) -> Optimum:
    """What a search has `found`, as an optimum; `suppressed` is its mask over the rows."""
    return Optimum(
        quasi_identifiers=tuple(h.name for h in problem.hierarchies),
        levels=found.levels,
        score=found.score,
        k=least_persons(problem.models),
        suppression_limit=suppression_limit,
        rows=len(suppressed),
        persons=persons,
        suppressed_rows=found.suppressed_rows,
        classes=found.classes,
        smallest_class=found.smallest_class,
        nodes=problem.nodes,
        nodes_evaluated=found.nodes_evaluated,
        lower_bound=found.lower_bound,
        proven=found.proven,
        models=problem.models,
        suppressed=suppressed,
    )


def generalise(
    table: pa.Table, hierarchies: Sequence[Hierarchy], best: Optimum, *, person: str | None = None
) -> pa.Table:
    """`table` with the labels of `best` in its quasi-identifiers and without the suppressed rows.

    A column that stays at level 0 keeps its type. Its other columns are left alone. The classes of the table
    made this way are counted anew and judged by all models but those that count in a population; `RuntimeError`
    if one fails, which would be an error of this program.
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
    if made.num_rows and not _keeps_models(table, made, best, person):
        raise RuntimeError("the generalised table has a class that fails a privacy model")
    return made


def _keeps_models(original: pa.Table, made: pa.Table, best: Optimum, person: str | None) -> bool:
    """Whether the classes of `made` satisfy the models that look at more than a number of persons."""
    models = tuple(
        m for m in best.models if not isinstance(m, KAnonymity | StrictRisk) and population_of(m) is None
    )
    if not models:
        return True
    every_row = np.arange(original.num_rows)
    names = dict.fromkeys(name for m in models if (name := sensitive_of(m)) is not None)
    members = members_of(
        np.ones_like(every_row),
        None if person is None else (every_row, person_codes(original, person)),
        [sensitive_in(original, name, models, every_row) for name in names],
    )
    classes = equivalence_classes(made, best.quasi_identifiers)
    seen = members.seen(np.flatnonzero(~best.suppressed), classes.class_of_row, len(classes.rows))
    return bool(judge(models, seen).all())


def equivalence_classes(
    table: pa.Table, quasi_identifiers: Sequence[str], person: str | None = None
) -> EquivalenceClasses:
    """The classes of `table` as it stands: rows equal in all `quasi_identifiers`; missing equals missing."""
    columns = [_raw_codes(column_of(table, name), name) for name in quasi_identifiers]
    columns = columns or [np.zeros(table.num_rows, np.int8)]
    class_of_row = group_anyhow(columns, [_width(codes) for codes in columns])[1]
    del columns
    count = _width(class_of_row) if table.num_rows else 0
    rows = np.bincount(class_of_row, minlength=count)
    if person is None:
        return EquivalenceClasses(class_of_row, rows, rows)
    people = person_codes(table, person)
    pairs, _ = group_anyhow([class_of_row, people], [max(1, count), _width(people)])
    return EquivalenceClasses(class_of_row, rows, np.bincount(class_of_row[pairs], minlength=count))


def persons_below_k(table: pa.Table, quasi_identifiers: Sequence[str], person: str, k: int) -> int:
    """How many persons have a combination of classes, over all their rows, that fewer than `k` share."""
    classes = equivalence_classes(table, quasi_identifiers).class_of_row
    people = person_codes(table, person)
    order = np.lexsort((classes, people))
    starts = np.flatnonzero(np.diff(people[order], prepend=-1))
    histories = [tuple(h.tolist()) for h in np.split(classes[order], starts[1:])] if len(order) else []
    return sum(shared for shared in Counter(histories).values() if shared < k)


def _width(codes: Codes) -> int:
    return int(codes.max(initial=0)) + 1


def _raw_codes(column: pa.ChunkedArray, name: str) -> Codes:
    encoded = flat(column, name).dictionary_encode(null_encoding="encode")
    codes: Codes = encoded.indices.to_numpy(zero_copy_only=False)
    return codes


def person_codes(table: pa.Table, person: str) -> Codes:
    """Per row the number of its person, from 0. A person is who gets a token of her own (`tokens.normalised`):
    counting "A1" and "A1 " as two would make a class look safer than it is.

    Raises `Invalid` for rows without a person: null, NaN or blank.
    """
    encoded = flat(column_of(table, person), person).dictionary_encode()
    merged = normalised_values(encoded.dictionary).dictionary_encode()
    numbers = merged.indices.take(encoded.indices)
    if numbers.null_count:
        raise Invalid(
            "invalid.person",
            say("{count} rows have no person in column {column}.", count=numbers.null_count, column=person),
            say("Remove these rows, or count every row as a person of its own."),
        )
    codes: Codes = numbers.to_numpy().astype(np.int64)
    return codes


def _labels(column: pa.ChunkedArray, hierarchy: Hierarchy, level: int) -> pa.Array:
    values = flat(column, hierarchy.name)
    chosen = hierarchy.with_missing() if values.null_count else hierarchy
    codes = chosen.encode(values)
    if level > 0:
        return pa.array(chosen.labels[level], pa.string()).take(pa.array(codes))
    # Values with the same text (0.0 and -0.0) must come out as one.
    _, member, number = np.unique(codes, return_index=True, return_inverse=True)
    return values.take(pa.array(member[number]))


def check_levels(problem: Problem, named: set[str]) -> None:
    """Raises `Invalid` where bounds on levels do not fit the hierarchies; `named` are the columns bounded."""
    hierarchies = problem.hierarchies
    for h, low, high in zip(hierarchies, problem.lowest, problem.highest, strict=True):
        if not 0 <= low <= high <= h.height:
            raise Invalid.field(
                f"{h.name}.level",
                expected=say("a range within 0..{height}", height=h.height),
                got=f"{low}..{high}",
            )
    unknown = named - {h.name for h in hierarchies}
    if unknown:
        raise Invalid.field(
            "level bounds", expected="columns with a hierarchy", got=", ".join(sorted(unknown))
        )


def _check_diversity(problem: Problem) -> None:
    for model in problem.models:
        if isinstance(model, DistinctDiversity | EntropyDiversity | RecursiveDiversity):
            held = next(len(np.unique(s.value)) for s in problem.sensitive if s.name == model.column)
            if held < model.l:
                raise Invalid(
                    "invalid.l",
                    say(
                        "No class can have {l} values of {column}: the table has {held}.",
                        l=f"{model.l:g}",
                        column=model.column,
                        held=held,
                    ),
                    say("Ask for an l of at most {held}, or for another sensitive column.", held=held),
                )


def check_asked(
    rows: int,
    hierarchies: Sequence[Hierarchy],
    models: Sequence[Model],
    suppression_limit: float,
    weights: Mapping[str, float],
) -> None:
    """Raises `Invalid` where what is asked of a table of so many `rows` makes no sense."""
    names = [h.name for h in hierarchies]
    if not models:
        raise Invalid.field("models", expected="at least one privacy model", got="none")
    if not 0 <= suppression_limit <= 1:
        raise Invalid.field("suppression_limit", expected="a share between 0 and 1", got=suppression_limit)
    if not names or len(set(names)) < len(names):
        raise Invalid.field("hierarchies", expected="one for each quasi-identifier", got=len(names))
    if unknown := set(weights) - set(names):
        raise Invalid.field("weights", expected="columns with a hierarchy", got=", ".join(sorted(unknown)))
    columns = [column for model in models if (column := sensitive_of(model)) is not None]
    if both := set(columns) & set(names):
        raise Invalid.field(
            "models",
            expected=say("a sensitive column that is no quasi-identifier"),
            got=", ".join(sorted(both)),
        )
    if not rows:
        raise Invalid.field("table", expected="at least one row", got="no rows")


def check_persons(models: Sequence[Model], persons: int) -> None:
    """Raises `Invalid` where no class can have as many persons as the `models` ask."""
    k = least_persons(tuple(models))
    if persons >= k:
        return
    raise Invalid(
        "invalid.k",
        say("No class can have {k} persons: the table has {persons}.", k=k, persons=persons),
        say("Ask for a k of at most {persons}, or bring more persons.", persons=persons)
        if persons >= 2
        else say("Bring more persons: among fewer than two nobody is hidden, whatever k is."),
    )
