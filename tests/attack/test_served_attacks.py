"""Attacks on `dalgu serve` from outside: by strangers on the line, by other sites' pages, by people with an account."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from dalgubeol.doors.serve import line
from dalgubeol.nouns.permit import Scope as Allowed
from dalgubeol.settings import Settings
from dalgubeol.verbs.house import house as houses
from dalgubeol.verbs.people import entry, people

from ..journeys.served import serving

PASSWORD = "a password for tests"


class Quick(line.Line):
    """With less patience, so that a test need not have it."""

    head_s, silent_s = 0.4, 0.6


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    body = await request.body()
    heads = [name.decode() for name, _ in scope["headers"]]
    await JSONResponse({"bytes": len(body), "heads": heads})(scope, receive, send)


@contextmanager
def listening(protocol: type[asyncio.Protocol]) -> Iterator[int]:
    """The port of an application behind this protocol."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(echo, http=protocol, log_config=None, lifespan="off"))
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]), daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with listening(Quick) as number:
        yield number


def opened(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def said(sock: socket.socket) -> bytes:
    """All that comes until the line is closed; raises TimeoutError where it is not."""
    told = b""
    try:
        while piece := sock.recv(65536):
            told += piece
    except ConnectionResetError:
        pass
    return told


def sent_before_it_is_cut(sock: socket.socket, piece: bytes, most: int) -> int:
    taken = 0
    try:
        while taken < most:
            sock.sendall(piece)
            taken += len(piece)
            time.sleep(0.001)
    except OSError:
        pass
    return taken


@pytest.mark.parametrize(
    "beginning",
    [b"GET /", b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: "],
    ids=["address", "field", "trailer"],
)  # fmt: skip
def test_a_head_that_never_ends_is_cut_off(port: int, beginning: bytes) -> None:
    with opened(port) as sock:
        sock.sendall(beginning)
        assert sent_before_it_is_cut(sock, b"a" * 16384, 32 << 20) < 32 << 20


def test_many_small_fields_are_cut_off_as_well(port: int) -> None:
    with opened(port) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n")
        assert sent_before_it_is_cut(sock, b"a: b\r\n" * 3000, 32 << 20) < 32 << 20


@pytest.mark.parametrize("beginning", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n"], ids=["nothing", "half a head"])
def test_a_head_that_never_comes_holds_no_line(port: int, beginning: bytes) -> None:
    with opened(port) as sock:
        sock.sendall(beginning)
        begun = time.monotonic()
        assert said(sock) == b""
        assert time.monotonic() - begun < 3


def test_a_head_in_drops_holds_no_line(port: int) -> None:
    with opened(port) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n")
        drops = 0
        try:
            while drops < 100:
                sock.sendall(b"X: y\r\n")
                drops += 1
                time.sleep(0.05)
        except OSError:
            pass
        assert drops < 40  # 0.4 s, with room for a machine that is busy


def test_a_second_head_in_drops_holds_no_line_either(port: int) -> None:
    with opened(port) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT")
        assert said(sock).count(b"200 OK") == 1


def test_a_silent_body_holds_no_line(port: int) -> None:
    with opened(port) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        assert said(sock) == b""


def test_a_slow_body_that_goes_on_arrives(port: int) -> None:
    with opened(port) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nConnection: close\r\n\r\n")
        for _ in range(10):
            time.sleep(0.1)
            sock.sendall(b"x")
        assert b'"bytes":10' in said(sock)


def test_a_long_body_in_many_small_chunks_arrives(port: int) -> None:
    with opened(port) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        for _ in range(400):
            sock.sendall(b"1;name=" + b"v" * 1000 + b"\r\nx\r\n")
        sock.sendall(b"0\r\n\r\n")
        assert b'"bytes":400' in said(sock)


def test_fields_after_the_body_are_not_added_to_the_head(port: int) -> None:
    with opened(port) as sock:
        sock.sendall(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            b"1\r\nx\r\n0\r\nOrigin: http://a\r\n\r\n"
        )
        told = said(sock)
        assert b'"bytes":1' in told
        assert b"origin" not in told


class Site:
    def __init__(self, url: str, tokens: dict[str, str]) -> None:
        self.url, self._tokens = url, tokens

    def as_(self, login: str | None) -> httpx.Client:
        bearer = {"Authorization": f"Bearer {self._tokens[login]}"} if login else {}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=bearer, timeout=60)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("served")
    settings = Settings(site=folder / "site", keys=folder / "keys", session=folder / "session")
    with houses.found(
        settings, login="operator", name="O", organisation="centre", password=PASSWORD
    ) as house:
        held = entry.enter(house, "operator", PASSWORD, door="test")[1]
        who = {"operator": entry.entered(house, held)}
        code = people.invite(
            house, who["operator"], login="provider", name="P", organisation="hospital", roles=["provider"]
        )
        people.join(house, code, PASSWORD)
        who["provider"] = entry.entered(house, entry.enter(house, "provider", PASSWORD, door="test")[1])
        tokens = {name: entry.make_token(house, one, "test", set(Allowed), 1)[1] for name, one in who.items()}
    environment = {
        "DALGU_SITE": str(settings.site), "DALGU_KEYS": str(settings.keys), "DALGU_SESSION": str(settings.session),
        **{name: value for name, value in os.environ.items() if not name.startswith("DALGU_")},
    }  # fmt: skip
    with serving(environment, folder) as server:
        yield Site(server.url, tokens)


def test_the_real_server_cuts_off_a_head_that_never_ends(site: Site) -> None:
    with opened(int(site.url.rpartition(":")[2])) as sock:
        sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n")
        assert sent_before_it_is_cut(sock, b"X: " + b"a" * 8000 + b"\r\n", 64 << 20) < 64 << 20


@pytest.mark.parametrize(
    "login", ["kim\r\nBcc: x@y.test", "provider ", "ｐrovider", "\u202eprovider", "p" * 101]
)
def test_no_login_looks_like_another_or_reaches_into_a_head(site: Site, login: str) -> None:
    with site.as_("operator") as client:
        answer = client.post("/invitations", json={"login": login, "name": "K", "organisation": "lab", "roles": ["analyst"]})  # fmt: skip
        assert answer.status_code == 422


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("depth", [40, 1000])
def test_a_body_that_is_nested_without_end_is_a_wrong_request_and_no_fault_of_ours(
    site: Site, depth: int
) -> None:
    body = f'{{"upload": "x", "name": "x", "about": {{"description": {nested(depth)}}}}}'
    with site.as_("provider") as client:
        answer = client.post("/datasets", content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["faults"][0]["field"]) == (422, "body")
        wide = {"upload": "x", "name": "x", "about": {"generated_columns": ["a"] * 1000}}
        assert (
            client.post("/datasets", json=wide).status_code == 404
        )  # wide is not deep: it is the upload that lacks


def brought(client: httpx.Client, **more: object) -> httpx.Response:
    content = b"a,b\n1,2\n"
    upload = client.post("/uploads", json={"name": "a.csv", "size_bytes": len(content)}).json()["id"]
    headers = {"Upload-Offset": "0", "Content-Type": "application/octet-stream"}
    assert client.patch(f"/uploads/{upload}", content=content, headers=headers).status_code == 200
    answer = client.post("/datasets", json={"upload": upload, "sensitivity": "public", **more})
    if answer.status_code != 201:
        client.delete(f"/uploads/{upload}")
    return answer


@pytest.mark.parametrize(
    "about",
    [
        {"said": ["not a sentence of ours"]},  # broke every list of Datasets, for everybody and for good
        {"said": [["{x:>2000000000}", {"x": ""}]]},  # two gigabytes at each look
        {"said": [["Nobody can be recognised in this.", {}]]},  # in the site's own voice
        {"risk": {"prosecutor": {"highest": 0}}},
        {"scores": [["2026", 0.0]]},
        {"findings": [], "manifest": ""},
        {"description": {"a": "text"}},
        {"description": "x" * 20_000},
        {"generated_columns": "a"},
        {"generated_columns": [{"a": 1}]},
    ],
)
def test_nobody_writes_into_the_papers_what_only_a_run_finds_out(
    site: Site, about: dict[str, object]
) -> None:
    with site.as_("provider") as client:
        answer = brought(client, name="forged", about=about)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid.about")
        assert client.get("/datasets").status_code == 200
    with site.as_(None) as client:
        assert client.get("/open-datasets").status_code == 200


def test_what_one_says_of_ones_own_data_is_still_taken(site: Site) -> None:
    about = {"description": "Prices", "generated_columns": ["b"]}
    with site.as_("provider") as client:
        answer = brought(client, name="prices", about=about)
        assert (answer.status_code, answer.json()["about"]) == (201, about)
        assert (
            brought(client, name="prices ", about={}).json()["code"] == "invalid.name"
        )  # and looks like the other


def test_strangers_have_few_bundles_verified_at_once(site: Site) -> None:
    """Each is written to the disk before it is read: without a bound, thirty strangers' hold half a gigabyte each."""
    head = (
        b"POST /api/v1/ledger/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 400000000\r\n\r\n"
        + b"x" * 100_000
    )
    number = int(site.url.rpartition(":")[2])
    with ExitStack() as lines:
        for _ in range(2):
            lines.enter_context(opened(number)).sendall(head)
        with site.as_(None) as client:
            answer: Any = None
            for _ in range(50):
                answer = client.post("/ledger/verify", content=b"{}")
                if answer.status_code == 503:
                    break
                time.sleep(0.1)
            assert (answer.status_code, answer.json()["code"]) == (503, "ledger.busy")
    with site.as_(None) as client:  # the lines were cut: there is room again
        for _ in range(50):
            if client.post("/ledger/verify", content=b"{}").status_code != 503:
                return
            time.sleep(0.1)
    pytest.fail("what a cut line held was not given back")


@pytest.mark.parametrize("length", [b"Content-Length: 17179869184", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize("path", [b"/sign-in", b"/join", b"/account/password", b"/nothing-here"])
def test_strangers_fill_no_disk_with_files_in_forms(site: Site, path: bytes, length: bytes) -> None:
    with opened(int(site.url.rpartition(":")[2])) as sock:
        sock.sendall(
            b"POST " + path + b" HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n" + length + b"\r\n\r\n"
        )  # fmt: skip
        assert sock.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_form_is_still_taken(site: Site) -> None:
    answer = httpx.post(
        f"{site.url}/sign-in", data={"login": "provider", "password": PASSWORD, "next": "/runs"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs")


@pytest.mark.parametrize("origin", ["http://evil.test", "null"])
def test_no_other_sites_page_opens_a_socket_by_long_polls(site: Site, origin: str) -> None:
    path = f"{site.url}/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    answer = httpx.get(path, headers={"Origin": origin})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert httpx.get(path, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
