"""What classes give away of a sensitive column, held against the models that are judged elsewhere and by hand."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.methods.privacy.measure.sensitive import disclosed


def plainly(rows: list[tuple[str, int]]) -> tuple[int, float, float, float, int]:
    classes: dict[str, list[int]] = defaultdict(list)
    for group, value in rows:
        classes[group].append(value)
    everyone, values = Counter(v for _, v in rows), sorted({v for _, v in rows})
    found = []
    for held in classes.values():
        own = Counter(held)
        shares = [own[v] / len(held) for v in values]
        extra = [s - everyone[v] / len(rows) for s, v in zip(shares, values, strict=True)]
        entropy = math.exp(-sum(s * math.log(s) for s in shares if s))
        moved = sum(abs(sum(extra[: i + 1])) for i in range(len(values))) / max(len(values) - 1, 1)
        found.append(
            (
                len(own),
                entropy,
                sum(map(abs, extra)) / 2,
                moved,
                len(held) if len(own) == 1 else 0,
            )
        )
    a, b, c, d, e = zip(*found, strict=True)
    return min(a), min(b), max(c), max(d), sum(e)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([2, 10, 9, 31])), min_size=1, max_size=40))
def test_it_is_what_counting_class_by_class_gives(rows: list[tuple[str, int]]) -> None:
    table = pa.table({"q": [r[0] for r in rows], "s": [r[1] for r in rows]})
    found = disclosed(table, ["q"], "s")
    assert found is not None
    assert (found.distinct, found.entropy, found.equal, found.ordered, found.alike) == pytest.approx(
        plainly(rows)
    )


def test_words_have_no_order_and_missing_is_a_value() -> None:
    found = disclosed(pa.table({"q": [1, 1, 2], "s": ["flu", None, "flu"]}), ["q"], "s")
    assert found is not None
    assert (found.distinct, found.ordered, found.alike) == (1, None, 1)
    assert (
        disclosed(pa.table({"q": pa.array([], pa.int64()), "s": pa.array([], pa.int64())}), ["q"], "s")
        is None
    )


def test_who_has_many_rows_is_one_person() -> None:
    table = pa.table({"who": ["a"] * 9 + ["b", "c"], "q": [1] * 9 + [2, 2], "s": ["flu"] * 10 + ["cold"]})
    found = disclosed(table, ["q"], "s", "who")
    assert found is not None
    assert (found.alike, found.persons) == (1, 3)
