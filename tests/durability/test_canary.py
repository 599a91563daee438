"""A canary planted in personal data is found nowhere outside what is encrypted: not in the site, its keys, the
temporary folders, the logs of any process or the Records, however the work was cut off."""

from __future__ import annotations

import mmap
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from dalgubeol.nouns.permit import Purpose, Verdict
from dalgubeol.nouns.run import RunState
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.people import people
from dalgubeol.verbs.permits import grant
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.world.store import datasets

from .conftest import Place, check_whole, wait_until

HANGUL = "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허고노도로모보소오조초코토포호"
LOUD = """import sys, pyarrow.parquet as pq
rows = pq.read_table("/data/data.parquet").to_pylist()
found = [value for row in rows for value in row.values() if isinstance(value, str) and len(value) > 12]
print(found, flush=True)
print(found, file=sys.stderr, flush=True)
for place in ("/tmp/found.txt", "/dev/shm/found.txt"):
    try:
        open(place, "w").write(repr(found))
    except OSError:
        pass
open("found.csv", "w").write("value\\n" + "\\n".join(found))
assert found
"""
PATIENT = LOUD + "import time\ntime.sleep(30)\n"
RAISING = LOUD + "raise ValueError(found)\n"


@pytest.fixture
def canary() -> str:
    """New each time, so that no source file and no earlier test holds it."""
    return "".join(random.SystemRandom().choices(HANGUL, k=16))


def spellings(canary: str) -> tuple[bytes, ...]:
    encodings = ("utf-8", "utf-16-le", "utf-16-be", "cp949")
    return (
        *(canary.encode(each) for each in encodings),
        canary.encode("unicode_escape"),
        ascii(canary)[1:-1].encode(),
    )


def found_in(folders: list[Path], canary: str, since: float) -> list[Path]:
    needles = spellings(canary)
    return [path for folder in folders for path in recent_files(folder, since) if holds(path, needles)]


def recent_files(folder: Path, since: float) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            try:
                facts = path.lstat()
            except OSError:
                continue
            if path.is_file() and facts.st_uid == os.getuid() and facts.st_mtime >= since - 2:
                yield path


def holds(path: Path, needles: tuple[bytes, ...]) -> bool:
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return any(content.find(needle) >= 0 for needle in needles)
    except (OSError, ValueError):  # gone, or empty
        return False


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "cp949", "unicode_escape"])
def test_a_canary_in_the_open_is_found(tmp_path: Path, canary: str, encoding: str) -> None:
    (tmp_path / "leak.bin").write_bytes(b"\0" * 100_000 + canary.encode(encoding) + b"\xff")
    assert found_in([tmp_path], canary, time.time()) == [tmp_path / "leak.bin"]


@pytest.mark.slow
def test_a_canary_in_personal_data_is_nowhere_but_in_what_is_encrypted(
    place: Place, tmp_path: Path, canary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = time.time()
    temporary = Path(tempfile.mkdtemp(prefix="d-"))  # short: a socket of the sandbox's self-test goes there
    monkeypatch.setenv("TMPDIR", str(temporary))
    sources = tmp_path / "sources"
    write_sources(sources, canary)
    register(place, sources)
    pseudonymise(place)
    analyse(place)
    bundle(place)
    check_whole(place)
    assert plain_holds(place, canary)
    for source in sources.iterdir():
        source.unlink()
    assert records_hold(place, canary) == []
    assert found_in([place.folder, temporary, Path("/tmp"), Path("/dev/shm")], canary, begun) == []
    shutil.rmtree(temporary)


def write_sources(folder: Path, canary: str) -> None:
    folder.mkdir()
    rows = [[i, canary if i == 7 else f"Person {i}", 20 + i % 30, canary if i % 40 == 9 else "note", 100 + i] for i in range(400)]  # fmt: skip
    header = ["person_no", "name", "age", "remark", "cost"]
    text = "\n".join(",".join(str(cell) for cell in row) for row in [header, *rows]) + "\n"
    (folder / "birds.csv").write_text(text, encoding="cp949")
    (folder / "ragged.csv").write_text(text + f"1,{canary}\n", encoding="cp949")
    (folder / "mixed.csv").write_bytes(text.encode("cp949") + canary.encode() + b",\xff\xfe\n")
    book = openpyxl.Workbook()
    for row in [header, *rows]:
        book.active.append(row)
    book.save(folder / "birds.xlsx")


def register(place: Place, sources: Path) -> None:
    def add(file: str, name: str) -> tuple[str, ...]:
        return ("dataset", "add", str(sources / file), "--name", name, "--sensitivity", "personal")

    for moment in ("open content>os.rename", "os.rename content>before commit"):
        assert place.killed_at(moment, "provider", *add("birds.csv", "birds"))[0] == -9
        assert place.killed_at(moment, "provider", *add("birds.xlsx", "sheet"))[0] == -9
    place.conduct_to_end()
    for file, name in (("birds.csv", "birds"), ("birds.xlsx", "sheet")):
        assert place.start("provider", *add(file, name)).process.wait() == 0
    for file in ("ragged.csv", "mixed.csv"):
        assert place.start("provider", *add(file, "bad")).process.wait() == 11


def pseudonymise(place: Place) -> None:
    command = (
        "run", "pseudonymise", "birds", "--project", "p1", "--person", "person_no", "--quasi", "age", "--keep",
        "cost", "--keep", "remark", "--k", "2", "--suppression-limit", "0.5", "--generalise",
        '{"age": {"widths": [5, 10]}}', "--name", "birds-p",
    )  # fmt: skip
    assert place.killed_at("os.rename output>before commit", "provider", *command)[0] == -9
    place.conduct_to_end()
    bad = (*command[:3], *command[3:], "--keep", "name")  # a direct identifier cannot be kept: a fault
    assert place.start("provider", *bad[:-4], "--keep", "name").process.wait() == 16


def analyse(place: Place) -> None:
    with place.opened() as house:
        who = {login: people.signed_in(house, place.folder / f"{login}.json") for login in ("analyst", "steward", "operator")}  # fmt: skip
        until = str((datetime.now(UTC) + timedelta(days=9)).date())
        permit = grant.request(
            house, who["analyst"], kinds=["analyse"], names=["birds-p"], purpose=Purpose.STATISTICS,
            reason="looking for birds", until=until, asked=Asked(pledged="en"),
        )  # fmt: skip
        for login in ("steward", "operator"):
            grant.decide(house, who[login], permit.id, Verdict.GRANT)
    for name, script in (("patient", PATIENT), ("raising", RAISING), ("loud", LOUD)):
        (place.folder / f"{name}.py").write_text(script)

    def command(name: str) -> tuple[str, ...]:
        script = str(place.folder / f"{name}.py")
        return ("run", "analyse", "birds-p", "--script", script, "--context", "birds that sing")

    started = place.start("analyst", *command("patient"))
    wait_until(lambda: started.process.poll() is not None or any(r.stage for r in place.runs()), pause_s=0.1)
    assert started.process.poll() is None, started.stderr.read_text()
    time.sleep(2)  # the script has printed and written by now
    run = next(r for r in place.runs() if r.state is RunState.RUNNING)
    started.kill()
    assert place.start("analyst", "runs", "cancel", run.id).process.wait() == 0
    place.conduct_to_end()
    assert place.run(run.id).state is RunState.CANCELLED
    assert place.start("analyst", *command("raising")).process.wait() == 16
    assert place.start("analyst", *command("loud")).process.wait() == 18


def bundle(place: Place) -> None:
    assert place.start("operator", "ledger", "export", str(place.folder / "bundle")).process.wait() == 0
    assert place.start("operator", "runs").process.wait() == 0
    assert place.start("operator", "airlock", "list", "--json").process.wait() == 0
    assert place.start("operator", "dataset", "show", "birds-p").process.wait() == 0


def plain_holds(place: Place, canary: str) -> bool:
    """It really is in there: the test would otherwise prove nothing."""
    with place.opened() as house, house.database.reading() as connection:
        found = datasets.find(connection, "birds-p")
        key = house.keyring.dataset_key(found.id)
        with house.objects.open(found.object_id, key, found.id) as content:
            return canary.encode() in content.read()


def records_hold(place: Place, canary: str) -> list[int]:
    with place.opened() as house:
        told = prove.records(house, limit=10_000)
    return [record["record"] for record in told if canary in str(record)]
