"""Which implementation runs the steps: numpy at once, numba where the work pays for its import.

The import costs a second, which numpy needs for some ten million keys. So a search begins with whatever is
loaded, counts the keys that it rolls up, and changes to the compiled steps once it has spent that second.
Both give the same results: the change is felt in time only.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import cast

from . import plain

WORTH_COMPILING = 10_000_000
_COMPILED = f"{__package__}.compiled"


class Steps:
    """`use` is the module in use; `spent` counts the work since the beginning. `only` fixes it, for tests."""

    def __init__(self, only: ModuleType | None = None) -> None:
        module = only or sys.modules.get(_COMPILED, plain)
        self.use = cast("_Module", module)
        self._left = WORTH_COMPILING if only is None and module is plain else sys.maxsize

    def spent(self, cells: int) -> None:
        """So many cells of classes were rolled up, or are about to be."""
        self._left -= cells
        if self._left < 0:
            self._left = sys.maxsize
            try:
                from . import compiled
            except RuntimeError:  # numba finds no folder that it may keep machine code in
                return
            self.use = cast("_Module", compiled)


class _Module:
    """What `plain` and `compiled` have in common, for the type checker."""

    numbered = staticmethod(plain.numbered)
    distinct = staticmethod(plain.distinct)
    sums = staticmethod(plain.sums)
    present = staticmethod(plain.present)
    value_counts = staticmethod(plain.value_counts)
    lost_leaves = staticmethod(plain.lost_leaves)
    composed = staticmethod(plain.composed)
    lost_by_level = staticmethod(plain.lost_by_level)
    closest_below = staticmethod(plain.closest_below)
    close_below = staticmethod(plain.close_below)
    open_above = staticmethod(plain.open_above)
    raise_below = staticmethod(plain.raise_below)
    climb = staticmethod(plain.climb)
