"""What waits in the airlock does not stick: files get their word, seats go to others, a third decides, time ends it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dalgubeol.errors import Conflict, Invalid, Missing, Refused
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.rules.airlock import ReviewState
from dalgubeol.rules.reviewing import FileVerdict, FileVote
from dalgubeol.verbs.airlock import handing_on, review
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house import notify
from dalgubeol.verbs.people import people
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.verbs.runs import conduct
from dalgubeol.world.store import reviews
from dalgubeol.world.store.reviews import Context, Seat

from .conftest import PASSWORD, As, Visit

TWO = 'open("a.csv", "w").write("area,count\\nnorth,120\\nsouth,200\\n")\nopen("b.csv", "w").write("sex,people\\nf,150\\nm,170\\n")\n'
SAID = Context("for the yearly report", "people by group", "by counting rows")


@pytest.fixture
def permitted(as_: As, tmp_path: Path) -> None:
    wages = tmp_path / "wages.csv"
    wages.write_text("area,wage\n" + "".join(f"a{i % 7},{1000 + i * 37 % 991}\n" for i in range(400)))
    with as_("provider") as site:
        site.add(wages, "wages")
    until = str((datetime.now(UTC) + timedelta(days=20)).date())
    with as_("analyst") as site:
        asked = site.request(["analyse", "release"], ["wages"], purpose="statistics", reason="wages by area", until=until, asked=Asked(pledged="en"))  # fmt: skip
    for login in ("steward", "operator"):
        with as_(login) as site:
            site.decide(asked.id, "grant")


def analysed(as_: As, context: str, script: str = TWO) -> Run:
    with as_("analyst") as site:
        run = site.run("analyse", {"data": "wages"}, {"script": script, "context": context})
    assert run.state is RunState.HELD, run.fault
    return run


def third(as_: As, login: str = "third") -> None:
    with as_("operator") as site:
        code = people.invite(site._house, site.who, login=login, name=login, organisation=f"of {login}", roles=["reviewer"])  # fmt: skip
        people.join(site._house, code, PASSWORD)
    with as_(login) as site:
        site.sign_in(login, PASSWORD)


def seats(as_: As, run: Run) -> dict[str, Seat]:
    """Login to the open seat."""
    with as_("operator") as site, site._house.database.reading() as connection:
        from dalgubeol.world import identity

        every = reviews.seats(connection, run.id)
        return {identity.find(connection, s.person).login: s for s in every if s.ended_at is None}


def events(as_: As, run: Run) -> list[str]:
    with as_("operator") as site:
        return [r["event"] for r in prove.records(site._house, limit=1000) if r["subject"] == run.id]


@pytest.mark.usefixtures("permitted")
def test_several_files_wait_until_each_has_its_word(as_: As) -> None:
    run = analysed(as_, "a.csv: people by area, counted\nand something about the rest")
    with as_("analyst") as site:
        found = review.look(site._house, site.who.actor, run.id)
        assert (found.state, sorted(found.contexts)) == (ReviewState.DRAFT, [1])
        with pytest.raises(Invalid):
            review.explain(site._house, site.who, run.id, {3: SAID})
        with pytest.raises(Invalid):
            review.explain(site._house, site.who, run.id, {2: Context("x", "y", "z")})
    with as_("reviewer1") as site:
        with pytest.raises(Missing):
            review.explain(site._house, site.who, run.id, {2: SAID})
        with pytest.raises(Conflict):
            site.vote(run.id, True)
    assert seats(as_, run) == {}
    with as_("analyst") as site:
        found = review.explain(site._house, site.who, run.id, {2: SAID})
        assert (found.state, found.contexts[2]) == (ReviewState.SUBMITTED, SAID)
        with pytest.raises(Conflict):
            review.explain(site._house, site.who, run.id, {1: SAID})
    assert set(seats(as_, run)) == {"reviewer1", "reviewer2"}
    assert "explained" in events(as_, run)


@pytest.mark.usefixtures("permitted")
def test_where_two_differ_on_one_file_a_third_is_asked_who_knows_neither(as_: As) -> None:
    run = analysed(as_, "a.csv: people by area, counted\nb.csv: people by sex, counted")
    third(as_)
    with as_("reviewer1") as site:
        site.vote(run.id, True, "fine")
    with as_("reviewer2") as site:
        said = {2: FileVote(FileVerdict.REJECT, "sex was not agreed on")}
        after = review.vote(site._house, site.who, run.id, True, "not the second", said)
        assert (after.state, after.votes[1].approve) == (ReviewState.REVIEWED, False)
        assert [each.verdict for each in after.votes[1].files] == [FileVerdict.APPROVE, FileVerdict.REJECT]
    assert set(seats(as_, run)) == {"third"}
    for login in ("third", "analyst", "operator"):
        with as_(login) as site:
            assert review.look(site._house, site.who.actor, run.id).votes == ()
    assert "vote-opened" not in events(as_, run)
    with as_("third") as site:
        after = site.vote(run.id, True)
        assert (after.state, len(after.votes)) == (ReviewState.APPROVED, 3)
        assert conduct.run_to_end(site._house, str(after.release_run)).state is RunState.DONE
    assert events(as_, run).count("vote-opened") == 3
    assert seats(as_, run) == {}


@pytest.mark.usefixtures("permitted")
def test_files_that_may_never_leave_are_rejected(as_: As) -> None:
    run = analysed(as_, "people by area and by sex", TWO.splitlines()[0])
    for login in ("reviewer1", "reviewer2"):
        with as_(login) as site:
            after = review.vote(site._house, site.who, run.id, False, "", {1: FileVote(FileVerdict.REJECT)})
    assert after.state is ReviewState.REJECTED
    assert "rejected" in events(as_, run)


@pytest.mark.usefixtures("permitted")
def test_the_seat_of_who_is_away_or_gone_goes_to_another(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    run = analysed(as_, "people by area and by sex", TWO.splitlines()[0])
    assert set(seats(as_, run)) == {"reviewer1", "reviewer2"}
    third(as_)
    with as_("reviewer1") as site:
        site.vote(run.id, True)
    with as_("operator") as site:
        handing_on.look_after(site._house)
        assert set(seats(as_, run)) == {"reviewer2"}, "nobody is late yet"
        monkeypatch.setattr(handing_on, "earlier", lambda seconds: "9999" if seconds < 4 * 86400 else "0000")
        handing_on.look_after(site._house)
    assert set(seats(as_, run)) == {"third"}
    with as_("third") as site:
        told = [n.message.text("en") for n in notify.listed(site._house, site.who)]
        assert any("Your vote is asked for" in text for text in told)
    with as_("operator") as site:
        people.close(site._house, site.who, "third")
        handing_on.look_after(site._house)
    assert set(seats(as_, run)) == {"reviewer2"}, "who was away is asked again before nobody is"


def test_the_command_line_explains_and_votes_file_by_file(visit: Visit, as_: As, permitted: None) -> None:
    run = analysed(as_, "two tables without a word on each").id
    for number in ("1", "2"):
        words = ("--why", "for the report", "--shows", "people by group", "--made", "by counting")
        done = visit.dalgu("analyst", "airlock", "explain", run, number, *words, "--json")
        assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "submitted"
    for login in ("reviewer1", "reviewer2"):
        done = visit.dalgu(login, "airlock", "vote", run, "--approve", "--mend", "2: round it", "--json")
        assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "returned"
    shown = visit.dalgu("analyst", "airlock", "show", run, language="ko")
    assert "round it" in shown.stdout
    assert "보완" in shown.stdout
    assert visit.dalgu("reviewer1", "airlock", "vote", run, "--approve", "--mend", "two").returncode == 11


SMALL = 'open("a.csv", "w").write("area,count\\nnorth,3\\nsouth,200\\neast,4\\nwest,150\\n")\n'


@pytest.mark.usefixtures("permitted")
def test_the_command_line_says_how_it_stands_what_is_missing_and_who_voted(visit: Visit, as_: As) -> None:
    run = analysed(as_, "two tables without a word on each").id
    early = visit.dalgu("reviewer1", "airlock", "vote", run, "--approve")
    assert (early.returncode, "no word of its author" in early.stderr) == (13, True), early.stderr
    shown = visit.dalgu("analyst", "airlock", "show", run).stdout
    assert "Once each has, the reviewers are asked." in shown
    assert "order of their names: 1, 2." in shown
    assert f"dalgu airlock explain {run} 1" in shown
    assert "dalgu airlock explain" not in visit.dalgu("reviewer1", "airlock", "show", run).stdout
    with as_("analyst") as site:
        review.explain(site._house, site.who, run, {1: SAID, 2: SAID})
    looked = visit.dalgu("analyst", "airlock", "view", run)
    assert (looked.returncode, "You may not look at these files." in looked.stderr) == (10, True)
    for login in ("reviewer1", "reviewer2"):
        assert visit.dalgu(login, "airlock", "vote", run, "--decline").returncode == 0
    told = visit.dalgu("analyst", "airlock", "show", run).stdout
    assert "reviewer1 (centre): declined" in told
    assert "person-" not in told


@pytest.mark.usefixtures("permitted")
@pytest.mark.parametrize(("language", "advice"), [("en", "Join small groups into larger ones"), ("ko", "작은 집단을 더 큰 집단으로")])  # fmt: skip
def test_who_is_held_at_the_command_line_is_told_how_to_mend_it(
    visit: Visit, as_: As, language: str, advice: str
) -> None:
    run = analysed(as_, "people by area, counted", SMALL)
    shown = visit.dalgu("analyst", "airlock", "show", run.id, language=language).stdout
    assert shown.count(advice) == 1
    assert f"dalgu airlock safe {run.id} --method rounded" in shown


@pytest.mark.usefixtures("permitted")
def test_the_command_line_names_what_a_permit_allows_and_on_what(visit: Visit, as_: As) -> None:
    with as_("analyst") as site:
        (permit,) = site.permits()
    shown = " ".join(visit.dalgu("steward", "permit", "show", permit.id, COLUMNS="300").stdout.split())
    for part in ("wages (hospital)", "who asks analyst (lab)", "at most 300 s, 2,048 MB of memory, 32 processes", "0 / 100"):  # fmt: skip
        assert part in shown, shown
    assert "person-" not in shown


@pytest.mark.usefixtures("permitted")
def test_what_nobody_decides_expires(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    run = analysed(as_, "people by area and by sex", TWO.splitlines()[0])
    with as_("operator") as site:
        handing_on.look_after(site._house)
        with site._house.database.reading() as connection:
            assert reviews.find(connection, run.id).state is ReviewState.SUBMITTED
        monkeypatch.setattr(handing_on, "earlier", lambda seconds: "9999")
        handing_on.look_after(site._house)
        with site._house.database.reading() as connection:
            assert reviews.find(connection, run.id).state is ReviewState.EXPIRED
    assert "expired" in events(as_, run)


@pytest.mark.usefixtures("permitted")
def test_a_reviewer_sees_what_changed_since_the_last_submission(as_: As) -> None:
    one = 'open("a.csv", "w").write("area,count\\nnorth,120\\nsouth,200\\n")\n'
    first = analysed(as_, "people by area, counted", one)
    with as_("analyst") as site:
        review.withdraw(site._house, site.who, first.id)
    second = analysed(as_, "people by area, counted", one.replace("200", "260"))
    with as_("reviewer1") as site:
        assert review.difference(site._house, site.who, first.id) is None
        content = review.files(site._house, site.who, second.id)
        found = review.difference(site._house, site.who, second.id, content)
    assert events(as_, second).count("viewed") == 1, "one look at the files is one Record"
    assert found is not None
    assert (found[0].run, [(c.name, c.lines) for c in found[1]]) == (first.id, [("a.csv", ("-south,200", "+south,260"))])  # fmt: skip
    assert events(as_, first).count("viewed") == 1
    with as_("analyst") as site, pytest.raises(Refused):
        review.difference(site._house, site.who, second.id)
