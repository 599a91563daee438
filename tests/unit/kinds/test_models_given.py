"""Models among files: what was found of them goes along with a safe version, and none leaves uncompared."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dalgubeol.errors import Invalid
from dalgubeol.kinds.contract import LeftModel
from dalgubeol.kinds.models_given import findings, kept_models, known_models
from dalgubeol.kinds.release import _check_beside
from dalgubeol.language import say
from dalgubeol.nouns.permit import Conditions

MODEL = b'{"dalgu_model": 1}'
FILES = {"m.model.json": MODEL, "t.csv": b"g,n\na,20\nb,30\n"}


def note(code: str, file: int, holds: bool = False) -> dict[str, object]:
    return {"code": code, "file": file, "row": None, "column": None, "holds": holds, "message": say("AUC {value}", value="0.51").stored()}  # fmt: skip


def test_what_was_found_of_a_model_goes_along_and_nothing_else() -> None:
    told = [
        note("model_attacked", 1),
        note("model_beside", 1),
        note("left_apart", 1),
        note("small_cell", 2, True),
    ]
    kept = kept_models(FILES, {"findings": told, "models": [{"file": 1, "kind": "Ridge"}]})
    found = kept["m.model.json"]
    assert (found.released, found.report, found.holds) == (MODEL, {"file": 1, "kind": "Ridge"}, ())
    assert findings(1, found) == told[:2]
    assert kept_models({"t.csv": FILES["t.csv"]}, {"findings": told}) == {}


def at_release(known: list[str], left: tuple[LeftModel, ...], files: dict[str, bytes]) -> None:
    held = SimpleNamespace(about={"beside_models": known})
    work: Any = SimpleNamespace(
        earlier=(), earlier_models=left, conditions=Conditions(), dataset=lambda slot: held
    )
    _check_beside(work, files)


def test_a_model_that_was_not_compared_with_one_that_left_meanwhile_stays_in() -> None:
    left = (LeftModel(1, b"{}", True),)
    at_release(known_models(left), left, FILES)
    at_release([], left, {"t.csv": FILES["t.csv"]})
    with pytest.raises(Invalid) as stays:
        at_release(known_models(left), (*left, LeftModel(2, b"[]", False)), FILES)
    assert stays.value.code == "release.linked"
