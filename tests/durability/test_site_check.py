"""`dalgu site check` finds what somebody with the folder changed behind the site's back, and nothing else."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dalgubeol.verbs.history.history import differences
from dalgubeol.verbs.house.finding import Finding
from dalgubeol.verbs.keeping.check import check

from .conftest import Place


def sql(place: Place, *statements: str) -> None:
    with closing(sqlite3.connect(place.site / "state.db")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def object_of(place: Place, name: str) -> Path:
    with closing(sqlite3.connect(place.site / "state.db")) as connection:
        (digest,) = connection.execute("SELECT object_id FROM datasets WHERE name = ?", (name,)).fetchone()
    return place.site / "objects" / digest[:2] / digest[2:]


def wrong(place: Place) -> dict[str, Finding]:
    return {f.code: f for f in check(place.settings()) if not f.ok}


def test_a_site_that_was_worked_on_is_whole(place: Place) -> None:
    assert wrong(place) == {}


HARMS: dict[str, tuple[str, Callable[[Place], object]]] = {
    "an owner": ("history", lambda p: sql(p, "UPDATE datasets SET owner = (SELECT id FROM people WHERE login = 'analyst') WHERE name = 'claims'")),
    "an organisation of a Dataset": ("history", lambda p: sql(p, "UPDATE datasets SET organisation = 'analyst org' WHERE name = 'claims'")),
    "a sensitivity": ("history", lambda p: sql(p, "UPDATE datasets SET sensitivity = 'internal' WHERE name = 'claims'")),
    "a trade secret": ("history", lambda p: sql(p, "UPDATE datasets SET trade_secret = 0 WHERE name = 'log'")),
    "an owner of what was made": ("history", lambda p: sql(p, "UPDATE datasets SET owner = (SELECT id FROM people WHERE login = 'analyst') WHERE name = 'claims-p'")),
    "a sensitivity of what was made": ("history", lambda p: sql(p, "UPDATE datasets SET sensitivity = 'anonymous' WHERE name = 'claims-p'")),
    "an exchange of contents": ("history", lambda p: sql(p, "UPDATE datasets SET object_id = (SELECT object_id FROM datasets WHERE name = 'claims') WHERE name = 'log'")),
    "a destruction that was none": ("history", lambda p: sql(p, "UPDATE datasets SET state = 'destroyed', destroyed_at = '2026-01-01' WHERE name = 'log'")),
    "a Dataset's row": ("history", lambda p: sql(p, "DELETE FROM datasets WHERE name = 'log'")),
    "a role": ("history", lambda p: sql(p, "UPDATE people SET roles = 'operator' WHERE login = 'analyst'")),
    "an allowance": ("history", lambda p: sql(p, "UPDATE permits SET runs_used = 7")),
    "a decision's verdict": ("history", lambda p: sql(p, "UPDATE permit_decisions SET signature = replace(signature, 'a', 'b')")),
    "a Permit's end": ("history", lambda p: sql(p, "UPDATE permits SET valid_until = '2099-01-01T00:00:00.000+00:00'")),
    "a Permit that is in force": ("history", lambda p: sql(p, "UPDATE permits SET state = 'refused'")),
    "a Run's submitter": ("history", lambda p: sql(p, "UPDATE runs SET submitted_by = 'somebody'")),
    "a Run's parameters": ("history", lambda p: sql(p, "UPDATE runs SET parameters = replace(parameters, '0.5', '0.9')")),
    "a Run's row": ("history", lambda p: sql(p, "DELETE FROM runs")),
    "a Record": ("ledger", lambda p: sql(p, 'DELETE FROM ledger_entries WHERE "index" = 3')),
    "an object gone": ("objects", lambda p: object_of(p, "claims").unlink()),
    "an object changed": ("objects", lambda p: object_of(p, "claims").write_bytes(b"x")),
    "a key gone": ("keys", lambda p: next((p.keys / "data").iterdir()).unlink()),
    "a key changed": ("keys", lambda p: next((p.keys / "data").iterdir()).write_bytes(b"x" * 60)),
    "a vault's key": ("keys", lambda p: next((p.keys / "vault").glob("project-*.key")).write_bytes(b"x" * 60)),
    "an object too many": ("orphans", lambda p: object_of(p, "log").with_name("0" * 62).write_bytes(b"x")),
    "a key too many": ("orphans", lambda p: (p.keys / "data" / "ds-00000.key").write_bytes(b"x")),
    "a Record that waits": ("outbox", lambda p: sql(p, "INSERT INTO outbox (key, leaf, payload, salt) VALUES ('k', x'7b7d', x'7b7d', x'00')")),
    "the database's file": ("site", lambda p: (p.site / "state.db").write_bytes(b"junk" * 1000)),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
def test_what_was_changed_is_found_and_said_with_a_next_step(harm: str, place: Place) -> None:
    code, does = HARMS[harm]
    with place.opened() as house:
        house.database.truncate_log()
    for beside in ("-wal", "-shm"):
        (place.site / f"state.db{beside}").unlink(missing_ok=True)
    does(place)
    found = wrong(place)
    assert code in found, found
    assert found[code].next_step is not None
    done = place.dalgu("operator", "site", "check", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert [f["code"] for f in told if not f["ok"]] == list(found)


def test_people_whose_roles_were_changed_as_they_must_be_are_no_difference(place: Place) -> None:
    from dalgubeol.nouns.permit import Role
    from dalgubeol.verbs.people import people

    with place.opened() as house:
        operator = people.signed_in(house)
        people.change_roles(house, operator, "analyst", [Role.ANALYST, Role.CITIZEN])
        people.close(house, operator, "engineer")
        assert list(differences(house)) == []
    sql(place, "DELETE FROM outbox WHERE key LIKE 'standing/%'", "UPDATE people SET ended_at = NULL", "UPDATE people SET roles = 'analyst' WHERE login = 'analyst'")  # fmt: skip
    with place.opened() as house:
        assert len({d.subject for d in differences(house)}) == 2


def test_what_was_erased_in_time_is_no_difference(place: Place) -> None:
    """Nothing that may be gone may be asked for."""
    sql(
        place,
        "UPDATE ledger_entries SET payload = NULL, salt = NULL, erased_at = '2099-01-01T00:00:00.000+00:00',"
        " retain_until = '2098-01-01T00:00:00.000+00:00' WHERE json_extract(leaf, '$.retain') != 'permanent'",
    )
    with place.opened() as house:
        assert list(differences(house)) == []
