"""People over HTTP: invitations taken back, roles changed and accounts closed by a signing token, sessions unlocked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from dalgubeol.nouns.permit import Scope
from dalgubeol.verbs.house.house import open_house
from dalgubeol.verbs.people import entry, people

from .conftest import PASSWORD
from .web import Web, web_of


@pytest.fixture(scope="module")
def web(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with web_of(founded, tmp_path_factory.mktemp("web") / "site") as served:
        yield served


def test_an_invitation_is_listed_and_taken_back(web: Web) -> None:
    operator = web.as_("operator")
    wished = {"login": "new", "organisation": "firm", "roles": ["citizen"]}
    code = operator.post("/invitations", json=wished).json()["code"]
    assert [i["login"] for i in operator.get("/invitations").json()] == ["new"]
    assert code not in operator.get("/invitations").text
    assert web.as_("analyst").get("/invitations").status_code == 403
    assert operator.delete("/invitations/new").status_code == 204
    assert operator.delete("/invitations/new").status_code == 404
    assert web.as_(None).post("/people", json={"code": code, "password": PASSWORD}).status_code == 403


def test_roles_are_changed_and_an_account_is_closed_with_a_signature(web: Web) -> None:
    operator, engineer = web.as_("operator"), web.as_("engineer")
    id_ = engineer.get("/me").json()["person"]["id"]
    changed = operator.post(f"/people/{id_}/roles", json={"roles": ["engineer", "citizen"]})
    assert changed.json()["roles"] == ["citizen", "engineer"]
    assert engineer.get("/me").json()["person"]["roles"] == ["citizen", "engineer"]
    assert operator.post("/people/operator/roles", json={"roles": ["citizen"]}).status_code == 403
    assert operator.post(f"/people/{id_}/roles", json={"roles": ["boss"]}).status_code == 422
    assert web.as_("analyst").post(f"/people/{id_}/close").status_code == 403
    assert operator.post(f"/people/{id_}/close").json()["ended_at"]
    assert engineer.get("/me").status_code == 401
    assert operator.post(f"/people/{id_}/close").status_code == 409


def test_a_token_that_cannot_sign_changes_nobody(web: Web) -> None:
    with open_house(web.visit.settings()) as house:
        who = people.signed_in(house, web.visit.session("operator"))
        text = entry.make_token(house, who, "no key", [Scope.OPERATE], 1)[1]
    with httpx.Client(
        base_url=f"{web.server.url}/api/v1", headers={"Authorization": f"Bearer {text}"}
    ) as client:
        refused = client.post("/people/analyst/roles", json={"roles": ["citizen"]})
        assert (refused.status_code, refused.json()["code"]) == (403, "sign.locked")
        assert (
            client.post("/sessions/this/unlock", json={"password": PASSWORD}).json()["code"]
            == "account.token"
        )
    assert web.as_("analyst").get("/me").json()["person"]["roles"] == ["analyst"]


def test_no_token_and_no_password_is_in_what_the_server_writes(web: Web) -> None:
    text = web.tokens["provider"]
    with httpx.Client(base_url=f"{web.server.url}/api/v1") as client:
        for bearer in (text, text[:-3] + "AAA", text + "A", "dgb_x"):
            client.get("/me", headers={"Authorization": f"Bearer {bearer}"})
            client.get(f"/me?token={bearer}")
        client.post("/sessions", json={"login": "provider", "password": PASSWORD + "x"})
    written = [p for p in web.visit.folder.rglob("*") if p.is_file() and p.suffix in (".err", ".log", ".db", ".db-wal", ".jsonl")]  # fmt: skip
    assert any(p.name == "serve.err" for p in written)
    secret = text.split("_", 2)[2]
    for path in written:
        content = path.read_bytes()
        assert secret[:-3].encode() not in content, path
        assert PASSWORD.encode() not in content, path
