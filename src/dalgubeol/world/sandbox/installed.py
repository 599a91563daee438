"""What scripts find installed in the sandbox, and one digest of all of it: so that a Record can say with what a
result was made.

The digest is SHA-256 over the Python version and, for every installed distribution, its name, version and the
hashes of its files as its RECORD states them (packaging.python.org, "Recording installed projects"); for R, over
each package's DESCRIPTION. It changes when anything that a script can import is changed by its installer.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ...digest import canonical
from .driver_r import PROGRAM, R_HOME
from .interpreter import this_interpreter

SHOWN = (
    "numpy",
    "pandas",
    "polars",
    "scipy",
    "scikit-learn",
    "statsmodels",
    "matplotlib",
    "duckdb",
    "pyarrow",
)


@dataclass(frozen=True, slots=True)
class Environment:
    """`versions` of what the manual names, `missing` what of it is not there, `r` the version of R or None."""

    digest: str
    python: str
    versions: dict[str, str]
    missing: tuple[str, ...]
    r: str | None


def environment_installed() -> Environment:
    """What is installed now. Reads a few hundred small files where a folder of packages changed, else nothing."""
    folders = [host for host, inside in this_interpreter().binds if inside.startswith("/packages/")]
    libraries = [each for each in (R_HOME / "library", R_HOME / "site-library") if each.is_dir() and PROGRAM.exists()]  # fmt: skip
    places = tuple((each, Path(each).stat().st_mtime_ns) for each in (*folders, *map(str, libraries)))
    return _surveyed(places, len(folders))


@lru_cache(maxsize=4)
def _surveyed(places: tuple[tuple[str, int], ...], of_python: int) -> Environment:
    python = platform.python_version()
    found = sorted(each for folder, _ in places[:of_python] for each in _distributions(Path(folder)))
    described = sorted(each for folder, _ in places[of_python:] for each in _described(Path(folder)))
    digest = hashlib.sha256(canonical({"python": python, "packages": found, "r": described})).hexdigest()
    versions = {name.lower().replace("_", "-"): version for name, version, _ in found}
    return Environment(
        digest, python, {name: versions[name] for name in SHOWN if name in versions},
        tuple(name for name in SHOWN if name not in versions),
        next((version for name, version, _ in described if name == "base"), None),
    )  # fmt: skip


def _distributions(folder: Path) -> Iterator[tuple[str, str, str]]:
    for each in folder.glob("*.dist-info"):
        name, _, version = each.name.removesuffix(".dist-info").partition("-")
        record = each / "RECORD"
        lines = record.read_text(encoding="utf-8", errors="replace").splitlines() if record.exists() else []
        hashed = sorted(line for line in lines if ",sha256=" in line and not line.startswith(("..", "/")))
        yield name, version, hashlib.sha256("\n".join(hashed).encode()).hexdigest()


def _described(library: Path) -> Iterator[tuple[str, str, str]]:
    for each in library.glob("*/DESCRIPTION"):
        text = each.read_bytes()
        version = next((line[9:] for line in text.decode("utf-8", "replace").splitlines() if line.startswith("Version: ")), "")  # fmt: skip
        yield each.parent.name, version, hashlib.sha256(text).hexdigest()
