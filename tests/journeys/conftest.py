"""A small site with people and data, to be copied by each journey."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

import dalgubeol
from dalgubeol.doors.python import Site
from dalgubeol.kinds.plant_log import example_log
from dalgubeol.nouns.dataset import Form, Sensitivity
from dalgubeol.nouns.panel import Finding, PanelKind, PanelState
from dalgubeol.nouns.permit import Purpose
from dalgubeol.nouns.project import Project
from dalgubeol.settings import Settings
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house import house as houses
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.people import people
from dalgubeol.verbs.projects import panels, projects
from dalgubeol.world.identity import SignedIn

from .answers import CHECKS
from .crossing import Linkage
from .linking import Sites

PASSWORD = "a password for tests"
PEOPLE = {
    "provider": "hospital",
    "steward": "hospital",
    "engineer": "plant",
    "analyst": "lab",
    "reviewer1": "centre",
    "reviewer2": "office",
    "colleague": "lab",
}
PROJECTS = ("p", "p1", "prevention-2026")
ROLES = {"steward": "provider", "reviewer1": "reviewer", "reviewer2": "reviewer", "colleague": "reviewer"}


@dataclass(frozen=True)
class Visit:
    """A site in a folder of its own, visited through the command line."""

    folder: Path
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def site(self) -> Path:
        return self.folder / "site"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    def session(self, login: str) -> Path:
        return self.folder / f"{login}.json"

    def settings(self, login: str = "operator") -> Settings:
        return replace(Settings(), site=self.site, keys=self.keys, session=self.session(login))

    def environment(self, login: str, language: str) -> dict[str, str]:
        return {
            **os.environ, "DALGU_SITE": str(self.site), "DALGU_KEYS": str(self.keys), "DALGU_LANG": language,
            "DALGU_SESSION": str(self.session(login)), "PYTHONIOENCODING": "utf-8",
        }  # fmt: skip

    def dalgu(
        self, login: str, *command: str, language: str = "en", typed: str = "", start: tuple[str, ...] = (), **extra: str
    ) -> subprocess.CompletedProcess[str]:  # fmt: skip
        """One command to its end."""
        begin = start or (sys.executable, "-m", "dalgubeol")
        return subprocess.run(
            [*begin, *command], env={**self.environment(login, language), **extra}, input=typed, capture_output=True,
            text=True, encoding="utf-8", check=False, cwd=self.folder, timeout=120,
        )  # fmt: skip

    def state(self) -> dict[str, object]:
        """What a refused command must leave as it was."""
        with sqlite3.connect(self.site / "state.db") as connection:
            rows = connection.execute("SELECT id, name, state FROM datasets ORDER BY id").fetchall()
        connection.close()
        folders = (self.site / "objects", self.site / "staging", self.keys / "data")
        return {
            "datasets": rows,
            **{f.name: sorted(str(p) for p in f.rglob("*") if p.is_file()) for f in folders},
        }


def signed_in(visit: Visit, house: House, login: str) -> SignedIn:
    """Join (once) and sign in."""
    session = visit.session(login)
    people.sign_in(replace(house, settings=visit.settings(login)), login, PASSWORD)
    return people.signed_in(house, session)


def open_project(house: House, who: SignedIn, name: str, **said: Any) -> Project:
    """What data of these tests is pseudonymised for."""
    terms: dict[str, Any] = {
        "purpose": Purpose.STATISTICS,
        "reason": "counting the rows",
        "until": "2099-12-31",
    }
    return projects.open_(house, who, name=name, **{**terms, **said})


JUDGES = ("reviewer1", "reviewer2", "colleague")
"""Who sits on the adequacy reviews of these tests."""
MINUTES = "Met on Monday; the risk after processing was asked for and found low."


def found_adequate(house: House, whoever: Callable[[str], SignedIn], project: str, dataset: str) -> None:
    """A panel is asked by the provider, and finds a result adequate: before that nobody uses it."""
    asked = panels.open_(house, whoever("provider"), PanelKind.ADEQUACY, project=project, dataset=dataset, members=JUDGES)  # fmt: skip
    for login in JUDGES:
        panels.speak(house, whoever(login), asked.id, Finding.ADEQUATE, "", CHECKS)
    closed = panels.close(house, whoever(JUDGES[0]), asked.id, MINUTES)
    assert closed.state is PanelState.ADEQUATE


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    visit = Visit(tmp_path_factory.mktemp("journeys"))
    claims, log = visit.folder / "claims.csv", visit.folder / "log.csv"
    rows = "".join(f"{i},Person {i},{20 + i % 30},{100 + i}\n" for i in range(400))
    claims.write_text("person_no,name,age,cost\n" + rows)
    log.write_bytes(example_log(12))
    with houses.found(
        visit.settings(), login="operator", name="O", organisation="site", password=PASSWORD
    ) as house:
        operator = signed_in(visit, house, "operator")
        for login, organisation in PEOPLE.items():
            role = ROLES.get(login, login)
            code = people.invite(
                house, operator, login=login, name=login, organisation=organisation, roles=[role]
            )
            people.join(house, code, PASSWORD)
            signed_in(visit, house, login)
        provider = people.signed_in(house, visit.session("provider"))
        engineer = people.signed_in(house, visit.session("engineer"))
        register.add(house, provider, claims, name="claims", sensitivity=Sensitivity.PERSONAL)
        register.add(house, engineer, log, name="log", form=Form.SERIES)
        for project in PROJECTS:
            open_project(house, provider, project)
        prove.export(house, visit.folder / "bundle")
        (visit.folder / "verifier.key").write_text(house.facts.verifier_key)
    return visit.folder


@pytest.fixture
def visit(founded: Path, tmp_path: Path) -> Visit:
    folder = tmp_path / "visit"
    shutil.copytree(founded, folder, ignore=shutil.ignore_patterns("wake"))
    return Visit(folder)


As = Callable[[str], AbstractContextManager[Site]]
"""A login to the site as that person sees it."""


@pytest.fixture
def as_(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> As:
    monkeypatch.setenv("DALGU_KEYS", str(visit.keys))

    @contextmanager
    def seen_by(login: str) -> Iterator[Site]:
        monkeypatch.setenv("DALGU_SESSION", str(visit.session(login)))
        with dalgubeol.open(visit.site) as site:
            yield site

    return seen_by


@pytest.fixture(scope="session")
def founded_sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sites of a linkage, founded once; nothing is agreed yet."""
    made = Sites(tmp_path_factory.mktemp("sites"))
    made.found()
    return made.folder


@pytest.fixture
def sites(founded_sites: Path, tmp_path: Path) -> Sites:
    """A copy of them."""
    for each in founded_sites.iterdir():
        shutil.copytree(each, tmp_path / each.name, ignore=shutil.ignore_patterns("wake", "*.fifo"))
    return Sites(tmp_path)


@pytest.fixture
def linkage(sites: Sites) -> Iterator[Linkage]:
    made = Linkage(sites.folder, sites)
    yield made
    for house, _ in made.houses.values():
        house.close()
