"""A real OpenID Connect server (oidc-provider-mock) on loopback, and a browser's part in signing in there.

`answers` may change what its token endpoint says, as somebody would who sits in between or owns the server.
"""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2 as httpx
from werkzeug.serving import make_server

with warnings.catch_warnings():
    import authlib.deprecate  # noqa: F401 - it turns its own warnings on

    warnings.simplefilter("ignore")
    import flask
    import oidc_provider_mock
    from authlib import jose

REDIRECT = "http://127.0.0.1:9/oidc/back"
Claims = dict[str, Any]


@dataclass
class Provider:
    issuer: str = ""
    claims: Callable[[Claims], Claims] = lambda claims: claims
    """Changes what an ID token says before it is signed anew."""
    header: dict[str, str] = field(default_factory=lambda: {"alg": "RS256"})
    sign_with: Any = None
    """Another key than the one that is published."""
    papers: dict[str, Any] = field(default_factory=dict)
    """Changes to its description of itself."""
    keys: list[Any] | None = None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Every request: path and form or query."""
    storage: Any = None

    def signs_in(self, url: str, subject: str = "kim@firm") -> dict[str, str]:
        """The person consents in the browser; returns the query with which it comes back."""
        answer = httpx.post(url, data={"sub": subject}, follow_redirects=False)
        assert answer.status_code == 302, answer.text
        assert answer.headers["location"].startswith(REDIRECT)
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))

    def declines(self, url: str) -> dict[str, str]:
        answer = httpx.post(url, data={"action": "deny"}, follow_redirects=False)
        query = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
        return {**query, "state": dict(parse_qsl(urlsplit(url).query))["state"]}

    def rotates(self) -> None:
        """A new key from now on; the old one is not published any more."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fresh = jose.RSAKey.generate_key(is_private=True, options={"kid": "fresh"})
        object.__setattr__(self.storage, "jwk", fresh)


@contextmanager
def running() -> Iterator[Provider]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        app = oidc_provider_mock.app(require_nonce=True)
    provider = Provider()

    @app.before_request
    def look() -> None:
        provider.storage = flask.g.oidc_provider_mock_storage
        provider.asked.append((flask.request.path, {**flask.request.args, **flask.request.form}))

    @app.after_request
    def change(answer: flask.Response) -> flask.Response:
        if answer.status_code != 200 or not answer.is_json:
            return answer
        body = dict(answer.get_json())
        if flask.request.path == "/.well-known/openid-configuration":
            body |= provider.papers
        if flask.request.path == "/jwks" and provider.keys is not None:
            body["keys"] = provider.keys
        if "id_token" in body:
            body["id_token"] = _signed_anew(provider, body["id_token"])
        answer.set_data(json.dumps(body))
        return answer

    server = make_server("127.0.0.1", 0, app.wsgi_app.app, threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _signed_anew(provider: Provider, token: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        key = provider.storage.jwk
        claims = provider.claims(dict(jose.jwt.decode(token, key)))
        if provider.header["alg"] == "none":
            return _unsigned(claims)
        header = {"kid": key.as_dict(add_kid=True)["kid"], **provider.header}
        made = jose.JsonWebToken([provider.header["alg"]]).encode(
            header, claims, provider.sign_with or key, check=False
        )
        return str(made.decode())


def _unsigned(claims: Claims) -> str:
    import base64

    parts = (json.dumps({"alg": "none", "typ": "JWT"}), json.dumps(claims))
    return ".".join(base64.urlsafe_b64encode(p.encode()).decode().rstrip("=") for p in parts) + "."
