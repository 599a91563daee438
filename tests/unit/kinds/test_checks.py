"""Which columns of a table that wants to leave are labels: whole numbers are counts until it is shown that they are none."""

from __future__ import annotations

import pyarrow as pa
import pytest

from dalgubeol.kinds.checks import Against, check_files, proven_keys
from dalgubeol.nouns.permit import Conditions

SOURCE = pa.table({
    "male": [0] * 30 + [1] * 25,
    "area": ["a"] * 18 + ["b"] * 12 + ["a"] * 12 + ["b"] * 13,
    "children": [0, 1, 2, 3, 4] * 11,
})  # fmt: skip


WIDE = pa.table({
    "area": ["a"] * 200 + ["b"] * 300,
    "ill": [1] * 3 + [0] * 197 + [1] * 120 + [0] * 180,
    "sex": ["m"] * 100 + ["f"] * 100 + ["m"] * 296 + ["f"] * 4,
})  # fmt: skip


def held(text: str) -> set[str]:
    found = check_files({"a.csv": text.encode()}, Against.of(SOURCE, Conditions(), ()))
    return {str(each["code"]) for each in found if each.get("holds", True)}


def test_a_sex_coded_0_and_1_beside_its_counts_is_no_count() -> None:
    assert held("male,persons\n0,30\n1,25\n") == set()
    assert held("area,male,persons\na,0,18\na,1,12\nb,0,12\nb,1,13\n") == set()


def test_a_small_group_is_held_whatever_names_it() -> None:
    few = SOURCE.slice(24, 10)
    found = check_files({"a.csv": b"male,persons\n0,6\n1,4\n"}, Against.of(few, Conditions(), ()))
    assert {str(each["code"]) for each in found if each.get("holds", True)} >= {"small_cell"}


@pytest.mark.parametrize("name", ["model.csv", "model.txt"])
def test_a_thin_model_is_held_though_its_summary_was_stored_with_commas(name: str) -> None:
    def against(residual: int) -> set[str]:
        text = f"Dep. Variable:,children,R-squared:,0.982\nNo. Observations:,{residual + 4},AIC:,291.1\nDf Residuals:,{residual},BIC:,292.3\n"
        found = check_files({name: text.encode()}, Against.of(SOURCE, Conditions(), ()))
        return {str(each["code"]) for each in found if each.get("holds", True)}

    assert "degrees_of_freedom" in against(9)
    assert "degrees_of_freedom" not in against(10)


@pytest.mark.parametrize(
    "text",
    [
        "area,children\na,3\nb,4\n",  # nothing counts them
        "area,children,persons\na,3,30\nb,4,25\n",  # of the areas, not of the areas by children
        "children,persons\n3,11\n3,11\n",  # the same group twice: the order would tell
        "male,persons\n0,30\n1,26\n",  # one number is another
    ],
)
def test_small_numbers_that_nothing_shows_to_be_labels_are_held(text: str) -> None:
    assert "small_cell" in held(text)


def test_the_proof_needs_every_label_among_the_inputs() -> None:
    counted = {"male": [0, 1], "persons": [30, 25]}
    assert proven_keys(pa.table(counted), SOURCE) == ("male",)
    assert proven_keys(pa.table({**counted, "who": ["x", "y"]}), SOURCE) == ()


@pytest.mark.parametrize(
    "text",
    [
        "area,ill\na,3 (1.5%)\nb,25 (2%)\n",  # as tables of medicine are written
        "area,ill\na,3 [1-7]\nb,25 [20-31]\n",
        "area,ill\na,3/200\nb,25/340\n",
        "area,ill\na,3*\nb,25\n",
        "area,ill\na,3\nb,<10\n",  # some are masked, not all
        "area,ill\na,3\nb,25\nc,비공개\n",
        "area,ill\na,3\nb,25\nc,-1\n",  # -1 for what is missing
        "area,n\na,3\nb,25\nc,12\nmean,13.3\n",
        "area,ill\na,3\nb,1 234\n",
        "area,ill\na,3회\nb,25회\n",
    ],
)
def test_a_small_count_is_held_however_it_is_written(text: str) -> None:
    assert "small_cell" in held(text)


@pytest.mark.parametrize(
    "text",
    [
        "area,ill\na,30 (15%)\nb,25 (2%)\n",
        "area,ill\na,<10\nb,25\n",
        "area,change\na,30.5\nb,-4.25\n",
        "grade,persons\n1 (low),30\n2 (high),25\n",  # a label with its code
    ],
)
def test_what_is_no_small_count_is_not_held_for_one(text: str) -> None:
    assert "small_cell" not in held(text)


@pytest.mark.parametrize(
    "text",
    [
        ",ill,dead\n,sum,sum\narea,,\na,3,24\nb,25,30\n",  # columns of two levels
        "Table 1,\narea,n\na,3\nb,25\n",  # a title above
        "a,3\nb,25\n",  # header=False: the first row is taken for names
        "a,0,3\na,1,12\nb,0,25\n",
        "3,25\n30,40\n",
    ],
)
def test_a_table_whose_first_line_does_not_name_its_columns_is_held(text: str) -> None:
    assert "header" in held(text)


@pytest.mark.parametrize(
    "text",
    [
        "area,2022,2023\na,30,40\nb,25,31\n",
        "area,a,b\nx,30,40\ny,25,31\n",  # a pivot: columns are called by values, labels are others
        "age,ill\n<20,30\n20-29,25\n",
        "area,ill\na,<10\nb,25\n",
        "area,ill\na,\nb,25\n",
        "area,word\na,many\nb,few\n",
        "unknown,n\nyes,30\nno,25\n",
    ],
)
def test_a_table_with_one_line_of_names_is_not_held_for_it(text: str) -> None:
    assert "header" not in held(text)


@pytest.mark.parametrize(
    ("text", "small"),
    [
        ("area,n,ill_pct\na,200,1.5\nb,300,40\n", {(1, 3)}),  # three persons
        ("area,ill_share\na,0.015\nb,0.4\n", {(1, 2)}),  # with no count beside it
        ("area,ill\na,1.5%\nb,40.0%\n", {(1, 2)}),
        ("area,healthy_pct\na,98.5\nb,60\n", {(1, 2)}),  # what it leaves
        ("area,sex,pct\na,m,20\na,f,20\nb,m,59.2\nb,f,0.8\n", {(4, 3)}),  # of all
        ("area,sex,pct\na,m,50\na,f,50\nb,m,98.67\nb,f,1.33\n", {(4, 3)}),  # of each area
        ("area,n,healthy\na,200,197\nb,300,180\n", {(1, 3)}),  # three are not named
        ("area,ill_pct\nb,40\n", set()),
        ("area,pct\na,40\nb,60\n", set()),
        ("area,n,ill\nb,300,120\n", set()),
    ],
)
def test_a_share_or_a_part_that_shows_a_small_group_is_held_without_its_count(
    text: str, small: set[tuple[int, int]]
) -> None:
    found = check_files({"a.csv": text.encode()}, Against.of(WIDE, Conditions(), ()))
    assert {(each["row"], each["column"]) for each in found if each.get("holds", True)} == small
    assert {str(each["code"]) for each in found if each.get("holds", True)} <= {"small_cell"}


def test_a_share_of_which_nothing_is_known_is_told_to_the_reviewers() -> None:
    found = check_files({"a.csv": b"town,pct\nx,12.5\ny,87.5\n"}, Against.of(WIDE, Conditions(), ()))
    assert [(each["code"], each["holds"]) for each in found] == [("unchecked", False)]
