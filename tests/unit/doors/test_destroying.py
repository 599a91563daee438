"""Whoever destroys a table is told what becomes of the recipes that remember it, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dalgubeol.doors.destroying import also
from dalgubeol.language import say
from dalgubeol.nouns.dataset import Dataset, DatasetState, Form, Sensitivity
from dalgubeol.verbs.projects.remembering import Remembering

RECIPE = Dataset(
    id="ds-1", name="claims-p-recipe", form=Form.ARCHIVE, sensitivity=Sensitivity.PSEUDONYMISED, trade_secret=False,
    owner="p", organisation="o", columns=(), rows=None, size_bytes=1, object_id="", state=DatasetState.KEPT,
    created_at="2026-01-01T00:00:00Z",
)  # fmt: skip
LATER = replace(RECIPE, id="ds-2", name="later-recipe")
ASKED = say("Destroy {name}? Nobody can bring it back.", name="claims-p")


def test_of_a_table_without_recipes_nothing_more_is_said() -> None:
    assert also(ASKED, Remembering()) == ASKED


@pytest.mark.parametrize(
    ("language", "gone", "kept"),
    [("en", "Destroyed with it: claims-p-recipe", "Kept: later-recipe"), ("ko", "함께 파기: claims-p-recipe", "남음: later-recipe")],
)  # fmt: skip
def test_what_goes_and_what_stays_is_said(language: str, gone: str, kept: str) -> None:
    told = also(ASKED, Remembering((RECIPE,), (LATER,))).text(language)
    assert told.startswith(ASKED.text(language))
    assert gone in told
    assert kept in told
    assert kept not in also(ASKED, Remembering((RECIPE,))).text(language)
