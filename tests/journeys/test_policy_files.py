"""A policy and the hierarchy files beside it, from the folder of a clerk to the papers of what came out."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from .conftest import Visit

QUASI = ("sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation", "salary-class")  # fmt: skip
POLICY = """\
project = "p"

[models]
k = 2

[search]
suppression_limit = 1.0

[columns.age]
role = "quasi-identifier"
steps = [{do = "generalise", hierarchy = "ages"}]

[hierarchies.ages]
file = "tables/ages.csv"
"""
AGES = "".join(f"{n};{n // 10 * 10}-{n // 10 * 10 + 9};*\n" for n in range(20, 50))


@pytest.fixture
def folder(visit: Visit) -> Path:
    made = visit.folder / "clerk"
    (made / "tables").mkdir(parents=True)
    (made / "policy.toml").write_text("\ufeff" + POLICY, encoding="utf-8")
    (made / "tables" / "ages.csv").write_text(AGES)
    return made


def test_what_lies_beside_a_policy_is_brought_in_and_kept_with_the_run(visit: Visit, folder: Path) -> None:
    policy = str(folder / "policy.toml")
    checked = visit.dalgu("provider", "policy", "check", policy, "claims")
    assert checked.returncode == 0, checked.stderr
    ran = visit.dalgu("provider", "run", "pseudonymise", "claims", "--policy", policy, "--json")
    assert ran.returncode == 0, ran.stderr
    kept = json.loads(ran.stdout)["parameters"]["policy"]
    whole = visit.dalgu("provider", "policy", "whole", policy)
    assert kept.rstrip("\n") == whole.stdout.rstrip("\n")
    assert "file =" not in kept
    shutil.rmtree(folder)
    shown = visit.dalgu(
        "provider", "runs", "show", json.loads(ran.stdout)["id"], "--json"
    )  # needs no file any more
    assert json.loads(shown.stdout)["parameters"]["policy"] == kept


def test_nothing_comes_in_from_elsewhere_and_what_is_wrong_is_named(visit: Visit, folder: Path) -> None:
    ages, policy = folder / "tables" / "ages.csv", str(folder / "policy.toml")

    def tried() -> tuple[int, str]:
        said = visit.dalgu("provider", "run", "pseudonymise", "claims", "--policy", policy)
        return said.returncode, said.stderr

    ages.write_text(AGES + "50;50-59\n")
    code, said = tried()
    assert code == 11
    assert "tables/ages.csv" in said
    assert "Line 31" in said
    ages.write_text("x" * 4_000_001)
    assert tried()[0] == 11
    (visit.folder / "secret.csv").write_text("1;*\n")
    ages.unlink()
    ages.symlink_to(visit.folder / "secret.csv")
    assert tried()[0] == 12
    ages.unlink()
    code, said = tried()
    assert code == 12
    assert "tables/ages.csv" in said


@pytest.mark.slow
@pytest.mark.skipif("DALGU_DATA" not in os.environ, reason="DALGU_DATA does not name the folder of test data")
def test_the_files_of_arx_give_the_optimum_of_arx(visit: Visit, tmp_path: Path) -> None:
    data = Path(os.environ["DALGU_DATA"]) / "privacy" / "adult"
    text = 'project = "p"\n[models]\nk = 5\n[search]\nsuppression_limit = 0.02\n'
    for column in QUASI:
        name = f"adult_hierarchy_{column}.csv"
        shutil.copy(data / "hierarchies" / name, tmp_path)
        text += f'[columns.{column}]\nrole = "quasi-identifier"\nsteps = [{{do = "generalise", hierarchy = "{column}"}}]\n'
        text += f'[hierarchies.{column}]\nfile = "{name}"\n'
    (tmp_path / "policy.toml").write_text(text)
    added = visit.dalgu("provider", "dataset", "add", str(data / "adult.csv"), "--name", "adult", "--sensitivity", "personal")  # fmt: skip
    assert added.returncode == 0, added.stderr
    ran = visit.dalgu("provider", "run", "pseudonymise", "adult", "--policy", str(tmp_path / "policy.toml"), "--name", "coarse")  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    shown = json.loads(visit.dalgu("provider", "dataset", "show", "coarse", "--json").stdout)
    measured = shown["about"]["generalisation"]
    assert [measured["levels"][column][0] for column in QUASI] == [0, 3, 0, 2, 2, 1, 1, 2, 0]
    assert measured["suppressed_rows"] == 506
