"""The portal: a first visit in a real browser, and 50 people at once with live pages."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measuring import Bar, Result, Scenario, scratch
from bench.spine import PASSWORD, _environment, _house

PEOPLE = 50
MEASURED_S = 60
RUNS, DATASETS = 1000, 200
BROWSER = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@contextmanager
def serving(folder: Path, *program: str) -> Iterator[tuple[str, int]]:
    """A served site; its address and the process's id. `program` serves in place of `dalgu serve`."""
    server = subprocess.Popen(
        [sys.executable, "-m", *(program or ("dalgubeol", "serve")), "--port", "0"], env=_environment(folder),
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    try:
        found = re.search(r"https?://\S+?(?=\. )", server.stdout.readline())
        assert found, "the server did not start"
        yield found[0], server.pid
    finally:
        server.terminate()
        server.wait(30)
        server.stdout.close()


def load() -> Result:
    """First content and weight of a page without a cache; then p95 of a click with 50 people on the site."""
    with scratch() as folder:
        logins = _site(folder)
        start_s = min(_start_s(folder) for _ in range(3))
        with serving(folder) as (url, pid):
            first = _first_visit(url)
            idle_mb = tree_mb(pid)
            mover = subprocess.Popen(
                [sys.executable, "-m", "bench.visitors", "move", str(MEASURED_S + 20)],
                env=_environment(folder),
            )
            heard = folder / "heard.json"
            people = subprocess.Popen(
                [sys.executable, "-m", "bench.visitors", "visit", url, str(MEASURED_S), str(heard), *logins]
            )
            peak_mb, busy_s, begun = idle_mb, cpu_s(pid), time.monotonic()
            while people.poll() is None:
                peak_mb = max(peak_mb, tree_mb(pid))
                time.sleep(1)
            cores = (cpu_s(pid) - busy_s) / (time.monotonic() - begun)
            told = json.loads(heard.read_text())
            mover.terminate()
            mover.wait()
    clicks = sorted(told["page_ms"] + told["button_ms"])
    p95 = percentile(clicks, 95)
    figures = {
        "start_s": round(start_s, 2), **first, "people": PEOPLE, "clicks": len(clicks), "click_p50_ms": percentile(clicks, 50),
        "click_p95_ms": p95, "click_p99_ms": percentile(clicks, 99),
        "page_p95_ms": percentile(sorted(told["page_ms"]), 95),
        "button_p95_ms": percentile(sorted(told["button_ms"]), 95), "updates_seen": told["updates"],
        "failed": told["failed"], "faults": told["faults"][:3], "memory_idle_mb": round(idle_mb), "memory_peak_mb": round(peak_mb),
        "server_cores": round(cores, 2),
    }  # fmt: skip
    bars = (
        Bar("start_s", round(start_s, 2), 4),
        Bar("first_content_ms", first["first_content_ms"], 1000), Bar("page_mb", first["page_mb"], 1.3),
        Bar("foreign_hosts", first["foreign_hosts"], 0), Bar("click_p95_ms", p95, 300),
        Bar("memory_peak_mb", round(peak_mb), 700), Bar("failed", told["failed"], 0),
    )  # fmt: skip
    return Result(figures, bars)


def _start_s(folder: Path) -> float:
    """From the command to the first page that is answered whole."""
    import urllib.request

    begun = time.perf_counter()
    with serving(folder) as (url, _):
        urllib.request.urlopen(url).read()
        return time.perf_counter() - begun


def _site(folder: Path) -> list[str]:
    """A site with people, Datasets and Runs. Returns the logins."""
    from dataclasses import replace

    from dalgubeol.kinds.plant_log import example_log
    from dalgubeol.nouns.dataset import Form
    from dalgubeol.nouns.run import Run, RunState
    from dalgubeol.verbs.datasets import register
    from dalgubeol.verbs.people import people
    from dalgubeol.world.store import datasets, runs

    house, who = _house(folder)
    (folder / "log.csv").write_bytes(example_log(12))
    log = register.add(house, who, folder / "log.csv", name="log", form=Form.SERIES)

    def fill(connection) -> None:  # type: ignore[no-untyped-def]
        for number in range(DATASETS):
            made = replace(
                log, id=f"ds-{number:018d}", name=f"table {number}", about={"description": "measured"}
            )
            datasets.add(connection, made)
        for number in range(RUNS):
            run = Run(
                f"run-{number:018d}", "adapt", {"data": log.id}, (), {"batch": "batch"}, 0, who.actor.id, RunState.DONE,
                "2026-01-01T00:00:00.000+00:00", ended_at="2026-01-01T00:00:05.000+00:00",
            )  # fmt: skip
            runs.add(connection, run, "00")

    house.write(fill)
    logins = [f"person{number}" for number in range(PEOPLE)]
    roles = ("provider", "analyst", "reviewer", "engineer", "operator")
    for number, login in enumerate(logins):
        code = people.invite(house, who, login=login, name=login, organisation=f"firm {number % 9}", roles=[roles[number % 5]])  # fmt: skip
        people.join(house, code, PASSWORD)
    house.close()
    return logins


def _first_visit(url: str) -> dict[str, float]:
    """Home in a browser that was never here: the worst of three visits."""
    from urllib.parse import urlsplit

    from playwright.sync_api import sync_playwright

    content, weight, foreign = [], [], set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        for _ in range(3):
            context = browser.new_context(locale="ko-KR")
            page = context.new_page()
            received: list[float] = []
            line = context.new_cdp_session(page)
            line.send("Network.enable")
            line.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))  # noqa: B023
            page.on("request", lambda request: foreign.add(urlsplit(request.url).hostname))
            page.goto(url, wait_until="load")
            page.wait_for_timeout(1500)
            content.append(
                page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            )
            weight.append(sum(received) / 1e6)
            context.close()
        browser.close()
    return {
        "first_content_ms": round(max(content)), "page_mb": round(max(weight), 3),
        "foreign_hosts": len(foreign - {"127.0.0.1", None, ""}),
    }  # fmt: skip


def tree_mb(pid: int) -> float:
    """Proportional set size of a process and all that it started, in MB: shared pages are counted once."""
    total, waiting = 0.0, [pid]
    while waiting:
        each = Path("/proc") / str(waiting.pop())
        try:
            rollup = (each / "smaps_rollup").read_text()
            total += int(re.search(r"^Pss:\s+(\d+)", rollup, re.M)[1]) / 1024  # type: ignore[index]
            for task in (each / "task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, TypeError):
            continue  # it has just ended
    return total


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def percentile(values: list[float], which: int) -> float:
    """Nearest rank of sorted values."""
    if not values:
        return float("inf")
    return round(values[min(len(values) - 1, -(-len(values) * which // 100) - 1)], 1)


SCENARIOS = (Scenario("portal-load", "first visit in a browser; 50 people with live pages", load),)
