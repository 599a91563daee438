"""What comes into the zone attacked: files swapped before and after the vote, an old approval for another Permit, an
approval that nobody gave, a vote on what comes in used for what leaves, a second account of the author's firm, modules
that pose as others, packages that carry what nobody looks for. Each succeeds first, with the one defence off that is to
stop it."""

from __future__ import annotations

import io
import pickle
import sys
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from dalgubeol.digest import fresh_id
from dalgubeol.errors import DalguError, Refused, Tampered
from dalgubeol.kinds import bring_in, path_of
from dalgubeol.kinds.archive import manifest, pack
from dalgubeol.kinds.contract import Conditions
from dalgubeol.methods.bringing import archives, scan
from dalgubeol.nouns.dataset import Dataset
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.nouns.script import ScriptLanguage
from dalgubeol.rules import reviewing
from dalgubeol.rules.airlock import Case, ReviewState
from dalgubeol.rules.disclosure import reasons_to_hold
from dalgubeol.verbs import bringing, execute, grant, letting_out, review, submit
from dalgubeol.verbs.execute import StagedWork, papers
from dalgubeol.verbs.house import House
from dalgubeol.world.sandbox import script as sandbox
from dalgubeol.world.sandbox import shipped
from dalgubeol.world.sandbox.limits import Limits
from dalgubeol.world.store import datasets

from ..unit.verbs import conftest as towns
from ..unit.verbs import test_bringing as bringing_tests
from ..unit.verbs.bringing_files import MODULE, REGIONS, wheel
from ..unit.verbs.conftest import Town

cheap, founded, town, permit = towns.cheap, towns.founded, towns.town, bringing_tests.permit
offered, voted, opened = bringing_tests.offered, bringing_tests.voted, bringing_tests.opened
granted, second = bringing_tests.granted, bringing_tests.second
FILES = {"codes.csv": REGIONS}
SWAPPED = {"codes.csv": REGIONS + b"99,elsewhere\n"}
SAID = "codes of regions, from the statistics office"


def swapped(town: Town, run: Run) -> None:
    """Whoever has the machine and its keys puts other bytes in the place of those that wait, sealed with their key."""
    house = town.house
    held = _held(house, run)
    staging = house.objects.stage(fresh_id("swap"))
    writer = staging.writer("content", house.keyring.dataset_key(held.id), held.id)
    writer.sink.write(pack(SWAPPED))
    staged = writer.finish()
    house.write(lambda connection: house.objects.promote(staged))
    with opened(town) as db:
        db.execute("UPDATE datasets SET object_id = ?, size_bytes = ? WHERE id = ?", (staged.object_id, staged.size_bytes, held.id))  # fmt: skip


def _held(house: House, run: Run) -> Dataset:
    with house.database.reading() as connection:
        return datasets.find(connection, run.outputs["files"])


def given(town: Town, run: Run, voted_on: str) -> Mapping[str, bytes]:
    """What a script of the zone would be given, by the very code of the child that runs it."""
    house, held = town.house, _held(town.house, run)
    order: dict[str, Any] = {
        "kind": path_of("analyse"), "parameters": {"script": "1", "context": "how many rows there are"}, "seed": 0,
        "conditions": {n: getattr(Conditions(), n) for n in Conditions.__slots__ if n != "disclosure"}, "inputs": {},
        "brought": [{"dataset": papers(held), "path": str(house.objects.path(held.object_id)), "key": house.keyring.dataset_key(held.id).hex(), "manifest": voted_on}],
    }  # fmt: skip
    work = StagedWork(execute.loaded(order["kind"]), order, lambda line: None)
    try:
        return work.brought
    finally:
        work.close()


def test_a_file_that_is_swapped_after_the_votes(
    town: Town, permit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = offered(town, permit, FILES, SAID)
    voted(town, run)
    swapped(town, run)
    with monkeypatch.context() as off:
        off.setattr(execute, "manifest", lambda files: manifest(FILES))
        assert given(town, run, manifest(FILES)) == SWAPPED, "the attack works without the digest"
    with pytest.raises(Tampered):
        given(town, run, manifest(FILES))


def test_a_file_that_is_swapped_between_the_votes(
    town: Town, permit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    off_run, run = offered(town, permit, FILES, SAID), offered(town, permit, FILES, SAID)
    for each in (off_run, run):
        review.vote(town.house, town.who("reviewer"), each.id, True, "")
        swapped(town, each)
    with monkeypatch.context() as off:
        off.setattr(bringing, "manifest", lambda files: manifest(FILES))
        assert review.vote(town.house, town.who("second"), off_run.id, True, "").state is ReviewState.RELEASED
    with pytest.raises(Tampered):
        review.vote(town.house, town.who("second"), run.id, True, "")
    assert {each.run for each in bringing.listed(town.house, town.who("analyst"), permit.id)} == {off_run.id}


def test_an_old_approval_is_used_under_another_permit(
    town: Town, permit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, other = offered(town, permit, FILES, SAID), granted(town)
    voted(town, run)
    grant.withdraw(town.house, town.who("analyst"), permit.id)
    with opened(town) as db:
        db.execute("UPDATE reviews SET permit = ? WHERE run = ?", (other.id, run.id))
    asked = Run(
        fresh_id("run"),
        "analyse",
        {},
        (other.id,),
        {},
        0,
        permit.holder,
        RunState.QUEUED,
        "2026-01-01T00:00:00Z",
    )
    with town.house.database.reading() as connection:
        with monkeypatch.context() as off:
            off.setattr(bringing, "check_votes", lambda *given: None)
            assert [each.run for each in bringing.for_run(town.house, connection, asked)] == [run.id]
        with pytest.raises(Tampered):
            bringing.for_run(town.house, connection, asked)


def test_an_approval_that_nobody_gave(town: Town, permit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = offered(town, permit, FILES, SAID)
    review.vote(town.house, town.who("reviewer"), run.id, True, "")
    with opened(town) as db:
        db.execute("UPDATE reviews SET state = 'released' WHERE run = ?", (run.id,))
        db.execute("UPDATE datasets SET state = 'kept' WHERE id = ?", (run.outputs["files"],))
    asked = Run(
        fresh_id("run"),
        "analyse",
        {},
        (permit.id,),
        {},
        0,
        permit.holder,
        RunState.QUEUED,
        "2026-01-01T00:00:00Z",
    )
    with town.house.database.reading() as connection:
        with monkeypatch.context() as off:
            off.setattr(bringing, "needed", lambda votes: 0)
            off.setattr(bringing, "outcome", lambda votes: Case.AGREED)
            assert [each.run for each in bringing.for_run(town.house, connection, asked)] == [run.id]
        with pytest.raises(Tampered):
            bringing.for_run(town.house, connection, asked)


def test_a_vote_on_what_comes_in_is_none_on_what_leaves(
    town: Town, permit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = offered(town, permit, FILES, SAID)
    review.vote(town.house, town.who("reviewer"), run.id, True, "")
    with opened(town) as db:
        db.execute("UPDATE reviews SET direction = 'out', permit = NULL WHERE run = ?", (run.id,))
    with pytest.raises(Tampered):
        review.vote(town.house, town.who("second"), run.id, True, "")
    with monkeypatch.context() as off:
        off.setattr(review, "check_votes", lambda *given: None)
        off.setattr(letting_out, "exporting", lambda *given: ())
        assert review.vote(town.house, town.who("second"), run.id, True, "").state is ReviewState.APPROVED


def test_the_author_votes_by_a_second_account_of_her_firm(
    town: Town, permit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    second(town, "twin", "Ｌａｂ", "reviewer")
    first, again = offered(town, permit, FILES, SAID), offered(town, permit, FILES, SAID)
    with monkeypatch.context() as off:
        off.setattr(reviewing, "same_organisation", lambda one, other: one == other)
        assert review.vote(town.house, town.who("twin"), first.id, True, "").votes
    with pytest.raises(Refused) as refused:
        review.vote(town.house, town.who("twin"), again.id, True, "")
    assert "review.organisation" in {each.code for each in refused.value.reasons}


def test_the_scan_is_asked_for_with_files_that_nobody_offered(town: Town, permit: Any) -> None:
    """It is queued by the verb alone: by no kind, no parameter and no other Dataset."""
    for inputs in ({"offered": "t"}, {}):
        with pytest.raises(DalguError):
            submit.submit(town.house, town.who("analyst").actor, "bring-in", inputs, {"context": SAID})


CODE = {"tinyrates/__init__.py": b"RATE = 7\n"}
CARRIERS = {
    "zip bomb": ("tinyrates-1.0-py3-none-any.whl", wheel({"big.txt": b"0" * (70 << 20)})),
    "path that leads out": ("tinyrates-1.0-py3-none-any.whl", wheel({**CODE, "../../x.py": b"x = 1\n"})),
    "compiled code under another name": ("tinyrates-1.0-py3-none-any.whl", wheel({**CODE, "tinyrates/a.txt": b"\x7fELF" + b"\0" * 60})),
    "a pickle as a table": ("codes.csv", pickle.dumps({"a": 1})),
    "a module that poses as another": ("numpy.py", MODULE),
    "a file that was changed after packing": ("tinyrates-1.0-py3-none-any.whl", wheel(CODE, forged={"tinyrates/__init__.py": b"RATE = 8\n"})),
    "what runs unasked": ("tinyrates-1.0-py3-none-any.whl", wheel({**CODE, "a.pth": b"import os\n"})),
    "text that reads otherwise than it runs": ("rates.py", "x = '\u202e'\n".encode()),
    "a person's number": ("rates.py", b"WHO = '900101-1234568'\n"),
}  # fmt: skip


@pytest.mark.parametrize("carrier", CARRIERS)
def test_what_nobody_looks_for_is_held_before_anybody_can_approve_it(
    carrier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, content = CARRIERS[carrier]
    taken = frozenset({*sys.stdlib_module_names, "numpy"})
    with monkeypatch.context() as off:
        off.setattr(scan, "scan", lambda *given: ())
        assert not reasons_to_hold(bring_in.found(1, name, content, taken)), "two careless votes would do"
    assert reasons_to_hold(bring_in.found(1, name, content, taken))


def test_a_bomb_would_be_unpacked_without_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    content = wheel({"big.txt": b"0" * (30 << 20)})
    with monkeypatch.context() as off:
        off.setattr(archives, "MOST_RATIO", 1 << 30)
        assert len(archives.members(content)[0]["big.txt"]) == 30 << 20
    assert archives.members(content)[0] == {}
    assert zipfile.is_zipfile(io.BytesIO(content))


def test_a_module_that_was_brought_takes_no_installed_ones_place() -> None:
    """Even where the scan had missed it: what came in is looked for last."""
    backend = sandbox.Backend(**submit.sandbox_backend())
    code = b'import colorsys\nopen("said.txt", "w").write(colorsys.__file__)\n'

    def found(code: bytes) -> str:
        outcome = sandbox.run_script(
            code, {}, Limits(), 0, backend=backend, brought={"colorsys.py": b"x = 1\n"}
        )
        [file] = outcome.outputs
        return file.data.decode()

    assert found(b"import sys\nsys.path.insert(0, '/brought')\n" + code) == "/brought/colorsys.py", (
        "first in the path it would"
    )
    assert found(code) != "/brought/colorsys.py"
    assert shipped.packages_among({"a.py": b"", "b.whl": b""}) == ("/brought", "/brought/b.whl")


def test_a_query_reads_the_tables_that_came_in_and_no_other_file() -> None:
    backend = sandbox.Backend(**submit.sandbox_backend())

    def asked(query: bytes) -> sandbox.Outcome:
        return sandbox.run_script(query, {}, Limits(), 0, backend=backend, language=ScriptLanguage.SQL, brought={"codes.csv": REGIONS, "note.txt": b"a\n"})  # fmt: skip

    [file] = asked(b"SELECT region FROM codes WHERE code = 26;").outputs
    assert file.data == b"region\nsouth\n"
    for query in (
        b"SELECT * FROM read_csv('/brought/note.txt');",
        b"COPY codes TO '/out/x.csv';",
        b"SELECT * FROM glob('/*');",
    ):
        assert asked(query).status == "error"


def test_a_script_cannot_change_what_came_in_for_itself_or_the_next() -> None:
    backend = sandbox.Backend(**submit.sandbox_backend())
    code = b"""
import os
tried = []
for act in (lambda: open("/brought/codes.csv", "a"), lambda: os.remove("/brought/codes.csv"),
            lambda: os.rename("/brought/codes.csv", "/brought/x"), lambda: open("/brought/new.py", "w"),
            lambda: os.chmod("/brought/codes.csv", 0o666)):
    try:
        act()
        tried.append("done")
    except OSError:
        tried.append("stopped")
open("said.txt", "w").write(" ".join(tried))
"""
    outcome = sandbox.run_script(code, {}, Limits(), 0, backend=backend, brought={"codes.csv": REGIONS})
    assert outcome.outputs[0].data == b"stopped stopped stopped stopped stopped"
    without = frozenset({sandbox.Defence.READ_ONLY, sandbox.Defence.PRIVILEGES})
    outcome = sandbox.run_script(
        code, {}, Limits(), 0, backend=backend, brought={"codes.csv": REGIONS}, without=without
    )
    assert b"done" in outcome.outputs[0].data
