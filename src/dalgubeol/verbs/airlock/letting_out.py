"""Out of the airlock: the Run that lets files out once the votes agree, and what it comes to.

A vote is for exactly the files it was cast on: the signatures and the manifest are checked when the release is queued
and again in the transaction that lets the files out, whatever stands in the database then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from ...digest import canonical, fresh_id
from ...errors import Reason, Refused, Tampered
from ...kinds import kind as kind_named
from ...language import say
from ...nouns.dataset import Dataset, DatasetState
from ...nouns.permit import Grant
from ...nouns.record import Event, Record, Retention
from ...nouns.run import Fault, Run, RunState
from ...rules.airlock import Case, ReviewState, after
from ...rules.granting import Ruling, exporting, reasons_not_to_export, ruling
from ...rules.lifecycle import RUN_MOVES, moved
from ...rules.reviewing import FileVote, Vote
from ...world import identity
from ...world.store import datasets, permits, reviews, runs
from ...world.store.reviews import Review
from ..house import notify
from ..house.clock import now
from ..house.house import House
from ..house.transition import record, signer_key
from ..permits.grant import check_signatures
from ..runs.outcome import LINKED, RELEASING, data_of
from ..runs.parameters import checked_parameters
from . import earlier, exports, reviewers
from .dummies import released_dummy
from .permit_over import permits_over


def release_run(house: House, connection: Connection, found: Review) -> Run:
    """The Run that lets it out. Raises Refused where the author's Permit does not cover leaving (any more)."""
    analysed = runs.find(connection, found.run)
    _check_in_force(connection, analysed)
    sources = [datasets.find(connection, id_) for id_ in data_of(analysed)]
    author = identity.find(connection, found.author).actor
    files = exports.file_count(datasets.find(connection, found.dataset))
    # A release takes none of a Permit's Runs, and goes by a Permit that has releases left where there is one.
    own = [replace(permit, runs_used=0) for permit in permits.of_holder(connection, author.id)]
    own.sort(key=lambda permit: bool(reasons_not_to_export(permit, files)))
    dummy = datasets.find(connection, found.dataset).about.get("dummy")
    others = exporting(author, sources, dummy is not None)
    decided = (
        ruling(author, RELEASING, frozenset({Grant.EXPORT}), others, own, now()) if others else Ruling(())
    )
    if decided.reasons:
        raise Refused("release.permit", say("The author's Permit does not let this leave."), say("The author asks for a Permit that allows the kind 'release'."), decided.reasons)  # fmt: skip
    under = [permit for permit in own if permit.id in decided.permits]
    for permit in under:
        check_signatures(house, connection, permit)
    exports.take(connection, under, datasets.find(connection, found.dataset))
    wished = {"name": analysed.parameters.get("release_as"), "manifest": found.manifest}
    if isinstance(dummy, Mapping):
        wished |= released_dummy(connection, sources[0], str(dummy["form"]), wished["name"])
    parameters = checked_parameters(kind_named(RELEASING), wished)
    return Run(
        id=fresh_id("run"), kind=RELEASING, inputs={"held": found.dataset}, permits=decided.permits,
        parameters=parameters, seed=0, submitted_by=found.author, state=RunState.QUEUED, submitted_at=now(),
    )  # fmt: skip


def _check_in_force(connection: Connection, analysed: Run) -> None:
    """Raises Refused where a Permit under which the files were made is over: another one of its author's does not let
    out what that one's end keeps in."""
    if over := permits_over(connection, analysed, now()):
        ended = tuple(Reason("permit.ended", say("Permit {permit} is not in force any more.", permit=each.id)) for each in over)  # fmt: skip
        raise Refused("release.permit", say("The Permit under which this was made is over."), say("It stays in, whatever other Permits its author has."), ended)  # fmt: skip


def check_votes(house: House, connection: Connection, found: Review, votes: tuple[Vote, ...]) -> None:
    """Raises Tampered for a vote that was not signed by whom it names, or for other files."""
    for each in votes:
        key = signer_key(connection, house.log, each.person)
        signed = statement(found, each.person, each.approve, each.voted_at, each.files)
        if each.manifest != found.manifest or not identity.signature_holds(key, signed, each.signature):
            raise Tampered(
                "vote.signature",
                say("A vote on Run {run} was not signed by the person it names, or for other files.", run=found.run),
                say("Nothing is released. Tell the operator: the site's database was changed from outside."),
            )  # fmt: skip


def released(house: House, connection: Connection, run: Run, outputs: Mapping[str, Dataset]) -> None:
    """A release Run is done, in the transaction that settles it. Raises Tampered where it is not what was voted on."""
    found = _of_release(connection, run)
    state = after(found.state, "release")
    if run.parameters.get("manifest") != found.manifest:
        raise _not_what_was_voted_on(found)
    check_votes(house, connection, found, found.votes)
    _check_in_force(connection, runs.find(connection, found.run))
    reviews.set_state(connection, found.run, state, now(), run.id)
    held = datasets.find(connection, found.dataset)
    if "private" not in held.about:  # noise differs from everything: nothing can be learnt beside it
        earlier.keep(house, connection, found.run, outputs)
    datasets.changed(connection, held, DatasetState.KEPT)  # it waits no more; what it holds stays protected
    analysed = runs.find(connection, found.run)
    runs.settle(connection, analysed, moved(RUN_MOVES, analysed.state, "release"), now())
    payload = {
        "run": found.run,
        "manifest": found.manifest,
        "author": found.author,
        "reviewers": [vote.person for vote in found.votes],
    }
    record(
        connection,
        Record(
            Event.RELEASED, f"released/{found.run}", now(), found.votes[-1].person, found.run, payload,
            Retention.PROCESSING, datasets=(found.dataset,), permits=run.permits,
        ),
    )  # fmt: skip
    notify.review_advanced(connection, found.run, found.author, "released")


def release_failed(connection: Connection, run: Run, fault: Fault | None = None) -> None:
    """A release Run did not get through: the votes are asked anew, or what was released meanwhile holds it."""
    held = datasets.find(connection, run.inputs["held"])
    waiting = [r for r in reviews.listed(connection, (ReviewState.APPROVED,)) if r.run == held.made_by]
    if not waiting or waiting[0].release_run != run.id:
        return  # no review has asked for this Run: there is nothing to vote on anew
    exports.give_back(connection, run)
    found = waiting[0]
    linked = fault is not None and fault.code == LINKED
    case = Case.LINKED if linked else Case.BROKEN
    reviews.set_state(connection, found.run, after(found.state, "fail", case), now())
    reviews.clear_votes(connection, found.run, now())
    if linked and fault is not None:
        reviews.hold(connection, found.run, (*found.findings, _finding_of(fault)))
    notify.review_advanced(connection, found.run, found.author, "held" if linked else "failed")
    reviewers.ask(connection, reviews.find(connection, found.run))


def _finding_of(fault: Fault) -> Mapping[str, object]:
    message = json.loads(fault.message)
    values = message[1]
    place = {name: int(values[name]) if name in values else None for name in ("file", "row")}
    return {"code": "linked", **place, "column": None, "holds": True, "message": message}


def statement(found: Review, person: str, approve: bool, at: str, files: Sequence[FileVote] = ()) -> bytes:
    """The exact bytes that a reviewer signs. (The first version is of votes on all files at once.) A vote on what comes
    in is for one Permit, and is none on anything that leaves."""
    said = {
        "run": found.run,
        "manifest": found.manifest,
        "person": person,
        "approve": approve,
        "voted_at": at,
    }
    if found.comes_in:
        words = [each.verdict.value for each in files]
        return b"dalgubeol/bring-in-vote/v1\0" + canonical({**said, "permit": found.permit, "files": words})
    if not files:
        return b"dalgubeol/airlock-vote/v1\0" + canonical(said)
    words = [each.verdict.value for each in files]
    return b"dalgubeol/airlock-vote/v2\0" + canonical({**said, "files": words})


def _of_release(connection: Connection, run: Run) -> Review:
    held = datasets.find(connection, run.inputs["held"])
    return reviews.find(connection, str(held.made_by))


def _not_what_was_voted_on(found: Review) -> Tampered:
    return Tampered(
        "release.manifest",
        say("The files of Run {run} in the airlock are not those that were voted on.", run=found.run),
        say("Nothing was released. Tell the operator; run the analysis again."),
    )
