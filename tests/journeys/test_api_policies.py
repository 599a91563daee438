"""A policy drafted and tried over HTTP: for who may pseudonymise the table, and for nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .web import Web, web_of

OF_THE_TABLE = re.compile(r"\bperson_no\b|\bage\b|\bcost\b|\bPerson \d|\b400\b")


@pytest.fixture(scope="module")
def web(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with web_of(founded, tmp_path_factory.mktemp("web") / "site") as served:
        yield served


def test_a_draft_is_checked_and_run_as_it_comes(web: Web) -> None:
    provider = web.as_("provider")
    drafted = provider.post("/policies/draft", json={"dataset": "claims", "project": "p"})
    assert drafted.status_code == 200, drafted.text
    policy = drafted.json()["policy"]
    assert 'project = "p"' in policy
    assert "Person 1" not in policy
    checked = provider.post("/policies/check", json={"dataset": "claims", "policy": policy}, headers={"Accept-Language": "ko"})  # fmt: skip
    assert checked.status_code == 200, checked.text
    assert "400" in checked.json()["said"][0]
    assert "Goes out" not in checked.text
    run = provider.post("/runs", json={"kind": "pseudonymise", "inputs": {"data": "claims"}, "parameters": {"policy": policy}})  # fmt: skip
    assert run.status_code == 202, run.text


def test_what_does_not_fit_is_said_with_its_line(web: Web) -> None:
    provider = web.as_("provider")
    policy = 'project = "p"\n[columns.agee]\nrole = "quasi-identifier"\n'
    wrong = provider.post("/policies/check", json={"dataset": "claims", "policy": policy})
    assert wrong.status_code == 422
    assert "agee" in wrong.text
    policy += 'steps = [{do = "generalise", hierarchy = "h"}]\n[hierarchies.h]\nfile = "/etc/passwd"\n'
    by_file = provider.post("/policies/check", json={"dataset": "claims", "policy": policy})
    assert by_file.status_code == 422
    assert "leads out of the folder" in by_file.text


AGES = "".join(f"{age};{age // 10 * 10}s;*\n" for age in range(20, 50))


def test_hierarchy_files_come_with_the_policy_or_beside_a_column(web: Web) -> None:
    provider = web.as_("provider")
    policy = 'project = "p"\nperson = "person_no"\n[columns.person_no]\nrole = "direct identifier"\nsteps = [{do = "pseudonym"}]\n[columns.age]\nrole = "quasi-identifier"\nsteps = [{do = "generalise", hierarchy = "ages"}]\n[hierarchies.ages]\nfile = "tables/ages.csv"\n'  # fmt: skip
    lacking = provider.post("/policies/check", json={"dataset": "claims", "policy": policy})
    assert lacking.status_code == 404
    assert "tables/ages.csv" in lacking.text
    files = {"tables/ages.csv": AGES}
    checked = provider.post("/policies/check", json={"dataset": "claims", "policy": policy, "files": files})
    assert checked.status_code == 200, checked.text
    whole = provider.post("/policies/whole", json={"policy": policy, "files": files}).json()["policy"]
    run = provider.post("/runs", json={"kind": "pseudonymise", "inputs": {"data": "claims"}, "parameters": {"policy": whole}})  # fmt: skip
    assert run.status_code == 202, run.text
    beside = {"dataset": "claims", "column": "age", "file": "ages.csv"}
    found = provider.post("/policies/hierarchy", json={**beside, "text": AGES})
    assert (found.status_code, found.json()["widths"]) == (200, [30, 3, 1])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (AGES.replace("49;40s;*\n", ""), "1 values of column age (13 rows)"),
        (AGES + "51;40s;old\n", "ages.csv"),
        ("20;20s\n21;20s;*\n", "Line 2"),
    ],
)
def test_a_hierarchy_that_does_not_fit_is_refused_and_names_no_value(web: Web, text: str, said: str) -> None:
    beside = {"dataset": "claims", "column": "age", "file": "ages.csv", "text": text}
    wrong = web.as_("provider").post("/policies/hierarchy", json=beside)
    assert wrong.status_code == 422, wrong.text
    assert said in wrong.text
    assert "49" not in wrong.text


@pytest.mark.parametrize("login", ["analyst", "engineer", None])
def test_a_stranger_is_told_nothing_of_the_table(web: Web, login: str | None) -> None:
    policy = 'project = "p"\n[columns.none]\nrole = "quasi-identifier"\n'
    for path, body in (
        ("draft", {"project": "p"}),
        ("check", {"policy": policy}),
        ("hierarchy", {"column": "age", "file": "f", "text": AGES}),
    ):
        refused = web.as_(login).post(f"/policies/{path}", json={"dataset": "claims", **body})
        assert refused.status_code == (401 if login is None else 403)
        assert OF_THE_TABLE.search(refused.text) is None, refused.text
