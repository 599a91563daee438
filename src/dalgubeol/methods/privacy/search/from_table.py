"""A table as a `Problem`: distinct tuples counted, persons, sensitive values and populations beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeVar

import numpy as np
import pyarrow as pa

from ....errors import Invalid
from ....language import say
from ..hierarchy import Hierarchy
from ..models import Closeness, Model, Population, population_of, sensitive_of
from ..values import Codes, coded_texts, column_of, flat
from .layout import Fields
from .measure import Measure
from .problem import Levels, Pairs, Problem, Sensitive
from .steps import Steps

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """A problem and, per row of its table, the row's tuple in it."""

    problem: Problem
    tuple_of_row: Codes


def count_table(
    table: pa.Table,
    hierarchies: Sequence[Hierarchy],
    models: Sequence[Model],
    *,
    allowed_rows: int = 0,
    person: Codes | None = None,
    lowest: Levels = (),
    highest: Levels = (),
    measure: Measure | None = None,
) -> Counted:
    """Count `table`. Hierarchies get the missing value where a column has missing cells.

    `person` numbers the person of each row. Raises `Invalid` for values outside a hierarchy, for a sensitive
    column that is not there, and for a population that does not know the quasi-identifiers.
    """
    steps = Steps()
    crowds = _distinct(population_of(model) for model in models)
    chosen, columns = _encoded([table, *(crowd.table for crowd in crowds)], hierarchies)
    fields = Fields([h.size for h in chosen])
    packed = [fields.pack_coded(each) for each in columns]
    keys = packed[0] if len(packed) == 1 else np.concatenate(packed)
    steps.spent(len(keys))
    distinct, number = steps.use.distinct(keys)
    of_row, count = number[: table.num_rows], len(distinct)
    begins, counts = table.num_rows, {}
    for crowd in crowds:
        ends = begins + crowd.table.num_rows
        counts[crowd] = np.bincount(number[begins:ends], persons_of(crowd), count).astype(np.int64)
        begins = ends
    problem = Problem(
        hierarchies=chosen,
        tuples=fields.unpack(distinct),
        rows=np.bincount(of_row, minlength=count),
        models=tuple(models),
        allowed_rows=allowed_rows,
        people=None if person is None else Pairs(*_pairs(of_row, person, steps)[:2]),
        sensitive=tuple(
            sensitive_in(table, name, models, of_row, steps) for name in _distinct(map(sensitive_of, models))
        ),
        populations={m: counts[p] for m in models if (p := population_of(m)) is not None},
        lowest=lowest,
        highest=highest,
        measure=measure or Measure(),
    )
    return Counted(problem, of_row)


def _distinct(items: Iterable[_Item | None]) -> list[_Item]:
    return list(dict.fromkeys(item for item in items if item is not None))


def _encoded(
    tables: Sequence[pa.Table], hierarchies: Sequence[Hierarchy]
) -> tuple[tuple[Hierarchy, ...], list[list[tuple[Codes, Codes]]]]:
    """The hierarchies, with the missing value where a table misses one; and per table and column the codes of
    its values and which of them each row has.
    """
    chosen: list[Hierarchy] = []
    columns: list[list[tuple[Codes, Codes]]] = [[] for _ in tables]
    for hierarchy in hierarchies:
        read = [coded_texts(column_of(table, hierarchy.name), hierarchy.name) for table in tables]
        if any(_has_missing(texts, rows) for texts, rows in read):
            hierarchy = hierarchy.with_missing()
        chosen.append(hierarchy)
        for into, (texts, rows) in zip(columns, read, strict=True):
            codes = hierarchy.known(texts)
            if codes.min(initial=0) < 0:
                hierarchy.encode_texts(texts, rows)  # raises where a row has a value that is unknown
            into.append((codes, rows))
    return tuple(chosen), columns


def _has_missing(texts: Sequence[str | None], rows: Codes) -> bool:
    missing = [i for i, text in enumerate(texts) if text is None]
    return any(bool((rows == i).any()) for i in missing)


def _pairs(of_row: Codes, what: Codes, steps: Steps) -> tuple[Codes, Codes, Codes]:
    """The distinct (tuple, what) pairs and the rows of each."""
    span = int(what.max(initial=0)) + 1
    keys, number = steps.use.distinct((of_row * span + what)[:, None])
    return keys[:, 0] // span, keys[:, 0] % span, np.bincount(number, minlength=len(keys))


def sensitive_in(
    table: pa.Table, name: str, models: Sequence[Model], of_row: Codes, steps: Steps | None = None
) -> Sensitive:
    """The column `name` as `models` look at it, counted by the tuple of each row."""
    if name not in table.column_names:
        raise Invalid(
            "invalid.sensitive",
            say("The sensitive column {column} is not there.", column=name),
            say("Name a column of the table."),
        )
    texts, rows = coded_texts(column_of(table, name), name)
    present = {texts[i] for i in np.unique(rows).tolist()}
    trees = [m.tree for m in models if isinstance(m, Closeness) and m.column == name and m.tree is not None]
    if trees:
        if any(tree.labels != trees[0].labels for tree in trees):
            raise Invalid.field(
                "tree", expected=say("one hierarchy for column {column}", column=name), got=len(trees)
            )
        tree = trees[0].with_missing() if None in present else trees[0]
        values, codes = tree.labels[0], tree.encode_texts(texts, rows)
    else:
        values = in_order(present)
        known = {text: i for i, text in enumerate(values)}
        codes = np.array([known.get(text, -1) for text in texts], np.int64)[rows]
    return Sensitive(name, values, *_pairs(of_row, codes, steps or Steps()))


def in_order(texts: set[str | None]) -> tuple[str | None, ...]:
    """Numbers by size where all are numbers, else by text; missing last."""
    known = [text for text in texts if text is not None]
    try:
        ordered = sorted(known, key=Decimal)
    except InvalidOperation:
        ordered = sorted(known)
    return (*ordered, None) if None in texts else tuple(ordered)


def persons_of(crowd: Population) -> Codes | None:
    """For how many persons each row of it stands; None where each is one."""
    if crowd.count is None:
        return None
    return counts_of_persons(column_of(crowd.table, crowd.count), crowd.count)


def counts_of_persons(values: pa.Array | pa.ChunkedArray, name: str) -> Codes:
    """A column that says for how many persons each row of a population stands. Raises `Invalid` for others."""
    column = flat(values, name)
    if not pa.types.is_integer(column.type) or column.null_count or (column.to_numpy() < 0).any():
        raise Invalid.field(name, expected="counts of persons: whole numbers, none under 0", got="others")
    counts: Codes = column.to_numpy().astype(np.int64)
    return counts
