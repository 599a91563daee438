"""A small site with people on it, copied for each test; passwords are checked cheaply."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt as RealScrypt

from dalgubeol.settings import Settings
from dalgubeol.verbs.house import house as houses
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.people import entry, people
from dalgubeol.world.identity import SignedIn, signing

PASSWORD = "a password for tests"
PEOPLE = {"provider": "hospital", "analyst": "lab", "reviewer": "centre", "deputy": "site"}
ROLES = {"deputy": "operator"}


@dataclass(frozen=True)
class Town:
    """An opened site, and what its people hold."""

    house: House
    held: dict[str, bytes]

    def who(self, login: str) -> SignedIn:
        return entry.entered(self.house, self.held[login])


@pytest.fixture(scope="module")
def cheap() -> Iterator[None]:
    """Scrypt with little memory: its strength is not what is tested here. No longer than these modules: what
    others enrol, a server in another process must be able to open."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(signing, "Scrypt", lambda salt, length, n, r, p: RealScrypt(salt, length, 2**4, r, p))
        yield


@pytest.fixture(scope="module")
def founded(cheap: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("town")
    settings = Settings(site=folder / "site", keys=folder / "keys")
    with houses.found(settings, login="operator", name="O", organisation="site", password=PASSWORD) as house:
        held = {"operator": entry.enter(house, "operator", PASSWORD, door="test")[1]}
        operator = entry.entered(house, held["operator"])
        for login, organisation in PEOPLE.items():
            roles = [ROLES.get(login, login)]
            code = people.invite(
                house, operator, login=login, name=login, organisation=organisation, roles=roles
            )
            people.join(house, code, PASSWORD)
            held[login] = entry.enter(house, login, PASSWORD, door="test")[1]
    return folder, held


@pytest.fixture
def town(founded: tuple[Path, dict[str, bytes]], tmp_path: Path) -> Iterator[Town]:
    folder = tmp_path / "town"
    shutil.copytree(founded[0], folder)
    settings = Settings(site=folder / "site", keys=folder / "keys", session=folder / "session.json")
    with houses.open_house(settings) as house:
        yield Town(replace(house), dict(founded[1]))
