"""Population uniqueness: estimates against populations that are known whole."""

import os
from collections import Counter
from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
import pyarrow.csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.measure.population import population_uniqueness

DATA = os.environ.get("DALGU_DATA")
QUASI = {
    5: ["sex", "age", "race", "marital-status", "education"],
    9: ["sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation", "salary-class"],
}  # fmt: skip


def sampled(population, fraction, seed):
    """Persons per class of a simple random sample; `population` holds the class of each person."""
    rng = np.random.default_rng(seed)
    drawn = np.bincount(rng.choice(population, round(fraction * len(population)), replace=False))
    return drawn[drawn > 0]


def by_model(found):
    return {each.model: each.uniques for each in found.estimates}


def restaurant(persons, theta, alpha, seed):
    """Pitman's two-parameter process: the n-th person opens a class with (theta + alpha k) / (theta + n)."""
    rng = np.random.default_rng(seed)
    classes, sizes = np.empty(persons, np.int64), []
    for n in range(persons):
        if rng.random() * (theta + n) < theta + alpha * len(sizes):
            sizes.append(0)
            classes[n] = len(sizes) - 1
        else:  # a class by its size less alpha: a random predecessor, refused with alpha / size
            while True:
                classes[n] = classes[rng.integers(n)]
                if rng.random() >= alpha / sizes[classes[n]]:
                    break
        sizes[classes[n]] += 1
    return classes


@pytest.mark.parametrize("seed", range(3))
def test_pitmans_model_finds_the_uniques_of_its_own_populations_from_one_in_ten(seed):
    population = restaurant(40_000, 500.0, 0.4, seed)
    true = (np.bincount(population) == 1).sum()
    found = population_uniqueness(sampled(population, 0.1, seed), 0.1)
    assert found.chosen.model == "Pitman"
    assert found.chosen.uniques == pytest.approx(true, rel=0.2)


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.1), (0.5, 0.3), (2.0, 0.5)])
def test_the_slide_negative_binomial_finds_the_uniques_of_its_own_populations_from_half(a, b):
    rng = np.random.default_rng(5)
    population = np.repeat(np.arange(20_000), 1 + rng.negative_binomial(a, b, 20_000))
    true = (np.bincount(population) == 1).sum()
    found = population_uniqueness(sampled(population, 0.5, 5), 0.5)
    assert by_model(found)["SNB"] == pytest.approx(true, rel=0.1)


def test_zayatz_is_bayes_rule_in_exact_fractions():
    persons = [1, 1, 1, 2, 2, 5]
    n, population, classes = sum(persons), 48, len(persons)

    def one_seen(size):
        return Fraction(size * comb(population - size, n - 1), comb(population, n))

    counted = Counter(persons)
    seen = {size: Fraction(count, classes) * one_seen(size) for size, count in counted.items()}
    expected = 3 * seen[1] / sum(seen.values()) * Fraction(population, n)
    found = population_uniqueness(persons, n / population)
    assert by_model(found)["Zayatz"] == pytest.approx(float(expected), rel=1e-9)


SAMPLE = [1] * 60 + [2] * 15 + [3] * 6 + [4] * 3 + [6] * 2 + [10, 25]
ARX = [
    (200, 65.8134629263, 71.1057799036),
    (1850, 317.4740266904, 242.8993879227),
    (3700, 569.9003364295, 356.1728476049),
    (9250, 1296.3198016950, 590.7595029145),
    (18500, 2493.8451106501, 866.2537036515),
]


def test_numbers_agree_with_the_arx_tool_on_zayatz_and_pitman():
    """ARX 3.9.2, `RiskModelPopulationUniqueness`, run on this histogram."""
    for population, zayatz, pitman in ARX:
        found = by_model(population_uniqueness(SAMPLE, sum(SAMPLE) / population))
        assert found["Zayatz"] == pytest.approx(zayatz, rel=1e-9)
        assert found["Pitman"] == pytest.approx(pitman, rel=1e-6)


def test_the_rule_takes_pitman_up_to_one_in_ten_and_then_the_smaller_of_the_others():
    for fraction in (0.02, 0.1):
        assert population_uniqueness(SAMPLE, fraction).chosen.model == "Pitman"
    for fraction in (0.2, 0.5, 0.8):
        found = population_uniqueness(SAMPLE, fraction)
        others = [v for k, v in by_model(found).items() if k != "Pitman" and v is not None]
        assert found.chosen.uniques == min(others)


def test_what_cannot_be_fitted_is_said_and_the_rule_falls_back_to_zayatz():
    found = population_uniqueness([1] * 30, 0.05)
    missing = {each.model: each.reason for each in found.estimates if each.uniques is None}
    assert set(missing) == {"SNB", "Pitman"}
    assert all(str(reason) for reason in missing.values())
    assert found.chosen.model == "Zayatz"


def test_a_whole_population_needs_no_estimate_and_no_uniques_stay_none():
    assert set(by_model(population_uniqueness(SAMPLE, 1)).values()) == {60.0}
    assert population_uniqueness([2, 3, 4], 0.05).share == 0


def test_a_share_that_is_none_is_invalid():
    with pytest.raises(Invalid):
        population_uniqueness(SAMPLE, 0)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=60), st.sampled_from([0.01, 0.05, 0.2, 0.5, 0.9]))
def test_an_estimate_lies_within_the_population_or_is_none(persons, fraction):
    found = population_uniqueness(persons, fraction)
    for each in found.estimates:
        assert (each.uniques is None) == (each.reason is not None)
        assert each.uniques is None or 0 <= each.uniques <= found.population * (1 + 1e-9)
    assert found.chosen.uniques is None or 0 <= found.share <= 1 + 1e-9


@pytest.mark.skipif(DATA is None, reason="needs DALGU_DATA, the folder of test data")
@pytest.mark.parametrize(
    ("columns", "fraction", "within"), [(9, 0.05, 0.15), (9, 0.1, 0.15), (9, 0.5, 0.1), (5, 0.1, 0.3), (5, 0.5, 0.1)]
)  # fmt: skip
def test_of_adult_as_a_population_the_rules_estimate_comes_near_the_truth(columns, fraction, within):
    file = Path(DATA) / "privacy/adult/adult.csv"
    table = pyarrow.csv.read_csv(file, parse_options=pyarrow.csv.ParseOptions(delimiter=";"))
    rows = list(zip(*(table[c].to_pylist() for c in QUASI[columns]), strict=True))
    number = {row: i for i, row in enumerate(dict.fromkeys(rows))}
    population = np.array([number[row] for row in rows])
    true = (np.bincount(population) == 1).sum()
    found = [population_uniqueness(sampled(population, fraction, seed), fraction) for seed in range(3)]
    off = np.median([each.chosen.uniques / true - 1 for each in found])
    assert abs(off) < within
