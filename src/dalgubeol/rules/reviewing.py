"""Who may look at and vote on what waits in the airlock, and what votes come to. (What the files themselves may
say: `disclosure`; the states: `airlock`.)

Two reviewers, independent of the author and of each other, vote file by file, neither seeing the other's vote
before both have voted; where they differ on a file, a third votes, who has seen neither. The provider's organisation
may send one of them, who knows the data best, and not more: leaving is not decided by the provider alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..errors import Reason
from ..language import say
from ..nouns.permit import Actor, Role
from .airlock import Case

VOTES_NEEDED = 2


class FileVerdict(StrEnum):
    """What a reviewer says of one file."""

    APPROVE = "approve"
    MEND = "mend"  # it stays in until it is mended
    REJECT = "reject"  # it may never leave


@dataclass(frozen=True, slots=True)
class FileVote:
    """Of one file, in the order of their names."""

    verdict: FileVerdict
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Vote:
    """A reviewer's signed word on the exact files whose digest is `manifest`."""

    person: str
    approve: bool
    """Whether every file may leave."""
    voted_at: str
    comment: str
    manifest: str
    signature: str
    files: tuple[FileVote, ...] = ()
    """File by file; empty in votes from before files were voted on one by one: `approve` then says it of all."""


def of_each_file(
    approve: bool, count: int, said: Mapping[int, FileVote], comment: str = ""
) -> tuple[FileVote, ...]:
    """The vote file by file, where `said` names (from 1) those of which something else is said than of all."""
    rest = FileVote(FileVerdict.APPROVE if approve else FileVerdict.MEND)
    return tuple(said.get(number, rest) for number in range(1, count + 1))


def outcome(votes: Sequence[Vote]) -> Case:
    """What the votes that are needed come to: `airlock` has the state after each."""
    of_files = list(zip(*(_verdicts(vote, votes) for vote in votes), strict=True))
    decided = [_decided(each) for each in of_files]
    if len(votes) == VOTES_NEEDED and any(
        len({word is FileVerdict.APPROVE for word in each}) > 1 for each in of_files
    ):
        return Case.DIFFERENT
    if all(each is FileVerdict.APPROVE for each in decided):
        return Case.AGREED
    return Case.TO_MEND if FileVerdict.MEND in decided else Case.REFUSED


def needed(votes: Sequence[Vote]) -> int:
    """How many must vote: two, and a third where the two differ."""
    first = votes[:VOTES_NEEDED]
    differ = len(first) == VOTES_NEEDED and outcome(first) is Case.DIFFERENT
    return VOTES_NEEDED + (1 if differ else 0)


def _verdicts(vote: Vote, votes: Sequence[Vote]) -> tuple[FileVerdict, ...]:
    count = max(1, *(len(each.files) for each in votes))
    of_all = FileVerdict.APPROVE if vote.approve else FileVerdict.MEND
    return tuple(each.verdict for each in vote.files) or (of_all,) * count


def _decided(words: Sequence[FileVerdict]) -> FileVerdict:
    """One file: it leaves when two say so, never leaves when two say that, and is mended otherwise."""
    for word in (FileVerdict.APPROVE, FileVerdict.REJECT):
        if words.count(word) >= VOTES_NEEDED:
            return word
    return FileVerdict.MEND


def reasons_not_to_review(
    actor: Actor,
    author: str,
    author_organisation: str,
    votes: Sequence[Vote] = (),
    *,
    providers: frozenset[str] = frozenset(),
    voters: frozenset[str] = frozenset(),
) -> tuple[Reason, ...]:
    """Why `actor` may not vote here, duties aside (`duties`). `providers` are the organisations whose data the
    files were made from, `voters` those of the votes so far."""
    mine = _plain(actor.organisation)
    another = mine in {*map(_plain, providers)} & {*map(_plain, voters)} and not any(v.person == actor.id for v in votes)  # fmt: skip
    checks = (
        (Role.REVIEWER not in actor.roles, Reason("review.role", say("Only a reviewer votes."))),
        (actor.id == author, Reason("review.own", say("Nobody reviews their own outputs."))),
        (same_organisation(actor.organisation, author_organisation), Reason("review.organisation", say("You and the author are of the same organisation."))),
        (another, Reason("review.provider", say("Your organisation provided the data and has voted already; the other vote is another organisation's."))),
        (any(v.person == actor.id for v in votes), Reason("review.again", say("You have already voted; another person must."))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def same_organisation(one: str, other: str) -> bool:
    """Whether two names are of one organisation: case, blanks and width do not make another of it."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    import unicodedata

    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def visible_votes(actor: Actor, votes: Sequence[Vote], *, ended: bool = False) -> tuple[Vote, ...]:
    """Blinded: all votes once the review has ended, or to who has voted once two have; before that only one's own.
    A third so knows neither of the two that differ."""
    own = tuple(v for v in votes if v.person == actor.id)
    return tuple(votes) if ended or (own and len(votes) >= VOTES_NEEDED) else own


def without(votes: Sequence[Vote], people: frozenset[str]) -> tuple[Vote, ...]:
    """The votes that still count where these people are no reviewers any more."""
    return tuple(vote for vote in votes if vote.person not in people)
