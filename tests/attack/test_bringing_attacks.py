"""What comes into the zone attacked, beside the table of attacks (`bench.zone_attacks.bringing`): the scan is no kind that
anybody may queue, bounds hold while an archive is unpacked, a query reaches the tables that came in and no other file."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from dalgubeol.errors import DalguError
from dalgubeol.methods.bringing import archives
from dalgubeol.nouns.script import ScriptLanguage
from dalgubeol.verbs.runs import submit
from dalgubeol.world.sandbox import script as sandbox
from dalgubeol.world.sandbox.limits import Limits

from ..unit.verbs import conftest as towns
from ..unit.verbs import test_bringing as bringing_tests
from ..unit.verbs.bringing_files import REGIONS, wheel
from ..unit.verbs.conftest import Town

cheap, founded, town, permit = towns.cheap, towns.founded, towns.town, bringing_tests.permit
SAID = "codes of regions, from the statistics office"


def test_the_scan_is_asked_for_with_files_that_nobody_offered(town: Town, permit: Any) -> None:
    """It is queued by the verb alone: by no kind, no parameter and no other Dataset."""
    for inputs in ({"offered": "t"}, {}):
        with pytest.raises(DalguError):
            submit.submit(town.house, town.who("analyst").actor, "bring-in", inputs, {"context": SAID})


def test_a_bomb_would_be_unpacked_without_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    content = wheel({"big.txt": b"0" * (30 << 20)})
    with monkeypatch.context() as off:
        off.setattr(archives, "MOST_RATIO", 1 << 30)
        assert len(archives.members(content)[0]["big.txt"]) == 30 << 20
    assert archives.members(content)[0] == {}
    assert zipfile.is_zipfile(io.BytesIO(content))


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
