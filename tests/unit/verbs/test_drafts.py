"""What somebody has begun to fill in is theirs, sealed, and found again."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from dalgubeol.errors import Conflict, Invalid
from dalgubeol.verbs.keeping import drafts

CANARY = "a reason that nobody else may read"


def rows(town: Any) -> list[tuple[str, str, bytes]]:
    with sqlite3.connect(town.house.folder / "state.db") as connection:
        found = connection.execute("SELECT person, form, content FROM drafts").fetchall()
    connection.close()
    return found


def test_a_draft_is_found_again_by_its_person_and_by_nobody_else(town: Any) -> None:
    mine, other = town.who("analyst").actor, town.who("provider").actor
    drafts.save(town.house, mine, "permit", {"reason": "one"})
    drafts.save(town.house, mine, "permit", {"reason": CANARY})
    found = drafts.find(town.house, mine, "permit")
    assert found is not None
    assert found.content == {"reason": CANARY}
    assert drafts.find(town.house, other, "permit") is None
    assert drafts.listed(town.house, mine) == (("permit", found.saved_at),)


def test_it_is_gone_when_it_is_discarded(town: Any) -> None:
    actor = town.who("analyst").actor
    drafts.save(town.house, actor, "permit", {"reason": "one"})
    assert drafts.discard(town.house, actor, "permit")
    assert not drafts.discard(town.house, actor, "permit")
    assert drafts.find(town.house, actor, "permit") is None


def test_the_database_does_not_say_what_stands_in_it_nor_lets_another_have_it(town: Any) -> None:
    actor, other = town.who("analyst").actor, town.who("provider").actor
    drafts.save(town.house, actor, "permit", {"reason": CANARY})
    ((_, _, content),) = rows(town)
    assert CANARY.encode() not in content
    with sqlite3.connect(town.house.folder / "state.db") as connection:
        connection.execute("UPDATE drafts SET person = ?", (other.id,))
    connection.close()
    assert drafts.find(town.house, other, "permit") is None


def test_what_is_too_large_or_too_many_is_said(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = town.who("analyst").actor
    monkeypatch.setattr(drafts, "LARGEST_BYTES", 100)
    monkeypatch.setattr(drafts, "MOST", 1)
    with pytest.raises(Invalid):
        drafts.save(town.house, actor, "permit", {"reason": "x" * 100})
    drafts.save(town.house, actor, "permit", {"reason": "x"})
    drafts.save(town.house, actor, "permit", {"reason": "y"})  # the same one again
    with pytest.raises(Conflict):
        drafts.save(town.house, actor, "dataset", {})


def test_old_ones_are_cleared_away(town: Any) -> None:
    actor = town.who("analyst").actor
    drafts.save(town.house, actor, "permit", {})
    drafts.save(town.house, actor, "dataset", {})
    with sqlite3.connect(town.house.folder / "state.db") as connection:
        connection.execute(
            "UPDATE drafts SET saved_at = '2020-01-01T00:00:00.000+00:00' WHERE form = 'permit'"
        )
    connection.close()
    assert drafts.clear_old(town.house) == 1
    assert [form for form, _ in drafts.listed(town.house, actor)] == ["dataset"]
