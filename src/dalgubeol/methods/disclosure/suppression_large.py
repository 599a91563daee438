"""Choosing complements in large tables, one sum at a time, for `suppression` to prove.

A programme for each small count takes too long where there are thousands of counts. Here each sum that has a hidden
count is looked at alone, as a row-wise heuristic does (Hundepool et al., Handbook on Statistical Disclosure Control,
2012, section 4.3.2, gives it beside hypercube and modular): its other hidden counts must be able to take up what the
count may be more or less. Where they are not, one more is hidden, the cheapest: small, and in sums that have hidden
counts already, so that it asks for few others. That is done until every sum is in order; then those are shown again, the
largest first, without whom every sum still is. What sums say together is seen
by the audit only, whose findings are mended by the programme of the exact method.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_NEW_SUM, _WHOLE = 1.0, 3.0
"""How much dearer a count is for each sum of it that has nothing hidden yet, and for being a total."""


def chosen(
    sums: Any, counts: Floats, primary: Collection[int], levels: Sequence[tuple[float, float]], threshold: int
) -> set[int]:
    """Rows to hide: `primary` (each with the least and the most that must be possible, in ascending order of rows), and
    their complements. `sums` as `sums.equations` makes them."""
    state = _State.of(sums, counts, sorted(primary), levels, threshold)
    waiting = deque(sorted(state.touched))
    queued = set(waiting)
    while waiting:
        each = waiting.popleft()
        queued.discard(each)
        while (more := state.lacking(each)) is not None:
            for other in state.hide(more):
                if other != each and other not in queued:
                    waiting.append(other)
                    queued.add(other)
    first = set(primary)
    added = [int(row) for row in np.flatnonzero(state.hidden) if int(row) not in first]
    for row in sorted(added, key=lambda each: (-counts[each], each)):
        state.spare(row)
    return {int(row) for row in np.flatnonzero(state.hidden)}


@dataclass(slots=True)
class _State:
    """Sums with what is hidden in each: how many, how much together, whether the whole, how much must be movable."""

    rows: Any
    columns: Any
    counts: Floats
    hidden: NDArray[np.bool_]
    threshold: int
    many: NDArray[np.int64]
    amount: Floats
    whole: NDArray[np.bool_]
    asked: Floats
    asked_whole: Floats
    touched: set[int]
    low: Floats
    high: Floats

    @staticmethod
    def of(
        sums: Any,
        counts: Floats,
        primary: Sequence[int],
        levels: Sequence[tuple[float, float]],
        threshold: int,
    ) -> _State:
        count = sums.shape[0]
        low, high = np.maximum(counts - threshold, 0.0), counts + threshold
        for row, (least, most) in zip(primary, levels, strict=True):
            low[row], high[row] = least, most
        state = _State(
            sums.tocsr(), sums.tocsc(), counts, np.zeros(len(counts), dtype=bool), threshold,
            np.zeros(count, dtype=np.int64), np.zeros(count), np.zeros(count, dtype=bool), np.zeros(count), np.zeros(count),
            set(), low, high,
        )  # fmt: skip
        for row in primary:
            state.touched.update(state.hide(row))
        return state

    def hide(self, row: int) -> list[int]:
        """Hide one; the sums that it stands in."""
        self.hidden[row] = True
        value = float(self.counts[row])
        start, end = self.columns.indptr[row], self.columns.indptr[row + 1]
        of = self.columns.indices[start:end]
        for each, sign in zip(of, self.columns.data[start:end], strict=True):
            self.many[each] += 1
            if sign < 0:
                self.whole[each] = True
                self.asked_whole[each] = value - self.low[row]
            else:
                self.amount[each] += value
                self.asked[each] = max(self.asked[each], self.high[row])
        return [int(each) for each in of]

    def lacking(self, each: int) -> int | None:
        """A count that must be hidden too for this sum to be in order; None where it is, or all are hidden."""
        if self.many[each] == 0:
            return None
        short = (
            self.asked_whole[each] - self.amount[each]
            if self.whole[each]
            else self.asked[each] - self.amount[each]
        )
        if self.many[each] > 1 and short <= 0:
            return None
        start, end = self.rows.indptr[each], self.rows.indptr[each + 1]
        inside, signs = self.rows.indices[start:end], self.rows.data[start:end]
        free = ~self.hidden[inside]
        if not free.any():
            return None
        inside, signs = inside[free], signs[free]
        values = self.counts[inside]
        cost = (
            np.log2(values + 2)
            + _NEW_SUM * np.array([self._new(row, each) for row in inside])
            + _WHOLE * (signs < 0)
        )
        enough = (values >= short) | (signs < 0)
        if enough.any():
            cost = np.where(enough, cost, np.inf)
            return int(inside[np.argmin(cost)])
        return int(inside[np.argmax(values)])

    def spare(self, row: int) -> None:
        """Show one again, if each of its sums is in order without it. Nothing is hidden after that."""
        self.hidden[row] = False
        of = self.columns.indices[self.columns.indptr[row] : self.columns.indptr[row + 1]]
        self.hidden[row] = not all(self._in_order(each) for each in of)

    def _in_order(self, each: int) -> bool:
        start, end = self.rows.indptr[each], self.rows.indptr[each + 1]
        inside, signs = self.rows.indices[start:end], self.rows.data[start:end]
        gone = self.hidden[inside]
        if not gone.any():
            return True
        parts, wholes = inside[gone & (signs > 0)], inside[gone & (signs < 0)]
        amount = self.counts[parts].sum()
        asked = (self.counts[wholes] - self.low[wholes]).sum() if len(wholes) else self.high[parts].max()
        return bool(gone.sum() > 1 and amount >= asked)

    def _new(self, row: int, but: int) -> int:
        of = self.columns.indices[self.columns.indptr[row] : self.columns.indptr[row + 1]]
        return int((self.many[of] == 0).sum() - (self.many[but] == 0))
