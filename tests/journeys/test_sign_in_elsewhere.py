"""Signing in at a real OpenID Connect server through a real `dalgu serve`, as a browser without scripts does it."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import httpx2 as httpx
import pytest

from dalgubeol.verbs.people import people

from .conftest import PASSWORD, As, Visit
from .served import serving

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the provider's own, in its threads


def provider_module() -> ModuleType:
    path = Path(__file__).parents[1] / "unit" / "verbs" / "provider.py"
    spec = importlib.util.spec_from_file_location("oidc_provider_for_tests", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def site(visit: Visit) -> Iterator[tuple[httpx.Client, Visit]]:
    with provider_module().running() as provider:
        (visit.site / "oidc.secret").write_text("a-secret-to-sign")
        (visit.site / "oidc.secret").chmod(0o600)
        (visit.site / "settings.toml").write_text(
            f'[oidc]\nissuer = "{provider.issuer}"\nclient_id = "dalgubeol"\nclient_secret_file = "oidc.secret"\n'
        )
        with (
            serving(visit.environment("operator", "en"), visit.folder) as server,
            httpx.Client(base_url=server.url, timeout=30) as client,
        ):
            client.cookies.set("dalgu_language", "en")
            yield client, visit


def signs_in_elsewhere(client: httpx.Client, subject: str, after: str = "/permits") -> httpx.Response:
    """From the link on the sign-in page over the provider's consent back to where the site leads."""
    page = client.get("/sign-in", params={"next": after})
    found = re.search(r'href="(/oidc/begin\?next=[^"]*)"', page.text)
    assert found, page.text
    away = client.get(found[1])
    assert away.status_code == 303
    consent = httpx.post(away.headers["location"], data={"sub": subject})
    assert consent.status_code == 302, consent.text
    return client.get(consent.headers["location"])


def who(client: httpx.Client) -> str | None:
    answer = client.get("/api/v1/me")
    return answer.json()["person"]["login"] if answer.status_code == 200 else None


def test_somebody_links_their_account_and_comes_in_by_it_from_then_on(
    site: tuple[httpx.Client, Visit],
) -> None:
    client, _ = site
    page = signs_in_elsewhere(client, "kim@firm")
    assert page.status_code == 200, page.text
    assert "not known here" in page.text
    assert who(client) is None
    wrong = client.post("/oidc/link", data={"login": "analyst", "password": "not this one"})
    assert wrong.status_code == 403
    assert who(client) is None
    done = client.post("/oidc/link", data={"login": "analyst", "password": PASSWORD, "next": "/permits"})
    assert (done.status_code, done.headers["location"]) == (303, "/permits")
    assert who(client) == "analyst"
    client.post("/sign-out")
    assert who(client) is None
    back = signs_in_elsewhere(client, "kim@firm", "/permits")
    assert (back.status_code, back.headers["location"]) == (303, "/permits")
    assert client.get("/api/v1/me").json()["can_sign"] is False
    client.post("/unlock", data={"password": PASSWORD})
    assert client.get("/api/v1/me").json()["can_sign"] is True
    assert "End this link" in client.get("/account/elsewhere").text


def test_an_invitation_is_redeemed_on_the_way(site: tuple[httpx.Client, Visit], as_: As) -> None:
    client, _ = site
    with as_("operator") as operator:
        code = people.invite(operator._house, operator.who, login="new", name="N", organisation="firm", roles=["citizen"])  # fmt: skip
    assert signs_in_elsewhere(client, "new@firm").status_code == 200
    done = client.post("/oidc/join", data={"invitation": code, "new": PASSWORD, "again": PASSWORD})
    assert done.status_code == 303, done.text
    assert who(client) == "new"


def test_what_comes_back_unasked_or_by_another_browser_is_refused(site: tuple[httpx.Client, Visit]) -> None:
    client, _ = site
    assert client.get("/oidc/back", params={"code": "x", "state": "y"}).status_code == 403
    away = client.get("/oidc/begin")
    consent = httpx.post(away.headers["location"], data={"sub": "evil@firm"})
    with httpx.Client(base_url=client.base_url) as victim:
        assert victim.get(consent.headers["location"]).status_code == 403
        victim.get("/oidc/begin")
        assert victim.get(consent.headers["location"]).status_code == 403
    assert client.post("/oidc/link", data={"login": "analyst", "password": PASSWORD}).status_code == 403


def test_nobody_is_led_to_another_site(site: tuple[httpx.Client, Visit]) -> None:
    client, _ = site
    signs_in_elsewhere(client, "kim@firm")
    client.post("/oidc/link", data={"login": "analyst", "password": PASSWORD})
    client.post("/sign-out")
    for after in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
        away = client.get("/oidc/begin", params={"next": after})
        consent = httpx.post(away.headers["location"], data={"sub": "kim@firm"})
        assert client.get(consent.headers["location"]).headers["location"] == "/"
        client.post("/sign-out")
