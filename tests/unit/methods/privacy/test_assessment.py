"""An assessment, and what of it others may read: the attack test of `assess`, which lowers to internal."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.anonymity import equivalence_classes
from dalgubeol.methods.privacy.measure.assessment import assess, persons_by_class_size
from dalgubeol.methods.privacy.measure.masking import HIDDEN, masked_bands, numbers
from dalgubeol.methods.report.assessed import assessment_page


def tables(rows=120):
    """Every cell is a canary: a value that stands nowhere else, but for the target and the sex."""
    rng = np.random.default_rng(8)
    person = [f"canary-person-{i // 2}" for i in range(rows)]
    age = rng.integers(20, 60, rows)
    before = pa.table(
        {
            "person": person,
            "age": [f"canary-age-{a}" for a in age],
            "sex": rng.choice(["canary-m", "canary-f"], rows),
            "cost": 7_391_826_000 + rng.integers(0, 100_000, rows),
            "ill": np.where(rng.random(rows) < 0.5, "canary-yes", "canary-no"),
        }
    )
    after = before.slice(3).set_column(1, "age", pa.array(["*"] * (rows - 3)))
    return before, after.set_column(0, "person", pa.array([f"canary-token-{i // 2}" for i in range(3, rows)]))


def measured(**asked):
    before, after = tables()
    return assess(
        before,
        after,
        ["age", "sex"],
        person="person",
        target="ill",
        sensitive=["ill", "cost"],
        population=3000,
        seed=1,
        **asked,
    )


def test_an_assessment_holds_every_measure_of_both_tables():
    found = measured()
    assert (found.before.risk.persons, found.utility.rows_before, found.utility.rows_after) == (60, 120, 117)
    assert found.before.risk.prosecutor_mean_of_persons > found.after.risk.prosecutor_mean_of_persons
    assert sum(found.after.bands) == equivalence_classes(tables()[1], ["age", "sex"], "person").persons.sum()
    assert found.before.population.population == pytest.approx(3000)
    assert {c.column for c in found.utility.columns} == {"age", "sex", "cost", "ill"}
    assert found.prediction.target == "ill"


@pytest.mark.parametrize("language", ["ko", "en", "both"])
def test_no_value_of_any_row_is_in_the_numbers_or_on_the_page(language):
    shown = numbers(measured(), 5)
    page = assessment_page(shown, language=language)
    for text in (json.dumps(shown), page):
        assert "canary" not in text
        assert "7391826" not in text
        assert "7,391,826" not in text


def test_small_counts_are_masked_everywhere_and_nobody_stays_nobody():
    shown = numbers(measured(), 20)
    counts = [row[1] for row in shown["before"]["singling"]["riskiest"]]
    counts += [row[1] for row in shown["before"]["singling"]["persons_by_smallest_set"]]
    counts += [row[2] for row in shown["outliers"]["findings"]]
    counts += [*shown["before"]["bands"], *shown["after"]["bands"]]
    assert counts
    assert all(isinstance(c, str) or c == 0 or c >= 20 for c in counts)
    assert "< 20" in counts


def test_a_share_of_few_persons_is_masked_like_their_count():
    table = pa.table({"x": ["a", *["b"] * 60, *["c"] * 60]})
    shown = numbers(assess(table, table, ["x"]), 5)
    assert shown["before"]["risk"]["unique_persons_share"] == "< 5"
    assert shown["before"]["bands"] == [HIDDEN, 0, 0, 0, 0, 0, HIDDEN]
    assert "< 5" not in assessment_page(shown, language="en").split("<body")[0]


@given(st.lists(st.integers(0, 60), min_size=2, max_size=7), st.integers(3, 9))
def test_what_is_hidden_in_a_histogram_cannot_be_worked_out_from_the_total(counts, least):
    shown = masked_bands(counts, least)
    hidden = [c for c, s in zip(counts, shown, strict=True) if s == HIDDEN]
    assert all(s in (HIDDEN, c) for c, s in zip(counts, shown, strict=True))
    assert not any(0 < c < least and s != HIDDEN for c, s in zip(counts, shown, strict=True))
    # Of one hidden number the total tells all; of several only their sum, which is no small one.
    others = [c for c in counts if c >= least and c not in hidden]
    assert len(hidden) != 1 or not others
    assert not hidden or sum(hidden) >= 2 * least or not others


def test_bands_count_each_person_by_the_size_of_her_class():
    table = pa.table({"x": [*["a"] * 60, *["b"] * 3, "c", "d"]})
    assert persons_by_class_size(equivalence_classes(table, ["x"])) == (2, 0, 3, 0, 0, 0, 60)


@pytest.mark.parametrize(
    "asked",
    [{"target": "nothing"}, {"person": "nothing"}, {"population": 3}, {"quasi_identifiers": ["nothing"]}],
)
def test_what_the_tables_do_not_have_is_invalid_and_says_so(asked):
    before, after = tables()
    with pytest.raises(Invalid) as wrong:
        assess(before, after, **{"quasi_identifiers": ["age"], **asked})
    assert "canary" not in str(wrong.value.detail)


def test_a_pseudonymised_table_may_have_lost_its_person_column():
    before, after = tables()
    found = assess(before, after.drop_columns(["person"]), ["sex"], person="person")
    assert (found.before.risk.persons, found.after.risk.persons) == (60, 117)
    assert found.rows_after


def test_that_rows_are_counted_after_is_told_and_nothing_is_said_of_the_population_then():
    before, after = tables()
    lost = assess(before, after.drop_columns(["person"]), ["sex"], person="person", population=100)
    assert (lost.before.population is None, lost.after.population is None) == (False, True)
    told = "every row of it is counted as a person"
    assert told in assessment_page(numbers(lost, 5), language="en")
    assert told not in assessment_page(numbers(measured(), 5), language="en")


def test_what_classes_give_away_is_on_the_page_to_the_safe_side():
    found = measured()
    shown = numbers(found, 5)
    for (before, after), (column, *sides) in zip(found.sensitive, shown["sensitive"], strict=True):
        assert column == before.column
        for exact, side in zip((before, after), sides, strict=True):
            assert side["entropy"] <= exact.entropy + 1e-9
            assert exact.equal <= side["equal"] + 1e-9 <= exact.equal + 0.05 + 2e-9
            assert side["alike"] in ("< 5", HIDDEN, 0) or side["alike"] >= 5
    assert found.sensitive[0][1].distinct == 2
    assert found.sensitive[0][0].ordered is None
    page = assessment_page(shown, language="en")
    assert "What the classes give away" in page


def test_somebody_in_several_classes_is_one_person_of_the_population():
    """Ten persons with ten records each, most in classes of their own: the table holds a tenth of a hundred persons."""
    table = pa.table({
        "who": [f"P{i // 10}" for i in range(100)],
        "q": [f"v{i % 37}" if i % 3 else f"alone {i}" for i in range(100)],
    })  # fmt: skip
    for population in (10, 50, 100):
        found = assess(table, table, ["q"], person="who", population=population).before.population
        assert found is not None
        assert (found.population, found.sampling_fraction) == pytest.approx((population, 10 / population))
        assert found.share is None or 0 <= found.share <= 1
