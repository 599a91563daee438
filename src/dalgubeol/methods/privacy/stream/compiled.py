"""The five loops over rows that a node of the lattice costs, compiled by numba.

Ten million rows of six columns take some tens of milliseconds each. numba keeps the values of module globals in
what it stores, so everything comes in as an argument.
"""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def add(codes, table, key):  # type: ignore[no-untyped-def]
    """key[i] += table[codes[i]]"""
    for i in range(len(codes)):
        key[i] += table[codes[i]]


@njit(cache=True, nogil=True)
def count(key, rows):  # type: ignore[no-untyped-def]
    """rows[key[i]] += 1"""
    for i in range(len(key)):
        rows[key[i]] += 1


@njit(cache=True, nogil=True)
def add_persons(key, persons, counts):  # type: ignore[no-untyped-def]
    """counts[key[i]] += persons[i]"""
    for i in range(len(key)):
        counts[key[i]] += persons[i]


@njit(cache=True, nogil=True)
def count_mixed(key, wrap, most, rows):  # type: ignore[no-untyped-def]
    """Count keys in too few cells, and no further than `most`: what shares a cell is counted as one."""
    for i in range(len(key)):
        h = key[i] * -7046029254386353131
        h = (h ^ (h >> 32)) & wrap
        if rows[h] < most:
            rows[h] += 1


@njit(cache=True, nogil=True)
def meet(key, number, people, seen, met):  # type: ignore[no-untyped-def]
    """The first persons that each class meets, as many as `seen` (classes, k) has room for; `met` counts them.

    `number` gives the class of a key, under 0 for those that do not matter.
    """
    room = seen.shape[1]
    for i in range(len(key)):
        c = number[key[i]]
        if c < 0:
            continue
        known = met[c]
        if known == room:
            continue
        p = people[i]
        new = True
        for j in range(known):
            if seen[c, j] == p:
                new = False
                break
        if new:
            seen[c, known] = p
            met[c] = known + 1
