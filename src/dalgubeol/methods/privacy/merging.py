"""Loops over sorted numbers and texts that numpy has no word for, compiled by numba.

Tens of millions of entries take fractions of a second, and nothing is copied. numba keeps the values of module
globals in what it stores, so everything comes in as an argument.
"""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def merge(left, right, made, in_left, in_right):  # type: ignore[no-untyped-def]
    """`left` and `right` ascend, no entry twice: all of both into `made`, and in which each is. How many."""
    i = j = n = 0
    while i < len(left) or j < len(right):
        from_left = j == len(right) or (i < len(left) and left[i] <= right[j])
        from_right = i == len(left) or (j < len(right) and right[j] <= left[i])
        made[n] = left[i] if from_left else right[j]
        in_left[n], in_right[n] = from_left, from_right
        i += from_left
        j += from_right
        n += 1
    return n


@njit(cache=True, nogil=True)
def merge_texts(starts, texts, other_starts, others, rank, other_rank):  # type: ignore[no-untyped-def]
    """The same for texts (arrow's offsets and bytes): the place of each among all of both. How many there are."""
    i = j = n = 0
    many, other_many = len(starts) - 1, len(other_starts) - 1
    while i < many or j < other_many:
        order = 0
        if i == many:
            order = 1
        elif j == other_many:
            order = -1
        else:
            a, b = starts[i], other_starts[j]
            while order == 0 and a < starts[i + 1] and b < other_starts[j + 1]:
                if texts[a] != others[b]:
                    order = -1 if texts[a] < others[b] else 1
                a += 1
                b += 1
            if order == 0:  # the one that ends first comes first
                order = int(a < starts[i + 1]) - int(b < other_starts[j + 1])
        if order <= 0:
            rank[i] = n
            i += 1
        if order >= 0:
            other_rank[j] = n
            j += 1
        n += 1
    return n


@njit(cache=True, nogil=True)
def find(begins, of_class, person, wanted, place):  # type: ignore[no-untyped-def]
    """place[i]: where `of_class` is wanted[i] among the entries of person[i], which are from begins[person[i]] on."""
    for i in range(len(person)):
        at = begins[person[i]]
        while of_class[at] != wanted[i]:
            at += 1
        place[i] = at


@njit(cache=True, nogil=True)
def count(group, which, made):  # type: ignore[no-untyped-def]
    """made[group[i]] += 1 for all i of `which`"""
    for i in range(len(group)):
        if which[i]:
            made[group[i]] += 1


@njit(cache=True, nogil=True)
def count_changes(begins, gone, new, life):  # type: ignore[no-untyped-def]
    """How many (gone, new) there are among the entries of one person that were never there together."""
    total = 0
    for p in range(len(begins) - 1):
        for i in range(begins[p], begins[p + 1]):
            if gone[i]:
                for j in range(begins[p], begins[p + 1]):
                    total += new[j] and not life[i] & life[j]
    return total


@njit(cache=True, nogil=True)
def changes(begins, gone, new, life, old, later):  # type: ignore[no-untyped-def]
    """All of them, into `old` and `later`."""
    at = 0
    for p in range(len(begins) - 1):
        for i in range(begins[p], begins[p + 1]):
            if gone[i]:
                for j in range(begins[p], begins[p + 1]):
                    if new[j] and not life[i] & life[j]:
                        old[at], later[at] = i, j
                        at += 1
