"""Which files of the host a script's Python needs, and where they appear inside the sandbox.

Rules: only libraries, never programs: no shell, no set-user-id file, nothing of /etc but the loader's cache
and nothing of anybody's home. The interpreter appears under /python and installed packages under /packages,
wherever they lie on the host (a virtual environment's links are resolved), so that no path of the host is
told and the environment may lie below a home that the script's user cannot enter.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from ...nouns.script import ScriptLanguage

PYTHON = "/python"
_ALSO = {ScriptLanguage.R: ("/etc/R", "/usr/share/R")}
"""Beside the system's libraries, among which R lies: its settings, to which /usr/lib/R links, and its shared files."""
_SYSTEM_LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/libx32")
_ROOT_LIBRARIES = ("/lib", "/lib64", "/lib32", "/libx32")
_SYSTEM_DATA = ("/etc/ld.so.cache", "/usr/share/zoneinfo")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """How to show one Python inside: read-only binds (host, inside), links (target, inside), paths inside."""

    binds: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    executable: str
    libraries: str
    packages: tuple[str, ...]


def with_binds(interpreter: Interpreter, language: ScriptLanguage) -> Interpreter:
    """The same with what the language needs besides."""
    also = tuple((each, each) for each in _ALSO.get(language, ()) if os.path.isdir(each))
    return replace(interpreter, binds=interpreter.binds + also)


@cache
def this_interpreter() -> Interpreter:
    """The running Python and its installed packages."""
    base, program = Path(sys.base_prefix).resolve(), Path(sys.executable).resolve()
    executable = f"{PYTHON}/bin/{program.name}"
    libraries = [
        each for each in ("lib", "lib64") if (base / each).is_dir() and not (base / each).is_symlink()
    ]
    packages = _package_folders()
    binds = [(each, each) for each in (*_SYSTEM_LIBRARIES, *_SYSTEM_DATA) if os.path.exists(each)]
    binds += [(each, each) for each in _ROOT_LIBRARIES if os.path.isdir(each) and not os.path.islink(each)]
    binds += [(str(base / each), f"{PYTHON}/{each}") for each in libraries]
    binds += [(str(program), executable), *packages]
    links = [(os.readlink(each), each) for each in _ROOT_LIBRARIES if os.path.islink(each)]
    return Interpreter(
        tuple(binds),
        tuple(links),
        executable,
        ":".join(f"{PYTHON}/{each}" for each in libraries),
        tuple(inside for _, inside in packages),
    )


def _package_folders() -> list[tuple[str, str]]:
    """Every site or distribution packages folder in use, in the order of sys.path."""
    declared = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    used = [each for each in sys.path if Path(each).name in ("site-packages", "dist-packages")]
    folders = dict.fromkeys(
        str(Path(each).resolve()) for each in [*used, *sorted(declared)] if os.path.isdir(each)
    )
    return [(host, f"/packages/{number}") for number, host in enumerate(folders)]
