"""Groups that a person names: whether one name always stands for the same values, as far as it goes.

A column after local recoding holds labels of several levels. A name that comes again at a higher level must then hold
all that it held below, or a reader cannot tell what it stands for: names are a tree, and not only the groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


def names_astray(levels: Sequence[Mapping[str, str]]) -> Iterator[tuple[int, str]]:
    """(level, name) of names that stand for other values there than at a level below; level 0 are the values.

    `levels[0]` takes values to their groups, each further one groups to their groups; what it lacks stays as it is.

    >>> list(names_astray([{"cook": "food", "food": "service"}]))
    [(1, 'food')]
    """
    now = {value: value for value in levels[0]} if levels else {}
    held = {value: {value} for value in now}
    for number, level in enumerate(levels, start=1):
        now = {value: level.get(label, label) for value, label in now.items()}
        here: dict[str, set[str]] = {}
        for value, label in now.items():
            here.setdefault(label, set()).add(value)
        for name, members in here.items():
            if not held.get(name, members) <= members:
                yield number, name
        held |= here
