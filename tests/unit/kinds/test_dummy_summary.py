"""What reviewers read of a dummy first is in both languages, from the catalogue."""

from __future__ import annotations

import pytest

from dalgubeol.kinds.dummy import _summary

TOLD = {
    "of": {"name": "claims"}, "dummy_rows": 12_000, "seed": 4, "least": 10, "counted": "persons",
    "columns": [{"values": ("a",), "low": None}, {"values": (), "low": 3.0}, {"values": (), "low": None}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("counted", "korean"), [("persons", "사람 수"), ("rows", "행"), ("stretches", "구간")]
)
def test_the_summary_stands_in_korean_and_in_english(counted: str, korean: str) -> None:
    first, second = _summary({**TOLD, "counted": counted}).split("\n\n")
    assert "더미데이터" in first
    assert korean in first.splitlines()[1]
    assert "12,000" in first
    assert second.startswith("Dummy of claims: 3 columns, 12,000 rows, seed 4.")
    assert "Threshold: 10" in second
    assert "1 columns name values, 1 tell a range" in second
    assert not any("가" <= c <= "힣" for c in second)
