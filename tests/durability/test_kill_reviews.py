"""`kill -9` while a vote is written, while votes are set aside, while a release settles and while one fails: before each
change."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dalgubeol.nouns.permit import Role
from dalgubeol.nouns.run import RunState
from dalgubeol.rules.airlock import ReviewState
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.people import people
from dalgubeol.world.identity import SignedIn
from dalgubeol.world.store import datasets, permits, reviews, runs
from dalgubeol.world.store.schema import votes

from .conftest import PASSWORD, Place, check_whole, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
JUDGES = ("judge1", "judge2", "judge3")
TWO = 'open("a.csv", "w").write("area,count\\nnorth,120\\nsouth,200\\n")\nopen("b.csv", "w").write("sex,people\\nf,150\\nm,170\\n")\n'
CONTEXT = "a.csv: people by area, counted\nb.csv: people by sex, counted"


@dataclass(frozen=True)
class Waiting:
    """A submission of two files in the airlock, on a site with three reviewers; to be copied."""

    folder: Path
    run: str
    who: dict[str, str]
    """Login to id."""


@pytest.fixture(scope="module")
def waiting(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Waiting:
    place = copied(template, tmp_path_factory.mktemp("reviews") / "place")
    with place.opened() as house:
        operator = people.signed_in(house, place.folder / "operator.json")
        who = {login: _joined(place, house, operator, login) for login in JUDGES}
    script = place.folder / "two.py"
    script.write_text(TWO)
    run = place.submitted("analyst", "run", "analyse", "claims-p", "--script", str(script), "--context", CONTEXT, "--json")  # fmt: skip
    place.conduct_to_end()
    assert place.run(run).state is RunState.HELD
    return Waiting(place.folder, run, who)


def _joined(place: Place, house: House, operator: SignedIn, login: str) -> str:
    code = people.invite(house, operator, login=login, name=login, organisation=f"of {login}", roles=[Role.REVIEWER])  # fmt: skip
    people.join(house, code, PASSWORD)
    people.sign_in(replace(house, settings=place.settings(login)), login, PASSWORD)
    return people.signed_in(house, place.folder / f"{login}.json").actor.id


def copied(folder: Path, to: Path) -> Place:
    shutil.copytree(folder, to, ignore=shutil.ignore_patterns("wake"))
    return Place(to)


def vote(run: str) -> tuple[str, ...]:
    return ("airlock", "vote", run, "--approve", "--json")


def voted(place: Place, waiting: Waiting, login: str) -> None:
    done = place.dalgu(login, *vote(waiting.run))
    assert done.returncode == 0, done.stderr


def killed_everywhere(waiting: Waiting, place: Place, login: str, tmp_path: Path) -> Iterator[tuple[Place, str]]:  # fmt: skip
    """Copies of the place, in each of which `login` voted and was killed before another change."""
    change = 0
    while True:
        change += 1
        copy = copied(place.folder, tmp_path / f"killed-{change}")
        code, told = copy.killed_at(change, login, *vote(waiting.run))
        wait_until(lambda copy=copy: copy.processes() == [], 20)  # type: ignore[misc]
        if code == 0:
            assert change > 2, told  # there was something to be killed at
            return
        assert code == -9, (change, code, told)
        yield copy, told[0]
        shutil.rmtree(copy.folder)


def counted(place: Place, waiting: Waiting) -> tuple[set[str], set[str], dict[str, int], ReviewState]:
    """Whose votes count, whose were set aside, how many Records of each event, and the state."""
    with place.opened() as house:
        events = [r["event"] for r in prove.records(house, waiting.run, limit=1000)]
        with house.database.reading() as connection:
            found = reviews.find(connection, waiting.run)
            rows = connection.execute(votes.select()).mappings().all()
        aside = {str(row["person"]) for row in rows if row["set_aside_at"] is not None}
    return {v.person for v in found.votes}, aside, {e: events.count(e) for e in set(events)}, found.state


def test_a_vote_is_there_with_its_record_or_not_at_all(waiting: Waiting, tmp_path: Path) -> None:
    seen = set()
    for place, _ in killed_everywhere(waiting, Place(waiting.folder), "judge1", tmp_path):
        counting, aside, told, state = counted(place, waiting)
        is_in = bool(counting)
        seen.add(is_in)
        assert counting == ({waiting.who["judge1"]} if is_in else set())
        assert (told.get("voted", 0), aside) == (int(is_in), set())
        assert state is (ReviewState.PARTIALLY_REVIEWED if is_in else ReviewState.SUBMITTED)
        again = place.dalgu("judge1", *vote(waiting.run))
        assert again.returncode == (10 if is_in else 0), again.stderr  # once, and not lost
        assert counted(place, waiting)[2]["voted"] == 1
        check_whole(place)
    assert seen == {False, True}


def test_votes_are_set_aside_with_the_vote_that_takes_their_place_or_not_at_all(
    waiting: Waiting, tmp_path: Path
) -> None:
    first = copied(waiting.folder, tmp_path / "first")
    voted(first, waiting, "judge1")
    with first.opened() as house:
        people.close(house, people.signed_in(house, first.folder / "operator.json"), "judge1")
    one, three, seen = waiting.who["judge1"], waiting.who["judge3"], set()
    for place, _ in killed_everywhere(waiting, first, "judge3", tmp_path):
        counting, aside, told, _ = counted(place, waiting)
        is_in = three in counting
        seen.add(is_in)
        assert (counting, aside) == (({three}, {one}) if is_in else ({one}, set()))
        assert (told.get("set-aside", 0), told["voted"]) == (int(is_in), 1 + int(is_in))
        if not is_in:
            voted(place, waiting, "judge3")
        counting, aside, told, state = counted(place, waiting)
        assert (counting, aside, told["set-aside"]) == ({three}, {one}, 1)
        assert state is ReviewState.PARTIALLY_REVIEWED
        check_whole(place)
    assert seen == {False, True}


def test_a_release_of_two_files_is_all_of_it_or_nothing(waiting: Waiting, tmp_path: Path) -> None:
    first = copied(waiting.folder, tmp_path / "first")
    voted(first, waiting, "judge1")
    seen = set()
    for place, _ in killed_everywhere(waiting, first, "judge2", tmp_path):
        seen.add(released(place, waiting))
        place.conduct_to_end()
        if counted(place, waiting)[3] is ReviewState.PARTIALLY_REVIEWED:
            voted(place, waiting, "judge2")  # the vote was not in: nothing has been asked for
        assert released(place, waiting) == (1, 2, 2)
        _, _, told, state = counted(place, waiting)
        assert (told["released"], told["voted"], state) == (1, 2, ReviewState.RELEASED)
        assert allowance(place) == (1, 2)
        check_whole(place)
    assert seen == {(0, 0, 0), (1, 0, 0), (1, 2, 2)}


def test_a_release_that_fails_clears_the_votes_once_and_all_of_them_and_the_reviewers_vote_again(
    waiting: Waiting, tmp_path: Path
) -> None:
    """The disk has lost what was voted on; it is put back afterwards, as from a backup."""
    first = copied(waiting.folder, tmp_path / "first")
    voted(first, waiting, "judge1")
    one, two, seen = waiting.who["judge1"], waiting.who["judge2"], set()
    with first.opened() as house, house.database.reading() as connection:
        lost = house.objects.path(datasets.find(connection, reviews.find(connection, waiting.run).dataset).object_id)  # fmt: skip
    where, content = lost.relative_to(first.folder), lost.read_bytes()
    lost.unlink()
    for place, _ in killed_everywhere(waiting, first, "judge2", tmp_path):
        counting, aside, _, state = counted(place, waiting)
        seen.add((state, frozenset(counting), frozenset(aside)))
        place.conduct_to_end()
        if counted(place, waiting)[3] is ReviewState.PARTIALLY_REVIEWED:
            voted(place, waiting, "judge2")  # the vote was not in: nothing has been asked for
        counting, aside, told, state = counted(place, waiting)
        assert (state, counting, aside) == (ReviewState.SUBMITTED, set(), {one, two})
        assert (told["voted"], told.get("released", 0), released(place, waiting)) == (2, 0, (1, 0, 0))
        assert allowance(place) == (0, 0), "what did not leave is given back"
        (place.folder / where).write_bytes(content)
        for login in ("judge1", "judge2"):
            voted(place, waiting, login)
        counting, aside, told, state = counted(place, waiting)
        assert (state, counting, aside) == (ReviewState.RELEASED, {one, two}, set())
        assert (told["voted"], told["released"], released(place, waiting)) == (4, 1, (2, 2, 2))
        assert allowance(place) == (1, 2)
        check_whole(place)
    assert seen == {
        (ReviewState.PARTIALLY_REVIEWED, frozenset({one}), frozenset()),
        (ReviewState.APPROVED, frozenset({one, two}), frozenset()),
        (ReviewState.SUBMITTED, frozenset(), frozenset({one, two})),
    }


def allowance(place: Place) -> tuple[int, int]:
    """Releases and files that are used of the Permit."""
    with place.opened() as house, house.database.reading() as connection:
        (permit,) = permits.listed(connection)
    return permit.exports_used, permit.files_used


def released(place: Place, waiting: Waiting) -> tuple[int, int, int]:
    """Release Runs there are, Datasets that came out, and tables that are known to have left."""
    with place.opened() as house, house.database.reading() as connection:
        asked = [run for run in runs.listed(connection) if run.kind == "release"]
        made = [each for run in asked for each in datasets.of_run(connection, run.id)]
        files = sum(len(list(each.about.get("files") or ())) for each in made)  # type: ignore[call-overload]
        return len(asked), files, len(reviews.tables_of(connection, waiting.run))
