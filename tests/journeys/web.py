"""A served site as programs of several people see it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2 as httpx

from dalgubeol.nouns.permit import Scope
from dalgubeol.verbs.house.house import open_house
from dalgubeol.verbs.people import entry, people

from .conftest import PEOPLE, Visit
from .served import Server, serving


@dataclass(frozen=True)
class Web:
    visit: Visit
    server: Server
    tokens: Mapping[str, str]
    clients: dict[str, httpx.Client] = field(default_factory=dict)

    def as_(self, login: str | None, **headers: str) -> httpx.Client:
        """A client with that person's token, or of nobody."""
        name = f"{login} {headers}"
        if name not in self.clients:
            bearer = {"Authorization": f"Bearer {self.tokens[login]}"} if login else {}
            self.clients[name] = httpx.Client(
                base_url=f"{self.server.url}/api/v1", headers={**bearer, **headers}, timeout=60
            )
        return self.clients[name]


def made_tokens(visit: Visit, scopes: frozenset[Scope] = frozenset(Scope)) -> dict[str, str]:
    """One of each person, with all scopes."""
    with open_house(visit.settings()) as house:
        return {
            login: entry.make_token(house, people.signed_in(house, visit.session(login)), "test", scopes, 1)[
                1
            ]
            for login in ("operator", *PEOPLE)
        }


@contextmanager
def web_of(founded: Path, folder: Path) -> Iterator[Web]:
    shutil.copytree(founded, folder, ignore=shutil.ignore_patterns("wake"))
    visit = Visit(folder)
    tokens = made_tokens(visit)
    with serving(visit.environment("operator", "en"), folder) as server:
        web = Web(visit, server, tokens)
        try:
            yield web
        finally:
            for client in web.clients.values():
                client.close()
