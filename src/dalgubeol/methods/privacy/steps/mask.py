"""Free text with what identifies somebody taken out (methods/privacy/text): each text is looked at alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa

from ..text.columns import masked
from ..values import Codes
from .rows import Rows


@dataclass(frozen=True, slots=True)
class Mask:
    """`how` is one word of `text.POLICIES`; `types` are those of `text.TYPES` to look for, None: all."""

    column: str
    how: str = "tag"
    types: Collection[str] | None = None

    looks = False

    def fitted(self, values: pa.Array | None, people: Codes | None) -> Mask:
        return self

    def applied(self, values: pa.Array, rows: Rows) -> pa.Array:
        return masked(values, self.how, self.types)[0]
