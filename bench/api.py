"""The HTTP API: many calls a second while Runs are conducted, and files of a gigabyte both ways."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from bench.measuring import Bar, Result, Scenario, scratch
from bench.portal import cpu_s, percentile, serving
from bench.spine import _house, _joined

MEASURED_S = 20
DATASETS, RUNS, RECORDS = 1000, 10_000, 3000
FILE_BYTES = 1 << 30
PIECE = 1 << 20


def load() -> Result:
    """400 reads and 60 permitted submissions a second at once, with the conductor at work; then files."""
    with scratch() as folder:
        reader, runner, dataset = _site(folder)
        with serving(folder, "bench.served") as (url, pid):
            time.sleep(3)
            busy_s, begun = cpu_s(pid), time.monotonic()
            command = [sys.executable, "-m", "bench.callers", url, str(MEASURED_S), reader, runner, dataset]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            cores = (cpu_s(pid) - busy_s) / (time.monotonic() - begun)
            told = json.loads(done.stdout)
            ended = _ended(folder)
        files = _files(folder, reader)
    reads, submissions = sorted(told["read"]), sorted(told["submit"])
    figures = {
        "reads_per_s": round(len(reads) / MEASURED_S, 1), "read_p50_ms": percentile(reads, 50),
        "read_p99_ms": percentile(reads, 99), "read_most_ms": round(reads[-1], 1),
        "submissions_per_s": round(len(submissions) / MEASURED_S, 1), "submit_p50_ms": percentile(submissions, 50),
        "submit_p99_ms": percentile(submissions, 99), "submit_most_ms": round(submissions[-1], 1),
        "failed": len(told["failed"]), "runs_ended_meanwhile": ended, "server_cores": round(cores, 2),
        "callers_cores": told["cores"], **files,
    }  # fmt: skip
    bars = (
        Bar("reads_per_s", figures["reads_per_s"], 390, at_most=False), Bar("read_p99_ms", figures["read_p99_ms"], 150),
        Bar("submissions_per_s", figures["submissions_per_s"], 58, at_most=False),
        Bar("submit_p99_ms", figures["submit_p99_ms"], 150), Bar("failed", len(told["failed"]), 0),
        Bar("upload_added_mb", files["upload_added_mb"], 100), Bar("register_added_mb", files["register_added_mb"], 100),
        Bar("download_added_mb", files["download_added_mb"], 100),
    )  # fmt: skip
    return Result(figures, bars)


def _site(folder: Path) -> tuple[str, str, str]:
    """Datasets, Runs and Records, and an analyst with a Permit. Returns a token to read (and bring), a token to
    run, and the id of the Dataset that the Permit names."""
    from dataclasses import replace

    from dalgubeol import kinds
    from dalgubeol.nouns.permit import Conditions, Purpose, Scope, Verdict
    from dalgubeol.nouns.record import Event, Record, Retention
    from dalgubeol.nouns.run import Run, RunState
    from dalgubeol.verbs.datasets import register
    from dalgubeol.verbs.house.clock import now
    from dalgubeol.verbs.house.transition import record
    from dalgubeol.verbs.people import entry
    from dalgubeol.verbs.permits import grant
    from dalgubeol.world.store import datasets, runs

    kinds.KINDS["empty"] = "bench.empty:Empty"
    house, operator = _house(folder)
    held = _joined(house, operator, "provider", "analyst")
    source = folder / "table.csv"
    source.write_text("industry,cases\n" + "".join(f"{n},{n}\n" for n in range(100)))
    table = register.add(house, held["provider"], source, name="table")

    def fill(connection) -> None:  # type: ignore[no-untyped-def]
        for number in range(DATASETS):
            datasets.add(connection, replace(table, id=f"ds-{number:018d}", name=f"table {number}"))
        for number in range(RUNS):
            run = Run(
                f"run-{number:018d}", "empty", {"data": table.id}, (), {}, 0, operator.actor.id, RunState.DONE,
                "2026-01-01T00:00:00.000+00:00", ended_at="2026-01-01T00:00:05.000+00:00",
            )  # fmt: skip
            runs.add(connection, run, "00")
        for number in range(RECORDS):
            key = f"bench/{number}"
            record(connection, Record(Event.VIEWED, key, now(), operator.actor.id, table.id, {}, Retention.ACCESS))  # fmt: skip

    house.write(fill)
    permit = grant.request(
        house, held["analyst"], kinds=["empty"], names=["table"], purpose=Purpose.STATISTICS,
        reason="measuring the API", until="2099-12-31", conditions=Conditions(runs=1_000_000),
    )  # fmt: skip
    for who in (operator, held["provider"]):
        grant.decide(house, who, permit.id, Verdict.GRANT)
    reading = entry.make_token(house, held["provider"], "reads", [Scope.READ, Scope.BRING], 1)[1]
    running = entry.make_token(house, held["analyst"], "runs", [Scope.RUN], 1)[1]
    house.close()
    return reading, running, table.id


def _ended(folder: Path) -> int:
    """Runs that were conducted to their end while the calls came in."""
    import sqlite3

    with sqlite3.connect(folder / "site" / "state.db") as connection:
        query = "SELECT count(*) FROM runs WHERE state = 'done' AND id NOT LIKE 'run-00000%'"
        count = int(connection.execute(query).fetchone()[0])
    connection.close()
    return count


def _files(folder: Path, token: str) -> dict[str, float]:
    """A gigabyte up, registered, and down, each way with a line that is cut. The memory of the server process
    above what it had idle, at its highest."""
    import httpx2 as httpx

    from bench.empty import write_large_parquet

    source = folder / "large.parquet"
    size = write_large_parquet(source, FILE_BYTES)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    with serving(folder, "bench.served") as (url, pid), httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=600) as client:  # fmt: skip
        for path in ("/me", "/datasets?limit=100", "/kinds"):
            client.get(path).raise_for_status()
        _small(client)
        idle_mb = fresh_peak_mb(pid)
        begun = time.monotonic()
        upload = client.post("/uploads", json={"name": source.name, "size_bytes": size, "digest": digest}).json()["id"]  # fmt: skip
        with suppress(httpx.HTTPError, ConnectionResetError):
            client.patch(f"/uploads/{upload}", content=_read(source, 0, size * 2 // 5), headers=_offset(0))
        arrived = _arrived(client, upload)
        client.patch(f"/uploads/{upload}", content=_read(source, arrived, None), headers=_offset(arrived)).raise_for_status()  # fmt: skip
        upload_s, upload_mb = time.monotonic() - begun, peak_mb(pid) - idle_mb
        begun, before = time.monotonic(), fresh_peak_mb(pid)
        client.post("/datasets", json={"upload": upload, "name": "large"}).raise_for_status()
        register_s, register_mb = time.monotonic() - begun, peak_mb(pid) - min(before, idle_mb)
        begun, before = time.monotonic(), fresh_peak_mb(pid)
        found = _downloaded(client, size)
        download_s, download_mb = time.monotonic() - begun, peak_mb(pid) - min(before, idle_mb)
        if found != digest:
            raise AssertionError("what came back is not what was sent")
    return {
        "file_gb": round(size / 1e9, 3), "server_idle_mb": round(idle_mb), "resumed_at_mb": round(arrived / 1e6),
        "upload_s": round(upload_s, 1), "upload_added_mb": round(upload_mb, 1), "register_s": round(register_s, 1),
        "register_added_mb": round(register_mb, 1), "download_s": round(download_s, 1),
        "download_added_mb": round(download_mb, 1),
    }  # fmt: skip


def _small(client) -> None:  # type: ignore[no-untyped-def]
    """Everything once on a small file: what is imported at first use is not what is measured."""
    data = b"a\n1\n"
    upload = client.post("/uploads", json={"name": "small.csv", "size_bytes": len(data)}).json()["id"]
    client.patch(f"/uploads/{upload}", content=data, headers=_offset(0)).raise_for_status()
    client.post("/datasets", json={"upload": upload, "name": "small"}).raise_for_status()
    client.get("/datasets/small/content").raise_for_status()


def _read(path: Path, start: int, stop: int | None) -> Iterator[bytes]:
    """The bytes of a file; at `stop` the line breaks."""
    with open(path, "rb") as file:
        file.seek(start)
        while piece := file.read(PIECE if stop is None else min(PIECE, stop - file.tell())):
            yield piece
    if stop is not None:
        raise ConnectionResetError


def _arrived(client, upload: str) -> int:  # type: ignore[no-untyped-def]
    """Where to go on, once the server has noticed that the line is cut."""
    while True:
        before = int(client.head(f"/uploads/{upload}").headers["upload-offset"])
        time.sleep(0.5)
        if before and before == int(client.head(f"/uploads/{upload}").headers["upload-offset"]):
            return before


def _downloaded(client, size: int) -> str:  # type: ignore[no-untyped-def]
    """The digest of what comes; half-way the line is cut, and the rest is asked for."""
    state, got = hashlib.sha256(), 0
    for headers in ({}, None):
        wished = headers if headers is not None else {"Range": f"bytes={got}-"}
        with client.stream("GET", "/datasets/large/content", headers=wished) as answer:
            answer.raise_for_status()
            for piece in answer.iter_bytes(PIECE):
                state.update(piece)
                got += len(piece)
                if headers is not None and got > size // 2:
                    break
    return state.hexdigest()


def _offset(place: int) -> dict[str, str]:
    return {"Upload-Offset": str(place), "Content-Type": "application/offset+octet-stream"}


def fresh_peak_mb(pid: int) -> float:
    """Resident memory of a process now, in MB; its peak is counted anew from here (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return peak_mb(pid)


def peak_mb(pid: int) -> float:
    rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(row for row in rows if row.startswith("VmHWM")).split()[1]) / 1024


SCENARIOS = (Scenario("api-load", "400 reads and 60 submissions a second; 1 GB up and down, cut", load),)
