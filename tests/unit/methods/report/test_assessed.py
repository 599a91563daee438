"""The risk and utility report: whole in both languages, of masked numbers, with a table behind every figure."""

import re

import pyarrow as pa
import pytest

from dalgubeol.methods.privacy.measure.assessment import assess
from dalgubeol.methods.privacy.measure.masking import numbers
from dalgubeol.methods.report.assessed import assessment_page


@pytest.fixture(scope="module")
def shown():
    rows = 200
    before = pa.table(
        {
            "age": [20 + i % 37 for i in range(rows)],
            "town": [f"t{i % 9}" for i in range(rows)],
            "cost": [100 + i * 7 % 60 for i in range(rows - 1)] + [100_000],
            "ill": [("yes", "no")[i % 37 < 18] for i in range(rows)],
        }
    )
    after = before.slice(2).set_column(0, "age", pa.array([f"[{a // 20 * 20}, {a // 20 * 20 + 20})" for a in before["age"].to_pylist()[2:]]))  # fmt: skip
    return numbers(assess(before, after, ["age", "town"], target="ill", population=4000, seed=2), 5)


@pytest.mark.parametrize("language", ["ko", "en", "both"])
def test_the_page_is_whole_and_nothing_is_left_unfilled(shown, language):
    page = assessment_page(shown, language=language)
    body = page.split("</style>", 1)[1]
    assert not re.findall(r"\{\w+\}", body)
    assert not re.findall(r"[은을이과]\([는를가와]\)", body)
    assert body.count("<figure>") == 7
    assert body.count("<svg") == 2 * body.count("<details>")
    for heading in ("risk", "sets", "outliers", "utility", "together", "learning", "limits"):
        assert f'id="{heading}"' in body


def test_a_title_says_what_to_see(shown):
    page = assessment_page(shown, language="en")
    before = 100 * shown["before"]["risk"]["prosecutor_mean_of_persons"]
    assert f"The mean risk went from {before:.1f}" in page
    assert "Hiding age lowers the mean risk most" in page


def test_a_masked_number_is_drawn_empty_and_written_as_what_it_is(shown):
    assert shown["outliers"]["findings"] == [["far", ["cost"], "< 5"]]
    masked = {**shown, "before": {**shown["before"], "bands": ["hidden", 0, 0, 0, 0, 0, "hidden"]}}
    page = assessment_page(masked, language="ko")
    assert "5 미만" in page
    assert "가림" in page
    assert 'width="0.0"' in page


def test_without_estimates_a_target_and_readable_labels_the_page_says_less_and_not_wrong(shown):
    columns = [[*c[:1], None, None, None, None, 3] for c in shown["utility"]["columns"]]
    bare = {
        **shown,
        "prediction": None,
        "outliers": {**shown["outliers"], "found": 0, "findings": []},
        "utility": {**shown["utility"], "loss": None, "columns": columns},
        **{side: {**shown[side], "population": None} for side in ("before", "after")},
    }
    page = assessment_page(bare, language="en")
    assert "labels that could not be read" in page
    assert "Nobody in the table after stands out" in page
    assert 'id="learning"' not in page
    assert 'id="population"' not in page
