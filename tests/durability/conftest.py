"""A site that processes work on and are killed on, and what must be true of it afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dalgubeol.kinds.plant_log import example_log
from dalgubeol.nouns.dataset import DatasetState, Form, Sensitivity
from dalgubeol.nouns.permit import Purpose, Verdict
from dalgubeol.nouns.project import Basis
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.settings import Settings
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house import house as houses
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.people import people
from dalgubeol.verbs.permits import grant
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.verbs.projects import projects
from dalgubeol.verbs.runs.conduct import Conductor
from dalgubeol.world.identity import SignedIn
from dalgubeol.world.store import datasets, runs

PASSWORD = "a password for tests"
KILLED_AT = Path(__file__).with_name("killed_at.py")
PEOPLE = ("provider", "steward", "engineer", "analyst")
AS_PROVIDER = {"steward": "provider"}
"""Who decides at the provider's: not who pseudonymised."""
COUNTS = """import csv, pyarrow.parquet as pq
table = pq.read_table("/data/data.parquet")
with open("counts.csv", "w") as file:
    csv.writer(file).writerows([["rows"], [table.num_rows]])
"""
PSEUDONYMISE = (
    "run", "pseudonymise", "claims", "--project", "p1", "--person", "person_no", "--quasi", "age", "--keep", "cost",
    "--k", "2", "--suppression-limit", "0.5", "--generalise", '{"age": {"widths": [5, 10]}}', "--json",
)  # fmt: skip
ADAPT = ("run", "adapt", "log", "--batch", "batch", "--segments", "8", "--json")


def analyse(place: Place) -> tuple[str, ...]:
    return (
        "run", "analyse", "claims-p", "--script", str(place.folder / "counts.py"), "--context",
        "the number of rows of the table", "--json",
    )  # fmt: skip


WORK: dict[str, tuple[str, Callable[[Place], tuple[str, ...]]]] = {
    "pseudonymise": ("provider", lambda place: PSEUDONYMISE),
    "adapt": ("engineer", lambda place: ADAPT),
    "analyse": ("analyst", analyse),
}
"""What to run: who asks, and the command."""
COUNT = (
    "run", "count", "claims-p", "--groups", '{"cost": ["100", "200"]}', "--epsilon", "0.25", "--context",
    "claims of two amounts, with noise", "--json",
)  # fmt: skip
MORE_WORK = {**WORK, "count": ("analyst", lambda place: COUNT)}
"""With what needs the extra `noise`, and a Permit of its own."""


@dataclass
class Place:
    """One site in a folder of its own, used through processes and through verbs."""

    folder: Path
    lease_s: float = 15.0
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def site(self) -> Path:
        return self.folder / "site"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    def environment(self, login: str = "operator") -> dict[str, str]:
        return {
            **os.environ, "DALGU_SITE": str(self.site), "DALGU_KEYS": str(self.keys), "DALGU_LANG": "en",
            "DALGU_SESSION": str(self.folder / f"{login}.json"),
        }  # fmt: skip

    def settings(self, login: str = "operator") -> Settings:
        return replace(
            Settings(),
            site=self.site,
            keys=self.keys,
            session=self.folder / f"{login}.json",
            lease_s=self.lease_s,
        )

    @contextmanager
    def opened(self, login: str = "operator") -> Iterator[House]:
        with houses.open_house(self.settings(login)) as house:
            yield house

    def dalgu(self, login: str, *command: str) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        whole = [sys.executable, "-m", "dalgubeol", *command]
        return subprocess.run(whole, env=self.environment(login), capture_output=True, text=True, check=False)

    def start(self, login: str, *command: str, before: tuple[str, ...] = ("-m", "dalgubeol")) -> Started:
        """A command that goes on; its output is kept in the folder."""
        number = len(self.started)
        with (
            open(self.folder / f"stdout-{number}", "wb") as said,
            open(self.folder / f"stderr-{number}", "wb") as log,
        ):
            process = subprocess.Popen(
                [sys.executable, *before, *command], env=self.environment(login), stdout=said, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self.started.append(process)
        return Started(process, self.folder / f"stdout-{number}", self.folder / f"stderr-{number}")

    def killed_at(
        self, change: int | str, login: str, *command: str, roots: tuple[Path, ...] = ()
    ) -> tuple[int, list[str]]:
        """A command killed before a change (0: not at all) in the site, the keys or `roots`. Exit code, and the
        changes it told of."""
        tally = self.folder / "tally"
        tally.unlink(missing_ok=True)
        watched = (str(self.site), str(self.keys), *map(str, roots))
        started = self.start(
            login, "--", *command, before=(str(KILLED_AT), str(change), str(tally), *watched)
        )
        code = started.process.wait(timeout=120)
        return code, tally.read_text().splitlines() if tally.exists() else []

    def submitted(self, login: str, *command: str) -> str:
        """Queue a Run; its id."""
        done = self.dalgu(login, *command, "--no-wait")
        assert done.returncode == 0, done.stdout + done.stderr
        return str(json.loads(done.stdout)["id"])

    def runs(self) -> tuple[Run, ...]:
        with self.opened() as house, house.database.reading() as connection:
            return runs.listed(connection)

    def run(self, run_id: str) -> Run:
        with self.opened() as house, house.database.reading() as connection:
            return runs.find(connection, run_id)

    def conduct_to_end(self, timeout_s: float = 60) -> None:
        """A conductor in this process, until nothing waits."""
        with self.opened() as house, Conductor(house):
            wait_until(lambda: all(run.state.ended for run in _listed(house)), timeout_s)

    def processes(self) -> list[int]:
        """Everything that works on this site, whoever started it."""
        mark = f"DALGU_SITE={self.site}\0".encode()
        return [pid for pid in _pids() if pid != os.getpid() and mark in _read(pid, "environ")]

    def children(self, conductor: int) -> list[int]:
        """The warm and working children of a conductor: grandchildren by its nursery."""
        return [pid for nursery in nurseries(conductor) for pid in children_of(nursery)]


@dataclass
class Started:
    process: subprocess.Popen[bytes]
    stdout: Path
    stderr: Path

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def wait_until(so: Callable[[], bool], timeout_s: float = 60, pause_s: float = 0.02) -> None:
    ends = time.monotonic() + timeout_s
    while not so():
        assert time.monotonic() < ends, "waited too long"
        time.sleep(pause_s)


def check_whole(place: Place) -> None:
    """Everything ended once, nothing doubled, nothing lost, nothing left over."""
    wait_until(lambda: place.processes() == [], 20)
    with place.opened() as house:
        with house.database.reading() as connection:
            rows = datasets.listed(connection, limit=100_000)
            made = {run.id: datasets.of_run(connection, run.id) for run in runs.listed(connection)}
        live = [d for d in rows if d.state is not DatasetState.DESTROYED]
        for run in _listed(house):
            told = [r for r in prove.records(house, run.id, limit=1000) if r["event"] == "ran"]
            assert len(told) == (1 if run.state.ended else 0), (run, told)
            assert sorted(run.outputs.values()) == sorted(d.id for d in made[run.id])
            assert bool(run.outputs) is (run.state in (RunState.DONE, RunState.HELD, RunState.DECLINED))
        assert not [name for name, times in Counter(d.name for d in rows).items() if times > 1]
        for dataset in live:
            house.objects.check(dataset.object_id)
            key = house.keyring.dataset_key(dataset.id) if dataset.protected else None
            with house.objects.open(dataset.object_id, key, dataset.id) as content:
                while content.read(1 << 20):
                    pass
        prove.self_check(house)
        for permit in grant.listed(house):
            used = [r for r in _listed(house) if permit.id in r.permits and _counts(r)]
            assert permit.runs_used == len(used), permit
    assert [path.name for path in (place.site / "staging").iterdir()] == []
    stored = {f"{p.parent.name}{p.name}" for p in (place.site / "objects").rglob("*") if p.is_file()}
    assert stored == {d.object_id for d in live}
    assert {p.name for p in (place.keys / "data").iterdir()} == {f"{d.id}.key" for d in live if d.protected}
    assert [p.name for p in (place.keys / "vault").glob(".*")] == []


def _counts(run: Run) -> bool:
    return run.kind != "release" and run.state not in (RunState.CANCELLED, RunState.BROKEN)


def _listed(house: House) -> tuple[Run, ...]:
    with house.database.reading() as connection:
        return runs.listed(connection)


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _read(pid: int, what: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""


def nurseries(conductor: int) -> list[int]:
    """Not everything below a conductor: it tests the sandbox too."""
    return [
        pid for pid in children_of(conductor) if b"dalgubeol.world.engine.nursery" in _read(pid, "cmdline")
    ]


def children_of(pid: int) -> list[int]:
    try:
        lists = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for each in lists for child in each]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with people, data and a Permit, to be copied."""
    place = Place(tmp_path_factory.mktemp("durability"))
    with houses.found(
        place.settings(), login="operator", name="O", organisation="centre", password=PASSWORD
    ) as house:
        people.sign_in(house, "operator", PASSWORD)
        operator = people.signed_in(house)
        who = {login: _joined(place, house, operator, login) for login in PEOPLE}
        _bring(place, house, who)
    done = place.dalgu("provider", *PSEUDONYMISE, "--name", "claims-p")
    assert done.returncode == 0, done.stdout + done.stderr
    with place.opened() as house:
        _permit(house, who["analyst"], (who["steward"], operator))
    (place.folder / "counts.py").write_text(COUNTS)
    return place.folder


def _joined(place: Place, house: House, operator: SignedIn, login: str) -> SignedIn:
    role = AS_PROVIDER.get(login, login)
    code = people.invite(house, operator, login=login, name=login, organisation=f"{role} org", roles=[role])
    people.join(house, code, PASSWORD)
    people.sign_in(replace(house, settings=place.settings(login)), login, PASSWORD)
    return people.signed_in(house, place.folder / f"{login}.json")


def _bring(place: Place, house: House, who: dict[str, SignedIn]) -> None:
    claims, log = place.folder / "claims.csv", place.folder / "log.csv"
    rows = "".join(f"{i},Person {i},{20 + i % 30},{100 + i}\n" for i in range(400))
    claims.write_text("person_no,name,age,cost\n" + rows)
    log.write_bytes(example_log(12))
    register.add(house, who["provider"], claims, name="claims", sensitivity=Sensitivity.PERSONAL)
    projects.open_(
        house, who["provider"], name="p1", purpose=Purpose.STATISTICS, reason="counting rows", until="2099-12-31",
        basis=Basis.OTHER, evidence="a consent",  # of art. 28-2 an adequacy review would come first
    )  # fmt: skip
    register.add(house, who["engineer"], log, name="log", form=Form.SERIES, trade_secret=True)


def _permit(house: House, analyst: SignedIn, deciders: tuple[SignedIn, ...]) -> None:
    permit = grant.request(
        house, analyst, kinds=["analyse", "release"], names=["claims-p"], purpose=Purpose.STATISTICS,
        reason="counting rows of the table", until=str((datetime.now(UTC) + timedelta(days=30)).date()),
        asked=Asked(pledged="en"),
    )  # fmt: skip
    for each in deciders:
        grant.decide(house, each, permit.id, Verdict.GRANT)


@pytest.fixture
def place(template: Path, tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "place"
    shutil.copytree(template, folder, ignore=shutil.ignore_patterns("wake"))
    made = Place(folder)
    yield made
    for process in made.started:
        if process.poll() is None:
            process.kill()
            process.wait()
