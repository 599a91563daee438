"""A site for the contract tests: founded once, with everybody who is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dalgubeol.kinds import kind, names, restore
from dalgubeol.kinds.contract import Port
from dalgubeol.nouns.permit import Purpose
from dalgubeol.nouns.project import Basis
from dalgubeol.settings import Settings
from dalgubeol.verbs.house import house as houses
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.people import people
from dalgubeol.verbs.projects import projects
from dalgubeol.verbs.runs.conduct import Conductor
from dalgubeol.world.identity import SignedIn

PASSWORD = "a password for tests"


@dataclass(frozen=True)
class Scene:
    """An opened site with a conductor at work, and the people in it."""

    house: House
    operator: SignedIn
    provider: SignedIn
    analyst: SignedIn


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("contract")
    settings = replace(
        Settings(),
        site=folder / "site",
        keys=folder / "keys",
        session=folder / "operator.json",
        warm_children=1,
    )
    house = houses.found(settings, login="operator", name="O", organisation="provider org", password=PASSWORD)
    people.sign_in(house, "operator", PASSWORD)
    operator = people.signed_in(house)
    others = [_joined(house, operator, folder, role) for role in ("provider", "analyst")]
    _declare_projects(house, others[0])
    with Conductor(house):
        yield Scene(house, operator, *others)
    house.close()


def _declare_projects(house: House, provider: SignedIn) -> None:
    """Those that the examples of kinds name."""
    named = set[str]()
    for each in map(kind, names()):
        if Port.VAULT in each.ports:
            made = [each.Parameters.model_validate(dict(example.parameters)) for example in each.examples()]
            named |= {str(parameters.project) for parameters in made}
    for project in sorted(named):
        projects.open_(
            house, provider, name=project, purpose=Purpose.STATISTICS, reason="an example of a kind", until="2099-12-31"
        )  # fmt: skip
    projects.open_(
        house, provider, name=restore.PROJECT, purpose=Purpose.OTHER_BASIS, reason="an example of a kind",
        until="2099-12-31", basis=Basis.OTHER, evidence="the consent of the eight persons", keep_mapping=True,
    )  # fmt: skip


def _joined(house: House, operator: SignedIn, folder: Path, role: str) -> SignedIn:
    code = people.invite(house, operator, login=role, name=role, organisation=f"{role} org", roles=[role])
    people.join(house, code, PASSWORD)
    session = folder / f"{role}.json"
    theirs = replace(house.settings, session=session)
    people.sign_in(replace(house, settings=theirs), role, PASSWORD)
    return people.signed_in(house, session)
