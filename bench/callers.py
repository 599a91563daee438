"""Programs that call the API of a served site: `python -m bench.callers URL SECONDS READ_TOKEN RUN_TOKEN DATASET`.

Calls come in at instants that were drawn before (a Poisson process), whether the site keeps up or not, and a
call's time counts from the instant it was due: what waits for a free line waits in the figure too. One JSON
object is printed: milliseconds of each call by sort, failures, and what this process itself took.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable
from urllib.parse import urlsplit

READS_PER_S, SUBMISSIONS_PER_S = 400, 60
WARM_S = 3.0
LINES = {"read": 48, "submit": 24}


class Line:
    """One kept-alive connection."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def call(self, request: bytes) -> int:
        """The status. The answer is read whole."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await self._reader.readexactly(length)
        return int(head[9:12])

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


async def stream(
    sort: str, per_s: float, until: float, request: Callable[[], tuple[bytes, int]], host: str, port: int,
    told: dict[str, list[float]], failed: list[int],
) -> None:  # fmt: skip
    """Calls of one sort until the instant `until`."""
    free: asyncio.Queue[Line] = asyncio.Queue()
    for _ in range(LINES[sort]):
        free.put_nowait(Line(host, port))
    measured_from = time.perf_counter() + WARM_S
    drawn = random.Random(sort)
    under_way: set[asyncio.Task[None]] = set()

    async def one(due: float) -> None:
        line = await free.get()
        text, wanted = request()
        try:
            status = await line.call(text)
        except (OSError, asyncio.IncompleteReadError):
            status, line = 0, Line(host, port)
        free.put_nowait(line)
        if due >= measured_from:
            told[sort].append(1000 * (time.perf_counter() - due))
            if status != wanted:
                failed.append(status)

    due = time.perf_counter()
    while due < until:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        while due <= time.perf_counter():
            task = asyncio.create_task(one(due))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            due += drawn.expovariate(per_s)
    await asyncio.gather(*under_way)
    while not free.empty():
        free.get_nowait().close()


def requests(host: str, reader: str, runner: str, dataset: str) -> tuple[Callable[[], tuple[bytes, int]], Callable[[], tuple[bytes, int]]]:  # fmt: skip
    """What is called: of the reads two in five list Datasets, two show one, one reads Records."""

    def read(path: str) -> bytes:
        return (
            f"GET /api/v1/{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {reader}\r\n\r\n".encode()
        )

    reads = [
        read("datasets?limit=20"), read("datasets?limit=20&form=table"), read(f"datasets/{dataset}"),
        read("datasets/table"), read("ledger/records?limit=20"),
    ]  # fmt: skip
    body = json.dumps({"kind": "empty", "inputs": {"data": dataset}}).encode()
    head = f"POST /api/v1/runs HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {runner}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    submission = head.encode() + body
    drawn = random.Random(1)
    return (lambda: (drawn.choice(reads), 200)), (lambda: (submission, 202))


async def main(url: str, seconds: float, reader: str, runner: str, dataset: str) -> None:
    place = urlsplit(url)
    host, port = str(place.hostname), int(place.port or 80)
    reads, submissions = requests(f"{host}:{port}", reader, runner, dataset)
    told: dict[str, list[float]] = {"read": [], "submit": []}
    failed: list[int] = []
    until = time.perf_counter() + WARM_S + seconds
    begun = time.process_time()
    await asyncio.gather(
        stream("read", READS_PER_S, until, reads, host, port, told, failed),
        stream("submit", SUBMISSIONS_PER_S, until, submissions, host, port, told, failed),
    )
    cores = (time.process_time() - begun) / (seconds + WARM_S)
    print(json.dumps({**told, "failed": failed, "cores": round(cores, 3)}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), *sys.argv[3:6]))
