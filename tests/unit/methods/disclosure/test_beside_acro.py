"""Agreement with ACRO itself, where an interpreter that has it is named; it takes half a gigabyte of its own."""

from __future__ import annotations

import os

import pytest
from bench.zone_disclosure import CHECKS, GENERATED, MODELS, agreement

ACRO = os.environ.get("DALGU_ACRO")


@pytest.mark.slow
@pytest.mark.skipif(ACRO is None, reason="DALGU_ACRO names no interpreter that has acro (pip install acro)")
def test_acro_holds_the_same_cells_and_models() -> None:
    figures = agreement(str(ACRO), os.environ.get("DALGU_ACRO_DATA"))
    generated = figures["generated"]
    assert isinstance(generated, dict)
    assert generated["tables"] == GENERATED
    assert generated["held_by_acro"] > 500, "or agreement says little"
    assert [generated[rule] for rule, _, _ in CHECKS] == [1, 1, 1]
    assert figures["degrees_of_freedom"]["agreed"] == MODELS  # type: ignore[index]
