"""Which counts of a table are sums of others: totals, subtotals, parents in a hierarchy, in any number of keys."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from .cells import TOTAL_NAME, is_small
from .labels import Parents, is_total
from .reading import count_columns, is_text, numbers
from .releases import Released

if TYPE_CHECKING:
    import pyarrow as pa

ACROSS = "(column)"
"""The key that a wide table's columns of counts are the labels of."""


def equations(table: Released, parents: Mapping[str, Parents] | None = None) -> Any:
    """Sparse matrix of -1, 0, 1: each row says that a count is the sum of others; a column is a row of the table.

    A sum is one when all its parts are rows of the table and the counts bear it out (where all are there). Where
    several rows have the same labels (something that tells them apart is not among the keys), the first of each are
    looked at together, the second, and so on; and a whole that stands once is tried as the sum of all of them.
    """
    from scipy import sparse

    places: dict[tuple[str, ...], list[int]] = {}
    turn = [0] * len(table.labels)
    for row, labels in enumerate(table.labels):
        turn[row] = len(places.setdefault(labels, []))
        places[labels].append(row)
    data: list[float] = []
    rows: list[int] = []
    columns: list[int] = []
    found = 0
    for at, key in enumerate(table.keys):
        below = _below({labels[at] for labels in table.labels}, (parents or {}).get(key, {}))
        for whole, labels in enumerate(table.labels):
            parts = [places.get((*labels[:at], each, *labels[at + 1 :]), []) for each in below.get(labels[at], ())]  # fmt: skip
            same = [each[turn[whole]] for each in parts if len(each) > turn[whole]]
            every = (
                [each for part in parts for each in part] if len(places[labels]) == 1 and all(parts) else []
            )
            for known in [same, every] if every != same else [same]:
                if known and len(known) >= len(parts) and _adds_up(table.counts, whole, known):
                    data += [-1.0, *([1.0] * len(known))]
                    rows += [found] * (len(known) + 1)
                    columns += [whole, *known]
                    found += 1
    return sparse.csr_matrix((data, (rows, columns)), shape=(found, len(table.labels)))


def _below(labels: set[str], parents: Parents) -> dict[str, tuple[str, ...]]:
    """The labels whose counts make up each label's: those with no label of the table between."""
    above: dict[str, str | None] = {}
    for label in labels:
        if is_total(label):
            continue
        seen, up = {label}, parents.get(label)
        while up is not None and up not in labels and up not in seen:
            seen.add(up)
            up = parents.get(up)
        above[label] = up if up in labels and up not in seen and not is_total(str(up)) else None
    below: dict[str, list[str]] = {}
    totals = [label for label in labels if is_total(label)]
    for label, up in sorted(above.items()):
        for whole in totals if up is None else [up]:
            below.setdefault(whole, []).append(label)
    return {whole: tuple(parts) for whole, parts in below.items()}


def _adds_up(counts: Sequence[float | None], whole: int, parts: Sequence[int]) -> bool:
    """Of numbers with a fraction, to within what adding them up rounds away."""
    values = [counts[each] for each in (whole, *parts)]
    if any(each is None for each in values):
        return True
    known = [each for each in values if each is not None]
    made = math.fsum(known[1:])
    return abs(known[0] - made) <= 1e-9 * max(1.0, abs(made)) * any(
        each != math.floor(each) for each in known
    )


def melted(table: pa.Table, keys: Sequence[str]) -> tuple[Released, tuple[tuple[int, str], ...]]:
    """A wide table's columns of counts as one, with the key ACROSS; and where each of its rows stood (row, column).

    A column is the total of the others when its name says so (total, all, 계, 합계 ...).
    """
    from .reading import cell_text

    counted = [name for name in count_columns(table, keys=keys) if name not in keys]
    many = len(counted) > 1
    named = [[cell_text(each) for each in table.column(name).to_pylist()] for name in keys]
    values = {name: numbers(table, name) for name in counted}
    places = tuple(product(range(table.num_rows), counted))
    across = {name: "total" if TOTAL_NAME.search(name) else name for name in counted}
    labels = tuple(
        (*(column[row] for column in named), *([across[name]] if many else [])) for row, name in places
    )
    counts = tuple(values[name][row] for row, name in places)
    return Released((*keys, *([ACROSS] if many else [])), labels, counts), places


def text_keys(table: pa.Table) -> tuple[str, ...]:
    counted = count_columns(table)
    return tuple(n for n in table.column_names if n not in counted and is_text(table.schema.field(n).type))


def small_rows(table: Released, threshold: int, zeros_disclosive: bool) -> frozenset[int]:
    """Rows whose count is too small to be shown."""
    return frozenset(
        row for row, count in enumerate(table.counts) if is_small(count, threshold, zeros_disclosive)
    )
