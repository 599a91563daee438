"""Differences that are hidden behind other names."""

from __future__ import annotations

import pytest

from dalgubeol.kinds.beside import linked_beside, published, read_csv
from dalgubeol.kinds.contract import Left


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("area,n\ndong,100\nseo,120\n", "area,claims\ndong,97\nseo,120\n"),  # the count by another name
        ("area,n\ndong,100\nseo,120\n", "district,n\ndong,97\nseo,120\n"),  # the key
        ("area,n\ndong,100\nseo,120\n", "AREA,n\nDong,97\nSEO ,120\n"),
        (
            "area,n\ndong,100\nseo,120\n",
            "area,n,share\ndong,103,1.5%\nseo,120,2.5%\n",
        ),  # shares are no labels
        ("area,n\ndong+seo,123\nnam,120\n", "area,n\ndong,120\nnam,120\n"),  # one of two that were joined
        ("area,n\ndong,100\nseo,120\nnam,90\n", "area,n\ndong & seo,217\nnam,90\n"),
    ],
)
def test_a_difference_is_found_whatever_the_other_release_is_called(before: str, text: str) -> None:
    assert beside(before, text)


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("area,n\ndong,100\nseo,120\n", "area,deaths\ndong,30\nseo,41\n"),  # counts something else
        ("area,slight\ndong,25\nseo,31\n", "area,severe\ndong,18\nseo,24\n"),
        ("smoker,n\nyes,100\nno,120\n", "ill,n\nyes,97\nno,123\n"),  # both are columns of the input
        ("area,n\ndong+seo,240\nnam,120\n", "area,n\ndong,120\nnam,120\n"),
    ],
)
def test_other_counts_and_other_keys_are_not_taken_for_the_same(before: str, text: str) -> None:
    assert beside(before, text) == ()


def beside(before: str, text: str) -> tuple[object, ...]:
    earlier = published([[Left(before.encode(), 1)]])
    table = read_csv(text.encode())
    assert table is not None
    return linked_beside(table, earlier, 10, known=("area", "smoker", "ill"))
