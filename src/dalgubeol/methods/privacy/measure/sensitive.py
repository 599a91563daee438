"""How much the classes of a table give away of its sensitive columns: l-diversity and t-closeness as they stand.

What is measured is the worst class, counted in rows, as the models of `models` judge it:

- distinct: the fewest different values in a class; entropy: the lowest exp(entropy), both 1 where all rows of a class
  share a value (Machanavajjhala et al. 2007);
- equal, ordered: the largest earth mover's distance between a class and the table itself (Li, Li and
  Venkatasubramanian 2007); ordered only for columns of numbers, and where it is not too much to count.

A missing value is a value of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..anonymity import equivalence_classes, person_codes
from ..grouping import group_anyhow
from ..models import Closeness
from ..values import Codes, column_of, distinct_texts

_MOST_CELLS = 200_000_000
_BLOCK = 2_000_000


@dataclass(frozen=True, slots=True)
class Disclosed:
    """Of one column. `alike` are the persons in classes where all rows share one value, of `persons`."""

    column: str
    distinct: int
    entropy: float
    equal: float
    ordered: float | None
    alike: int
    persons: int


def disclosed(
    table: pa.Table, quasi: Sequence[str], column: str, person: str | None = None
) -> Disclosed | None:
    """What the classes of `quasi` give away of `column`; None for a table without rows."""
    if not table.num_rows:
        return None
    class_of_row = equivalence_classes(table, quasi).class_of_row
    texts, value_of_row = distinct_texts(column_of(table, column), column)
    codes, ranked = _ranked(texts, value_of_row)
    classes, values = int(class_of_row.max()) + 1, int(codes.max()) + 1
    member, number = group_anyhow([class_of_row, codes], [classes, values])
    cells = class_of_row[member].astype(np.int64) * values + codes[member]
    order = np.argsort(cells)
    cells, counts = cells[order], np.bincount(number)[order]
    del member, number
    of_class, of_value = cells // values, cells % values
    rows, overall = np.bincount(class_of_row), np.bincount(codes) / len(codes)
    share = counts / rows[of_class]
    distinct = np.bincount(of_class, minlength=classes)
    entropy = np.exp(np.bincount(of_class, -share * np.log(share), classes))
    far = np.bincount(of_class, np.maximum(share - overall[of_value], 0), classes)
    ordered = _ordered(of_class, of_value, counts, classes, overall) if ranked else None
    people = np.arange(table.num_rows) if person is None else person_codes(table, person)
    alike = np.zeros(int(people.max()) + 1, np.bool_)
    alike[people[distinct[class_of_row] == 1]] = True
    return Disclosed(
        column, int(distinct.min()), float(entropy.min()), float(far.max()), ordered, int(alike.sum()), len(alike)
    )  # fmt: skip


def _ranked(texts: tuple[str | None, ...] | list[str | None], codes: Codes) -> tuple[Codes, bool]:
    """The codes in the order of the numbers that the texts are, and whether they are numbers."""
    used = np.flatnonzero(np.bincount(codes, minlength=len(texts)))
    rank = np.zeros(len(texts), np.int64)
    rank[used] = np.arange(len(used))
    try:
        numbers = np.array([float(str(texts[i])) for i in used])
    except ValueError:
        return rank[codes], False
    place = np.empty(len(used), np.int64)
    place[np.argsort(numbers, kind="stable")] = np.arange(len(used))
    return place[rank][codes], bool(np.isfinite(numbers).all())


def _ordered(
    of_class: Codes, of_value: Codes, counts: Codes, classes: int, overall: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> float | None:  # fmt: skip
    if classes * len(overall) > _MOST_CELLS:
        return None
    model, most = Closeness("", 1.0, "ordered"), 0.0
    step = max(1, _BLOCK // len(overall))
    for first in range(0, classes, step):
        low, high = np.searchsorted(of_class, [first, first + step])
        block = np.zeros((min(step, classes - first), len(overall)), np.int64)
        block[of_class[low:high] - first, of_value[low:high]] = counts[low:high]
        most = max(most, float(model.distances(block, overall).max()))
    return most
