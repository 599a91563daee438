"""The airlock: what a Run in the zone has made waits here for two reviewers.

Files whose checks found reasons are held: nobody can approve them, their author mends the script. The others
are voted on file by file, each vote signed for exactly the files it was cast on (`manifest`). Where the votes agree,
or two of three do, the `release` kind is queued, which checks the manifest again, and the tables beside what was
released meanwhile, and lowers the sensitivity; the author never touches it. The states: `rules.airlock`.

Nobody learns a vote before the votes are opened, from the history neither: the Record of a vote holds the
digest of its signature, which nobody else can make; once all have voted, or the review ends, each vote is
recorded in the open, and whoever verifies compares the two.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from ...digest import fresh_id, fresh_salt, sha256_hex
from ...errors import Conflict, Invalid, Missing, Reason, Refused
from ...language import say
from ...nouns.dataset import Dataset, DatasetState
from ...nouns.permit import Actor, Role
from ...nouns.record import Event, Record, Retention
from ...nouns.run import Run
from ...rules.airlock import Case, ReviewState, after
from ...rules.disclosure import reason_of, reasons_to_hold
from ...rules.lifecycle import RUN_MOVES, moved
from ...rules.reviewing import (
    VOTES_NEEDED,
    FileVerdict,
    FileVote,
    Vote,
    needed,
    of_each_file,
    outcome,
    visible_votes,
)
from ...rules.submissions import FileChange, changes
from ...world.identity import Person, SignedIn
from ...world.store import datasets, reviews, runs
from ...world.store.paging import Page
from ...world.store.reviews import Context, Review
from ..house import notify
from ..house.clock import now
from ..house.house import House, wake
from ..house.transition import record
from ..permits.duties import Past
from ..runs.outcome import data_of
from . import bringing, reviewers
from .letting_out import check_votes, release_run, statement
from .review_records import explained, not_let_out, refusal, viewed
from .reviewers import reasons_not_to_look, reasons_not_to_vote

_SHORTEST, _LONGEST = 5, 1000


def opened(connection: Connection, run: Run, dataset: Dataset, author: Person) -> None:
    """Put a Run's held output before the reviewers, in the transaction that settles the Run."""
    findings: tuple[Mapping[str, object], ...] = tuple(dataset.about["findings"])  # type: ignore[arg-type]
    context = str(run.parameters.get("context", ""))
    count = len(dataset.about.get("files", ()))  # type: ignore[arg-type]
    said: Any = (
        dataset.about.get("contexts") or [context] * count
    )  # what a kind makes itself it explains itself
    contexts = {n: Context("", str(text), "") for n, text in enumerate(said, 1) if text is not None}
    state = ReviewState.HELD if reasons_to_hold(findings) else ReviewState.DRAFT
    if state is ReviewState.DRAFT and len(contexts) == count:
        state = after(state, "submit", Case.EXPLAINED)
    found = Review(
        run.id, dataset.id, state, now(), author.id, author.organisation, context, findings,
        str(dataset.about["manifest"]), None, contexts=contexts,
        **bringing.bound(run),
    )  # fmt: skip
    reviews.open_(connection, found)
    if state is ReviewState.DRAFT:
        notify.review_advanced(connection, found.run, found.author, "draft", found.comes_in)
    else:
        reviewers.ask(connection, found)


def explain(house: House, who: SignedIn, run: str, contexts: Mapping[int, Context]) -> Review:
    """The author says of files (by number) why they are to leave, what they show and how they were made; once all
    are explained the reviewers are asked. Raises Missing, Invalid, Conflict."""
    for context in contexts.values():
        for name in ("why", "shows", "made"):
            if not _SHORTEST <= len(getattr(context, name).strip()) <= _LONGEST:
                raise Invalid.field(name, expected=say("a sentence of {least} to {most} characters", least=_SHORTEST, most=_LONGEST), got=say("less, or more"))  # fmt: skip

    def say_so(connection: Connection) -> Review:
        found = _own(connection, who, run)
        if found.state is not ReviewState.DRAFT:
            after(
                found.state, "submit", Case.EXPLAINED
            )  # raises: what reviewers have before them stays as it is
        count = _files_of(connection, found)
        if unknown := sorted(contexts.keys() - set(range(1, count + 1))):
            raise Invalid.field(
                "file", expected=say("a number from 1 to {count}", count=count), got=unknown[0]
            )
        every = {**found.contexts, **contexts}
        reviews.explain(connection, run, every)
        record(connection, explained(found, sorted(contexts)))
        if len(every) == count:
            reviews.set_state(connection, run, after(found.state, "submit", Case.EXPLAINED), now())
            reviewers.ask(connection, reviews.find(connection, run))
        return reviews.find(connection, run)

    return house.write(say_so)


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
        raise Refused(
            "review.look",
            say("You may not look at these files."),
            say("Files that wait are seen by reviewers of other organisations only; once they have left, everybody may have them."),
            reasons,
        )  # fmt: skip
    key = house.keyring.dataset_key(held.id) if held.protected else None
    with house.objects.open(held.object_id, key, held.id) as stream, zipfile.ZipFile(stream) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    house.write(lambda connection: record(connection, viewed(who.actor, found)))
    return content


def difference(
    house: House, who: SignedIn, run: str, opened: Mapping[str, bytes] | None = None
) -> tuple[Review, tuple[FileChange, ...]] | None:
    """What changed since the author's last submission from the same data, for a reviewer who may look at both; None
    where there is none, or its files are gone. Looking at the earlier one is a Record too. `opened`: what `files` gave
    just now, so that one look at these is one Record. Raises Refused."""
    with house.database.reading() as connection:
        before = _before(connection, reviews.find(connection, run))
        gone = before is None or datasets.find(connection, before.dataset).state is DatasetState.DESTROYED
    if before is None or gone:
        return None
    return before, changes(
        files(house, who, before.run), files(house, who, run) if opened is None else opened
    )


def _before(connection: Connection, found: Review) -> Review | None:
    """The author's last one of the same inputs, of what comes in of the same Permit: Runs are in order of time."""
    data = data_of(runs.find(connection, found.run))
    mine = [r for r in reviews.listed(connection) if r.author == found.author and r.run < found.run]
    if found.comes_in:
        return next((r for r in reversed(mine) if r.permit == found.permit), None)
    return next((r for r in reversed(mine) if data_of(runs.find(connection, r.run)) == data), None)


def vote(
    house: House,
    who: SignedIn,
    run: str,
    approve: bool,
    comment: str,
    files: Mapping[int, FileVote] | None = None,
) -> Review:
    """One signed vote: `approve` says it of every file but those (by number) that `files` names. Raises Refused with
    every reason (recorded), Invalid, Conflict where it is decided already."""
    said = files or {}
    refused: list[tuple[Reason, ...]] = []

    def cast(connection: Connection) -> Review:
        found = reviews.find(connection, run)
        if found.state.waits:
            found = reviewers.set_aside(connection, found)
        reasons = reasons_not_to_vote(Past(connection, who.actor), found)
        words = of_each_file(approve, _files_of(connection, found), said)
        if unknown := sorted(said.keys() - set(range(1, len(words) + 1))):
            raise Invalid.field("file", expected=say("a number from 1 to {count}", count=len(words)), got=unknown[0])  # fmt: skip
        all_of_it = all(each.verdict is FileVerdict.APPROVE for each in words) if words else approve
        if all_of_it:
            reasons += reasons_to_hold(found.findings)
        if reasons:
            refused.append(reasons)
            record(connection, refusal(who.actor, found, reasons))
            return found
        at = now()
        signed = who.sign(statement(found, who.actor.id, all_of_it, at, words))
        given = Vote(who.actor.id, all_of_it, at, comment, found.manifest, signed, words)
        if found.state is ReviewState.DRAFT:
            raise Conflict(
                "review.draft",
                say("This cannot be voted on yet: a file has no word of its author."),
                say("Your vote was not counted. You are asked once each file has its word."),
            )
        if not found.state.to_vote_on:
            raise Conflict(
                "review.decided",
                say("This has been decided already: it is {state}.", state=found.state),
                say("Your vote was not counted, and nothing else needs to be done."),
            )
        reviews.vote(connection, run, given)
        record(connection, _voted(found, given))
        reviews.end_seats(connection, run, at, who.actor.id)
        _advance(house, connection, found, (*found.votes, given))
        return reviews.find(connection, run)

    try:
        after = house.write(cast)
    except Refused as error:  # the release that was to follow: the vote is undone with it, and this is kept
        reasons = error.reasons
        house.write(lambda c: not_let_out(c, who.actor, reviews.find(c, run), reasons))
        raise
    if refused:
        raise _may_not(refused[0])
    wake(house)
    return seen_by(who.actor, after)


def withdraw(house: House, who: SignedIn, run: str) -> Review:
    """The author takes a submission back."""

    def take_back(connection: Connection) -> Review:
        found = _own(connection, who, run)
        _end(connection, found, "withdraw", Case.ANY, found.votes, who.actor.id, Event.WITHDRAWN)
        return reviews.find(connection, run)

    return house.write(take_back)


def replaced(connection: Connection, made: Run) -> None:
    """A safe version of held files waits in their place: they are taken back, in the transaction that opens it. Where a
    reviewer has sent them back meanwhile, they wait no more."""
    run = datasets.find(connection, made.inputs["held"]).made_by
    waiting = [r for r in reviews.listed(connection, (ReviewState.HELD,)) if r.run == run]
    for found in waiting:
        _end(connection, found, "withdraw", Case.ANY, found.votes, found.author, Event.WITHDRAWN)


def stopped(connection: Connection, found: Review, actor: str) -> None:
    """What waits stays in, because the use of its data was stopped."""
    _end(connection, found, "withdraw", Case.ANY, found.votes, actor, Event.WITHDRAWN)


def expired(connection: Connection, found: Review, actor: str) -> None:
    """What nobody decided in time, or whose Permit has ended, stays in."""
    _end(connection, found, "expire", Case.ANY, found.votes, actor, Event.EXPIRED)


def _advance(house: House, connection: Connection, found: Review, votes: tuple[Vote, ...]) -> None:
    last = votes[-1].person
    if found.state is ReviewState.HELD:  # no approval reaches this: a reviewer sends it back
        _end(connection, found, "return", Case.ANY, votes, last, Event.RETURNED)
        return
    complete = len(votes) >= VOTES_NEEDED
    state = after(found.state, "vote", Case.LAST if complete else Case.FIRST)
    reviews.set_state(connection, found.run, state, now())
    here = reviews.find(connection, found.run)
    check_votes(house, connection, found, votes)
    if len(votes) < needed(votes):
        if complete:
            after(state, "decide", Case.DIFFERENT)
        notify.review_advanced(connection, found.run, found.author, "voted")
        reviewers.ask(connection, here)
        return
    case = outcome(votes)
    if case is Case.AGREED:
        _open_votes(connection, found, votes)
        if found.comes_in:
            bringing.admitted(house, connection, here)
            return
        run = release_run(house, connection, found)
        runs.add(connection, run, fresh_salt().hex())
        reviews.set_state(connection, found.run, after(state, "decide", case), now(), run.id)
        reviews.end_seats(connection, found.run, now())
        return
    _end(connection, here, "decide", case, votes, last, Event.RETURNED if case is Case.TO_MEND else Event.REJECTED)  # fmt: skip


def _end(
    connection: Connection, found: Review, event: str, case: Case, votes: Sequence[Vote], actor: str, told: Event
) -> None:  # fmt: skip
    """It stays in: the votes are opened, nobody is asked any more, the Run is declined."""
    reviews.set_state(connection, found.run, after(found.state, event, case), now())
    reviews.end_seats(connection, found.run, now())
    _open_votes(connection, found, votes)
    _decline(connection, found, actor, told)


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
    if event is not Event.WITHDRAWN:
        notify.review_advanced(connection, found.run, found.author, event.value, found.comes_in)


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
    return Record(Event.VOTED, key, now(), given.person, found.run, payload, Retention.PROCESSING, (found.dataset,))  # fmt: skip


def signature_digest(signature: str) -> str:
    """Binds to a vote without saying how it went: a signature that nobody can make cannot be tried out."""
    return sha256_hex(bytes.fromhex(signature))


def _open_votes(connection: Connection, found: Review, votes: Sequence[Vote]) -> None:
    for given in votes:
        payload = {
            "approve": given.approve, "manifest": given.manifest, "voted_at": given.voted_at,
            "signature": given.signature,
            **({"files": [each.verdict.value for each in given.files]} if given.files else {}),
        }  # fmt: skip
        key = f"vote-opened/{found.run}/{signature_digest(given.signature)[:20]}"
        record(
            connection,
            Record(
                Event.VOTE_OPENED, key, now(), given.person, found.run, payload, Retention.PROCESSING,
                datasets=(found.dataset,),
            ),
        )  # fmt: skip


def _own(connection: Connection, who: SignedIn, run: str) -> Review:
    found = reviews.find(connection, run)
    if found.author != who.actor.id:
        raise Missing("review.missing", say("Nothing of yours by that Run waits."), say("`dalgu airlock list` shows the queue."))  # fmt: skip
    return found


def _files_of(connection: Connection, found: Review) -> int:
    return len(datasets.find(connection, found.dataset).about.get("files", ()))  # type: ignore[arg-type]


def _may_not(reasons: tuple[Reason, ...]) -> Refused:
    return Refused(
        "review.refused",
        say("This vote is refused."),
        say("Held files are mended by their author; votes are cast by two reviewers of other organisations."),
        reasons,
    )
