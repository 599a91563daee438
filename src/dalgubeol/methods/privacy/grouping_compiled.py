"""Keys numbered by hashing, compiled by numba: one pass, where sorting ten million keys takes seconds a time.

numba keeps the values of module globals in what it stores, so everything comes in as an argument.
"""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def number_keys(keys, slots, number, member):  # type: ignore[no-untyped-def]
    """Number the distinct keys in the order in which they come; returns how many there are. Open addressing with linear
    probing in `slots`, a power of two of them, all -1; `member` gets the first index of each."""
    wrap = len(slots) - 1
    found = 0
    for i in range(len(keys)):
        h = keys[i] * -7046029254386353131
        h = (h ^ (h >> 32)) & wrap
        while True:
            at = slots[h]
            if at < 0:
                slots[h] = found
                member[found] = i
                number[i] = found
                found += 1
                break
            if keys[member[at]] == keys[i]:
                number[i] = at
                break
            h = (h + 1) & wrap
    return found
