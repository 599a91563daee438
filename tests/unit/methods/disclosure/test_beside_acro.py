"""Agreement with ACRO itself, where an interpreter that has it is named; it takes half a gigabyte of its own."""

from __future__ import annotations

import os

import pytest
from bench.zone_disclosure import CHECKS, GENERATED, METHODS, MODELS, agreement, fits

ACRO = os.environ.get("DALGU_ACRO")


@pytest.mark.slow
@pytest.mark.timeout(900)  # ACRO takes some hundred seconds of CPU, and nothing here is measured
@pytest.mark.skipif(ACRO is None, reason="DALGU_ACRO names no interpreter that has acro (pip install acro)")
def test_acro_holds_the_same_cells_and_models() -> None:
    figures = agreement(str(ACRO), os.environ.get("DALGU_ACRO_DATA"))
    generated = figures["generated"]
    assert isinstance(generated, dict)
    assert generated["tables"] == GENERATED
    assert generated["held_by_acro"] > 500, "or agreement says little"
    assert [generated[rule] for rule, _, _ in CHECKS] == [1, 1, 1]
    alike = figures["degrees_of_freedom"]
    assert isinstance(alike, dict)
    assert {*METHODS} <= {*alike}
    for name, each in alike.items():
        assert each["agreed"] == each["models"], name
        assert each["held_by_acro"] > 0, "or agreement says nothing"
        assert name not in METHODS or each["models"] > MODELS * 0.9


def test_a_model_that_is_read_as_another_counts_as_no_agreement() -> None:
    told = {"held": True, "residual": 6.0, "texts": ["Df Residuals:   6", "Df Residuals:,6"]}
    assert fits([told, None]) == {"models": 1, "without_a_fit": 1, "held_by_acro": 1, "agreed": 1}
    for wrong in ({"held": False}, {"residual": 7.0}, {"texts": ["Df Residuals: 6", "no number"]}):
        assert fits([{**told, **wrong}])["agreed"] == 0
