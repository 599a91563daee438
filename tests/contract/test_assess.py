"""The clerk's way: pseudonymise, then measure the own result without a Permit, and hand the report on."""

from __future__ import annotations

from pathlib import Path

import pytest

from dalgubeol.errors import Refused
from dalgubeol.kinds import kind
from dalgubeol.nouns.dataset import Dataset, Sensitivity
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.runs import submit
from dalgubeol.verbs.runs.conduct import run_to_end
from dalgubeol.world.identity import SignedIn
from dalgubeol.world.store import datasets

from .conftest import Scene, _joined


def ran(scene: Scene, who: SignedIn, name: str, inputs: dict[str, str], parameters: dict[str, object]) -> Run:
    queued = submit.submit(scene.house, who.actor, name, inputs, parameters, 3)
    return run_to_end(scene.house, queued.id)


def made(scene: Scene, run: Run) -> Dataset:
    assert run.state is RunState.DONE, run.fault
    with scene.house.database.reading() as connection:
        return datasets.find(connection, next(iter(run.outputs.values())))


def test_whoever_pseudonymised_measures_it_and_nobody_else(scene: Scene, tmp_path: Path) -> None:
    example = next(iter(kind("pseudonymise").examples()))
    source = tmp_path / "claims.csv"
    source.write_bytes(example.inputs["data"])
    register.add(scene.house, scene.provider, source, name="claims-to-assess", sensitivity=Sensitivity.PERSONAL)  # fmt: skip
    parameters = {**example.parameters, "name": "claims-assessed"}
    pseudonymised = made(
        scene, ran(scene, scene.provider, "pseudonymise", {"data": "claims-to-assess"}, parameters)
    )
    assert pseudonymised.sensitivity is Sensitivity.PSEUDONYMISED

    inputs = {"before": "claims-to-assess", "after": pseudonymised.name}
    asked: dict[str, object] = {
        "quasi": ["age", "male"],
        "person": "person_no",
        "k": 2,
        "name": "claims-report",
    }
    report = made(scene, ran(scene, scene.provider, "assess", inputs, asked))
    assert report.sensitivity is Sensitivity.INTERNAL
    assert report.about["assessment"]["after"]["risk"]["smallest_class"] >= 2  # type: ignore[index]
    (file,) = register.hand_out(scene.house, scene.provider, "claims-report", tmp_path / "out")
    page = file.read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "사람3" not in page, "a name of the table"

    reviewer = _joined(scene.house, scene.operator, tmp_path, "reviewer")
    assert register.hand_out(scene.house, reviewer, "claims-report", tmp_path / "review")
    with pytest.raises(Refused):
        register.hand_out(scene.house, scene.analyst, "claims-report", tmp_path / "analysis")

    with pytest.raises(Refused):  # numbers only, but of data that is not theirs
        ran(scene, scene.analyst, "assess", inputs, asked | {"name": "claims-report-2"})
    with pytest.raises(Refused):  # the owner may measure it, and use it no more than before
        ran(
            scene,
            scene.provider,
            "analyse",
            {"data": pseudonymised.name},
            {"script": "print(1)", "context": "a count of rows, to see"},
        )
