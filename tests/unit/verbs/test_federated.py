"""Signing in at a real OpenID Connect server on loopback, and everything that somebody could do to it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pyotp
import pytest

from dalgubeol.errors import Conflict, Missing, Refused, Unavailable
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.people import account, entry, federated, people, tries
from dalgubeol.verbs.people.federated import Arrived

from .conftest import PASSWORD, Town
from .provider import REDIRECT, Provider, running

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the server's own, in its threads


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with running() as provider:
        yield provider


@pytest.fixture
def provider(server: Provider, town: Town) -> Provider:
    """The server as it should be, named in the site's settings."""
    fresh = Provider()
    for name in ("claims", "header", "sign_with", "papers", "keys"):
        setattr(server, name, getattr(fresh, name))
    server.asked.clear()
    secret = town.house.folder / "oidc.secret"
    secret.write_text("a-secret-to-sign\n")
    secret.chmod(0o600)
    (town.house.folder / "settings.toml").write_text(
        f'[oidc]\nissuer = "{server.issuer}"\nclient_id = "dalgu-site"\nclient_secret_file = "oidc.secret"\n'
    )
    return server


def arrive(town: Town, provider: Provider, subject: str = "kim@firm", return_to: str = "/permits") -> Arrived:
    url, begun = federated.begin(town.house, return_to, REDIRECT)
    return federated.complete(town.house, begun, provider.signs_in(url, subject))


def linked(town: Town, provider: Provider, login: str = "analyst", subject: str = "kim@firm") -> None:
    pending = arrive(town, provider, subject).pending
    assert pending is not None
    federated.link(town.house, pending, login, PASSWORD)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as error:
        act()
    return error.value.code


def why(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as error:
        act()
    assert error.value.code == "oidc.refused"
    return str(error.value.detail)


def turn_clock(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    then = datetime.fromisoformat(entry.now()) + timedelta(seconds=seconds)
    for module in (entry, federated, tries):
        monkeypatch.setattr(module, "now", lambda: then.isoformat(timespec="milliseconds"))


def change(town: Town, statement: str, *values: object) -> None:
    with sqlite3.connect(town.house.folder / "state.db") as connection:
        assert connection.execute(statement, values).rowcount > 0
    connection.close()


def test_an_unknown_subject_gets_in_nowhere(town: Town, provider: Provider) -> None:
    found = arrive(town, provider)
    assert (found.held, found.person, found.code_needed) == (None, None, False)
    assert found.pending is not None
    for held in (found.pending, b"{}"):
        assert refused(lambda held=held: entry.entered(town.house, held)) == "login.needed"  # type: ignore[misc]
    assert refused(lambda: federated.with_code(town.house, found.pending or b"", "000000")) == "oidc.begun"


def test_who_linked_their_account_comes_in_to_read_and_unlocks_their_key_to_sign(
    town: Town, provider: Provider
) -> None:
    linked(town, provider)
    found = arrive(town, provider)
    assert found.held is not None
    who = entry.entered(town.house, found.held)
    assert (who.person.login, who.can_sign, found.return_to) == ("analyst", False, "/permits")
    assert refused(lambda: who.sign(b"a decision")) == "sign.locked"
    unlocked = entry.unlock_session(town.house, found.held, PASSWORD)
    assert entry.entered(town.house, unlocked).can_sign


def test_linking_needs_the_password_and_is_recorded_and_proves(town: Town, provider: Provider) -> None:
    pending = arrive(town, provider).pending
    assert pending is not None
    assert (
        refused(lambda: federated.link(town.house, pending, "analyst", "not the password")) == "login.wrong"
    )
    person, held = federated.link(town.house, pending, "analyst", PASSWORD)
    assert entry.entered(town.house, held).can_sign
    told = [r for r in prove.records(town.house, person.id) if r["event"] == "linked"]
    assert [r["payload"]["issuer"] for r in told] == [provider.issuer]
    assert "kim@firm" not in json.dumps(told)
    path = town.house.folder / "bundle"
    prove.export(town.house, path)
    assert prove.verify(path, town.house.facts.verifier_key).events["linked"] == 1
    with pytest.raises(Conflict):
        federated.link(town.house, pending, "provider", PASSWORD)


def test_an_invitation_is_redeemed_with_a_password_for_signing(town: Town, provider: Provider) -> None:
    code = people.invite(
        town.house, town.who("operator"), login="new", name="New", organisation="firm", roles=["engineer"]
    )
    pending = arrive(town, provider, "new@firm").pending
    assert pending is not None
    assert refused(lambda: federated.join(town.house, pending, "i-no-such-code", PASSWORD)) == "invitation.invalid"  # fmt: skip
    person, held = federated.join(town.house, pending, code, PASSWORD)
    assert entry.entered(town.house, held).person == person
    assert arrive(town, provider, "new@firm").person == person


def test_the_second_factor_is_asked_for_here_too(town: Town, provider: Provider) -> None:
    linked(town, provider)
    who = town.who("analyst")
    phone = pyotp.TOTP(account.begin_factor(town.house, who, PASSWORD).secret)
    account.confirm_factor(town.house, who, phone.at(tries.instant_s() - 30))
    found = arrive(town, provider)
    assert (found.held, found.code_needed) == (None, True)
    assert found.pending is not None
    wrong = str((int(phone.at(tries.instant_s())) + 1) % 10**6).zfill(6)
    assert refused(lambda: federated.with_code(town.house, found.pending or b"", wrong)) == "login.code_wrong"
    _, held = federated.with_code(town.house, found.pending, phone.at(tries.instant_s()))
    assert not entry.entered(town.house, held).can_sign
    answers = [
        refused(lambda: federated.with_code(town.house, found.pending or b"", wrong)) for _ in range(6)
    ]
    assert answers == ["login.code_wrong"] * 5 + ["login.locked"]


def test_the_request_is_bound_to_this_sign_in_and_the_secret_goes_to_the_provider_only(
    town: Town, provider: Provider
) -> None:
    import base64
    import hashlib

    url, begun = federated.begin(town.house, "/", REDIRECT)
    asked = dict(parse_qsl(urlsplit(url).query))
    assert {name: asked[name] for name in ("response_type", "client_id", "redirect_uri", "scope", "code_challenge_method")} == {
        "response_type": "code", "client_id": "dalgu-site", "redirect_uri": REDIRECT, "scope": "openid", "code_challenge_method": "S256",
    }  # fmt: skip
    federated.complete(town.house, begun, provider.signs_in(url))
    sent = next(form for path, form in provider.asked if path == "/oauth2/token")
    hashed = hashlib.sha256(sent["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(hashed).decode().rstrip("=") == asked["code_challenge"]
    assert "client_secret" not in sent
    for value in (asked["state"], asked["nonce"], sent["code_verifier"]):
        assert len(value) >= 43
        assert value.encode() not in begun
    again, _ = federated.begin(town.house, "/", REDIRECT)
    assert dict(parse_qsl(urlsplit(again).query))["state"] != asked["state"]


def test_a_site_without_a_secret_names_itself_and_proves_it_by_the_verifier_alone(
    town: Town, provider: Provider
) -> None:
    """This server knows no such clients, and says so; what was sent is what RFC 7636 and RFC 6749, 3.2.1, ask."""
    (town.house.folder / "settings.toml").write_text(
        f'[oidc]\nissuer = "{provider.issuer}"\nclient_id = "dalgu-site"\n'
    )
    assert "does not know its code" in why(lambda: arrive(town, provider))
    sent = next(form for path, form in provider.asked if path == "/oauth2/token")
    assert sent["client_id"] == "dalgu-site"
    assert len(sent["code_verifier"]) >= 43


@pytest.mark.parametrize("state", ["", "x", None])
def test_a_wrong_state_is_refused_before_anything_is_sent(
    town: Town, provider: Provider, state: str | None
) -> None:
    url, begun = federated.begin(town.house, "/", REDIRECT)
    query = provider.signs_in(url)
    query.pop("state")
    provider.asked.clear()
    if state is not None:
        query["state"] = state
    assert "does not belong" in why(lambda: federated.complete(town.house, begun, query))
    assert provider.asked == []


def test_an_answer_to_another_browser_is_refused(town: Town, provider: Provider) -> None:
    """Login fixation: the attacker's own answer, brought to a victim who began a sign-in too."""
    url, _ = federated.begin(town.house, "/", REDIRECT)
    _, victims = federated.begin(town.house, "/", REDIRECT)
    assert "does not belong" in why(lambda: federated.complete(town.house, victims, provider.signs_in(url)))


def test_a_code_works_once(town: Town, provider: Provider) -> None:
    linked(town, provider)
    url, begun = federated.begin(town.house, "/", REDIRECT)
    query = provider.signs_in(url)
    assert federated.complete(town.house, begun, query).held is not None
    assert "does not know its code" in why(lambda: federated.complete(town.house, begun, query))


def test_a_code_of_another_sign_in_is_refused(town: Town, provider: Provider) -> None:
    """Code injection: a stolen code, put into the attacker's own sign-in. The nonce of the token tells."""
    stolen = provider.signs_in(federated.begin(town.house, "/", REDIRECT)[0], "victim@firm")
    url, begun = federated.begin(town.house, "/", REDIRECT)
    own = provider.signs_in(url)
    assert "does not belong" in why(
        lambda: federated.complete(town.house, begun, {**own, "code": stolen["code"]})
    )


@pytest.mark.parametrize("held", [b"", b"x", b"AAAA" * 20, "가".encode()])
def test_what_was_not_begun_here_is_refused(town: Town, provider: Provider, held: bytes) -> None:
    assert refused(lambda: federated.complete(town.house, held, {"code": "x", "state": "y"})) == "oidc.begun"
    assert refused(lambda: federated.link(town.house, held, "analyst", PASSWORD)) == "oidc.begun"


def test_what_is_held_serves_one_purpose_at_one_site_for_ten_minutes(
    town: Town, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, begun = federated.begin(town.house, "/", REDIRECT)
    query = provider.signs_in(url)
    pending = federated.complete(town.house, begun, query).pending
    assert pending is not None
    changed = begun[:-6] + (b"AAAAAA" if begun[-6:] != b"AAAAAA" else b"BBBBBB")
    for other in (pending, changed):
        assert refused(lambda other=other: federated.complete(town.house, other, query)) == "oidc.begun"  # type: ignore[misc]
    assert refused(lambda: federated.link(town.house, begun, "analyst", PASSWORD)) == "oidc.begun"
    turn_clock(monkeypatch, federated.HELD_S + 1)
    assert refused(lambda: federated.complete(town.house, begun, query)) == "oidc.begun"
    assert refused(lambda: federated.link(town.house, pending, "analyst", PASSWORD)) == "oidc.begun"


def test_who_declines_there_is_told_what_else_they_can_do(town: Town, provider: Provider) -> None:
    url, begun = federated.begin(town.house, "/", REDIRECT)
    assert refused(lambda: federated.complete(town.house, begun, provider.declines(url))) == "oidc.declined"


NOW = time.time()


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"iss": "https://evil.example"}, "another provider"),
        ({"iss": None}, "another provider"),
        ({"aud": "another site"}, "somebody else"),
        ({"aud": ["dalgu-site", "another site"]}, "somebody else"),
        ({"aud": []}, "somebody else"),
        ({"azp": "another site"}, "somebody else"),
        ({"exp": NOW - 3600}, "too old"),
        ({"iat": NOW - 3600, "exp": NOW + 3600}, "too old"),
        ({"iat": NOW + 3600, "exp": NOW + 7200}, "time to come"),
        ({"nbf": NOW + 3600}, "time to come"),
        ({"exp": None}, "no time"),
        ({"exp": "9999999999"}, "no time"),
        ({"exp": float("nan")}, "no time"),
        ({"exp": True}, "no time"),
        ({"nonce": "another"}, "does not belong"),
        ({"nonce": None}, "does not belong"),
        ({"sub": ""}, "names nobody"),
        ({"sub": None}, "names nobody"),
        ({"sub": 7}, "names nobody"),
        ({"sub": "x" * 256}, "names nobody"),
    ],
    ids=lambda part: part if isinstance(part, str) else ",".join(part),  # instants differ between workers
)
def test_an_answer_that_says_something_wrong_is_refused(
    town: Town, provider: Provider, claims: dict[str, object], said: str
) -> None:
    linked(town, provider)
    provider.claims = lambda true: {
        name: value for name, value in {**true, **claims}.items() if value is not None
    }
    assert said in why(lambda: arrive(town, provider))


def test_a_token_without_a_signature_or_under_a_shared_secret_is_refused(
    town: Town, provider: Provider
) -> None:
    provider.header = {"alg": "none"}
    assert "signature" in why(lambda: arrive(town, provider))
    provider.header = {"alg": "HS256"}
    provider.sign_with = b"a-secret-to-sign"
    assert "signature" in why(lambda: arrive(town, provider))
    provider.papers = {"id_token_signing_alg_values_supported": ["HS256", "none"]}
    assert "signature" in why(lambda: arrive(town, provider))


def test_a_public_key_is_no_shared_secret(town: Town, provider: Provider) -> None:
    """The classic confusion: HS256 keyed with the published RSA key; and a secret published among the keys."""
    arrive(town, provider)
    provider.header = {"alg": "HS256"}
    provider.sign_with = json.dumps(provider.storage.jwk.as_dict(is_private=False)).encode()
    assert "signature" in why(lambda: arrive(town, provider))
    provider.keys = [{"kty": "oct", "k": "YS1zZWNyZXQtdG8tc2lnbg", "kid": provider.storage.jwk.as_dict(add_kid=True)["kid"]}]  # fmt: skip
    provider.sign_with = b"a-secret-to-sign"
    assert "signature" in why(lambda: arrive(town, provider))


def test_a_key_that_is_not_published_signs_nothing(town: Town, provider: Provider) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from authlib import jose

        provider.sign_with = jose.RSAKey.generate_key(is_private=True)
    assert "signature" in why(lambda: arrive(town, provider))


@pytest.mark.parametrize("keys", [[], ["x"], [{"kty": "RSA"}], [{"kty": "moon"}, 7]])
def test_keys_that_are_none_sign_nothing(town: Town, provider: Provider, keys: list[object]) -> None:
    provider.keys = keys
    assert "signature" in why(lambda: arrive(town, provider))


def test_new_keys_are_taken_up_at_once_and_old_ones_dropped(town: Town, provider: Provider) -> None:
    linked(town, provider)
    old = provider.storage.jwk
    provider.rotates()
    assert arrive(town, provider).held is not None
    provider.sign_with = old
    assert "signature" in why(lambda: arrive(town, provider))
    provider.header = {"alg": "RS256", "kid": old.as_dict(add_kid=True)["kid"]}
    assert "signature" in why(lambda: arrive(town, provider))


@pytest.mark.parametrize(
    "wished",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "evil",
        "javascript:alert(1)", "", "/a\nSet-Cookie: x=y", "/" + "a" * 600, "/경로",
    ],
)  # fmt: skip
def test_nobody_is_led_to_another_site(town: Town, provider: Provider, wished: str) -> None:
    assert arrive(town, provider, return_to=wished).return_to == "/"


def test_a_provider_that_names_itself_otherwise_or_is_reached_in_the_clear_is_not_used(
    town: Town, provider: Provider
) -> None:
    for papers in (
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": None},
    ):
        provider.papers = papers
        with pytest.raises(Unavailable, match=r"oidc\.unreachable"):
            federated.begin(town.house, "/", REDIRECT)
    url, begun = (provider.papers.clear(), federated.begin(town.house, "/", REDIRECT))[1]
    query = provider.signs_in(url)
    for papers in (
        {"token_endpoint": "http://evil.example/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": "http://[broken"},
        {"jwks_uri": "http://192.0.2.1/keys"},
    ):
        provider.papers = papers
        with pytest.raises(Unavailable, match=r"oidc\.unreachable"):
            federated.complete(town.house, begun, query)


def test_an_answer_that_names_another_issuer_is_refused_unasked(town: Town, provider: Provider) -> None:
    """RFC 9207: two providers mixed up."""
    url, begun = federated.begin(town.house, "/", REDIRECT)
    query = {**provider.signs_in(url), "iss": "https://evil.example"}
    assert "another provider" in why(lambda: federated.complete(town.house, begun, query))
    url, begun = federated.begin(town.house, "/", REDIRECT)
    provider.papers = {"authorization_response_iss_parameter_supported": True}
    assert "another provider" in why(lambda: federated.complete(town.house, begun, provider.signs_in(url)))


def test_a_provider_that_does_not_answer_is_said_to(town: Town, provider: Provider) -> None:
    settings = town.house.folder / "settings.toml"
    settings.write_text('[oidc]\nissuer = "http://127.0.0.1:1"\nclient_id = "dalgu"\n')
    with pytest.raises(Unavailable, match="password"):
        federated.begin(town.house, "/", REDIRECT)
    settings.unlink()
    assert federated.provider(town.house) is None
    with pytest.raises(Missing, match=r"oidc\.missing"):
        federated.begin(town.house, "/", REDIRECT)


def test_a_link_written_into_the_database_lets_nobody_in(town: Town, provider: Provider) -> None:
    linked(town, provider)
    operator = town.who("operator").person.id
    change(town, "UPDATE subjects SET person = ?", operator)
    assert arrive(town, provider).held is None
    change(town, "UPDATE subjects SET person = ?, subject = 'evil'", town.who("analyst").person.id)
    assert arrive(town, provider, "evil").held is None


def test_an_ended_link_lets_nobody_in_though_its_row_comes_back(town: Town, provider: Provider) -> None:
    linked(town, provider)
    who = town.who("analyst")
    (link,) = federated.links(town.house, who)
    federated.unlink(town.house, who, provider.issuer)
    assert arrive(town, provider).held is None
    change(
        town, "INSERT INTO subjects (issuer, subject, person, linked_at) VALUES (?, ?, ?, ?)",
        link.subject.issuer, link.subject.subject, link.person, link.linked_at,
    )  # fmt: skip
    assert arrive(town, provider).held is None
    with pytest.raises(Missing):
        federated.unlink(town.house, town.who("provider"), provider.issuer)
