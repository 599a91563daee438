"""50 people on a served site, in a process of their own: `python -m bench.visitors visit URL SECONDS FILE LOGIN...`.

Each holds a session, opens a page as a browser does (the page, then its web socket), looks at it while it is
alive, presses a button in it where there is one, and goes on to another page after two to six seconds. A page
counts from the request until its socket is in; a button until the page hears back.

`python -m bench.visitors move SECONDS` makes the site change: it submits a Run every two seconds.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import html
import json
import random
import re
import sys
import time
import uuid
from pathlib import Path
from typing import Any

PAGES = ("/", "/datasets", "/runs", "/permits", "/ledger", "/register", "/airlock", "/notices")


class Visitor:
    def __init__(self, url: str, login: str, told: dict[str, Any]) -> None:
        import httpx2 as httpx

        self._url, self._login, self._told = url, login, told
        address = f"127.0.1.{1 + int(login.removeprefix('person'))}"  # each from a machine of their own
        self._http = httpx.AsyncClient(base_url=url, timeout=30, transport=httpx.AsyncHTTPTransport(local_address=address))  # fmt: skip
        self._random = random.Random(login)
        self._heard = asyncio.Event()

    async def sign_in(self) -> None:
        from bench.spine import PASSWORD

        answer = await self._http.post("/sign-in", data={"login": self._login, "password": PASSWORD})
        assert answer.status_code == 303, answer.text

    async def walk(self, until: float) -> None:
        await asyncio.sleep(self._random.uniform(0, 4))
        links: list[str] = []
        while time.monotonic() < until:
            path = self._random.choice([*PAGES, *links[:20]])
            try:
                pause_s = self._random.uniform(2, 6)
                links = await asyncio.wait_for(self._look(path, pause_s), pause_s + 20) or links
            except Exception as error:  # noqa: BLE001 - counted, and said at the end
                self._told["failed"] += 1
                self._told["faults"].append(f"{path}: {type(error).__name__}: {error}"[:200])
        await self._http.aclose()

    async def _look(self, path: str, pause_s: float) -> list[str]:
        import socketio

        begun = time.perf_counter()
        answer = await self._http.get(path)
        if answer.status_code != 200:
            raise AssertionError(f"status {answer.status_code}")
        query = ast.literal_eval(re.search(r"query: (\{.*?\}),\n", answer.text)[1])  # type: ignore[index]
        line = socketio.AsyncClient(reconnection=False)
        line.on("*", self._hear)
        address = "&".join(f"{k}={v}" for k, v in {**query, "implicit_handshake": "true", "tab_id": uuid.uuid4(), "document_id": uuid.uuid4()}.items())  # fmt: skip
        await line.connect(f"{self._url}/?{address}", socketio_path="/_nicegui_ws/socket.io", transports=["websocket"], headers={"Origin": self._url})  # fmt: skip
        self._told["page_ms"].append(1000 * (time.perf_counter() - begun))
        try:
            await asyncio.sleep(pause_s / 2)
            await self._press(line, query["client_id"], answer.text)
            await asyncio.sleep(pause_s / 2)
        finally:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(line.disconnect(), 5)
        return re.findall(r'"link_\w+":"(/[^"]+)"', html.unescape(answer.text))

    async def _press(self, line: Any, client: str, text: str) -> None:
        elements = json.loads(html.unescape(re.search(r"parseElements\(String\.raw`(.*?)`\)", text, re.S)[1]))  # type: ignore[index]
        exporting = [
            (int(number), event["listener_id"])
            for number, element in elements.items()
            if element.get("tag") == "q-btn" and "CSV" in json.dumps(element)
            for event in element.get("events", ())
            if event["type"] == "click"
        ]
        if not exporting:
            return
        number, listener = exporting[0]
        self._heard.clear()
        begun = time.perf_counter()
        await line.emit("event", {"id": number, "client_id": client, "listener_id": listener, "args": []})
        await asyncio.wait_for(self._heard.wait(), 10)
        self._told["button_ms"].append(1000 * (time.perf_counter() - begun))

    async def _hear(self, event: str, *data: Any) -> None:
        self._told["updates"] += 1
        self._heard.set()


async def visit(url: str, seconds: float, logins: list[str]) -> dict[str, Any]:
    told: dict[str, Any] = {"page_ms": [], "button_ms": [], "updates": 0, "failed": 0, "faults": []}
    visitors = [Visitor(url, login, told) for login in logins]
    for visitor in visitors:
        await visitor.sign_in()
    await asyncio.gather(*(visitor.walk(time.monotonic() + 10) for visitor in visitors))
    told.update({"page_ms": [], "button_ms": [], "updates": 0})  # the first ten seconds warm everything up
    again = [Visitor(url, login, told) for login in logins]
    for new, old in zip(again, visitors, strict=True):
        new._http.cookies = old._http.cookies
    await asyncio.gather(*(visitor.walk(time.monotonic() + seconds) for visitor in again))
    return told


def move(seconds: float) -> None:
    from dalgubeol.settings import Settings
    from dalgubeol.verbs.house.house import open_house
    from dalgubeol.verbs.people import people
    from dalgubeol.verbs.runs import submit

    with open_house(Settings.from_environment()) as house:
        who = people.signed_in(house)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            submit.submit(house, who.actor, "adapt", {"data": "log"}, {"batch": "batch"})
            time.sleep(2)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        if sys.argv[1] == "move":
            move(float(sys.argv[2]))
        else:
            told = asyncio.run(visit(sys.argv[2], float(sys.argv[3]), sys.argv[5:]))
            Path(sys.argv[4]).write_text(json.dumps(told))
