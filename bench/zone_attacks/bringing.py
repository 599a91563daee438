"""What comes into the zone attacked: files swapped before and after the vote, approvals for another Permit, approvals
that nobody gave, votes on what comes in used for what leaves, packages and modules that carry what nobody looks for."""

from __future__ import annotations

import importlib.machinery
import pickle
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.zone_attacks.harness import Attack, Trial, of_act, swapped
from bench.zone_attacks.wheels import wheel
from dalgubeol.kinds import bring_in
from dalgubeol.methods.bringing.laid_out import laid_out
from dalgubeol.rules.airlock import Case
from dalgubeol.world.sandbox.defences import NONE_LEFT_OUT, Defence
from dalgubeol.world.sandbox.limits import Limits
from dalgubeol.world.sandbox.script import run_script

if TYPE_CHECKING:
    from bench.zone_attacks.town import Town
    from dalgubeol.nouns.permit import Permit
    from dalgubeol.nouns.run import Run

REGIONS = b"code,region\n11,north\n26,south\n27,east\n"
FILES = {"codes.csv": REGIONS}
SWAPPED = {"codes.csv": REGIONS + b"99,elsewhere\n"}
NAME = "tinyrates-1.0-py3-none-any.whl"
CODE = {"tinyrates/__init__.py": b"RATE = 7\n"}


# --- between offer and use ----------------------------------------------------------------------------


def _swap(town: Town, run: Run) -> None:
    """Whoever has the machine and its keys puts other bytes in the place of those that wait, sealed with their key."""
    from dalgubeol.digest import fresh_id
    from dalgubeol.kinds.archive import pack
    from dalgubeol.world.store import datasets

    house = town.house
    with house.database.reading() as connection:
        held = datasets.find(connection, run.outputs["files"])
    staging = house.objects.stage(fresh_id("swap"))
    writer = staging.writer("content", house.keyring.dataset_key(held.id), held.id)
    writer.sink.write(pack(SWAPPED))
    staged = writer.finish()
    house.write(lambda connection: house.objects.promote(staged))
    town.change("UPDATE datasets SET object_id = ?, size_bytes = ? WHERE id = ?", staged.object_id, staged.size_bytes, held.id)  # fmt: skip


def _given(town: Town, run: Run) -> Mapping[str, bytes]:
    """What a script of the zone would be given, by the very code of the child that runs it. Raises Tampered."""
    from dalgubeol.kinds import path_of
    from dalgubeol.kinds.archive import manifest
    from dalgubeol.kinds.contract import Conditions
    from dalgubeol.verbs.runs import execute
    from dalgubeol.world.store import datasets

    house = town.house
    with house.database.reading() as connection:
        held = datasets.find(connection, run.outputs["files"])
    came = {
        "dataset": execute.papers(held), "path": str(house.objects.path(held.object_id)),
        "key": house.keyring.dataset_key(held.id).hex(), "manifest": manifest(FILES),
    }  # fmt: skip
    order: dict[str, Any] = {
        "kind": path_of("analyse"), "parameters": {"script": "1", "context": "how many rows there are"}, "seed": 0,
        "conditions": {n: getattr(Conditions(), n) for n in Conditions.__slots__ if n != "disclosure"}, "inputs": {},
        "brought": [came],
    }  # fmt: skip
    work = execute.StagedWork(execute.loaded(order["kind"]), order, lambda line: None)
    try:
        return work.brought
    finally:
        work.close()


def _after_the_votes(town: Town, permit: Permit) -> bool:
    run = town.offered(permit, FILES)
    town.vote(run)
    _swap(town, run)
    return _given(town, run) == SWAPPED


def _between_the_votes(town: Town, permit: Permit) -> bool:
    from dalgubeol.rules.airlock import ReviewState

    run = town.offered(permit, FILES)
    town.vote(run, "reviewer1")
    _swap(town, run)
    return town.vote(run, "reviewer2").state is ReviewState.RELEASED


def _there_for(town: Town, permit: Permit) -> list[str]:
    """Submissions that a Run under this Permit would be given. Raises Tampered."""
    from dalgubeol.digest import fresh_id
    from dalgubeol.nouns.run import Run, RunState
    from dalgubeol.verbs.airlock import bringing

    asked = Run(fresh_id("run"), "analyse", {}, (permit.id,), {}, 0, permit.holder, RunState.QUEUED, "2026-01-01T00:00:00Z")  # fmt: skip
    with town.house.database.reading() as connection:
        return [each.run for each in bringing.for_run(town.house, connection, asked)]


def _under_another_permit(town: Town, permit: Permit) -> bool:
    from dalgubeol.verbs.permits import grant

    run = town.offered(permit, FILES)
    town.vote(run)
    grant.withdraw(town.house, town.who("analyst"), permit.id)
    other = town.permitted("analyse", "release")
    town.change("UPDATE reviews SET permit = ? WHERE run = ?", other.id, run.id)
    return _there_for(town, other) == [run.id]


def _that_nobody_gave(town: Town, permit: Permit) -> bool:
    run = town.offered(permit, FILES)
    town.vote(run, "reviewer1")
    town.change("UPDATE reviews SET state = 'released' WHERE run = ?", run.id)
    town.change("UPDATE datasets SET state = 'kept' WHERE id = ?", run.outputs["files"])
    return _there_for(town, permit) == [run.id]


def _in_for_out(town: Town, permit: Permit) -> bool:
    """The votes on what comes in let the same files out."""
    from dalgubeol.rules.airlock import ReviewState

    run = town.offered(permit, FILES)
    town.vote(run, "reviewer1")
    town.change("UPDATE reviews SET direction = 'out', permit = NULL WHERE run = ?", run.id)
    return town.vote(run, "reviewer2").state is ReviewState.APPROVED


def _by_the_authors_firm(town: Town, permit: Permit) -> bool:
    return len(town.vote(town.offered(permit, FILES), "twin").votes) == 1


def _of_votes(
    id_: str, stopped_by: str, act: Callable[[Town, Permit], bool], off: Mapping[str, object]
) -> Attack:
    def tried(trial: Trial) -> bool:
        with trial.town() as town:
            return act(town, town.permitted("analyse", "release"))

    return of_act(f"bringing in: {id_}", "bringing", stopped_by, tried, swapped(off), slow=True)


def _agrees(files: object, salt: str = "") -> str:
    from dalgubeol.kinds.archive import manifest

    return manifest(FILES)


_UNSIGNED = {"verbs.airlock.bringing.check_votes": lambda *given: None}
_VOTES = (
    _of_votes("files that are swapped after the votes", "the digest of what was voted on", _after_the_votes, {"verbs.runs.execute.manifest": _agrees}),
    _of_votes("files that are swapped between the votes", "the digest of what was voted on", _between_the_votes, {"verbs.airlock.bringing.manifest": _agrees}),
    _of_votes("an old approval used under another Permit", "the signatures of votes", _under_another_permit, _UNSIGNED),
    _of_votes("an approval that nobody gave", "votes counted before every Run", _that_nobody_gave, {"verbs.airlock.bringing.needed": lambda votes: 0, "verbs.airlock.bringing.outcome": lambda votes: Case.AGREED}),
    _of_votes("a vote on what comes in used for what leaves", "the signatures of votes", _in_for_out, {"verbs.airlock.review.check_votes": lambda *given: None, "verbs.airlock.letting_out.exporting": lambda *given: ()}),
    _of_votes("the author under a second account of the same organisation", "organisations compared as people read them", _by_the_authors_firm, {"rules.reviewing.same_organisation": lambda one, other: one == other}),
)  # fmt: skip


# --- what the scan holds ------------------------------------------------------------------------------

CARRIERS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "a zip bomb": lambda: (NAME, wheel({"big.txt": b"0" * (70 << 20)})),
    "a path that leads out": lambda: (NAME, wheel({**CODE, "../../x.py": b"x = 1\n"})),
    "compiled code under another name": lambda: (NAME, wheel({**CODE, "tinyrates/a.txt": b"\x7fELF" + b"\0" * 60})),
    "a pickle as a table": lambda: ("codes.csv", pickle.dumps({"a": 1})),
    "a module that poses as another": lambda: ("numpy.py", b"x = 1\n"),
    "a file that was changed after packing": lambda: (NAME, wheel(CODE, forged={"tinyrates/__init__.py": b"RATE = 8\n"})),
    "what runs unasked": lambda: (NAME, wheel({**CODE, "a.pth": b"import os\n"})),
    "text that reads otherwise than it runs": lambda: ("rates.py", "x = '\u202e'\n".encode()),
    "a person's number": lambda: ("rates.py", b"WHO = '900101-1234568'\n"),
    "a name under which attacks were handed out": lambda: ("jeilyfish-1.0-py3-none-any.whl", wheel(CODE, "jeilyfish")),
    "a name one letter away from another": lambda: ("numpi-1.0-py3-none-any.whl", wheel({"numpi/__init__.py": b""}, "numpi")),
}  # fmt: skip
_TAKEN = frozenset({*sys.stdlib_module_names, "numpy"})


def _passes(carrier: str) -> bool:
    """Two careless votes would do."""
    from dalgubeol.rules.disclosure import reasons_to_hold

    return not reasons_to_hold(bring_in.found(1, *CARRIERS[carrier](), _TAKEN))


def _of_scan(carrier: str) -> Attack:
    off = swapped({"methods.bringing.scan.scan": lambda *given: ()})
    return of_act(f"bringing in: {carrier}", "bringing", "the scan", lambda trial: _passes(carrier), off)


# --- what is in -----------------------------------------------------------------------------------------


def _run(
    trial: Trial, code: str, brought: Mapping[str, bytes], without: frozenset[Defence] = NONE_LEFT_OUT
) -> str:
    """What a script that finds this at /brought writes."""
    given = laid_out(brought)
    outcome = run_script(
        code.encode(), {}, Limits(), 0, backend=trial.backend, brought=given, without=without
    )
    return "".join(each.data.decode("utf-8", "replace") for each in outcome.outputs)


_FROM = "import colorsys\nopen('said.txt', 'w').write(colorsys.__file__)\n"
_FIRST = "import sys\nsys.path.insert(0, '/brought')\n"
_CHANGE = """
try:
    open("/brought/{place}", "a").write("x = 1\\n")
    said = "succeeded"
except OSError as error:
    said = "stopped"
open("said.txt", "w").write(said)
"""
_ESCAPES = wheel({**CODE, "../../code/colorsys.py": b"x = 1\n"})
"""Beside the script, where Python looks first."""


def _changed(trial: Trial, place: str, without: frozenset[Defence] = NONE_LEFT_OUT) -> bool:
    brought = {**FILES, NAME: wheel(CODE)}
    return _run(trial, _CHANGE.format(place=place), brought, without) == "succeeded"


def _extension() -> Path | None:
    """Some compiled module of this Python's own; None where all of them are built in."""
    ending = importlib.machinery.EXTENSION_SUFFIXES[0]
    return next((found for each in sys.path for found in sorted(Path(each).glob(f"_*{ending}"))), None)


def _with_native_code(trial: Trial) -> bool:
    """As a compiled module of a package, which the scan did not see."""
    found = _extension()
    assert found is not None
    package = {**CODE, f"tinyrates/{found.name}": found.read_bytes()}
    code = f"from tinyrates import {found.name.partition('.')[0]} as native\nopen('said.txt', 'w').write(native.__file__)\n"
    return "/brought" in _run(trial, code, {NAME: wheel(package)})


def _of_use(
    id_: str, stopped_by: str, prove: Callable[[Trial], bool], succeeds: Callable[[Trial], bool]
) -> Attack:
    return Attack(f"bringing in: {id_}", "bringing", stopped_by, prove, succeeds)


_WRITABLE = frozenset({Defence.READ_ONLY, Defence.PRIVILEGES})
_USES = (
    _of_use(
        "a module that takes an installed one's place", "the order in which Python looks",
        lambda trial: _run(trial, _FIRST + _FROM, {"colorsys.py": b"x = 1\n"}).startswith("/brought"),
        lambda trial: _run(trial, _FROM, {"colorsys.py": b"x = 1\n"}).startswith("/brought"),
    ),
    _of_use(
        "a script that changes a table that came in", "read-only",
        lambda trial: _changed(trial, "codes.csv", _WRITABLE), lambda trial: _changed(trial, "codes.csv"),
    ),
    _of_use(
        "a script that changes a package that came in", "read-only",
        lambda trial: _changed(trial, f"{NAME}/tinyrates/__init__.py", _WRITABLE),
        lambda trial: _changed(trial, f"{NAME}/tinyrates/__init__.py"),
    ),
    of_act(
        "bringing in: a package that lays a module where Python looks first", "bringing", "the names of members",
        lambda trial: _run(trial, _FROM, {NAME: _ESCAPES}).startswith("/code"),
        swapped({"methods.bringing.archives._wrong_names": lambda listed: (), "world.sandbox.script.is_plain_path": lambda name: True}),
    ),
    of_act(
        "bringing in: compiled code in a package, missed by the scan", "bringing", "what is laid out of a package",
        _with_native_code, swapped({"methods.bringing.laid_out.stays_packed": lambda name, content: False}),
    ),
)  # fmt: skip
BRINGING = (*_VOTES, *map(_of_scan, CARRIERS), *_USES)
