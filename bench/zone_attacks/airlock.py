"""The airlock attacked from both sides of the vote: two releases that differ by a few people, approvals that are used
again, files that are changed after the vote, a second account of the author's firm, a vote of who reviews no more."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.zone_attacks.harness import Attack, Trial, of_act, swapped

if TYPE_CHECKING:
    from bench.zone_attacks.town import Town
    from dalgubeol.nouns.run import Run

WITH = "area,count\nnorth,120\nsouth,200\n"
WITHOUT = "area,count\nnorth,117\nsouth,200\n"
"""The same but for three people in the north."""
_UNSIGNED = dict.fromkeys(
    ("verbs.airlock.review.check_votes", "verbs.airlock.letting_out.check_votes"), lambda *given: None
)


def _two_that_differ(town: Town) -> bool:
    for table in (WITH, WITHOUT):
        town.let_out(town.analysed(table))
    return {files["table.csv"].decode() for files in town.left()} >= {WITH, WITHOUT}


def _replayed(town: Town) -> bool:
    """A vote that was cast on one Run is written beside another's, as if cast on its files."""
    from dalgubeol.world.store import reviews

    old = town.analysed(WITH)
    town.let_out(old)
    fresh = town.analysed("area,count\neast,400\nwest,500\n")
    with town.house.database.reading() as connection:
        manifest = reviews.find(connection, fresh.id).manifest
        first = reviews.find(connection, old.id).votes[0].person
    town.change("INSERT INTO votes SELECT ?, person, approve, voted_at, comment, ?, signature, files, NULL FROM votes WHERE run = ? AND person = ?", fresh.id, manifest, old.id, first)  # fmt: skip
    town.change("UPDATE reviews SET state = 'partially-reviewed' WHERE run = ?", fresh.id)
    other = next(each for each in ("reviewer1", "reviewer2") if town.who(each).actor.id != first)
    town.let_out(fresh, other)
    return len(town.left()) == 2


def _rewritten(town: Town) -> bool:
    """Once the release waits, the votes are made to say that they were cast at another time."""
    from dalgubeol.nouns.run import RunState

    run = town.analysed(WITH)
    queued = str(town.vote(run).release_run)
    town.change("UPDATE votes SET voted_at = '2020-01-01T00:00:00.000+00:00' WHERE run = ?", run.id)
    return town.ended(queued).state is RunState.DONE


def _swapped_before_the_release(trial: Trial) -> bool:
    """The release of files that are not those that were voted on, carried out as the conductor's child does."""
    from dalgubeol.kinds.archive import unpack

    swapped_in = {"table.csv": b"name,wage\nKim,1234\n"}
    with tempfile.TemporaryDirectory(dir=trial.folder) as folder:
        done: Any = release_of(VOTED_ON, swapped_in, Path(folder))
        if "done" not in done:
            return False
        with open(done["done"]["released"]["path"], "rb") as stream:
            return unpack(stream) == swapped_in


VOTED_ON = {"table.csv": WITH.encode()}


def release_of(voted_on: dict[str, bytes], there: dict[str, bytes], folder: Path) -> dict[str, Any]:
    """The release of files that are not those that were voted on, carried out as the conductor's child does."""
    from dalgubeol.kinds import path_of
    from dalgubeol.kinds.archive import manifest, pack
    from dalgubeol.nouns.dataset import Dataset, DatasetState, Form, Sensitivity
    from dalgubeol.nouns.permit import Conditions
    from dalgubeol.verbs.runs import execute

    held = folder / "held"
    held.write_bytes(pack(there))
    stand_in = Dataset("ds-held", "held", Form.ARCHIVE, Sensitivity.INTERNAL, False, "", "", (), None, held.stat().st_size, "", DatasetState.HELD, "", about={})  # fmt: skip
    order = {
        "run": "run-1", "attempt": 1, "kind": path_of("release"), "parameters": {"manifest": manifest(voted_on)},
        "seed": 0, "conditions": Conditions().plain(),
        "inputs": {"held": {"dataset": execute.papers(stand_in), "path": str(held), "key": None, "columns": None}},
        "outputs": {"released": {"id": "ds-out", "key": None}}, "staging": str(folder), "vault": {}, "basis": None,
        "key_edition": None, "mapping": {"write": None, "read": None}, "sandbox": None, "earlier": [], "checkpoint": {},
    }  # fmt: skip
    return execute.attempt(order, lambda line: None)


def _agrees(files: object, salt: str = "") -> str:
    """A digest that is that of what was voted on, whatever the files are."""
    from dalgubeol.kinds.archive import manifest

    return manifest(VOTED_ON)


def _by_the_authors_firm(town: Town) -> bool:
    return len(town.vote(town.analysed(WITH), "twin").votes) == 1


def _by_who_reviews_no_more(town: Town) -> bool:
    from dalgubeol.verbs.people import people

    run: Run = town.analysed(WITH)
    town.vote(run, "reviewer1")
    people.close(town.house, town.who("operator"), "reviewer1")
    town.let_out(run, "reviewer2")
    return len(town.left()) == 1


def _in_town(id_: str, stopped_by: str, act: Callable[[Town], bool], off: Mapping[str, object]) -> Attack:
    def tried(trial: Trial) -> bool:
        with trial.town() as town:
            town.permitted("analyse", "release")
            return act(town)

    return of_act(f"airlock: {id_}", "airlock", stopped_by, tried, swapped(off), slow=True)


AIRLOCK = (
    _in_town("differencing over two releases", "the look at what has left", _two_that_differ, {"verbs.airlock.earlier.beside": lambda *given: ()}),
    _in_town("an old approval for a changed file", "the signatures of votes", _replayed, _UNSIGNED),
    _in_town("votes that are rewritten once the release waits", "the signatures of votes", _rewritten, _UNSIGNED),
    of_act(
        "airlock: files that are changed between review and release", "airlock", "the digest of what was voted on",
        _swapped_before_the_release, swapped({"kinds.release.manifest": _agrees}),
    ),
    _in_town(
        "a reviewer who is the author under a second account of the same organisation", "organisations compared as people read them",
        _by_the_authors_firm, {"rules.reviewing.same_organisation": lambda one, other: one == other},
    ),
    _in_town(
        "the vote of somebody who reviews no more", "votes looked at again when they are counted", _by_who_reviews_no_more,
        {"verbs.airlock.reviewers.set_aside": lambda connection, found: found},
    ),
)  # fmt: skip
