"""Whatever is wrong, the command line says so in the reader's language with the next step, ends with the code of
its family, shows no traceback and leaves nothing half-written."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dalgubeol.world.ledger.note import Verifier
from dalgubeol.world.store.keys import Keyring

from .conftest import Visit

REFUSED, INVALID, MISSING, CONFLICT, UNAVAILABLE, TAMPERED, FAILED = 10, 11, 12, 13, 14, 15, 16
FAMILIES = {10: "refused", 11: "invalid", 12: "missing", 13: "conflict", 14: "unavailable", 15: "tampered"}
HANGUL = re.compile("[가-힣]")
PSEUDONYMISE = ("run", "pseudonymise", "claims", "--project", "p", "--quasi", "age", "--keep", "cost")
IMPATIENT = """
import sys
from dataclasses import replace
from dalgubeol.settings import Settings
plain = Settings.from_environment.__func__
Settings.from_environment = classmethod(lambda cls, given=None: replace(plain(cls, given), lock_timeout_s=0.5))
from dalgubeol.doors.cli import main
sys.argv[0] = "dalgu"
main()
"""


@dataclass(frozen=True)
class Try:
    """What somebody types, and as whom."""

    login: str
    command: tuple[str, ...]
    extra: dict[str, str] = field(default_factory=dict)
    typed: str = ""
    start: tuple[str, ...] = ()


Prepare = Callable[[Visit], Try]


def adding(name: str, content: bytes, *more: str) -> Prepare:
    def prepare(visit: Visit) -> Try:
        (visit.folder / name).write_bytes(content)
        return Try("provider", ("dataset", "add", name, "--sensitivity", "personal", *more))

    return prepare


def typing(login: str, *command: str, **extra: str) -> Prepare:
    return lambda visit: Try(login, command, extra)


def nested_parquet(visit: Visit) -> Try:
    pq.write_table(pa.table({"a": [[1, 2], [3]]}), visit.folder / "nested.parquet")
    return Try("provider", ("dataset", "add", "nested.parquet"))


def expired_session(visit: Visit) -> Try:
    with sqlite3.connect(visit.site / "state.db") as connection:
        connection.execute("UPDATE sessions SET expires_at = '2020-01-01T00:00:00.000+00:00'")
    connection.close()
    return Try("provider", ("dataset", "list"))


def garbage_session(visit: Visit) -> Try:
    visit.session("provider").write_bytes(b"\xff\x00garbage")
    return Try("provider", ("dataset", "list"))


def foreign_session(visit: Visit) -> Try:
    held = json.loads(visit.session("provider").read_text())
    held["half"] = "00" * 32
    visit.session("provider").write_text(json.dumps(held))
    return Try("provider", ("dataset", "list"))


def newer_site(visit: Visit) -> Try:
    with sqlite3.connect(visit.site / "state.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    return Try("provider", ("dataset", "list"))


def garbage_facts(visit: Visit) -> Try:
    (visit.site / "site.toml").write_bytes(b"id = \xff")
    return Try("provider", ("dataset", "list"))


def another_sites_keys(visit: Visit) -> Try:
    Keyring.create(visit.folder / "others")
    return Try("provider", ("dataset", "list"), {"DALGU_KEYS": str(visit.folder / "others")})


def lost_dataset_key(visit: Visit) -> Try:
    for path in (visit.keys / "data").iterdir():
        path.rename(visit.folder / path.name)
    return Try("provider", PSEUDONYMISE)


def lost_object(visit: Visit) -> Try:
    for path in (visit.site / "objects").rglob("*"):
        if path.is_file():
            path.rename(visit.folder / path.name)
    return Try("provider", PSEUDONYMISE)


def changed_object(visit: Visit) -> Try:
    for path in (visit.site / "objects").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-3] + b"abc")
    return Try("provider", PSEUDONYMISE)


def others_key(visit: Visit) -> Try:
    ring = Keyring.create(visit.folder / "others")
    origin = (visit.folder / "verifier.key").read_text().split("+")[0]
    key = Verifier.of(origin, ring.log_key()).text
    return Try("provider", ("ledger", "verify", "bundle", "--key", key))


def garbage_bundle(visit: Visit) -> Try:
    (visit.folder / "bundle").write_bytes(b"\x00\xff garbage\n" * 9)
    return Try("provider", ("ledger", "verify", "bundle", "--key", "verifier.key"))


def cut_bundle(visit: Visit) -> Try:
    whole = (visit.folder / "bundle").read_bytes()
    (visit.folder / "bundle").write_bytes(whole[: len(whole) // 2])
    return Try("provider", ("ledger", "verify", "bundle", "--key", "verifier.key"))


def existing_file(visit: Visit) -> Try:
    return Try("engineer", ("dataset", "get", "log", "--to", "log.csv"))


def wrong_password(visit: Visit) -> Try:
    return Try("provider", ("login", "provider", "--password-stdin"), typed="not the password\n")


CASES: dict[str, tuple[int, str, Prepare]] = {
    "an empty CSV": (INVALID, "invalid.file", adding("e.csv", b"")),
    "a CSV with a header only": (INVALID, "invalid.file", adding("e.csv", b"a,b\n")),
    "a ragged CSV": (INVALID, "invalid.file", adding("r.csv", b"a,b\n1,2\n1\n")),
    "mixed encodings": (INVALID, "invalid.file", adding("m.csv", "a,b\n가,1\n".encode("cp949") + "나,2\n".encode() + b"\xff\xff,3\n")),
    "a garbage Parquet": (INVALID, "invalid.file", adding("g.parquet", b"PAR1 garbage PAR1")),
    "a Parquet of lists": (INVALID, "invalid.column a", nested_parquet),
    "a garbage XLSX": (INVALID, "invalid.file", adding("g.xlsx", b"PK garbage")),
    "an unknown ending": (INVALID, "invalid.file", adding("g.docx", b"x")),
    "a name that is used": (CONFLICT, "dataset.name", adding("ok.csv", b"a,b\n1,2\n", "--name", "claims")),
    "a name that is no name": (INVALID, "invalid.name", adding("ok.csv", b"a,b\n1,2\n", "--name", "../x")),
    "anonymous by declaration": (INVALID, "invalid.sensitivity", adding("ok.csv", b"a,b\n1,2\n", "--sensitivity", "anonymous")),
    "a file that is not there": (MISSING, "file.missing", typing("provider", "dataset", "add", "nowhere.csv")),
    "a model that is not there": (MISSING, "file.missing", typing("provider", "dataset", "add", "nowhere.bin", "--form", "model")),
    "a folder for a file": (MISSING, "file.missing", typing("provider", "dataset", "add", "site", "--form", "model")),
    "an analyst who brings data": (REFUSED, "register.refused", typing("analyst", "dataset", "add", "log.csv", "--name", "x")),
    "no site": (MISSING, "site.missing", typing("provider", "dataset", "list", DALGU_SITE="nowhere")),
    "a damaged site.toml": (TAMPERED, "site.facts", garbage_facts),
    "a newer site": (CONFLICT, "site.newer", newer_site),
    "a second site in one folder": (CONFLICT, "site.exists", lambda visit: Try("operator", ("init", str(visit.site), "--password-stdin"), typed="long enough password\n")),
    "a short password for a new site": (INVALID, "invalid.password", lambda visit: Try("operator", ("init", "new", "--password-stdin"), {"DALGU_KEYS": "new-keys"}, typed="short\n")),
    "another site's keys": (INVALID, "invalid.DALGU_KEYS", another_sites_keys),
    "no keys": (UNAVAILABLE, "keys.missing", typing("provider", "dataset", "list", DALGU_KEYS="nowhere")),
    "nobody signed in": (REFUSED, "login.needed", typing("nobody", "dataset", "list")),
    "an expired session": (REFUSED, "login.needed", expired_session),
    "a garbage session": (REFUSED, "login.needed", garbage_session),
    "half a session": (REFUSED, "login.needed", foreign_session),
    "a used invitation": (REFUSED, "invitation.invalid", lambda visit: Try("nobody", ("join", "code", "--password-stdin"), typed="long enough password\n")),
    "an unknown role": (INVALID, "invalid.role", typing("operator", "person", "invite", "x", "--organisation", "y", "--role", "king")),
    "an invitation by somebody else": (REFUSED, "invite.refused", typing("analyst", "person", "invite", "x", "--organisation", "y", "--role", "analyst")),
    "an unknown kind": (MISSING, "kind.missing", typing("provider", "run", "nosuch", "claims")),
    "an unknown Dataset": (MISSING, "dataset.missing", typing("provider", "run", "pseudonymise", "nosuch", *PSEUDONYMISE[3:])),
    "the wrong form": (INVALID, "invalid.data", typing("engineer", "run", "pseudonymise", "log", *PSEUDONYMISE[3:])),
    "a parameter out of range": (INVALID, "invalid.k", typing("provider", *PSEUDONYMISE, "--k", "1")),
    "a parameter of the wrong type": (INVALID, "invalid.k", typing("provider", *PSEUDONYMISE, "--k", "many")),
    "a parameter that is missing": (INVALID, "invalid.project", typing("provider", "run", "pseudonymise", "claims", "--quasi", "age")),
    "a parameter that does not exist": (INVALID, "", typing("provider", *PSEUDONYMISE, "--nosuch", "1")),
    "JSON that is none": (INVALID, "invalid.JSON", typing("provider", *PSEUDONYMISE, "--generalise", "{")),
    "JSON in a file that is not there": (MISSING, "file.missing", typing("provider", *PSEUDONYMISE, "--generalise", "@nowhere.json")),
    "a script that is not there": (MISSING, "file.missing", typing("provider", "run", "analyse", "claims", "--script", "nowhere.py", "--context", "ten letters")),
    "no Permit": (REFUSED, "run.refused", typing("analyst", *PSEUDONYMISE)),
    "an unknown Permit": (MISSING, "permit.missing", typing("provider", "permit", "grant", "permit-x")),
    "a Permit for an unknown Dataset": (MISSING, "dataset.missing", typing("analyst", "permit", "request", "nosuch", "--kind", "analyse", "--purpose", "statistics", "--reason", "counting the rows", "--until", "2099-01-01")),
    "a Permit for an unknown kind": (MISSING, "kind.missing", typing("analyst", "permit", "request", "claims", "--kind", "nosuch", "--purpose", "statistics", "--reason", "counting the rows", "--until", "2099-01-01")),
    "a Permit until no day": (INVALID, "invalid.until", typing("analyst", "permit", "request", "claims", "--kind", "analyse", "--purpose", "statistics", "--reason", "counting the rows", "--until", "tomorrow")),
    "an unknown Run": (MISSING, "run.missing", typing("provider", "runs", "cancel", "run-x")),
    "an unknown review": (MISSING, "review.missing", typing("reviewer1", "airlock", "show", "run-x")),
    "personal data to take out": (REFUSED, "export.refused", typing("provider", "dataset", "get", "claims")),
    "a file where a folder is asked": (INVALID, "invalid.folder", existing_file),
    "somebody else's Dataset to destroy": (REFUSED, "destroy.refused", typing("engineer", "dataset", "destroy", "claims", "--yes")),
    "a bundle into no folder": (INVALID, "invalid.bundle", typing("operator", "ledger", "export", "nowhere/bundle")),
    "a bundle that is not there": (MISSING, "bundle.missing", typing("provider", "ledger", "verify", "nowhere", "--key", "verifier.key")),
    "a garbage bundle": (TAMPERED, "", garbage_bundle),
    "half a bundle": (TAMPERED, "", cut_bundle),
    "another ledger's key": (TAMPERED, "", others_key),
    "a garbage key": (INVALID, "", typing("provider", "ledger", "verify", "bundle", "--key", "garbage")),
    "an older checkpoint that is not there": (MISSING, "file.missing", typing("provider", "ledger", "verify", "bundle", "--key", "verifier.key", "--since", "nowhere")),
}  # fmt: skip

WITHOUT_JSON: dict[str, tuple[int, Prepare]] = {
    "a wrong password": (REFUSED, wrong_password),
    "an unknown login": (
        REFUSED,
        lambda visit: Try("x", ("login", "nobody", "--password-stdin"), typed="x\n"),
    ),
}


def tried(visit: Visit, prepared: Try, language: str, *more: str) -> subprocess.CompletedProcess[str]:
    return visit.dalgu(
        prepared.login, *prepared.command, *more, language=language, typed=prepared.typed, start=prepared.start,
        **prepared.extra,
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_said(visit: Visit, case: str) -> None:
    exit_code, code, prepare = CASES[case]
    prepared = prepare(visit)
    before = visit.state()
    ways = (("ko",), ("en", "--json"), ("ko", "--json"))
    with ThreadPoolExecutor() as pool:
        text, *answers = pool.map(lambda way: tried(visit, prepared, *way), ways)
    check_text(text, exit_code)
    english, korean = (check_json(answer, exit_code, code) for answer in answers)
    for part in ("detail", "next_step"):
        assert not HANGUL.search(english[part].replace("대구", "")), english
        assert HANGUL.search(korean[part]), korean
    assert visit.state() == before
    assert not (visit.folder / "new-keys").exists()
    assert not (visit.folder / "new").exists()


@pytest.mark.parametrize("case", WITHOUT_JSON)
def test_what_is_wrong_is_said_to_people(visit: Visit, case: str) -> None:
    exit_code, prepare = WITHOUT_JSON[case]
    check_text(tried(visit, prepare(visit), "ko"), exit_code)


def check_text(done: subprocess.CompletedProcess[str], exit_code: int) -> None:
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    assert done.returncode == exit_code, said
    assert [line for line in done.stderr.splitlines() if line.startswith("→ ") and len(line) > 8], said


def check_json(done: subprocess.CompletedProcess[str], exit_code: int, code: str) -> dict[str, str]:
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    assert done.returncode == exit_code, said
    error: dict[str, str] = json.loads(done.stdout)["error"]
    assert error["family"] == FAMILIES[exit_code]
    assert error["code"] == code or not code
    assert {"family", "code", "detail", "next_step"} <= error.keys()
    return error


FAULTS: dict[str, tuple[int, str, Prepare]] = {
    "an unknown column": (16, "invalid.columns", typing("provider", *PSEUDONYMISE, "--keep", "nosuch")),
    "a column named twice": (16, "invalid.columns", typing("provider", *PSEUDONYMISE, "--keep", "age")),
    "a key that is gone": (17, "key.destroyed", lost_dataset_key),
    "bytes that are gone": (17, "object.missing", lost_object),
    "bytes that were changed": (17, "", changed_object),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_run_that_does_not_work_is_an_answer_with_a_fault(visit: Visit, case: str) -> None:
    exit_code, code, prepare = FAULTS[case]
    prepared = prepare(visit)
    before = visit.state()
    check_text(tried(visit, prepared, "ko"), exit_code)
    done = tried(visit, prepared, "en", "--json")
    assert (done.returncode, "Traceback" in done.stderr) == (exit_code, False)
    fault = json.loads(done.stdout)["fault"]
    assert fault["code"] == code or not code
    assert fault["message"]
    assert fault["next_step"]
    assert visit.state() == before


def test_a_locked_database_is_said(visit: Visit) -> None:
    before = visit.state()
    connection = sqlite3.connect(visit.site / "state.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        prepared = Try(
            "provider", ("dataset", "add", "claims.csv", "--name", "x", "--sensitivity", "personal"),
            start=(sys.executable, "-c", IMPATIENT),
        )  # fmt: skip
        check_text(tried(visit, prepared, "ko"), UNAVAILABLE)
        check_json(tried(visit, prepared, "en", "--json"), UNAVAILABLE, "database.locked")
    finally:
        connection.rollback()
        connection.close()
    assert visit.state() == before


def test_two_conductors_are_one_too_many(visit: Visit) -> None:
    first = subprocess.Popen(
        [sys.executable, "-m", "dalgubeol", "conduct"], env=visit.environment("operator", "en"),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        ends = time.monotonic() + 30
        while not (visit.site / "wake").exists() and time.monotonic() < ends:
            time.sleep(0.05)
        check_text(tried(visit, Try("operator", ("conduct",)), "ko"), CONFLICT)
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()


@pytest.mark.parametrize("sensitivity", ["personal", "internal"])
def test_a_full_disk_is_said_and_nothing_is_half_written(visit: Visit, sensitivity: str) -> None:
    if os.getuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root may mount a small disk of its own")
    small = visit.folder / "small"
    small.mkdir()
    big = visit.folder / "big.csv"
    big.write_text("a,b\n" + "".join(f"{i},{i * 7919 % 1_000_003}\n" for i in range(600_000)))
    script = visit.folder / "full.sh"
    script.write_text(FULL_DISK)
    done = subprocess.run(
        ["unshare", "-m", "bash", str(script), str(visit.folder), sys.executable, sensitivity],
        env=visit.environment("provider", "en"), capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    if "cannot mount" in done.stderr:
        pytest.skip("this machine does not let us mount a tmpfs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    answer = json.loads(done.stdout.splitlines()[0])
    assert answer["error"]["code"] == "disk.full"
    assert [line for line in done.stdout.splitlines() if line.startswith("exit")] == ["exit 14", "exit 14"]
    assert "after: 2 Datasets, staging empty, keys 1" in done.stdout, done.stdout + done.stderr


FULL_DISK = """
set -u
folder=$1 python=$2 sensitivity=$3
mount --make-rprivate / && mount -t tmpfs -o size=3m tmpfs $folder/small || { echo "cannot mount" >&2; exit 1; }
cp -r $folder/site $folder/keys $folder/small/
export DALGU_SITE=$folder/small/site DALGU_KEYS=$folder/small/keys
$python -m dalgubeol dataset add $folder/big.csv --name big --sensitivity $sensitivity --json
echo "exit $?"
$python -m dalgubeol dataset add $folder/big.csv --name big --sensitivity $sensitivity >&2
echo "exit $?"
count=$($python -m dalgubeol dataset list --json | $python -c 'import json, sys; print(len(json.load(sys.stdin)))')
staging=$(ls -A $folder/small/site/staging)
echo "after: $count Datasets, staging ${staging:-empty}, keys $(ls -A $folder/small/keys/data | wc -l)"
"""


def test_every_family_is_met() -> None:
    assert {exit_code for exit_code, _, _ in CASES.values()} == set(FAMILIES)
    assert Path(__file__).parent.name == "journeys"
