"""Permits, airlock, destruction and proof, through the Python door: what is refused, and for which reasons."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from dalgubeol.doors.python import Site
from dalgubeol.errors import Conflict, DalguError, Missing, Refused, Tampered
from dalgubeol.nouns.permit import Conditions, Permit, PermitState
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.rules.airlock import ReviewState
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house import transition
from dalgubeol.verbs.people import people
from dalgubeol.verbs.permits import grant
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.verbs.runs import submit
from dalgubeol.world.store import runs

from .conftest import As, Visit, found_adequate

PSEUDONYMISE = {
    "project": "p1", "person": "person_no", "quasi": ["age"], "keep": ["cost"], "k": 2, "suppression_limit": 0.5,
    "generalise": {"age": {"widths": [5, 10]}}, "name": "claims-p",
}  # fmt: skip
SCRIPT = """import csv, pyarrow.parquet as pq
table = pq.read_table("/data/data.parquet")
with open("counts.csv", "w") as file:
    csv.writer(file).writerows([["rows"], [table.num_rows]])
"""
ANALYSE = {"script": SCRIPT, "context": "the number of rows in the table", "release_as": "counts"}


def codes(error: pytest.ExceptionInfo[DalguError]) -> set[str]:
    return {reason.code for reason in getattr(error.value, "reasons", ())}


def pseudonymised(as_: As, *, reviewed: bool = True) -> None:
    with as_("provider") as site:
        run = site.run("pseudonymise", {"data": "claims"}, PSEUDONYMISE)
        assert run.state is RunState.DONE
        if reviewed:
            sessions = site._house.settings.session.parent
            found_adequate(
                site._house, lambda login: people.signed_in(site._house, sessions / f"{login}.json"), "p1", "claims-p"
            )  # fmt: skip


def permitted(
    as_: As,
    datasets: tuple[str, ...] = ("claims-p",),
    conditions: Conditions | None = None,
    kinds: tuple[str, ...] = ("analyse", "release"),
) -> Permit:
    """Asked for by the analyst, granted by the provider's steward and the operator."""
    until = str((datetime.now(UTC) + timedelta(days=30)).date())
    with as_("analyst") as site:
        asked = site.request(
            list(kinds), list(datasets), purpose="statistics", reason="counting the rows",
            until=until, conditions=conditions, asked=Asked(pledged="en"),
        )  # fmt: skip
    with as_("steward") as site:
        assert site.decide(asked.id, "grant").state is PermitState.REQUESTED
    with as_("operator") as site:
        granted = site.decide(asked.id, "grant")
    assert granted.state is PermitState.GRANTED
    return granted


def held(as_: As) -> Run:
    with as_("analyst") as site:
        run = site.run("analyse", {"data": "claims-p"}, ANALYSE)
    assert run.state is RunState.HELD, run.fault
    return run


def refused(as_: As, login: str, run: str) -> set[str]:
    with as_(login) as site, pytest.raises(Refused) as error:
        site.vote(run, True)
    return codes(error)


def test_two_reviewers_vote_blind_and_what_they_let_out_can_be_handed_out(as_: As, tmp_path: Path) -> None:
    pseudonymised(as_)
    permit = permitted(as_)
    run = held(as_)
    assert refused(as_, "colleague", run.id) == {"review.organisation"}
    assert refused(as_, "analyst", run.id) == {
        "review.role",
        "review.own",
        "review.organisation",
        "duty.analyst",
    }
    assert refused(as_, "provider", run.id) == {"review.role", "duty.pseudonymiser"}
    assert refused(as_, "steward", run.id) == {"review.role", "duty.decider"}
    with as_("reviewer1") as site:
        after = site.vote(run.id, True, "fine")
        assert (after.state, len(after.votes)) == (ReviewState.PARTIALLY_REVIEWED, 1)
    for login in ("reviewer2", "analyst", "operator"):
        with as_(login) as site:
            assert [r.votes for r in site.airlock() if r.run == run.id] == [()]
    assert refused(as_, "reviewer1", run.id) == {"review.again"}
    with as_("reviewer2") as site:
        after = site.vote(run.id, True)
        assert (after.state, len(after.votes)) == (ReviewState.APPROVED, 2)
        released = run_to_end(site, str(after.release_run))
        assert released.state is RunState.DONE
        assert ended(site, run.id).state is RunState.DONE
        assert [p.runs_used for p in site.permits() if p.id == permit.id] == [1]
    with as_("analyst") as site:
        (path,) = site.get("counts", tmp_path / "out")
        assert path.read_text().split()[0] == "rows"
        with pytest.raises(Refused) as error:
            site.get("claims-p", tmp_path / "out")
        assert codes(error) == {"dataset.sensitivity"}
    with as_("provider") as site, pytest.raises(Refused) as error:
        site.get("claims", tmp_path / "out")
    assert codes(error) == {"dataset.sensitivity"}
    assert [p.name for p in (tmp_path / "out").iterdir()] == [path.name]


def test_files_that_both_decline_go_back_and_nobody_can_mend_that(as_: As) -> None:
    pseudonymised(as_)
    permitted(as_)
    run = held(as_)
    with as_("reviewer1") as site:
        site.vote(run.id, False)
    with as_("reviewer2") as site:
        assert site.vote(run.id, False, "too few").state is ReviewState.RETURNED
        assert ended(site, run.id).state is RunState.DECLINED
        with pytest.raises(DalguError):
            site.vote(run.id, True)
    with as_("analyst") as site:
        assert "counts" not in {d.name for d in site.datasets()}


def test_a_vote_that_was_changed_in_the_database_releases_nothing(visit: Visit, as_: As) -> None:
    pseudonymised(as_)
    permitted(as_)
    run = held(as_)
    with as_("reviewer1") as site:
        site.vote(run.id, False)
    change(visit, "UPDATE votes SET approve = 1")
    with as_("reviewer2") as site:
        with pytest.raises(Tampered):
            site.vote(run.id, True)
        assert ended(site, run.id).state is RunState.HELD


def test_a_release_that_its_author_cancels_is_voted_on_anew_and_costs_and_gives_nothing(as_: As) -> None:
    pseudonymised(as_)
    permit = permitted(as_)
    run = held(as_)
    for login in ("reviewer1", "reviewer2"):
        with as_(login) as site:
            after = site.vote(run.id, True)
    with as_("analyst") as site:
        site.cancel(str(after.release_run))
        (seen,) = [r for r in site.airlock() if r.run == run.id]
        assert (seen.state, seen.votes) == (ReviewState.SUBMITTED, ())
        assert [p.runs_used for p in site.permits() if p.id == permit.id] == [1]
    for login in ("reviewer1", "reviewer2"):
        with as_(login) as site:
            after = site.vote(run.id, True)
    with as_("analyst") as site:
        assert run_to_end(site, str(after.release_run)).state is RunState.DONE


def test_a_permit_that_ended_was_revoked_or_is_used_up_is_refused_with_its_reasons(
    visit: Visit, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    with as_("provider") as site:
        site.take_part("p1", "analyst", "pseudonymiser")
    permit = permitted(as_, ("claims",), Conditions(runs=1), ("pseudonymise",))
    asked = {**PSEUDONYMISE, "name": None}
    with as_("analyst") as site:
        with monkeypatch.context() as later:
            later.setattr(submit, "now", lambda: permit.valid_until)
            with pytest.raises(Refused) as error:
                site.submit("pseudonymise", {"data": "claims"}, asked)
            assert codes(error) == {"permit.ended"}
        site.submit("pseudonymise", {"data": "claims"}, asked)
        with pytest.raises(Refused) as error:
            site.submit("pseudonymise", {"data": "claims"}, asked)
        assert codes(error) == {"permit.allowance"}
        with pytest.raises(Refused) as error:
            site.submit("adapt", {"data": "log"}, {"batch": "batch"})
        assert {"permit.none", "grant.none"} <= codes(error)
    with as_("reviewer1") as site, pytest.raises(Refused) as error:
        grant.revoke(site._house, site.who, permit.id)
    assert codes(error) == {"decide.role"}
    with as_("operator") as site:
        assert grant.revoke(site._house, site.who, permit.id).state is PermitState.REVOKED
    with as_("analyst") as site, pytest.raises(Refused) as error:
        site.submit("pseudonymise", {"data": "claims"}, asked)
    assert codes(error) == {"permit.state", "permit.allowance"}
    change(visit, "UPDATE permits SET state = 'granted', runs_used = 0")
    with as_("analyst") as site, pytest.raises(Tampered):  # the history knows that it was revoked
        site.submit("pseudonymise", {"data": "claims"}, asked)
    with as_("operator") as site:
        told = [r for r in prove.records(site._house, limit=1000) if r["event"] == "refused"]
        assert ["permit.ended"] in [r["payload"].get("reasons") for r in told]


def test_a_run_whose_permit_was_revoked_while_it_waited_does_not_begin(as_: As) -> None:
    with as_("provider") as site:
        site.take_part("p1", "analyst", "pseudonymiser")
    permit = permitted(as_, ("claims",), kinds=("pseudonymise",))
    with as_("analyst") as site:
        run = site.submit("pseudonymise", {"data": "claims"}, {**PSEUDONYMISE, "name": None})
    with as_("operator") as site:
        grant.revoke(site._house, site.who, permit.id)
    with as_("analyst") as site:
        found = run_to_end(site, run.id)
        assert found.state is RunState.FAILED
        assert found.fault is not None
        assert (found.fault.code, found.outputs) == ("permit.ended", {})


def test_nobody_decides_on_their_own_request_or_twice(as_: As) -> None:
    until = str((datetime.now(UTC) + timedelta(days=30)).date())
    with as_("analyst") as site:
        permit = site.request(
            ["analyse"], ["claims"], purpose="statistics", reason="counting the rows", until=until
        )
        with pytest.raises(Refused) as error:
            site.decide(permit.id, "grant")
        assert codes(error) == {"decide.own", "decide.organisation", "decide.role", "duty.analyst"}
    with as_("engineer") as site, pytest.raises(Refused) as error:
        site.decide(permit.id, "grant")
    assert codes(error) == {"decide.role"}
    with as_("provider") as site:
        site.decide(permit.id, "grant")
        with pytest.raises(Refused) as error:
            site.decide(permit.id, "grant")
    assert codes(error) == {"decide.again"}
    with as_("operator") as site:
        assert site.decide(permit.id, "refuse").state is PermitState.REFUSED


@pytest.mark.parametrize(
    "change_made",
    [
        "UPDATE permit_decisions SET signature = substr(signature, 1, 126) || 'ff'",
        "UPDATE permit_decisions SET person = (SELECT id FROM people WHERE login = 'engineer') WHERE organisation = 'site'",
        'UPDATE permits SET kinds = \'["adapt","analyse"]\'',
        "UPDATE permits SET valid_until = '2099-01-01T00:00:00.000+00:00'",
        "UPDATE permits SET conditions = replace(conditions, '\"smallest_cell\":10', '\"smallest_cell\":1')",
        "UPDATE permit_datasets SET dataset = (SELECT id FROM datasets WHERE name = 'log')",
    ],
)
def test_a_permit_that_was_changed_in_the_database_is_not_believed(
    visit: Visit, as_: As, change_made: str
) -> None:
    permitted(as_, ("claims",))
    change(visit, change_made)
    data = "log" if "'log'" in change_made else "claims"
    kind, parameters = ("adapt", {"batch": "batch"}) if data == "log" else ("analyse", ANALYSE)
    change(
        visit,
        "UPDATE permits SET kinds = replace(kinds, '[', '[\"adapt\",')" if data == "log" else "SELECT 1",
    )
    with as_("analyst") as site:
        with pytest.raises(Tampered):
            site.submit(kind, {"data": data}, parameters)
        assert site.runs() == ()
        assert [p.runs_used for p in site.permits()] == [0]


def test_votes_that_were_never_cast_grant_nothing(visit: Visit, as_: As) -> None:
    """Somebody with the database sets the state, without decisions or with one."""
    with as_("provider") as site:
        site.take_part("p1", "analyst", "pseudonymiser")
    until = str((datetime.now(UTC) + timedelta(days=30)).date())
    with as_("analyst") as site:
        permit = site.request(
            ["pseudonymise"], ["claims"], purpose="statistics", reason="counting the rows", until=until
        )
    change(visit, "UPDATE permits SET state = 'granted'")
    with as_("analyst") as site, pytest.raises(Tampered):
        site.submit("pseudonymise", {"data": "claims"}, {**PSEUDONYMISE, "name": None})
    change(visit, "UPDATE permits SET state = 'requested'")
    with as_("provider") as site:
        site.decide(permit.id, "grant")
    change(visit, "UPDATE permits SET state = 'granted'")
    with as_("analyst") as site, pytest.raises(Tampered):
        site.submit("pseudonymise", {"data": "claims"}, {**PSEUDONYMISE, "name": None})


def test_a_destroyed_dataset_is_gone_and_its_records_are_erased_after_three_years_not_before(
    visit: Visit, as_: As, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pseudonymised(as_)
    with as_("engineer") as site, pytest.raises(Refused):
        site.destroy("claims")
    with as_("provider") as site:
        names = {d.name: d for d in site.datasets()}
        for name in ("claims", "claims-p"):
            site.destroy(name)
            assert not (visit.keys / "data" / f"{names[name].id}.key").exists()
            assert not site._house.objects.path(names[name].object_id).exists()
            with pytest.raises(Conflict):
                site.destroy(name)
        with pytest.raises(Refused) as error:
            site.submit("pseudonymise", {"data": "claims"}, {**PSEUDONYMISE, "name": None})
        assert codes(error) == {"dataset.destroyed"}
        with pytest.raises(Missing):
            site._house.keyring.dataset_key(names["claims"].id)
    with as_("operator") as site:
        house = site._house
        processed = {r["record"] for r in prove.records(house, limit=1000) if r["retain"] == "processing"}
        assert (
            len(processed) == 4 + 8
        )  # registered, ran, and twice destroyed; a review: seated, 3 words, opened, closed
        at(monkeypatch, years=3, days=-2)
        prove.erase(house, site.who)
        assert erased(site) & processed == set()
        at(monkeypatch, years=3, days=2)
        prove.erase(house, site.who)
        assert processed <= erased(site)
        kept = [r for r in prove.records(house, limit=1000) if r["retain"] == "permanent"]
        assert kept
        assert all(r["payload"] for r in kept)
        prove.self_check(house)
        site.export_ledger(tmp_path / "bundle")
        with pytest.raises(Tampered):  # today, three years have not passed
            prove.verify(tmp_path / "bundle", house.facts.verifier_key)
        then = datetime.fromisoformat(transition.now())
        monkeypatch.setattr(prove, "verify_bundle", partial(prove.verify_bundle, now=then))
        story = prove.verify(tmp_path / "bundle", house.facts.verifier_key)
    assert story.verified.erased == len(erased_lines(visit, as_))
    assert story.verified.erased >= 4


def test_what_was_erased_too_early_is_found_in_the_bundle(visit: Visit, as_: As, tmp_path: Path) -> None:
    pseudonymised(as_)
    tables = entries_table(visit)
    change(
        visit,
        f"UPDATE {tables} SET payload = NULL, salt = NULL, erased_at = '2026-01-01T00:00:00.000+00:00' WHERE retain_until IS NULL",
    )
    with as_("operator") as site:
        site.export_ledger(tmp_path / "bundle")
        with pytest.raises(Tampered):
            prove.verify(tmp_path / "bundle", site._house.facts.verifier_key)


def at(monkeypatch: pytest.MonkeyPatch, years: int, days: int) -> None:
    moment = datetime.now(UTC)
    then = (moment.replace(year=moment.year + years) + timedelta(days=days)).isoformat(
        timespec="milliseconds"
    )
    monkeypatch.setattr(transition, "now", lambda: then)


def erased(site: Site) -> set[int]:
    return {r["record"] for r in prove.records(site._house, limit=1000) if r["erased_at"] is not None}


def erased_lines(visit: Visit, as_: As) -> set[int]:
    with as_("operator") as site:
        return erased(site)


def ended(site: Site, run: str) -> Run:
    with site._house.database.reading() as connection:
        return runs.find(connection, run)


def run_to_end(site: Site, run: str) -> Run:
    from dalgubeol.verbs.runs import conduct

    return conduct.run_to_end(site._house, run)


def change(visit: Visit, statement: str) -> None:
    """Somebody who has the database writes into it."""
    connection = sqlite3.connect(visit.site / "state.db")
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(statement)
    connection.commit()
    connection.close()


def entries_table(visit: Visit) -> str:
    connection = sqlite3.connect(visit.site / "state.db")
    named = connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%leaf_hash%' AND type = 'table'").fetchone()  # fmt: skip
    connection.close()
    return str(named[0])
