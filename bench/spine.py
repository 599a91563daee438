"""The spine: start-up, overhead of a Run, Records per second, memory of registering."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from bench.measuring import Bar, Result, Scenario, median, scratch

PASSWORD = "a password for measuring"
ROUNDS = 5


def _environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ, "DALGU_SITE": str(folder / "site"), "DALGU_KEYS": str(folder / "keys"),
        "DALGU_SESSION": str(folder / "session.json"), "DALGU_LANG": "en",
    }  # fmt: skip


def _house(folder: Path):  # type: ignore[no-untyped-def]
    from dalgubeol.settings import Settings
    from dalgubeol.verbs.house import house
    from dalgubeol.verbs.people import people

    settings = Settings.from_environment(_environment(folder))
    opened = house.found(settings, login="bench", name="bench", organisation="bench", password=PASSWORD)
    people.sign_in(opened, "bench", PASSWORD)
    return opened, people.signed_in(opened)


def _joined(house, operator, *roles: str):  # type: ignore[no-untyped-def]
    """Somebody of each role, called like it, of a firm of her own, and signed in."""
    from dalgubeol.verbs.people import entry, people

    held = {}
    for role in roles:
        code = people.invite(house, operator, login=role, name=role, organisation=f"firm of {role}", roles=[role])  # fmt: skip
        people.join(house, code, PASSWORD)
        held[role] = entry.entered(house, entry.enter(house, role, PASSWORD, door="terminal")[1])
    return held


def _wall_s(command: list[str], environment: Mapping[str, str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, env=dict(environment), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def start() -> Result:
    """`dalgu --help`, and `dalgu runs --json` on a site of 10,000 Runs."""
    from dalgubeol.nouns.run import Run, RunState
    from dalgubeol.world.store import runs

    dalgu = [str(Path(sys.executable).parent / "dalgu")]
    with scratch() as folder:
        house, who = _house(folder)

        def fill(connection) -> None:  # type: ignore[no-untyped-def]
            for number in range(10_000):
                made = Run(
                    f"run-{number:018d}", "empty", {"data": "ds-x"}, (), {"name": None}, 0, who.actor.id,
                    RunState.DONE, "2026-01-01T00:00:00.000+00:00",
                )  # fmt: skip
                runs.add(connection, made, "00")

        house.write(fill)
        house.close()
        environment = _environment(folder)
        listing = [*dalgu, "runs", "--json", "--limit", "100000"]
        count = len(
            json.loads(subprocess.run(listing, env=environment, check=True, capture_output=True).stdout)
        )
        help_s = median([_wall_s([*dalgu, "--help"], environment) for _ in range(ROUNDS)])
        runs_s = median([_wall_s(listing, environment) for _ in range(ROUNDS)])
        bare_s = median([_wall_s([sys.executable, "-c", "pass"], environment) for _ in range(ROUNDS)])
    return Result(
        {"help_s": help_s, "runs_json_s": runs_s, "runs_listed": count, "bare_python_s": bare_s},
        (Bar("help_s", help_s, 0.5), Bar("runs_json_s", runs_s, 1.0)),
    )


def overhead() -> Result:
    """Submit to recorded of an empty kind, in a process that has a conductor."""
    from dalgubeol import kinds
    from dalgubeol.nouns.dataset import Form
    from dalgubeol.verbs.datasets import register
    from dalgubeol.verbs.runs import submit
    from dalgubeol.verbs.runs.conduct import Conductor
    from dalgubeol.world.store import outbox, runs

    kinds.KINDS["empty"] = "bench.empty:Empty"
    with scratch() as folder:
        house, who = _house(folder)
        source = folder / "one.csv"
        source.write_text("a\n1\n")
        register.add(house, who, source, name="one", form=Form.TABLE)
        taken: list[float] = []
        with Conductor(house):
            time.sleep(3)  # warm: the nursery has imported what it imports
            for _ in range(60):
                time.sleep(0.05)
                begun = time.perf_counter()
                run = submit.submit(house, who.actor, "empty", {"data": "one"})
                while True:
                    with house.database.reading() as connection:
                        if runs.find(connection, run.id).state.ended:
                            assert outbox.record_of(connection, f"ran/{run.id}") is not None
                            break
                    time.sleep(0.001)
                taken.append(1000 * (time.perf_counter() - begun))
        house.close()
    taken.sort()
    middle = median(taken)
    return Result(
        {"median_ms": middle, "p90_ms": round(taken[int(0.9 * len(taken))], 2), "runs": len(taken)},
        (Bar("median_ms", middle, 60),),
    )


def records() -> Result:
    """10,000 Records by 8 threads of one process, and by 4 processes; each acknowledged when synced."""
    from dalgubeol.verbs.history.prove import self_check

    threads, processes = [], []
    for _ in range(3):
        with scratch() as folder:
            house, _ = _house(folder)
            before = self_check(house)
            threads.append(10_000 / _by_threads(house, 8, 1250, "t"))
            if self_check(house) != before + 10_000:
                raise AssertionError("Records are missing")
            _check_proofs(house)
            house.close()
            processes.append(_by_processes(folder, 4, 500))
    figures = {"threads_8_per_s": round(median(threads)), "processes_4_per_s": round(median(processes))}
    return Result(figures, (Bar("threads_8_per_s", figures["threads_8_per_s"], 1500, at_most=False),))


def _by_threads(house, count: int, each: int, prefix: str) -> float:  # type: ignore[no-untyped-def]
    failures: list[Exception] = []

    def write(place: int) -> None:
        try:
            for number in range(each):
                _one_record(house, f"{prefix}/{place}/{number}")
        except Exception as error:  # noqa: BLE001 - it is raised again below, in the main thread
            failures.append(error)

    begun = time.perf_counter()
    lanes = [threading.Thread(target=write, args=(place,)) for place in range(count)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - begun


def _one_record(house, key: str) -> None:  # type: ignore[no-untyped-def]
    from dalgubeol.nouns.record import Event, Record, Retention
    from dalgubeol.verbs.house.clock import now
    from dalgubeol.verbs.house.transition import record

    made = Record(Event.VIEWED, key, now(), "person-bench", key, {"key": key}, Retention.ACCESS)
    house.write(lambda connection: record(connection, made))


def _check_proofs(house) -> None:  # type: ignore[no-untyped-def]
    from dalgubeol.world.ledger.merkle import leaf_hash, verify_inclusion

    with house.database.reading() as connection:
        head = house.log.head(connection)
        for index, proof in enumerate(house.log.inclusion_proofs(connection, 0, head.size, head.size)):
            leaf = house.log.entry(connection, index).leaf
            assert verify_inclusion(leaf_hash(leaf), index, head.size, head.root, proof)


def _by_processes(folder: Path, count: int, each: int) -> float:
    """Records per second; each process writes one by one and waits for its acknowledgement."""
    command = [sys.executable, "-m", "bench.recorder", str(each)]
    begun = time.perf_counter()
    lanes = [subprocess.Popen([*command, str(place)], env=_environment(folder)) for place in range(count)]
    if any(lane.wait() for lane in lanes):
        raise AssertionError("a recording process failed")
    return count * each / (time.perf_counter() - begun)


def registering() -> Result:
    """What a 1 GB Parquet adds to the memory of the process that registers it."""
    from bench.empty import write_large_parquet

    public, protected = [], []
    with scratch() as folder:
        source = folder / "large.parquet"
        size_gb = write_large_parquet(source, 1 << 30) / 1e9
        for number in range(3):
            for sensitivity, figures in (("internal", public), ("personal", protected)):
                place = folder / f"{sensitivity}{number}"
                place.mkdir()
                done = subprocess.run(
                    [sys.executable, "-m", "bench.registrar", str(source), sensitivity], env=_environment(place),
                    check=True, capture_output=True, text=True,
                )  # fmt: skip
                figures.append(json.loads(done.stdout))
                subprocess.run(["rm", "-rf", str(place)], check=True)
    figures = {
        "parquet_gb": round(size_gb, 3),
        "added_mb": median([f["added_mb"] for f in public]),
        "added_mb_encrypted": median([f["added_mb"] for f in protected]),
        "wall_s": median([f["wall_s"] for f in public]),
        "wall_s_encrypted": median([f["wall_s"] for f in protected]),
    }
    worst = max(figures["added_mb"], figures["added_mb_encrypted"])
    return Result(figures, (Bar("added_mb", worst, 300),))


def fresh_peak_mb() -> float:
    """Memory now, in MB; the peak is counted anew from here (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_mb()


def peak_mb() -> float:
    """The highest resident memory since `fresh_peak_mb`, in MB."""
    line = next(row for row in Path("/proc/self/status").read_text().splitlines() if row.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


SCENARIOS = (
    Scenario("spine-start", "dalgu --help; dalgu runs --json on 10,000 Runs", start),
    Scenario("spine-overhead", "submit to recorded of an empty kind, warm", overhead),
    Scenario("spine-records", "10,000 Records by 8 threads; by 4 processes", records),
    Scenario("spine-register", "memory that registering a 1 GB Parquet adds", registering),
)
