"""The floors of the house: imports go down only, and everything has a name that says what it is."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import dalgubeol
from dalgubeol.kinds import KINDS

ROOT = Path(dalgubeol.__file__).parent
GROUND = {"errors", "settings", "logs", "traces", "digest", "language"}
FLOORS = ("ground", "client", "nouns", "methods", "rules", "world", "kinds", "verbs", "doors")
HEAVY = {"numpy", "pyarrow", "duckdb", "pandas", "sklearn", "scipy", "sqlalchemy", "pydantic", "alembic", "cryptography"}  # fmt: skip
LONGEST_FILE = 400
FULLEST_ROOM = 40
MADE = "tools/client.py"
"""What is made is not read: it is as long as the document of the API."""
KIND_MODULES = {path.partition(":")[0].removeprefix("dalgubeol.") for path in KINDS.values()}
EMPTY_NAMES = re.compile(r"(^|[._])(utils?|helpers?|common|misc)($|[._])")
EMPTY_VERBS = re.compile(r"_*(get|handle)_")

Module = tuple[str, ...]


def module_name(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


MODULES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}
PACKAGES = {name for name, path in MODULES.items() if path.name == "__init__.py"}


def imported(source: str, name: Module, is_package: bool) -> Iterator[Module]:
    """Every module of ours that `source` imports, wherever in the file: parts below `dalgubeol`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first, *rest = alias.name.split(".")
                if first == "dalgubeol":
                    yield tuple(rest)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                above = node.level - (1 if is_package else 0)
                base = name[: len(name) - above] if above else name
            elif (node.module or "").split(".")[0] == "dalgubeol":
                base = ()
            else:
                continue
            parts = tuple((node.module or "").split(".")) if node.module else ()
            target = base + (parts if node.level else parts[1:])
            for alias in node.names:
                yield (*target, alias.name) if (*target, alias.name) in MODULES or not target else target


def floor(name: Module) -> str | None:
    if not name or name in (("__main__",), ("__version__",)):
        return None
    return "ground" if name[0] in GROUND else name[0]


def held_against(name: Module, target: Module) -> str | None:
    """Why `name` may not import `target`; None if it may."""
    here, there = floor(name), floor(target)
    if here is None or there is None or here == "ground" == there:
        return None
    if here not in FLOORS or there not in FLOORS:
        return "stands on no floor"
    if there == "doors" and here != "doors":
        return "nothing imports doors"
    if FLOORS.index(there) > FLOORS.index(here):
        return "imports go down only"
    if {here, there} == {"rules", "methods"}:
        return "rules and methods are strangers"
    if here == "methods" and there not in ("methods", "ground"):
        return "methods know no nouns"
    if here == "world" and there == "methods":
        return "the world does no maths"
    if here == there == "world" and len(name) > 1 and len(target) > 1 and name[1] != target[1]:
        return "siblings in the world never import each other"
    if (
        here == "kinds"
        and there == "kinds"
        and len(target) > 1
        and ".".join(target[:2]) in KIND_MODULES
        and name != target
    ):
        return "a kind knows the contract and shared parts, no other kind"
    if here == "kinds" and there not in ("kinds", "methods", "nouns", "ground"):
        return "a kind sees the contract, methods and nouns only"
    return None


def top_level_imports(tree: ast.Module) -> Iterator[str]:
    """Names imported whenever the module is: not under TYPE_CHECKING, not in functions."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def violations(source: str, name: Module, is_package: bool = False) -> list[str]:
    reasons = {
        f"imports {'.'.join(target)}: {reason}"
        for target in imported(source, name, is_package)
        if (reason := held_against(name, target))
    }
    tree = ast.parse(source)
    reasons |= {
        f"function {node.name}: says nothing"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and EMPTY_VERBS.match(node.name)
    }
    if is_package:
        reasons |= {f"__init__ imports {m}" for m in top_level_imports(tree) if m.split(".")[0] in HEAVY}
    if EMPTY_NAMES.search(".".join(name)):
        reasons.add("a module's name says what is in it")
    if len(source.splitlines()) > LONGEST_FILE and MADE not in source[:300]:
        reasons.add(f"longer than {LONGEST_FILE} lines")
    return sorted(reasons)


@pytest.mark.parametrize("name", MODULES, ids=lambda name: ".".join(name) or "dalgubeol")
def test_every_module_keeps_to_its_floor(name: Module) -> None:
    assert violations(MODULES[name].read_text(), name, name in PACKAGES) == []


def test_no_room_is_a_list_of_a_hundred_files() -> None:
    rooms = Counter(path.parent for path in MODULES.values() if path.name != "__init__.py")
    assert {str(room): many for room, many in rooms.items() if many > FULLEST_ROOM} == {}


def test_all_floors_were_looked_at() -> None:
    assert len(MODULES) > 50
    assert {floor(name) for name in MODULES} >= {
        "ground",
        "nouns",
        "rules",
        "methods",
        "world",
        "kinds",
        "verbs",
    }


@pytest.mark.parametrize(
    ("name", "source", "reason"),
    [
        ("nouns.dataset", "from ..rules.granting import ruling", "imports go down only"),
        ("nouns.dataset", "def f():\n    from ..world.store import runs", "imports go down only"),
        ("digest", "import dalgubeol.nouns.run", "imports go down only"),
        ("rules.x", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..methods.privacy import risk", "strangers"),
        ("methods.x", "from ..rules import granting", "imports go down only"),
        ("methods.privacy.x", "from ...nouns.dataset import Column", "methods know no nouns"),
        ("world.store.x", "from ..ledger import log", "siblings"),
        ("world.identity", "from .store.files import write_whole", "siblings"),
        ("world.store.x", "from dalgubeol.world import identity", "siblings"),
        ("kinds.x", "from .release import Release", "no other kind"),
        ("kinds.x", "from ..rules import granting", "a kind sees"),
        ("kinds.x", "def f():\n    from ..world.engine import tables", "a kind sees"),
        ("verbs.x", "from ..doors.cli import main", "nothing imports doors"),
        ("verbs.x", "from .. import doors", "nothing imports doors"),
        ("cellar.x", "from ..errors import Invalid", "stands on no floor"),
        ("verbs.utils", "", "a module's name"),
        ("verbs.common.x", "", "a module's name"),
        ("verbs.x", "def get_it(): ...", "says nothing"),
        ("verbs.x", "class A:\n    async def _handle_it(self): ...", "says nothing"),
        ("verbs.x", "\n" * 401, "longer than"),
    ],
)  # fmt: skip
def test_a_module_that_breaks_a_law_is_found(name: str, source: str, reason: str) -> None:
    assert any(reason in found for found in violations(source, tuple(name.split("."))))


def test_a_package_that_imports_something_heavy_is_found() -> None:
    assert violations("import pyarrow as pa", ("kinds",), is_package=True) == ["__init__ imports pyarrow"]
    assert violations("from . import store\nfrom .store import runs", ("world",), is_package=True) == []


def test_a_module_that_keeps_the_laws_is_left_alone() -> None:
    source = (
        "from ..errors import Invalid\nfrom ..nouns.run import Run\nfrom .contract import Work\nimport re"
    )
    assert violations(source, ("kinds", "x")) == []


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {line.split(".")[0] for line in done.stdout.splitlines()}


@pytest.mark.parametrize(
    "statement",
    [
        "import dalgubeol",
        "import dalgubeol.kinds",
        "from dalgubeol import errors, settings, logs, digest, language",
    ],
)
def test_importing_the_house_loads_nothing_heavy(statement: str) -> None:
    assert not loaded_after(statement) & HEAVY


def test_a_heavy_import_would_be_seen() -> None:
    assert "numpy" in loaded_after("import numpy")
