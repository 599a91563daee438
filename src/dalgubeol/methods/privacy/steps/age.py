"""Age in whole years on a stated day, from a date of birth. A child born on 29 February ages on 1 March."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from ....errors import Invalid
from ....language import say
from ..reading import read_day
from ..values import Codes, distinct_texts
from .rows import Rows


@dataclass(frozen=True, slots=True)
class Age:
    """Needs no look at the column, so it is its own fitted form."""

    column: str
    on: date

    looks = False

    def fitted(self, values: pa.Array | None, people: Codes | None) -> Age:
        return self

    def applied(self, values: pa.Array, rows: Rows) -> pa.Array:
        """Whole numbers. Raises `Invalid`, with counts, for what is no date or lies after the day."""
        texts, codes = distinct_texts(values, self.column)
        ages = [None if text is None or not text.strip() else self._years(text) for text in texts]
        unread = sum(age is not None and age < 0 for age in ages)
        if unread:
            raise Invalid(
                "invalid.age",
                say("{count} distinct values of column {column} are no dates of birth before the day that the age is counted on.", count=unread, column=self.column),
                say("Write days as 2024-05-03, or count the age on a later day."),
            )  # fmt: skip
        return pa.array(ages, pa.int64()).take(pa.array(codes.astype(np.int64)))

    def _years(self, text: str) -> int:
        born = read_day(text)
        if born is None:
            return -1
        year, month, day = born
        return self.on.year - year - ((self.on.month, self.on.day) < (month, day))
