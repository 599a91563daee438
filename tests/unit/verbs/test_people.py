"""Inviting, changing roles, closing accounts: who may, what is recorded and signed, and what a writer in the
database cannot do."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from dalgubeol.digest import canonical
from dalgubeol.errors import Conflict, Invalid, Missing, Refused, Tampered
from dalgubeol.nouns.permit import Role, Scope
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house.house import open_house
from dalgubeol.verbs.house.standing import Standing, standing
from dalgubeol.verbs.people import entry, people
from dalgubeol.world import identity

from .conftest import PASSWORD, Town


def refused(act: Callable[[], object]) -> set[str]:
    with pytest.raises(Refused) as error:
        act()
    return {reason.code for reason in error.value.reasons} or {error.value.code}


def change(town: Town, *statements: str) -> None:
    """Somebody who has the database writes into it."""
    with sqlite3.connect(town.house.folder / "state.db") as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def told(town: Town, event: str) -> list[dict[str, object]]:
    return [r for r in prove.records(town.house, limit=1000) if r["event"] == event]


def stands(town: Town, login: str) -> Standing:
    with town.house.database.reading() as connection:
        return standing(connection, town.house.log, identity.find(connection, login).id)


def test_an_operator_changes_roles_and_sessions_and_tokens_have_them_at_once(town: Town) -> None:
    house, operator = town.house, town.who("operator")
    text = entry.make_token(house, town.who("analyst"), "robot", [Scope.READ], 1)[1]
    changed = people.change_roles(house, operator, "analyst", ["analyst", "engineer"])
    assert changed.roles == {Role.ANALYST, Role.ENGINEER}
    assert town.who("analyst").actor.roles == changed.roles
    assert entry.entered_by_token(house, text).actor.roles == changed.roles
    people.change_roles(house, operator, "analyst", ["citizen"])
    assert stands(town, "analyst").roles == ("citizen",)
    with open_house(house.settings) as another:
        assert entry.entered(another, town.held["analyst"]).actor.roles == {Role.CITIZEN}
    (first, second) = told(town, "roles-changed")
    assert [r["payload"]["number"] for r in (first, second)] == [1, 2]  # type: ignore[index]
    assert {r["actor"] for r in (first, second)} == {operator.person.id}
    assert {r["retain"] for r in (first, second)} == {
        "permanent"
    }  # longer than the three years that the standard asks for


def test_who_may_not_change_roles_is_told_why_and_it_is_recorded(town: Town) -> None:
    house, operator = town.house, town.who("operator")
    for act in (people.change_roles, lambda h, w, p, _: people.close(h, w, p)):
        assert refused(lambda act=act: act(house, town.who("analyst"), "provider", ["citizen"])) == {
            "person.role"
        }  # type: ignore[misc]
        assert refused(lambda act=act: act(house, operator, "operator", ["citizen"])) == {"person.own"}  # type: ignore[misc]
    assert [r["payload"]["reasons"] for r in told(town, "refused")] == [["person.role"], ["person.own"]] * 2  # type: ignore[index]
    with pytest.raises(Invalid):
        people.change_roles(house, operator, "analyst", ["boss"])
    with pytest.raises(Invalid):
        people.change_roles(house, operator, "analyst", [])
    with pytest.raises(Missing):
        people.change_roles(house, operator, "nobody", ["citizen"])
    with pytest.raises(Conflict):
        people.change_roles(house, operator, "analyst", ["analyst"])
    assert town.who("analyst").actor.roles == {Role.ANALYST}


def test_two_operators_who_end_each_other_leave_one(town: Town) -> None:
    house, one, other = town.house, town.who("operator"), town.who("deputy")
    people.close(house, one, "deputy")
    assert refused(lambda: people.close(house, other, "operator")) == {"person.role", "person.last"}
    assert town.who("operator").actor.roles == {Role.OPERATOR}


def test_a_session_without_the_key_changes_nobody(town: Town) -> None:
    house, person = town.house, town.who("operator").person
    held = house.write(
        lambda connection: identity.begin_session(
            connection, person, None, entry.now(), entry.later(600), "portal"
        )
    )
    who = entry.entered(house, held)
    assert refused(lambda: people.change_roles(house, who, "analyst", ["citizen"])) == {"sign.locked"}
    assert refused(lambda: people.close(house, who, "analyst")) == {"sign.locked"}
    assert (told(town, "roles-changed"), told(town, "account-closed")) == ([], [])


def test_a_closed_account_comes_in_no_more_by_any_way_and_its_history_stays(town: Town) -> None:
    house, operator, analyst = town.house, town.who("operator"), town.who("analyst").person
    text = entry.make_token(house, town.who("analyst"), "robot", [Scope.READ], 1)[1]
    closed = people.close(house, operator, "analyst")
    assert closed.ended_at is not None
    assert refused(lambda: town.who("analyst")) == {"login.needed"}
    assert refused(lambda: entry.entered_by_token(house, text)) == {"token.wrong"}
    assert refused(lambda: entry.enter(house, "analyst", PASSWORD, door="portal")) == {"login.wrong"}
    with pytest.raises(Conflict):
        people.close(house, operator, "analyst")
    with pytest.raises(Conflict):
        people.change_roles(house, operator, "analyst", ["citizen"])
    assert stands(town, "analyst").closed
    assert [r["subject"] for r in told(town, "account-closed")] == [analyst.id]
    assert analyst.id in {p.id for p in people.listed(house)}


def test_a_bundle_with_changes_verifies_and_counts_their_signatures(town: Town) -> None:
    house, operator = town.house, town.who("operator")
    people.change_roles(house, operator, "analyst", ["citizen"])
    people.close(house, operator, "analyst")
    path = house.folder / "bundle"
    prove.export(house, path)
    story = prove.verify(path, house.facts.verifier_key)
    assert (story.events["roles-changed"], story.events["account-closed"], story.signatures) == (1, 1, 2)


@pytest.mark.parametrize("wrong", ["signature", "roles", "actor", "own"])
def test_a_change_that_no_operator_signed_is_found_in_a_bundle(
    town: Town, tmp_path: Path, wrong: str
) -> None:
    """A site whose own log key signs a story that no operator told."""
    house, operator, deputy = town.house, town.who("operator"), town.who("deputy")
    if wrong in ("actor", "own"):
        # somebody who is no operator has the program record a change in their own name
        by = town.who("analyst") if wrong == "actor" else deputy
        subject = town.who("provider").person if wrong == "actor" else deputy.person
        house.write(
            lambda connection: people._record_change(
                connection, by, subject, people.Event.ROLES_CHANGED, {"roles": ["operator"]}
            )
        )
    else:
        people.change_roles(house, operator, "analyst", ["citizen"])
    if wrong in ("signature", "roles"):
        _rewrite_last(town, "signature" if wrong == "signature" else "roles")
    path = tmp_path / "bundle"
    prove.export(house, path)
    with pytest.raises(Tampered):
        prove.verify(path, house.facts.verifier_key)


def _rewrite_last(town: Town, name: str) -> None:
    """The payload of the last Record says something else (its commitment then fails)."""
    with sqlite3.connect(town.house.folder / "state.db") as connection:
        table = connection.execute(
            "SELECT name FROM sqlite_master WHERE sql LIKE '%leaf_hash%' AND type = 'table'"
        ).fetchone()[0]
        rowid, payload = connection.execute(f"SELECT rowid, payload FROM {table} ORDER BY rowid DESC LIMIT 1").fetchone()  # fmt: skip
        said = json.loads(payload)
        said[name] = ["operator"] if name == "roles" else "00" * 64
        connection.execute(f"UPDATE {table} SET payload = ? WHERE rowid = ?", (canonical(said), rowid))
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE people SET roles = 'operator' WHERE login = 'analyst'",
        "UPDATE people SET organisation = 'hospital' WHERE login = 'analyst'",
        "UPDATE people SET ended_at = '2026-01-01T00:00:00.000+00:00' WHERE login = 'deputy'",
    ],
)
def test_what_only_the_table_says_is_not_believed(town: Town, statement: str) -> None:
    """Before this process has seen them, and after."""
    login = "deputy" if "deputy" in statement else "analyst"
    for seen in (False, True):
        if seen:
            change(town, "UPDATE people SET roles = 'analyst', organisation = 'lab' WHERE login = 'analyst'", "UPDATE people SET ended_at = NULL")  # fmt: skip
            assert town.who(login)
        change(town, statement)
        with pytest.raises((Tampered, Refused)) as error:
            town.who(login)
        assert login == "deputy" or isinstance(error.value, Tampered)


def test_roles_that_were_taken_do_not_come_back_through_the_table(town: Town) -> None:
    people.change_roles(town.house, town.who("operator"), "deputy", ["citizen"])
    assert town.who("deputy").actor.roles == {Role.CITIZEN}
    change(town, "UPDATE people SET roles = 'operator' WHERE login = 'deputy'")
    with pytest.raises(Tampered):
        town.who("deputy")
    with open_house(town.house.settings) as another, pytest.raises(Tampered):
        entry.entered(another, town.held["deputy"])


def test_a_process_that_saw_a_change_notices_when_its_trace_is_removed(town: Town) -> None:
    people.change_roles(town.house, town.who("operator"), "deputy", ["citizen"])
    assert town.who("deputy")
    change(
        town,
        "UPDATE people SET roles = 'operator' WHERE login = 'deputy'",
        "DELETE FROM outbox WHERE key LIKE 'standing/%'",
    )
    with pytest.raises(Tampered):
        town.who("deputy")


def test_an_account_that_was_closed_does_not_open_through_the_table(town: Town) -> None:
    house = town.house
    people.close(house, town.who("operator"), "analyst")
    change(town, "UPDATE people SET ended_at = NULL WHERE login = 'analyst'")
    held = entry.enter(house, "analyst", PASSWORD, door="portal")[1]
    with pytest.raises(Tampered):
        entry.entered(house, held)


def test_a_change_of_another_person_proves_nothing_for_oneself(town: Town) -> None:
    """The row that leads to a Record is bent to one that made somebody else an operator."""
    people.change_roles(town.house, town.who("operator"), "provider", ["operator"])
    people.change_roles(town.house, town.who("operator"), "analyst", ["citizen"])
    analyst, provider = (town.who(login).person.id for login in ("analyst", "provider"))
    change(
        town,
        f"UPDATE outbox SET record = (SELECT record FROM outbox WHERE key = 'standing/{provider}/000001') WHERE key = 'standing/{analyst}/000001'",
        "UPDATE people SET roles = 'operator' WHERE login = 'analyst'",
    )
    with open_house(town.house.settings) as another, pytest.raises(Tampered):
        entry.entered(another, town.held["analyst"])


def test_invitations_are_shown_to_operators_and_taken_back(town: Town) -> None:
    house, operator = town.house, town.who("operator")
    code = people.invite(house, operator, login="new", name="New", organisation="firm", roles=["engineer"])
    assert [(i.login, i.roles) for i in people.invited(house, operator)] == [("new", {Role.ENGINEER})]
    for act in (lambda: people.invited(house, town.who("analyst")), lambda: people.uninvite(house, town.who("analyst"), "new")):  # fmt: skip
        assert refused(act) == {"invite.role"}
    assert people.uninvite(house, operator, "new") == 1
    assert refused(lambda: people.join(house, code, PASSWORD)) == {"invitation.invalid"}
    with pytest.raises(Missing):
        people.uninvite(house, operator, "new")


def test_an_invitation_survives_a_password_that_was_too_short(town: Town) -> None:
    code = people.invite(
        town.house, town.who("operator"), login="new", name="New", organisation="firm", roles=["engineer"]
    )
    with pytest.raises(Invalid):
        people.join(town.house, code, "short")
    assert people.join(town.house, code, PASSWORD).login == "new"
