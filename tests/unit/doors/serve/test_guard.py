from __future__ import annotations

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from dalgubeol.doors.serve.guard import Guard


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        await socket.send_text("in")
        await socket.close()
        return
    await PlainTextResponse("in")(scope, receive, send)


def client(**options: object) -> TestClient:
    return TestClient(Guard(app, **{"secure": False, **options}), base_url="http://site.test")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # a program: no browser sends neither header
        ({"origin": "http://site.test"}, 200),
        ({"origin": "http://SITE.test"}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"origin": "http://evil.test"}, 403),
        ({"origin": "http://site.test.evil.test"}, 403),
        ({"origin": "http://site.test:81"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
def test_a_change_comes_from_this_very_site(headers: dict[str, str], status: int) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert client().request(method, "/", headers=headers).status_code == status


def test_reading_may_be_linked_from_anywhere() -> None:
    assert client().get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200


def test_a_web_socket_from_another_site_is_closed_before_it_is_open() -> None:
    with client().websocket_connect("ws://site.test/", headers={"origin": "http://site.test"}) as socket:
        assert socket.receive_text() == "in"
    for headers in ({"origin": "http://evil.test"}, {"sec-fetch-site": "cross-site"}):
        with (
            pytest.raises(WebSocketDisconnect),
            client().websocket_connect("ws://site.test/", headers=headers),
        ):
            pass


def test_only_its_own_names_are_answered_where_they_are_known() -> None:
    named = client(hosts=frozenset({"site.test"}))
    assert named.get("/").status_code == 200
    assert named.get("/", headers={"host": "site.test:8080"}).status_code == 200
    assert named.get("/", headers={"host": "rebound.test"}).status_code == 403


def test_every_answer_says_that_nothing_foreign_is_loaded() -> None:
    for answer in (client().get("/"), client().post("/", headers={"origin": "null"})):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "http" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "strict-transport-security" not in answer.headers
    assert "strict-transport-security" in client(secure=True).get("/").headers
