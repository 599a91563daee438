"""Bringing code, packages and reference tables into the zone: the airlock in the other direction.

What is offered is sealed, scanned by a Run of the kind `bring-in`, and then waits in the airlock as what wants to leave
does: the same queue, the same two reviewers who do not see each other's vote, the same third, the same end. Each vote is
signed for exactly these files, this direction and this Permit (`letting_out.statement`). Once the votes agree, the files
are there, read-only at /brought, for the Runs under that Permit, and for no other; every Run checks the votes and the
bytes again before it is given them. At the Permit's end they are destroyed (`zone_end`); what came in, by name and
digest, stays in the public register.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from ...digest import fresh_id, fresh_salt, sha256_hex
from ...errors import Invalid, Missing, Reason, Refused, Tampered
from ...kinds import kind as kind_named
from ...kinds.archive import manifest, pack, unpack
from ...language import say
from ...nouns.dataset import Dataset, DatasetState, Form, Sensitivity
from ...nouns.permit import Permit, PermitState, Role
from ...nouns.record import Event, Record, Retention
from ...nouns.run import Run, RunState
from ...rules.airlock import Case, Direction, after
from ...rules.bringing import MOST_BYTES, MOST_FILES, reasons_not_to_bring
from ...rules.lifecycle import RUN_MOVES, moved
from ...rules.reviewing import needed, outcome
from ...world.identity import SignedIn
from ...world.store import brought, datasets, permits, reviews, runs
from ...world.store.brought import Brought
from ...world.store.reviews import Review
from ..datasets import marks, uploads
from ..datasets.register import registered
from ..house import notify
from ..house.clock import now
from ..house.house import House, wake
from ..house.stops import reasons_of_stops
from ..house.transition import record
from ..permits import pledges
from ..permits.grant import check_signatures
from ..runs.outcome import BRINGING
from ..runs.parameters import checked_parameters
from ..runs.recover import discard, forget_key
from .letting_out import check_votes

if TYPE_CHECKING:
    from ...world.engine.reading import Content


def bring(house: House, who: SignedIn, permit: str, files: Sequence[Content], context: str) -> Run:
    """Offer files under a Permit; the Run that scans them. Raises Missing (no such Permit, or none of yours), Refused
    with every reason (recorded), Invalid (files, context), Unavailable (disk)."""
    content = _read(files)
    refused_names = list(house.settings.served().zone.refused_packages)
    parameters = checked_parameters(kind_named(BRINGING), {"context": context, "taken": list(names_taken()), "refused": refused_names})  # fmt: skip
    refused: list[tuple[Reason, ...]] = []
    offered = Dataset(
        id=fresh_id("ds"), name="", form=Form.ARCHIVE, sensitivity=Sensitivity.INTERNAL, trade_secret=True,
        owner=who.actor.id, organisation=who.actor.organisation, columns=(), rows=None, size_bytes=0,
        object_id="", state=DatasetState.HELD, created_at=now(),
    )  # fmt: skip
    run = Run(
        id=fresh_id("run"), kind=BRINGING, inputs={"offered": offered.id}, permits=(), parameters=parameters, seed=0,
        submitted_by=who.actor.id, state=RunState.QUEUED, submitted_at=now(),
    )  # fmt: skip
    staging = house.objects.stage(offered.id)
    try:
        writer = staging.writer("content", house.keyring.make_dataset_key(offered.id), offered.id)
        writer.sink.write(pack(content))
        staged = writer.finish()
        offered = replace(offered, name=f"{run.id}-offered", size_bytes=staged.size_bytes, object_id=staged.object_id)  # fmt: skip
        house.objects.prepare(staged)

        def queue(connection: Connection) -> bool:
            under = _of_theirs(connection, who, permit)
            reasons = _reasons(connection, who, under, content)
            if reasons:
                refused.append(reasons)
                record(connection, _refusal(who, under, reasons))
                return False
            check_signatures(house, connection, under)
            pledges.check(house, connection, under, who.actor.id)
            house.objects.promote(staged)
            marks.keep(house, connection, offered, staged.plain_digest)
            record(connection, registered(offered))
            runs.add(connection, replace(run, permits=(under.id,)), fresh_salt().hex())
            return True

        if not house.write(queue):
            raise Refused("bring.refused", say("These files may not be brought in."), say("Mend what the reasons name, or bring them in under another Permit."), refused[0])  # fmt: skip
    except BaseException:
        with staging.clearing():
            forget_key(house, offered.id)
        raise
    finally:
        discard(house, staging)
    wake(house)
    with house.database.reading() as connection:
        return runs.find(connection, run.id)


def bring_sent(house: House, who: SignedIn, permit: str, sent: Sequence[str], context: str) -> Run:
    """The same of files that were sent piece by piece (`uploads`); they end with it. Raises Conflict, too, where one has
    not arrived whole."""
    found = [uploads.find(house, who, each) for each in sent]
    run = bring(house, who, permit, [uploads.content_of(house, each) for each in found], context)
    for each in found:
        uploads.drop(house, who, each.id)
    return run


@cache
def names_taken() -> tuple[str, ...]:
    """Names of the modules that the zone has: the standard library's, those of every installed package, and its own."""
    return tuple(
        sorted({*sys.stdlib_module_names, *(n for n in packages_distributions() if n.isidentifier())})
    )


def listed(house: House, who: SignedIn, permit: str) -> tuple[Brought, ...]:
    """What came in under a Permit, the first first: for who works under it, reviewers and operators. Raises Missing."""
    with house.database.reading() as connection:
        if not who.actor.roles & {Role.REVIEWER, Role.OPERATOR}:
            _of_theirs(connection, who, permit)
        return brought.of_permits(connection, [permits.find(connection, permit).id])[permit]


def permits_for(house: House, who: SignedIn) -> tuple[Permit, ...]:
    """Those under which this person may bring something in now."""
    with house.database.reading() as connection:
        own = permits.of_holder(connection, who.actor.id)
        return tuple(each for each in own if not _reasons(connection, who, each, {}))


def admitted(house: House, connection: Connection, found: Review) -> None:
    """The votes agree: the files are in, in the transaction of the last vote. Raises Tampered where they are not what
    was voted on, Refused where the Permit is not in force any more."""
    permit = permits.find(connection, str(found.permit))
    if permit.state is not PermitState.GRANTED or now() >= permit.valid_until:
        reason = Reason("permit.ended", say("Permit {permit} is not in force any more.", permit=permit.id))
        raise Refused("bring.permit", say("The Permit that these files are for is over."), say("Nothing came in; the author asks for a new Permit."), (reason,))  # fmt: skip
    held = datasets.find(connection, found.dataset)
    files = _checked(found, _content(house, held))
    at = now()
    reviews.set_state(connection, found.run, after(after(found.state, "decide", Case.AGREED), "release"), at)
    reviews.end_seats(connection, found.run, at)
    datasets.changed(connection, held, DatasetState.KEPT)
    scanning = runs.find(connection, found.run)
    runs.settle(connection, scanning, moved(RUN_MOVES, scanning.state, "release"), at)
    lines = [Brought(found.run, permit.id, name, sha256_hex(files[name]), len(files[name]), at) for name in sorted(files)]  # fmt: skip
    brought.keep(connection, lines)
    payload = {
        "run": found.run, "manifest": found.manifest, "author": found.author,
        "reviewers": [vote.person for vote in found.votes],
        "files": [[each.name, each.digest, each.size_bytes] for each in lines],
    }  # fmt: skip
    told = Record(
        Event.BROUGHT_IN, f"brought-in/{found.run}", at, found.votes[-1].person, found.run, payload,
        Retention.PROCESSING, datasets=(found.dataset,), permits=(permit.id,),
    )  # fmt: skip
    record(connection, told)
    notify.review_advanced(connection, found.run, found.author, "released", comes_in=True)


def for_run(house: House, connection: Connection, run: Run) -> tuple[Review, ...]:
    """What has come in under the Permits of a Run, the first first: it is given that and nothing else. Raises Tampered
    for a submission that two reviewers have not approved for exactly this Permit."""
    found = [each for permit in run.permits for each in brought.submissions(connection, permit)]
    for each in found:
        check_votes(house, connection, each, each.votes)
        if len(each.votes) < needed(each.votes) or outcome(each.votes) is not Case.AGREED:
            raise _not_approved(each)
    return tuple(each for each in found if datasets.find(connection, each.dataset).state is DatasetState.KEPT)


def bound(run: Run) -> dict[str, Any]:
    """Which way what a Run holds goes through the airlock, and for which Permit."""
    if run.kind != BRINGING:
        return {}
    return {"direction": Direction.IN, "permit": next(iter(run.permits), None)}


def _reasons(
    connection: Connection, who: SignedIn, permit: Permit, offered: Mapping[str, bytes]
) -> tuple[Reason, ...]:
    so_far = brought.of_permits(connection, [permit.id])[permit.id]
    own = reasons_not_to_bring(
        who.actor, permit, now(), in_the_zone=pledges.in_the_zone(permit.kinds),
        waiting=brought.waiting(connection, permit.id), brought_files=len({*offered, *(each.name for each in so_far)}),
        brought_bytes=sum(each.size_bytes for each in so_far) + sum(map(len, offered.values())),
    )  # fmt: skip
    return own + reasons_of_stops(connection, [datasets.find(connection, each) for each in permit.datasets])


def _of_theirs(connection: Connection, who: SignedIn, permit: str) -> Permit:
    """Raises Missing, as of one that there is not, for who does not work under it."""
    found = permits.find(connection, permit)
    if who.actor.id not in found.users:
        raise Missing("permit.missing", say("There is no Permit '{permit}' here.", permit=permit), say("`dalgu permit list` shows those that you may see."))  # fmt: skip
    return found


def _read(files: Sequence[Content]) -> dict[str, bytes]:
    """Raises Invalid."""
    if not 1 <= len(files) <= MOST_FILES:
        raise Invalid.field("files", expected=say("1 to {most} files", most=MOST_FILES), got=len(files))
    found, left = dict[str, bytes](), MOST_BYTES
    for each in files:
        if not 0 < len(each.name) <= 255 or not each.name.isprintable() or "/" in each.name:
            raise Invalid.field("files", expected=say("the name of a file, without folders"), got=say("something else"))  # fmt: skip
        if each.name in found:
            raise Invalid.field("files", expected=say("files of different names"), got=each.name)
        with each.open() as stream:
            found[each.name] = stream.read(left + 1)
        left -= len(found[each.name])
        if left < 0:
            raise Invalid.field("files", expected=say("at most {most} MB together", most=MOST_BYTES >> 20), got=say("more"))  # fmt: skip
    return found


def _content(house: House, held: Dataset) -> dict[str, bytes]:
    key = house.keyring.dataset_key(held.id) if held.protected else None
    with house.objects.open(held.object_id, key, held.id) as stream:
        return unpack(stream)


def _checked(found: Review, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    if manifest(files) != found.manifest:
        raise Tampered(
            "bring.manifest",
            say("The files of Run {run} in the airlock are not those that were voted on.", run=found.run),
            say("Nothing came in. Tell the operator; bring the files in again."),
        )
    return files


def _not_approved(found: Review) -> Tampered:
    return Tampered(
        "bring.votes",
        say("What was brought in by Run {run} was not approved by two reviewers.", run=found.run),
        say("Nothing was run. Tell the operator: the site's database was changed from outside."),
    )


def _refusal(who: SignedIn, permit: Permit, reasons: tuple[Reason, ...]) -> Record:
    payload = {"kind": BRINGING, "reasons": [reason.code for reason in reasons]}
    return Record(
        Event.REFUSED, fresh_id("refused"), now(), who.actor.id, who.actor.id, payload, Retention.ACCESS,
        permits=(permit.id,),
    )  # fmt: skip
