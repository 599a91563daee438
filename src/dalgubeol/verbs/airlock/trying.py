"""Trying a script at home: on a dummy, by the same kind that runs it in the zone, in the same sandbox.

The kind `analyse` is given the `Work` that it gets in the zone, with files of this machine behind it: same path of
the data, same limits, same checks of what comes out. What the script printed is told here, for here it is hers and
the data is made up. Bare, without a sandbox, the script runs as a program of whoever starts it: for a machine that
has no sandbox, and for one's own script only. Only data that is marked as a dummy is taken.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

from ...errors import DalguError, Invalid
from ...kinds import kind as kind_named
from ...kinds import path_of
from ...kinds.contract import Conditions, SandboxPort, ScriptOutcome
from ...kinds.safe_files import Method
from ...language import say
from ...nouns.dataset import Dataset, DatasetState, Form, Sensitivity
from ...nouns.script import ScriptLanguage
from ...world.identity import SignedIn
from ..datasets import register
from ..house.house import House
from ..runs.execute import StagedWork, loaded, papers
from ..runs.leased import LeasedSandbox
from ..runs.parameters import checked_parameters
from ..runs.submit import sandbox_backend
from . import dummies
from .safe_versions import Proposal, proposed_in

KIND = "analyse"
DATA = b"/data/data.parquet"
BROUGHT = b"/brought"
MARK = b"dalgubeol.dummy"
LONGEST_LOG = 64 << 10
_LONGEST_MARK = 4 << 10
_CONTEXT = "a trial at home, on dummy data"
_LINE = re.compile(rb'File "[^"]*script\.py", line ([0-9]+)')


@dataclass(frozen=True, slots=True)
class Tried:
    """What the zone would have put into the airlock; `error` where the script or a check ended it before that.
    `log` is what the script printed, the end of it."""

    files: Mapping[str, bytes]
    findings: tuple[Mapping[str, object], ...]
    error: DalguError | None
    log: str
    models: tuple[Mapping[str, Any], ...] = ()
    """What the attacks on each model among the files found (`model_reports`)."""
    proposals: tuple[Proposal, ...] = ()
    """Safe versions of what is held (`safe_versions`)."""


def fetched(house: House, who: SignedIn, name: str, folder: Path) -> Path:
    """The dummy of a Dataset as a file in `folder`; that it was handed out is recorded, as ever. Raises Missing."""
    (path,) = register.hand_out(house, who, dummies.released(house, name).dummy.id, folder)
    return path


def mark_of(data: Path) -> dict[str, Any]:
    """What a dummy says of itself: of which Dataset (`of.id`, `of.name`), edition, seed. Raises Invalid for a file that
    is none, or whose mark is not as a release writes it: real data is no data for trials."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        told = (pq.read_schema(data).metadata or {}).get(MARK)
    except (pa.ArrowException, OSError):
        told = None
    mark = _read_mark(told)
    if mark is None:
        raise Invalid(
            "try.data",
            say("{path} is not marked as dummy data.", path=data.name),
            say("Download the dummy of the Dataset: its page has it, and `dalgu zone try --data NAME` takes it from the site."),
        )  # fmt: skip
    return mark


def _read_mark(told: bytes | None) -> dict[str, Any] | None:
    """A mark as `release` writes one, or none. The file may come from anybody: its name is shown in a command."""
    if told is None or len(told) > _LONGEST_MARK:
        return None
    try:
        mark = json.loads(told)
    except (ValueError, RecursionError):
        return None
    of = mark.get("of") if isinstance(mark, dict) else None
    if not isinstance(of, dict) or not _is_line(of.get("id")) or not _is_line(of.get("name")):
        return None
    numbers = (mark.get("edition"), mark.get("seed"))
    counted = all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers)
    return mark if counted and mark["edition"] >= 1 else None


def _is_line(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(r"\w[\w .-]{0,99}", text) is not None


def tried(
    script: bytes, data: Path, *, seed: int = 0, bare: bool = False, conditions: Conditions | None = None,
    language: ScriptLanguage = ScriptLanguage.PYTHON, brought: Mapping[str, bytes] = MappingProxyType({}),
    safe: Method | None = None,
) -> Tried:  # fmt: skip
    """Run `script` on the dummy in `data`, with what is to be `brought` into the zone (by name); `safe`: take this safe
    version of the tables that the checks hold. Raises Invalid (script, data; bare is for Python only), Unavailable where
    there is no sandbox and bare was not asked for."""
    import pyarrow.parquet as pq

    mark = mark_of(data)
    try:
        text = script.decode()
    except UnicodeDecodeError:
        raise Invalid.field("script", expected=say("text in UTF-8"), got=say("something else")) from None
    if bare and language is not ScriptLanguage.PYTHON:
        raise Invalid.field("bare", expected=say("a script of Python"), got=language)
    asked = {"script": text, "context": _CONTEXT, "language": language.value, "safe": safe and safe.value}
    parameters = checked_parameters(kind_named(KIND), asked)
    backend = None if bare else sandbox_backend()
    about = {"dummy": mark}
    stand_in = Dataset(
        "ds-dummy", "dummy", Form.TABLE, Sensitivity.ANONYMOUS, False, "", "", (), pq.read_metadata(data).num_rows,
        data.stat().st_size, "", DatasetState.KEPT, "", about=about,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        order = {
            "run": "run-at-home", "attempt": 1, "kind": path_of(KIND), "parameters": parameters, "seed": seed,
            "conditions": (conditions or Conditions()).plain(),
            "inputs": {"data": {"dataset": papers(stand_in), "path": str(data), "key": None}},
            "outputs": {"files": {"id": "ds-out", "key": None}}, "staging": folder, "vault": {}, "basis": None,
            "key_edition": None, "mapping": {"write": None, "read": None}, "sandbox": backend, "earlier": [], "checkpoint": {},
            "brought": [],
        }  # fmt: skip
        return _carried_out(order, Path(folder), brought)


def _carried_out(order: Mapping[str, Any], folder: Path, brought: Mapping[str, bytes]) -> Tried:
    from ...kinds.archive import unpack

    kind = loaded(order["kind"])
    work = _WorkAtHome(kind, order, lambda line: None)
    work.at_hand = dict(brought)
    try:
        kind.execute(work)
        [made] = work.finished().values()
    except DalguError as error:
        return Tried({}, (), error, work.heard())
    finally:
        work.close()
    with open(folder / "output-files", "rb") as stream:
        files = unpack(stream)
    about: Any = made["about"]
    models = tuple(about.get("models", ()))
    return Tried(files, tuple(about["findings"]), None, work.heard(), models, proposed_in(about))


class _WorkAtHome(StagedWork):
    """The `Work` of the zone, whose script may be heard."""

    _home: _Sandboxed | _Bare | None = None
    at_hand: Mapping[str, bytes] = MappingProxyType({})

    @property
    def brought(self) -> dict[str, bytes]:
        return dict(self.at_hand)

    @property
    def sandbox(self) -> SandboxPort:
        backend = self._order["sandbox"]
        self._home = _Bare() if backend is None else _Sandboxed(backend)
        return self._home

    def heard(self) -> str:
        log = b"" if self._home is None else self._home.log
        return log[-LONGEST_LOG:].decode("utf-8", "replace")


class _Sandboxed(LeasedSandbox):
    log = b""

    def heard(self, log: bytes) -> None:
        self.log = log


class _Bare:
    """The script as a process of its own and nothing around it, but the limits of time. It finds the data where it
    looks for it: what stands in it as /data/data.parquet is read as the place where the dummy lies."""

    def __init__(self) -> None:
        self.log = b""

    def run_script(
        self, script: bytes, inputs: Mapping[str, Callable[[BinaryIO], None]], seed: int, conditions: Conditions,
        language: ScriptLanguage = ScriptLanguage.PYTHON, brought: Mapping[str, bytes] = MappingProxyType({}),
    ) -> ScriptOutcome:  # fmt: skip
        from ...world.sandbox.brought import is_plain_path
        from ...world.sandbox.bubblewrap import PYTHON_VARIABLES, seed_variables
        from ...world.sandbox.frames import is_plain_name
        from ...world.sandbox.shipped import HELPER_SOURCE, wants_helper

        with tempfile.TemporaryDirectory() as folder:
            place, out, came = Path(folder) / "data", Path(folder) / "out", Path(folder) / "brought"
            for each in (place, out, came):
                each.mkdir()
            for name, content in brought.items():
                if is_plain_path(name):
                    (came / name).parent.mkdir(parents=True, exist_ok=True)
                    (came / name).write_bytes(content)
            for name, write in inputs.items():
                with open(place / name, "wb") as sink:
                    write(sink)
            code = Path(folder) / "script.py"
            here = {DATA: os.fsencode(place / "data.parquet")}
            for end in (b"/", b"'", b'"'):  # the folder itself, too; not a longer name
                here[BROUGHT + end] = os.fsencode(came) + end
            code.write_bytes(_placed(script, here))
            if wants_helper(script, language):
                (Path(folder) / "dalgu_zone.py").write_bytes(_placed(HELPER_SOURCE.read_bytes(), here))
            path = os.pathsep.join(map(str, (came, *sorted(came.glob("*.whl")))))
            environment = {**os.environ, "PYTHONPATH": path, **seed_variables(seed), **PYTHON_VARIABLES}
            try:
                done = subprocess.run(
                    [sys.executable, str(code)], cwd=out, env=environment, stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=conditions.wall_s, check=False,
                )  # fmt: skip
            except subprocess.TimeoutExpired as late:
                self.log = late.stdout or b""
                return ScriptOutcome("limit", None, None, "wall", 0.0, 0, ())
            self.log = done.stdout
            if done.returncode != 0:
                return ScriptOutcome("error", _exception(done.stdout), _line(done.stdout), None, 0.0, 0, ())
            files = [
                (f.name, f.read_bytes()) for f in sorted(out.iterdir()) if f.is_file() and not f.is_symlink()
            ]
            plain = tuple((name, content) for name, content in files if is_plain_name(name))
            misnamed = sum(not name.startswith(".") for name, _ in files) - len(plain)
            return ScriptOutcome(
                "ok",
                None,
                None,
                None,
                0.0,
                0,
                plain,
                misnamed=misnamed,
                apart=len(list(out.iterdir())) - len(plain) - misnamed,
            )


def _placed(text: bytes, here: Mapping[bytes, bytes]) -> bytes:
    for inside, place in here.items():
        text = text.replace(inside, place)
    return text


def _exception(log: bytes) -> str:
    last = (log.strip().splitlines() or [b""])[-1].decode("utf-8", "replace")
    name = last.partition(":")[0].rpartition(".")[2]
    return name if name.isidentifier() else "Exception"


def _line(log: bytes) -> int | None:
    lines = _LINE.findall(log)
    return int(lines[-1]) if lines else None
