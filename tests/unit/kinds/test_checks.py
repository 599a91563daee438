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
