"""The airlock: what a Run in the zone has made waits here for two reviewers.

Files whose checks found reasons are held: nobody can approve them, their author mends the script. The others
are voted on, each vote signed for exactly the files it was cast on (`manifest`). Two approvals queue the
`release` kind, which checks the manifest again and lowers the sensitivity; the author never touches it.

Nobody learns a vote before the votes are opened, from the history neither: the Record of a vote holds the
digest of its signature, which nobody else can make; once all have voted, or the review ends, each vote is
recorded in the open, and whoever verifies compares the two.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from ..digest import canonical, fresh_id, fresh_salt, sha256_hex
from ..errors import Conflict, Missing, Reason, Refused, Tampered
from ..kinds import kind as kind_named
from ..language import say
from ..nouns.dataset import Dataset, DatasetState
from ..nouns.permit import Actor, Grant, Role
from ..nouns.record import Event, Record, Retention
from ..nouns.run import Run, RunState
from ..rules.disclosure import reason_of, reasons_to_hold
from ..rules.duties import Duty
from ..rules.granting import Ruling, exporting, ruling
from ..rules.lifecycle import REVIEW_MOVES, RUN_MOVES, ReviewState, moved
from ..rules.reviewing import VOTES_NEEDED, Vote, reasons_not_to_review, visible_votes
from ..world import identity
from ..world.identity import Person, SignedIn
from ..world.store import datasets, permits, reviews, runs
from ..world.store.paging import Page
from ..world.store.reviews import Review
from . import exports, notify
from .clock import now
from .dummies import released_dummy
from .duties import Past
from .grant import check_signatures
from .house import House, wake
from .outcome import RELEASING
from .parameters import checked_parameters
from .stops import reasons_of_stops
from .transition import record, signer_key


def opened(connection: Connection, run: Run, dataset: Dataset, author: Person) -> None:
    """Put a Run's held output before the reviewers, in the transaction that settles the Run."""
    findings: tuple[Mapping[str, object], ...] = tuple(dataset.about["findings"])  # type: ignore[arg-type]
    state = ReviewState.HELD if reasons_to_hold(findings) else ReviewState.SUBMITTED
    context = str(run.parameters.get("context", ""))
    found = Review(
        run.id, dataset.id, state, now(), author.id, author.organisation, context, findings,
        str(dataset.about["manifest"]), None,
    )  # fmt: skip
    reviews.open_(connection, found)
    _ask_reviewers(connection, found)


def _ask_reviewers(connection: Connection, found: Review) -> None:
    """Tell everybody who may vote that they are asked to."""
    may = [
        p.id
        for p in notify.reviewers(connection)
        if not reasons_not_to_vote(Past(connection, p.actor), found)
    ]
    notify.review_opened(connection, found.run, found.organisation, may)


def queue(house: House) -> tuple[Review, ...]:
    """Everything that is or was in the airlock: no filter hides anything, votes neither. For `look`."""
    with house.database.reading() as connection:
        return reviews.listed(connection)


def waiting(house: House, actor: Actor) -> tuple[Review, ...]:
    """The whole queue as this person may see it: reviewers and operators all of it, others their own."""
    return tuple(seen_by(actor, found) for found in queue(house) if may_look(actor, found))


def page(
    house: House, actor: Actor, states: Sequence[ReviewState] = (), after: str = "", limit: int = 100
) -> Page[Review]:
    """The same, the newest first, a page at a time."""
    author = None if actor.roles & {Role.REVIEWER, Role.OPERATOR} else actor.id
    with house.database.reading() as connection:
        found = reviews.page(connection, states, author, after, limit)
    return found.map(lambda review: seen_by(actor, review))


def look(house: House, actor: Actor, run: str) -> Review:
    """A review as this person may see it: the other's vote only after one's own. Raises Missing."""
    with house.database.reading() as connection:
        found = reviews.find(connection, run)
    if not may_look(actor, found):
        raise Missing(
            "review.missing",
            say("Nothing of Run '{run}' waits in the airlock.", run=run),
            say("`dalgu airlock list` shows the whole queue, whatever its state."),
        )
    return seen_by(actor, found)


def files(house: House, who: SignedIn, run: str) -> dict[str, bytes]:
    """What waits, for a reviewer who may vote on it. Each look is a Record. Raises Refused."""
    with house.database.reading() as connection:
        found = reviews.find(connection, run)
        held = datasets.find(connection, found.dataset)
        reasons = reasons_not_to_look(Past(connection, who.actor), found)
    if reasons:
        raise _may_not(reasons)
    key = house.keyring.dataset_key(held.id) if held.protected else None
    with house.objects.open(held.object_id, key, held.id) as stream, zipfile.ZipFile(stream) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    house.write(lambda connection: record(connection, _viewed(who.actor, found)))
    return content


def reasons_not_to_look(past: Past, found: Review) -> tuple[Reason, ...]:
    """Why this person may not see the files; who has voted on them still may."""
    return reasons_not_to_vote(past, replace(found, votes=()))


def reasons_not_to_vote(past: Past, found: Review) -> tuple[Reason, ...]:
    """Why this person may not vote on them, all at once."""
    connection = past.connection
    analysed = runs.find(connection, found.run)
    inputs = [datasets.find(connection, each) for each in analysed.inputs.values()]
    own = reasons_not_to_review(
        past.actor, found.author, found.organisation, found.votes,
        providers=frozenset(each.organisation for each in inputs),
        voters=frozenset(identity.find(connection, v.person).organisation for v in found.votes),
    )  # fmt: skip
    stopped_too = reasons_of_stops(connection, [datasets.find(connection, found.dataset)])
    return own + past.reasons_against(Duty.REVIEWER, inputs, analysed.permits) + stopped_too


def vote(house: House, who: SignedIn, run: str, approve: bool, comment: str) -> Review:
    """One signed vote. Raises Refused with every reason (recorded), Conflict where it is decided already."""
    refused: list[tuple[Reason, ...]] = []

    def cast(connection: Connection) -> Review:
        found = reviews.find(connection, run)
        reasons = reasons_not_to_vote(Past(connection, who.actor), found)
        if approve:
            reasons += reasons_to_hold(found.findings)
        if reasons:
            refused.append(reasons)
            record(connection, _refusal(who.actor, found, reasons))
            return found
        at = now()
        given = Vote(who.actor.id, approve, at, comment, found.manifest, who.sign(statement(found, who.actor.id, approve, at)))  # fmt: skip
        if not found.state.waits:
            raise Conflict(
                "review.decided",
                say("This has been decided already: it is {state}.", state=found.state),
                say("Your vote was not counted, and nothing else needs to be done."),
            )
        reviews.vote(connection, run, given)
        record(connection, _voted(found, given))
        all_given = (*found.votes, given)
        if len(all_given) >= VOTES_NEEDED or found.state is ReviewState.HELD:
            _open_votes(connection, found, all_given)
        _advance(house, connection, found, all_given)
        return reviews.find(connection, run)

    after = house.write(cast)
    if refused:
        raise _may_not(refused[0])
    wake(house)
    return seen_by(who.actor, after)


def withdraw(house: House, who: SignedIn, run: str) -> Review:
    """The author takes a submission back."""

    def take_back(connection: Connection) -> Review:
        found = reviews.find(connection, run)
        if found.author != who.actor.id:
            raise Missing("review.missing", say("Nothing of yours by that Run waits."), say("`dalgu airlock list` shows the queue."))  # fmt: skip
        reviews.set_state(connection, run, moved(REVIEW_MOVES, found.state, "withdraw"))
        _open_votes(connection, found, found.votes)
        _decline(connection, found, who.actor.id, Event.WITHDRAWN)
        return reviews.find(connection, run)

    return house.write(take_back)


def stopped(connection: Connection, found: Review, actor: str) -> None:
    """What waits stays in, because the use of its data was stopped."""
    reviews.set_state(connection, found.run, moved(REVIEW_MOVES, found.state, "withdraw"))
    _open_votes(connection, found, found.votes)
    _decline(connection, found, actor, Event.WITHDRAWN)


def released(connection: Connection, run: Run) -> None:
    """A release Run is done, in the transaction that settles it."""
    found = _of_release(connection, run)
    reviews.set_state(connection, found.run, moved(REVIEW_MOVES, found.state, "release"), run.id)
    held = datasets.find(connection, found.dataset)
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


def release_failed(connection: Connection, run: Run) -> None:
    """A release Run did not get through: the votes are asked anew."""
    held = datasets.find(connection, run.inputs["held"])
    waiting = [r for r in reviews.listed(connection, (ReviewState.APPROVED,)) if r.run == held.made_by]
    if not waiting or waiting[0].release_run != run.id:
        return  # no review has asked for this Run: there is nothing to vote on anew
    exports.give_back(connection, run)
    found = waiting[0]
    reviews.set_state(connection, found.run, moved(REVIEW_MOVES, found.state, "fail"))
    reviews.clear_votes(connection, found.run)
    notify.review_advanced(connection, found.run, found.author, "failed")
    _ask_reviewers(connection, reviews.find(connection, found.run))


def statement(found: Review, person: str, approve: bool, at: str) -> bytes:
    """The exact bytes that a reviewer signs."""
    return b"dalgubeol/airlock-vote/v1\0" + canonical(
        {"run": found.run, "manifest": found.manifest, "person": person, "approve": approve, "voted_at": at}
    )


def _advance(house: House, connection: Connection, found: Review, votes: tuple[Vote, ...]) -> None:
    if found.state is ReviewState.HELD:  # no approval reaches this: a reviewer sends it back
        reviews.set_state(connection, found.run, moved(REVIEW_MOVES, found.state, "return"))
        _decline(connection, found, votes[-1].person, Event.RETURNED)
        return
    if len(votes) < VOTES_NEEDED:
        reviews.set_state(connection, found.run, moved(REVIEW_MOVES, found.state, "vote"))
        notify.review_advanced(connection, found.run, found.author, "voted")
        return
    if not all(v.approve for v in votes):
        reviews.set_state(connection, found.run, moved(REVIEW_MOVES, found.state, "return"))
        _decline(connection, found, votes[-1].person, Event.RETURNED)
        return
    check_votes(house, connection, found, votes)
    run = _release_run(house, connection, found)
    runs.add(connection, run, fresh_salt().hex())
    reviews.set_state(connection, found.run, moved(REVIEW_MOVES, found.state, "approve"), run.id)


def _release_run(house: House, connection: Connection, found: Review) -> Run:
    """The Run that lets it out. Raises Refused where the author's Permit does not cover leaving (any more)."""
    analysed = runs.find(connection, found.run)
    sources = [datasets.find(connection, id_) for id_ in analysed.inputs.values()]
    author = identity.find(connection, found.author).actor
    own = permits.of_holder(connection, author.id)
    dummy = datasets.find(connection, found.dataset).about.get("dummy")
    others = exporting(author, sources, dummy is not None)
    decided = (
        ruling(author, RELEASING, frozenset({Grant.EXPORT}), others, own, now()) if others else Ruling(())
    )
    lacking = tuple(reason for reason in decided.reasons if reason.code != "permit.allowance")
    if lacking:
        raise Refused("release.permit", say("The author's Permit does not let this leave."), say("The author asks for a Permit that allows the kind 'release'."), lacking)  # fmt: skip
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


def check_votes(house: House, connection: Connection, found: Review, votes: tuple[Vote, ...]) -> None:
    """Raises Tampered for a vote that was not signed by whom it names, or for other files."""
    for each in votes:
        key = signer_key(connection, house.log, each.person)
        signed = statement(found, each.person, each.approve, each.voted_at)
        if each.manifest != found.manifest or not identity.signature_holds(key, signed, each.signature):
            raise Tampered(
                "vote.signature",
                say("A vote on Run {run} was not signed by the person it names, or for other files.", run=found.run),
                say("Nothing is released. Tell the operator: the site's database was changed from outside."),
            )  # fmt: skip


def _decline(connection: Connection, found: Review, actor: str, event: Event) -> None:
    analysed = runs.find(connection, found.run)
    runs.settle(connection, analysed, moved(RUN_MOVES, analysed.state, "decline"), now())
    datasets.changed(connection, datasets.find(connection, found.dataset), DatasetState.KEPT)
    payload = {"findings": [str(f["code"]) for f in found.findings]}
    record(
        connection,
        Record(
            event, f"{event.value}/{found.run}", now(), actor, found.run, payload, Retention.PROCESSING,
            datasets=(found.dataset,),
        ),
    )  # fmt: skip
    if event is Event.RETURNED:
        notify.review_advanced(connection, found.run, found.author, "returned")


def _of_release(connection: Connection, run: Run) -> Review:
    held = datasets.find(connection, run.inputs["held"])
    return reviews.find(connection, str(held.made_by))


def seen_by(actor: Actor, found: Review) -> Review:
    """Without the votes that this person may not know yet."""
    return replace(found, votes=visible_votes(actor, found.votes, ended=not found.state.waits))


def may_look(actor: Actor, found: Review) -> bool:
    """Whether this person may know of it at all."""
    return found.author == actor.id or bool(actor.roles & {Role.REVIEWER, Role.OPERATOR})


def findings_text(found: Review, language: str) -> tuple[str, ...]:
    return tuple(reason_of(finding).text(language) for finding in found.findings)


def _voted(found: Review, given: Vote) -> Record:
    payload = {"manifest": given.manifest, "signature_digest": signature_digest(given.signature)}
    key = f"voted/{found.run}/{given.person}/{fresh_id('v')}"
    return Record(
        Event.VOTED, key, now(), given.person, found.run, payload, Retention.PROCESSING, (found.dataset,)
    )


def signature_digest(signature: str) -> str:
    """Binds to a vote without saying how it went: a signature that nobody can make cannot be tried out."""
    return sha256_hex(bytes.fromhex(signature))


def _open_votes(connection: Connection, found: Review, votes: tuple[Vote, ...]) -> None:
    for given in votes:
        payload = {
            "approve": given.approve, "manifest": given.manifest, "voted_at": given.voted_at,
            "signature": given.signature,
        }  # fmt: skip
        key = f"vote-opened/{found.run}/{signature_digest(given.signature)[:20]}"
        record(
            connection,
            Record(
                Event.VOTE_OPENED, key, now(), given.person, found.run, payload, Retention.PROCESSING,
                datasets=(found.dataset,),
            ),
        )  # fmt: skip


def _viewed(actor: Actor, found: Review) -> Record:
    payload = {"manifest": found.manifest}
    return Record(
        Event.VIEWED, fresh_id("viewed"), now(), actor.id, found.run, payload, Retention.ACCESS_SENSITIVE,
        (found.dataset,),
    )  # fmt: skip


def _refusal(actor: Actor, found: Review, reasons: tuple[Reason, ...]) -> Record:
    payload = {"run": found.run, "reasons": [reason.code for reason in reasons]}
    return Record(
        Event.REFUSED,
        fresh_id("refused"),
        now(),
        actor.id,
        found.run,
        payload,
        Retention.ACCESS,
        (found.dataset,),
    )


def _may_not(reasons: tuple[Reason, ...]) -> Refused:
    return Refused(
        "review.refused",
        say("This vote is refused."),
        say("Held files are mended by their author; votes are cast by two reviewers of other organisations."),
        reasons,
    )
