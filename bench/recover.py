"""Backing up and restoring: a site of 10,000 Runs and 5 GB that is written to all the while.

The objects are real ones, sealed and plain, from 2 KB to 600 MB; each Run has its Record and its output. Verified
is by `dalgu site check`'s own code, which reads every restored byte again.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measuring import Bar, Result, Scenario, scratch
from bench.spine import PASSWORD, _environment, _one_record

RUNS = 10_000
BATCH = 250
SMALL = (2_000, 6_000, 20_000, 60_000)
"""Sizes of the Runs' outputs in bytes, in turn."""
LARGE = ((600_000_000, 4), (100_000_000, 12), (8_000_000, 120))
"""(size in bytes, how many) of registered Datasets; every second is sealed."""


def recover() -> Result:
    """Backup beside a writer, a second one, and restore with all proofs."""
    from dalgubeol import kinds
    from dalgubeol.settings import Settings
    from dalgubeol.verbs.history import prove
    from dalgubeol.verbs.house import house as houses
    from dalgubeol.verbs.keeping import keep
    from dalgubeol.verbs.keeping.check import check
    from dalgubeol.verbs.keeping.restore import restore
    from dalgubeol.world.store import transfer

    kinds.KINDS["empty"] = "bench.empty:Empty"
    with scratch() as folder:
        settings = Settings.from_environment(_environment(folder))
        house = houses.found(settings, login="bench", name="bench", organisation="bench", password=PASSWORD)
        begun = time.perf_counter()
        size_gb = _fill(house, folder) / 1e9
        filled_s = time.perf_counter() - begun
        with _writing(house) as written:
            backup_s, first = _timed(lambda: keep.backup(house, folder / "backup"))
            again_s, second = _timed(lambda: keep.backup(house, folder / "backup"))
        beside = prove.checkpoint(house)
        raw_s = _copied_plainly(folder)
        target = Settings(site=folder / "again" / "site", keys=folder / "keys")
        restore_s, restored = _timed(lambda: restore(folder / "backup", target))
        verify_s, found = _timed(lambda: check(target))
        same = transfer.stored(target.site / "objects") == transfer.stored(settings.site / "objects")
        wrong = [finding.code for finding in found if not finding.ok]
        if wrong or not same or restored.size != second.size or not beside or not written:
            raise AssertionError(f"what was restored is not what was backed up: {wrong}")
        house.close()
    both_s = round(restore_s + verify_s, 1)
    figures = {
        "runs": RUNS, "objects": first.objects, "gb": round(size_gb, 2), "records": restored.size,
        "fill_s": round(filled_s, 1), "backup_s": backup_s, "backup_mb_per_s": round(1000 * size_gb / backup_s),
        "second_backup_s": again_s, "records_written_beside": len(written), "longest_write_ms": round(1000 * max(written), 1),
        "restore_s": restore_s, "verify_s": verify_s, "same_digests": same,
    }  # fmt: skip
    return Result(figures, (Bar("restore_and_verify_s", both_s, 120),), {"cp_and_sync_s": raw_s})


def _fill(house, folder: Path) -> int:  # type: ignore[no-untyped-def]
    """Everything, as the verbs would have made it, in large transactions. Returns bytes."""
    from dalgubeol.nouns.dataset import Form, Sensitivity
    from dalgubeol.verbs.datasets import register
    from dalgubeol.verbs.people import people

    people.sign_in(house, "bench", PASSWORD)
    who = people.signed_in(house)
    source, total = folder / "source.bin", 0
    for size, count in LARGE:
        for number in range(count):
            _random_file(source, size)
            register.add(
                house, who, source, name=f"large-{size}-{number}", form=Form.ARCHIVE,
                sensitivity=Sensitivity.PERSONAL if number % 2 else Sensitivity.INTERNAL,
            )  # fmt: skip
            total += size
    source.unlink()
    (folder / "one.csv").write_text("a\n1\n")
    given = register.add(house, who, folder / "one.csv", name="one", sensitivity=Sensitivity.INTERNAL)
    for start in range(0, RUNS, BATCH):
        total += _runs(house, who, given, range(start, start + BATCH))
    return total


def _runs(house, who, given, numbers: range) -> int:  # type: ignore[no-untyped-def]
    """Runs that are done, each with a report that it made and its Record."""
    from dalgubeol.digest import fresh_salt
    from dalgubeol.nouns.dataset import Dataset, DatasetState, Form
    from dalgubeol.nouns.run import Run, RunState
    from dalgubeol.verbs.house.clock import now
    from dalgubeol.verbs.house.transition import record
    from dalgubeol.verbs.runs.outcome import ran
    from dalgubeol.verbs.runs.recover import output_id
    from dalgubeol.world.store import datasets, runs

    staging = house.objects.stage()
    made = []
    for number in numbers:
        run_id = f"run-{number:018d}"
        writer = staging.writer(f"output-{number}")
        writer.sink.write(os.urandom(SMALL[number % len(SMALL)]))
        made.append((run_id, writer.finish()))

    def keep(connection) -> None:  # type: ignore[no-untyped-def]
        for run_id, staged in made:
            id_ = output_id(run_id, "nothing")
            run = Run(
                run_id, "empty", {"data": given.id}, (), {}, 0, who.actor.id, RunState.DONE, now(), 1, now(), now(),
                {"nothing": id_},
            )  # fmt: skip
            output = Dataset(
                id=id_, name=f"{run_id}-nothing", form=Form.REPORT, sensitivity=given.sensitivity, trade_secret=False,
                owner=who.actor.id, organisation=who.actor.organisation, columns=(), rows=None,
                size_bytes=staged.size_bytes, object_id=staged.object_id, state=DatasetState.KEPT, created_at=now(),
                made_by=run_id, sources=(given.id,),
            )  # fmt: skip
            house.objects.promote(staged)
            runs.add(connection, run, fresh_salt().hex())
            datasets.add(connection, output, bytes.fromhex(staged.plain_digest))
            record(connection, ran(connection, run, RunState.DONE, {"nothing": output}, None))

    house.write(keep)
    staging.close()
    return sum(staged.size_bytes for _, staged in made)


def _random_file(path: Path, size: int) -> None:
    with open(path, "wb") as file:
        left = size
        while left:
            left -= file.write(os.urandom(min(left, 8 << 20)))


def _writing(house):  # type: ignore[no-untyped-def]
    """Somebody who writes Records all the while; what each took, in seconds."""
    from contextlib import contextmanager

    @contextmanager
    def beside() -> Iterator[list[float]]:
        stop, took = threading.Event(), []

        def write() -> None:
            while not stop.is_set():
                begun = time.perf_counter()
                _one_record(house, f"beside/{len(took)}")
                took.append(time.perf_counter() - begun)
                time.sleep(0.01)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield took
        finally:
            stop.set()
            thread.join()

    return beside()


def _copied_plainly(folder: Path) -> float:
    """What `cp -r` of the objects and a sync take on this disk: nobody copies faster."""
    import shutil
    import subprocess

    begun = time.perf_counter()
    subprocess.run(["cp", "-r", str(folder / "site" / "objects"), str(folder / "plain")], check=True)
    subprocess.run(["sync", "-f", str(folder / "plain")], check=True)
    took = time.perf_counter() - begun
    shutil.rmtree(folder / "plain")
    return round(took, 1)


def _timed(work):  # type: ignore[no-untyped-def]
    begun = time.perf_counter()
    done = work()
    return round(time.perf_counter() - begun, 1), done


SCENARIOS = (Scenario("site-recover", "backup of a serving site of 10,000 Runs and 5 GB; restore and verify", recover),)  # fmt: skip
