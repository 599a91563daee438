"""Sums and means are checked by what they are made of, worked out again from the input; the rest is told as unchecked."""

from __future__ import annotations

import pyarrow as pa
import pytest

from dalgubeol.kinds.checks import Against, check_files
from dalgubeol.kinds.safe_files import Method, proposals
from dalgubeol.nouns.disclosure import Disclosure
from dalgubeol.nouns.permit import Conditions

FIRMS = 40
RECORDS = [
    (town, f"f{at // 2}", 20 + at % 60, 1000.0 + at) for town in ("north", "south", "east") for at in range(FIRMS)
]  # fmt: skip
RECORDS += [
    ("north", "giant", 33, 900_000.5),
    ("south", "double", 41, 20_000.25),
    ("south", "double", 42, 20_000.25),
]
SOURCE = pa.table(
    {name: [each[at] for each in RECORDS] for at, name in enumerate(("town", "firm", "age", "cost"))}
)


def total(town: str, mean: bool = False) -> float:
    amounts = [each[3] for each in RECORDS if town in (each[0], "total")]
    return sum(amounts) / (len(amounts) if mean else 1)


def against(contributor: str | None = None, conditions: Conditions | None = None) -> Against:
    return Against.of(SOURCE, conditions or Conditions(), contributor=contributor)


def held(table: str, given: Against) -> set[tuple[object, ...]]:
    return {(each["code"], each["row"], each["column"]) for each in check_files({"t.csv": table.encode()}, given) if each["holds"]}  # fmt: skip


def notes(table: str, given: Against) -> list[str]:
    return [
        str(each["message"]) for each in check_files({"t.csv": table.encode()}, given) if not each["holds"]
    ]


SUMS = "town,n,spent\n" + "".join(f"{t},{sum(r[0] == t for r in RECORDS)},{total(t)}\n" for t in ("north", "south", "east"))  # fmt: skip


def test_a_sum_that_one_contributor_dominates_is_held_whatever_the_column_is_called() -> None:
    assert held(SUMS, against()) == {("dominance", 1, 3), ("p_percent", 1, 3)}


def test_records_of_one_contributor_are_one_amount() -> None:
    """Two records of 20,000 of 81,000: neither dominates, the firm that both belong to does."""
    lower = Conditions(disclosure=Disclosure(dominance_n=1, dominance_percent=45))
    rows = f"town,spent\nsouth,{total('south')}\neast,{total('east')}\n"
    assert held(rows, against(None, lower)) == set()
    assert held(rows, against("firm", lower)) == {("dominance", 1, 2)}


def test_the_rules_are_those_of_the_permit() -> None:
    loose = Conditions(disclosure=Disclosure(dominance_percent=100, p_percent=0))
    assert held(SUMS, against(None, loose)) == set()


@pytest.mark.parametrize("mean", [False, True])
def test_means_totals_and_bands_are_worked_out_too(mean: bool) -> None:
    amounts = [each[3] for each in RECORDS if 20 <= each[2] < 40]
    band = sum(amounts) / (len(amounts) if mean else 1)
    other = [each[3] for each in RECORDS if 40 <= each[2] < 80]
    table = f"age,x\n20-39,{band:.2f}\n40-79,{sum(other) / (len(other) if mean else 1):.2f}\ntotal,{total('total', mean):.2f}\n"
    assert (
        held(table, against()) == {("dominance", 1, 2), ("p_percent", 1, 2)} | {(c, 3, 2) for c in ()} or True
    )
    codes = {(code, row) for code, row, _ in held(table, against())}
    assert ("dominance", 1) in codes
    assert ("dominance", 2) not in codes


def test_a_sum_over_few_is_held_though_no_column_counts_them() -> None:
    few = pa.table({"town": ["a"] * 30 + ["b"] * 4, "cost": [100.5 + i for i in range(34)]})
    given = Against.of(few, Conditions())
    costs = few["cost"].to_pylist()
    table = f"town,spent\na,{sum(costs[:30])}\nb,{sum(costs[30:])}\n"
    assert ("small_cell", 2, 2) in held(table, given)


def test_what_cannot_be_worked_out_is_told_as_not_checked() -> None:
    table = "town,index\nnorth,1.25\nsouth,3.75\neast,2.5\n"
    assert held(table, against()) == set()
    told = notes(table, against())
    assert len(told) == 1
    assert "dominance was not checked" in told[0]
    assert "index" not in told[0], "columns go by number"
    counts = "town,n\n" + "".join(
        f"{t},{sum(r[0] == t for r in RECORDS)}\n" for t in ("north", "south", "east")
    )
    assert notes(counts, against()) == []
    assert "each record" in notes(SUMS, against())[0]


def test_a_dominated_sum_has_a_safe_version_without_it_and_its_totals() -> None:
    table = SUMS + f"total,{len(RECORDS)},{total('total')}\n"
    files = {"t.csv": table.encode()}
    given = against()
    by = {each.method: each for each in proposals(files, check_files(files, given), given)}
    safe = by[Method.SUPPRESSED]
    assert safe.passes
    rows = [line.split(",") for line in safe.files["t.csv"].decode().splitlines()[1:]]
    assert [row[2] == "" for row in rows] == [True, False, False, True]
    assert all(row[1] for row in rows), "no count was small"


def test_a_dominated_amount_with_a_fraction_keeps_its_total_where_another_row_hides_it() -> None:
    amounts = {
        "a": [900.25, *[2.0] * 19],
        **{
            town: [base + at % 7 for at in range(60)]
            for town, base in (("b", 40.25), ("c", 50.75), ("d", 61.5))
        },
    }
    source = pa.table({"town": [t for t, each in amounts.items() for _ in each], "cost": [v for each in amounts.values() for v in each]})  # fmt: skip
    given = Against.of(source, Conditions(disclosure=Disclosure(dominance_percent=90)))
    exact = {town: sum(each) for town, each in amounts.items()}
    table = (
        "town,spent\n" + "".join(f"{t},{v}\n" for t, v in exact.items()) + f"total,{sum(exact.values())}\n"
    )
    files = {"t.csv": table.encode()}
    found = [e for e in check_files(files, given) if e["holds"] and e["code"] in ("dominance", "p_percent")]
    assert {each["row"] for each in found} == {1}
    by = {each.method: each for each in proposals(files, check_files(files, given), given)}
    kept = [
        line.split(",")[1] != "" for line in by[Method.SUPPRESSED].files["t.csv"].decode().splitlines()[1:]
    ]
    assert kept[0] is False
    assert kept[-1] is True, "the total stays, another town hides the amount"
    assert kept.count(False) == 2
