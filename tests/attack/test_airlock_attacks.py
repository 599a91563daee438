"""The airlock attacked: two releases whose difference is a person, an approval that is used again, files that are
changed after the vote, a second account of the author's firm, a vote of who reviews no more, noise that is averaged
away. Each succeeds first, with the one defence off that is to stop it."""

from __future__ import annotations

import csv
import io
import shutil
import sqlite3
import statistics
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from bench.zone_attacks.airlock import VOTED_ON, WITH, WITHOUT, release_of

from dalgubeol.doors.python import Site
from dalgubeol.errors import Refused, Tampered
from dalgubeol.kinds import release
from dalgubeol.kinds.archive import manifest, unpack
from dalgubeol.kinds.beside import published
from dalgubeol.kinds.checks import Against, check_files
from dalgubeol.kinds.contract import Left
from dalgubeol.nouns.dataset import Dataset, Sensitivity
from dalgubeol.nouns.permit import Conditions
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.rules import reviewing
from dalgubeol.rules.airlock import ReviewState
from dalgubeol.verbs.airlock import earlier, letting_out, review, reviewers
from dalgubeol.verbs.people import people
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.verbs.runs import conduct
from dalgubeol.world.store import reviews
from dalgubeol.world.store.reviews import Review

from ..journeys import conftest as town
from ..journeys.conftest import PASSWORD, As, Visit

founded, as_ = town.founded, town.as_


@pytest.fixture(scope="session")
def permitted(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small site with a table and a Permit to analyse it."""
    folder = tmp_path_factory.mktemp("airlock") / "visit"
    shutil.copytree(founded, folder, ignore=shutil.ignore_patterns("wake"))
    visit = Visit(folder)
    wages = folder / "wages.csv"
    wages.write_text("area,wage\n" + "".join(f"a{i % 7},{1000 + i * 37 % 991}\n" for i in range(400)))
    with pytest.MonkeyPatch.context() as patched:
        seen = town.as_.__wrapped__(visit, patched) if hasattr(town.as_, "__wrapped__") else None
        assert seen is not None
        with seen("provider") as site:
            site.add(wages, "wages")
        until = str((datetime.now(UTC) + timedelta(days=20)).date())
        with seen("analyst") as site:
            asked = site.request(["analyse", "release"], ["wages"], purpose="statistics", reason="wages by area", until=until, asked=Asked(pledged="en"))  # fmt: skip
        for login in ("steward", "operator"):
            with seen(login) as site:
                site.decide(asked.id, "grant")
    return folder


@pytest.fixture
def visit(permitted: Path, tmp_path: Path) -> Visit:
    folder = tmp_path / "visit"
    shutil.copytree(permitted, folder, ignore=shutil.ignore_patterns("wake"))
    return Visit(folder)


def analysed(as_: As, table: str) -> Run:
    script = f'open("table.csv", "w").write({table!r})\n'
    with as_("analyst") as site:
        run = site.run("analyse", {"data": "wages"}, {"script": script, "context": "people by area, counted"})
    assert run.state is RunState.HELD, run.fault
    return run


def seen(as_: As, run: Run) -> Review:
    with as_("operator") as site, site._house.database.reading() as connection:
        return reviews.find(connection, run.id)


def approved(as_: As, run: Run, *logins: str) -> Review:
    """Both vote for it, and the release is made; what the airlock says then."""
    for login in logins or ("reviewer1", "reviewer2"):
        with as_(login) as site:
            after = site.vote(run.id, True)
            if after.release_run:
                conduct.run_to_end(site._house, after.release_run)
    return seen(as_, run)


def left(as_: As) -> Iterator[dict[str, bytes]]:
    """What has left, as the world has it."""
    with as_("analyst") as site:
        yield from (_files(site, each) for each in site.datasets() if each.sensitivity is Sensitivity.ANONYMOUS)  # fmt: skip


def _files(site: Site, dataset: Dataset) -> dict[str, bytes]:
    with site._house.objects.open(dataset.object_id) as stream:
        return unpack(stream)


def north(as_: As) -> list[int]:
    return [int(files["table.csv"].decode().split("north,")[1].split()[0]) for files in left(as_)]


def change(visit: Visit, statement: str, *values: object) -> None:
    """Somebody who has the database writes into it."""
    with closing(sqlite3.connect(visit.site / "state.db")) as connection:
        connection.execute(statement, values)
        connection.commit()


def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The airlock forgets what has left."""
    monkeypatch.setattr(earlier, "beside", lambda connection, run: ())


def test_two_releases_that_differ_by_three_people(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as off:
        blind(off)
        for table in (WITH, WITHOUT):
            assert approved(as_, analysed(as_, table)).state is ReviewState.RELEASED
    assert sorted(north(as_)) == [117, 120], "three people stand in the open"


def test_of_two_releases_that_differ_by_three_people_the_second_is_held(as_: As) -> None:
    assert approved(as_, analysed(as_, WITH)).state is ReviewState.RELEASED
    second = analysed(as_, WITHOUT)
    found = seen(as_, second)
    assert found.state is ReviewState.HELD
    assert [(f["code"], f["row"]) for f in found.findings] == [("linked", 1)]
    for login in ("reviewer1", "reviewer2"):
        with as_(login) as site, pytest.raises(Refused):
            site.vote(second.id, True)
    assert north(as_) == [120]


def test_two_that_wait_side_by_side_do_not_both_leave(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each was checked before the other had left; the release itself looks again."""
    one, other = analysed(as_, WITH), analysed(as_, WITHOUT)
    assert approved(as_, one).state is ReviewState.RELEASED
    found = approved(as_, other)
    assert found.state is ReviewState.HELD
    assert [f["code"] for f in found.findings] == ["linked"]
    assert found.votes == ()
    assert north(as_) == [120]
    third = analysed(as_, WITH.replace("200", "260"))
    with as_("reviewer1") as site:
        site.vote(other.id, False)
    assert seen(as_, other).state is ReviewState.RETURNED
    with monkeypatch.context() as off:
        blind(off)
        again = analysed(as_, WITHOUT)
        assert approved(as_, again).state is ReviewState.RELEASED, "with the look off it leaves"
    assert sorted(north(as_)) == [117, 120]
    assert seen(as_, third).state is ReviewState.SUBMITTED, "sixty more are no small group"


def test_what_left_is_remembered_when_the_released_dataset_is_destroyed(as_: As) -> None:
    run = analysed(as_, WITH)
    approved(as_, run)
    with as_("provider") as site:
        [made] = [d for d in site.datasets() if d.sensitivity is Sensitivity.ANONYMOUS]
        site.destroy(made.name)
    assert seen(as_, analysed(as_, WITHOUT)).state is ReviewState.HELD


def _replayed(visit: Visit, as_: As) -> Run:
    """A vote that was cast on one Run is written beside another's, as if cast on its files."""
    old = analysed(as_, WITH)
    approved(as_, old)
    fresh = analysed(as_, "area,count\neast,400\nwest,500\n")
    found = seen(as_, fresh)
    assert found.state is ReviewState.SUBMITTED
    change(visit, "INSERT INTO votes SELECT ?, person, approve, voted_at, comment, ?, signature, files, NULL FROM votes WHERE run = ? LIMIT 1", fresh.id, found.manifest, old.id)  # fmt: skip
    change(visit, "UPDATE reviews SET state = 'partially-reviewed' WHERE run = ?", fresh.id)
    return fresh


def test_an_old_approval_lets_no_other_file_out(
    visit: Visit, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = _replayed(visit, as_)
    voted = {vote.person for vote in seen(as_, fresh).votes}
    with as_("reviewer1") as site:
        other = "reviewer2" if site.who.person.id in voted else "reviewer1"
    with as_(other) as site, pytest.raises(Tampered, match="signature"):
        site.vote(fresh.id, True)
    assert len(list(left(as_))) == 1
    with monkeypatch.context() as off:
        for place in (review, letting_out):
            off.setattr(place, "check_votes", lambda *given: None)
        assert approved(as_, fresh, other).state is ReviewState.RELEASED, (
            "with the signatures unread it leaves"
        )


def test_files_that_were_changed_between_vote_and_release_do_not_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swapped = {"table.csv": b"name,wage\nKim,1234\n"}
    with monkeypatch.context() as off:
        off.setattr(release, "manifest", lambda files, salt: manifest(VOTED_ON))
        done: Any = release_of(VOTED_ON, swapped, tmp_path)
        with open(done["done"]["released"]["path"], "rb") as stream:
            assert unpack(stream) == swapped, "unchecked, what was swapped leaves"
    fault: Any = release_of(VOTED_ON, swapped, tmp_path)
    assert fault["fault"]["code"] == "release.manifest"


def test_a_release_whose_order_was_rewritten_is_not_settled(
    visit: Visit, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has the database makes the votes say something else once the release waits: the signatures do not."""

    def let_out() -> RunState:
        run = analysed(as_, WITH)
        with as_("reviewer1") as site:
            site.vote(run.id, True)
        with as_("reviewer2") as site:
            queued = str(site.vote(run.id, True).release_run)
        change(visit, "UPDATE votes SET voted_at = '2020-01-01T00:00:00.000+00:00' WHERE run = ?", run.id)
        with as_("operator") as site:
            return conduct.run_to_end(site._house, queued).state

    assert let_out() is not RunState.DONE
    assert list(left(as_)) == []
    with monkeypatch.context() as off:
        off.setattr(letting_out, "check_votes", lambda *given: None)
        assert let_out() is RunState.DONE, "unread, it is let out"


@pytest.mark.parametrize("spelt", ["LAB", "L a b", "ｌａｂ"])
def test_the_authors_firm_does_not_vote_under_a_second_account(
    as_: As, monkeypatch: pytest.MonkeyPatch, spelt: str
) -> None:
    run = analysed(as_, WITH)
    with as_("operator") as site:
        code = people.invite(site._house, site.who, login="second", name="Second", organisation=spelt, roles=["reviewer"])  # fmt: skip
        people.join(site._house, code, PASSWORD)
    with as_("second") as site:
        site.sign_in("second", PASSWORD)
        with pytest.raises(Refused) as refused:
            site.vote(run.id, True)
        assert "review.organisation" in {reason.code for reason in refused.value.reasons}
        with monkeypatch.context() as off:
            off.setattr(reviewing, "same_organisation", lambda one, other: one == other)
            assert site.vote(run.id, True).state is ReviewState.PARTIALLY_REVIEWED


def test_the_vote_of_somebody_who_reviews_no_more_lets_nothing_out(
    as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [analysed(as_, WITH), analysed(as_, WITH)]
    with as_("reviewer1") as site:
        for run in runs:
            site.vote(run.id, True)
    with as_("operator") as site:
        people.close(site._house, site.who, "reviewer1")
    with monkeypatch.context() as off:
        off.setattr(reviewers, "set_aside", lambda connection, found: found)
        assert approved(as_, runs[0], "reviewer2").state is ReviewState.RELEASED, "it would"
    found = approved(as_, runs[1], "reviewer2")
    assert (found.state, len(found.votes)) == (ReviewState.PARTIALLY_REVIEWED, 1)


def test_noise_is_not_averaged_away(tmp_path: Path) -> None:
    """The same count under fresh noise, asked for again and again."""
    source = pa.table({"area": ["north"] * 120 + ["south"] * 200})
    noise = np.random.default_rng(7)

    def tries(remembered: bool) -> list[int]:
        let_out: list[tuple[Left, ...]] = []
        for _ in range(60):
            values = [120 + round(noise.normal(0, 3)), 200 + round(noise.normal(0, 3))]
            table = f"area,count\nnorth,{values[0]}\nsouth,{values[1]}\n".encode()
            before = published(let_out) if remembered else ()
            held = [
                f
                for f in check_files({"t.csv": table}, Against.of(source, Conditions(), before))
                if f["holds"]
            ]
            if not held:
                let_out.append((Left(table),))
        rows = [
            list(csv.reader(io.StringIO(each.content.decode()))) for release_ in let_out for each in release_
        ]
        return [int(each[1][1]) for each in rows]

    unguarded = tries(remembered=False)
    assert len(unguarded) == 60
    assert abs(statistics.mean(unguarded) - 120) < 1, "the mean gives the count away"
    assert len(set(tries(remembered=True))) == 1, "the same answer again, or none"


def test_the_author_does_not_try_out_what_her_files_hold_by_their_digest(as_: As) -> None:
    """She sees the digest before anybody has voted, and so could work out which of a few values the script wrote."""
    script = 'import pyarrow.parquet as pq\nwages = pq.read_table("/data/data.parquet")["wage"].to_pylist()\nopen("top.txt", "w").write(str(max(wages)))\n'
    with as_("analyst") as site:
        runs = [site.run("analyse", {"data": "wages"}, {"script": script, "context": said}) for said in ("the largest wage", "the highest wage")]  # fmt: skip
    guesses = {manifest({"top.txt": str(wage).encode()}) for wage in range(5000)}
    told = [seen(as_, run) for run in runs]
    with as_("reviewer1") as site:
        held = review.files(site._house, site.who, runs[0].id)
    assert manifest(held) in guesses, "without a salt she finds it"
    assert not {each.manifest for each in told} & guesses
    assert told[0].manifest != told[1].manifest, "another context, another salt: equal files do not show"
