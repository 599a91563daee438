"""What every technique is: it may look at its column once, and is then a function from batch to batch.

`fitted(values, people)` sees the whole column as the steps before it leave it, and the number of each row's
person; what it learns is frozen in what it returns. A step that `looks` at nothing is fitted without the column,
so a table can be read in one pass where no step does. `applied` never sees another batch.
"""

from __future__ import annotations

from typing import Protocol

import pyarrow as pa

from ..values import Codes
from .rows import Rows


class Fitted(Protocol):
    """A step that is ready."""

    def applied(self, values: pa.Array, rows: Rows) -> pa.Array:
        """As many values as it is given, in their order."""
        ...


class Technique(Protocol):
    """A step as the policy asks for it."""

    @property
    def looks(self) -> bool:
        """Whether it must see the column before it can be applied."""
        ...

    def fitted(self, values: pa.Array | None, people: Codes | None) -> Fitted: ...
