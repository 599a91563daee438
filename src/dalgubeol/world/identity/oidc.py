"""An OpenID Connect provider, seen by a site that lets people sign in there.

Authorization code flow with PKCE (RFC 7636, S256), state and nonce. Of the answer everything is checked that
OpenID Connect Core 3.1.3.7 asks: signature by a key of the provider's published set, an algorithm of a short
list (never `none`, never a shared secret), iss, aud, azp, exp, iat, nbf, nonce; and RFC 9207 where the answer
names its issuer. The provider's papers and keys are fetched anew for each sign-in, so that keys may change at
any time and nothing stale is believed. Plain HTTP only to this machine.

Tells who somebody is there and nothing else: no names, no roles, no groups are taken over.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from ...errors import DalguError, Refused, Unavailable
from ...language import Message, say

if TYPE_CHECKING:
    import httpx2
    from joserfc.jwk import Key

ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519")
TIMEOUT_S = 10.0
LONGEST_ANSWER = 1 << 20
CLOCKS_APART_S = 60
OLDEST_TOKEN_S = 600


@dataclass(frozen=True, slots=True)
class Client:
    """What the provider knows this site by."""

    issuer: str
    client_id: str
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What one sign-in must bring back. It is nobody's to see but ours."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @classmethod
    def fresh(cls) -> Challenge:
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))


@dataclass(frozen=True, slots=True)
class Subject:
    """Who somebody is at a provider."""

    issuer: str
    subject: str


def authorization_url(client: Client, challenge: Challenge, redirect_uri: str) -> str:
    """Where to send the browser. Raises Unavailable."""
    with _http() as http:
        papers = _discovered(http, client.issuer)
    hashed = hashlib.sha256(challenge.verifier.encode()).digest()
    asked = {
        "response_type": "code", "client_id": client.client_id, "redirect_uri": redirect_uri, "scope": "openid",
        "state": challenge.state, "nonce": challenge.nonce, "code_challenge_method": "S256",
        "code_challenge": base64.urlsafe_b64encode(hashed).decode().rstrip("="),
    }  # fmt: skip
    address = _text(papers, "authorization_endpoint")
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"


def arrived(
    client: Client, challenge: Challenge, redirect_uri: str, query: Mapping[str, str], now_s: float
) -> Subject:
    """Who came back with `query`. Raises Refused (declined, forged, or not for us), Unavailable."""
    if not hmac.compare_digest(query.get("state", "").encode(), challenge.state.encode()):
        raise refused(say("the answer does not belong to this sign-in"))
    if query.get("iss", client.issuer) != client.issuer:
        raise refused(say("another provider answered"))
    if "code" not in query:
        raise Refused(
            "oidc.declined",
            say("The sign-in provider did not let you in."),
            say("Try again there, or sign in with your password here."),
        )
    with _http() as http:
        papers = _discovered(http, client.issuer)
        if papers.get("authorization_response_iss_parameter_supported") is True and "iss" not in query:
            raise refused(say("another provider answered"))
        token = _exchanged(http, client, papers, query["code"], challenge.verifier, redirect_uri)
        keys = _keys(_fetched(http, "GET", _text(papers, "jwks_uri")))
    offered = papers.get("id_token_signing_alg_values_supported")
    algorithms = [a for a in ALGORITHMS if not isinstance(offered, list) or a in offered]
    return checked(client, _claims(token, keys, algorithms), challenge.nonce, now_s)


def checked(client: Client, claims: Mapping[str, Any], nonce: str, now_s: float) -> Subject:
    """The subject of an ID token whose signature holds (OpenID Connect Core 3.1.3.7). Raises Refused."""
    audience, subject = claims.get("aud"), claims.get("sub")
    issued, ends, begins = (_seconds(claims, name) for name in ("iat", "exp", "nbf"))
    held_against = (
        (claims.get("iss") != client.issuer, say("another provider answered")),
        (audience not in (client.client_id, [client.client_id]), say("the answer is for somebody else")),
        (claims.get("azp", client.client_id) != client.client_id, say("the answer is for somebody else")),
        (now_s >= ends + CLOCKS_APART_S, say("the answer is too old")),
        (issued < now_s - OLDEST_TOKEN_S, say("the answer is too old")),
        (max(issued, begins) > now_s + CLOCKS_APART_S, say("the answer is of a time to come")),
        (
            not hmac.compare_digest(str(claims.get("nonce")).encode(errors="replace"), nonce.encode()),
            say("the answer does not belong to this sign-in"),
        ),
        (
            not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isascii(),
            say("the answer names nobody"),
        ),
    )
    for wrong, what in held_against:
        if wrong:
            raise refused(what)
    return Subject(client.issuer, str(subject))


def refused(what: Message) -> Refused:
    return Refused(
        "oidc.refused",
        say("This sign-in was not accepted: {what}.", what=what),
        say("Begin it anew from this site's sign-in page. If it happens again, tell the operator."),
    )


def _http() -> httpx2.Client:
    import httpx2

    return httpx2.Client(timeout=TIMEOUT_S, follow_redirects=False)


def _discovered(http: httpx2.Client, issuer: str) -> Mapping[str, Any]:
    """The provider's own description (OpenID Connect Discovery 4); it must name itself as we do."""
    papers = _fetched(http, "GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
    if papers.get("issuer") != issuer:
        raise _unreachable(say("it names itself otherwise than the settings of this site do"))
    return papers


def _exchanged(
    http: httpx2.Client, client: Client, papers: Mapping[str, Any], code: str, verifier: str, redirect_uri: str
) -> str:  # fmt: skip
    """The ID token for a code. The provider gives it once."""
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier,
    }  # fmt: skip
    headers = {}
    ways = papers.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if client.secret is None:
        form["client_id"] = client.client_id
    elif "client_secret_basic" in ways:
        pair = f"{quote(client.client_id, safe='')}:{quote(client.secret, safe='')}"  # RFC 6749, 2.3.1
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    else:
        form |= {"client_id": client.client_id, "client_secret": client.secret}
    answer = _fetched(
        http,
        "POST",
        _text(papers, "token_endpoint"),
        form,
        headers,
        or_else=refused(say("the provider does not know its code")),
    )
    return _text(answer, "id_token")


def _fetched(
    http: httpx2.Client, method: str, address: str, form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None, or_else: DalguError | None = None,
) -> Mapping[str, Any]:  # fmt: skip
    """A JSON object. Raises Unavailable; `or_else` where the provider says that the request is wrong."""
    import httpx2

    _check_address(address)
    sent = {"Accept": "application/json", **(headers or {})}
    try:
        with http.stream(method, address, data=form, headers=sent) as answer:
            content = b""
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > LONGEST_ANSWER:
                    raise _unreachable(say("its answer is too long"))
    except httpx2.HTTPError:
        raise _unreachable(say("it does not answer")) from None
    if or_else is not None and answer.status_code in (400, 401, 403):
        raise or_else
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        values = None
    if answer.status_code != 200 or not isinstance(values, dict):
        raise _unreachable(say("it answered {status}", status=answer.status_code))
    return values


def _check_address(address: str) -> None:
    """Codes and tokens travel under TLS, or not further than this machine."""
    try:
        parts = urlsplit(address)
        here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    except ValueError:
        raise _unreachable(say("it gives an address that is none")) from None
    if not (parts.scheme == "https" or (parts.scheme == "http" and here)) or not parts.hostname:
        raise _unreachable(say("it is not reached by https"))


def _keys(published: Mapping[str, Any]) -> list[Key]:
    """The provider's keys for signing; one that we do not know how to use is passed over, a shared secret too."""
    from joserfc.errors import JoseError
    from joserfc.jwk import OctKey, import_key

    found: list[Key] = []
    offered = published.get("keys")
    for each in offered if isinstance(offered, list) else ():
        try:
            key = import_key(each) if isinstance(each, dict) else None
        except (JoseError, ValueError, TypeError, AttributeError):
            continue
        if key is not None and not isinstance(key, OctKey) and each.get("use", "sig") == "sig":
            found.append(key)
    return found


def _claims(token: str, keys: list[Key], algorithms: list[str]) -> Mapping[str, Any]:
    """What a token says, whose signature one of `keys` made. Raises Refused."""
    from joserfc import jws, jwt
    from joserfc.errors import JoseError

    try:
        header = jws.extract_compact(token.encode(errors="replace")).headers()
        named = [key for key in keys if "kid" not in header or key.kid == header["kid"]]
    except (JoseError, ValueError, TypeError, AttributeError):
        named = []
    for key in named:
        try:
            return jwt.decode(token, key, algorithms=algorithms).claims
        except (JoseError, ValueError, TypeError, AttributeError):
            continue
    raise refused(say("its signature does not hold"))


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise _unreachable(say("it does not say its {name}", name=name))
    return value


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    """An instant of a token; `nbf` may be absent. Raises Refused."""
    value = claims.get(name, 0 if name == "nbf" else None)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise refused(say("the answer has no time"))
    return value


def _unreachable(what: Message) -> Unavailable:
    return Unavailable(
        "oidc.unreachable",
        say("The sign-in provider cannot be used now: {what}.", what=what),
        say("Sign in with your password, or try again later. The operator sees to [oidc] in settings.toml."),
    )
