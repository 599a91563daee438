"""What an author says that a column is: read from her words, worked out again, never believed."""

from __future__ import annotations

import pyarrow as pa
import pytest

from dalgubeol.kinds.archive import said_of
from dalgubeol.kinds.checks import Against, check_files
from dalgubeol.methods.disclosure.declared import Declared, condition, read
from dalgubeol.nouns.permit import Conditions

TOWNS = ("north", "south")
RECORDS = [
    (
        town,
        year,
        f"f{at % 20}",
        900_000.5 if (town, year, at) == ("north", 2023, 5) else 1000.25 + at,
        at % 3,
        at,
    )
    for town in TOWNS
    for year in (2022, 2023)
    for at in range(40)
]
SOURCE = pa.table({name: [each[at] for each in RECORDS] for at, name in enumerate(("town", "year", "firm", "cost", "weeks", "number"))})  # fmt: skip


def spent(town: str, year: int | None = None, factor: float = 1.0) -> float:
    return sum(each[3] * factor for each in RECORDS if each[0] == town and year in (None, each[1]))


def table(value: object) -> bytes:
    return ("town,spent\n" + "".join(f"{town},{value(town):.4f}\n" for town in TOWNS)).encode()  # type: ignore[operator]


def found(content: bytes, said: str, source: pa.Table = SOURCE) -> tuple[set[tuple[object, ...]], list[str]]:
    given = Against.of(source, Conditions(), said=said_of(said, ["t.csv"]))
    every = check_files({"t.csv": content}, given)
    return {(e["code"], e["row"]) for e in every if e["holds"]}, [
        str(e["message"]) for e in every if not e["holds"]
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("spent = sum of cost by town, where year = 2023", Declared("spent", "cost", ("town",), "year = 2023")),
        ("costs of towns; spent = mean of cost * 2 by town and year", Declared("spent", "cost * 2", ("town", "year"))),
        ("t.csv: costs. spent = sum(log(cost)) where weeks > 4.", Declared("spent", "log(cost)", (), "weeks > 4")),
        ("지출 = 합계(cost) by town, 조건: year = 2023", Declared("지출", "cost", ("town",), "year = 2023")),
    ],
)  # fmt: skip
def test_declarations_are_read_from_the_words(text: str, said: Declared) -> None:
    assert read(text) == (said,)


def test_words_without_a_declaration_are_none() -> None:
    assert read("mean weeks by industry = what the ministry wants to know") == ()
    assert read("the sum of cost by town") == ()


def test_a_condition_may_be_written_as_people_write_it() -> None:
    assert condition("year = 2023 and town = north", ["year", "town"]) == "year == 2023 and town == 'north'"
    with pytest.raises(ValueError, match=r"."):
        condition("year = (", ["year"])


def test_a_declared_sum_over_some_records_is_held_where_one_dominates_it() -> None:
    content = table(lambda town: spent(town, 2023, 1.5))
    unknown = found(content, "costs by town")
    assert unknown[0] == set(), "nobody could work it out"
    assert "how it is made" in unknown[1][0]
    held, told = found(content, "spent = sum of cost * 1.5 by town, where year = 2023")
    assert held == {("dominance", 1), ("p_percent", 1)}
    assert not any("how it is made" in each for each in told)


def test_a_simple_condition_that_nobody_declared_is_found() -> None:
    held, told = found(table(lambda town: spent(town, 2023)), "costs by town")
    assert held == {("dominance", 1), ("p_percent", 1)}
    assert any("one value of another column" in each for each in told)
    assert not any("2023" in each or "year" in each for each in told), (
        "a script could choose the value by what it read"
    )
    held, told = found(table(lambda town: spent(town, 2022)), "costs by town")
    assert held == set()


def test_a_false_declaration_holds_the_file() -> None:
    content = table(lambda town: spent(town, 2023, 1.5))
    assert found(content, "spent = sum of cost by town, where year = 2022")[0] == {("declared", None)}
    assert found(content, "spent = sum of nothing by town")[0] == {("declared", None)}


def test_a_condition_that_leaves_few_out_is_told() -> None:
    def nearly(town: str) -> float:
        return sum(each[3] * 2 for each in RECORDS if each[0] == town and each[5] < 37 and each[3] < 9000)

    _, told = found(table(nearly), "spent = sum of cost * 2 by town, where number < 37 and cost < 9000")
    assert any("leaves out fewer" in each for each in told)


def test_what_is_said_of_one_file_is_not_of_another() -> None:
    said = said_of("a.csv: x = sum of cost\nb.csv: counts\nfor the report", ["a.csv", "b.csv"])
    assert [len(read(said[name])) for name in ("a.csv", "b.csv")] == [1, 0]
    assert "for the report" in said["b.csv"]
