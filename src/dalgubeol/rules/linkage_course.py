"""The course of a linkage, as one of its parties goes through it: which steps there are, which are done, and whose
turn it is. Pure: what is here and what was sent goes in, the steps come out, in their order.

A rehearsal of a part (모의결합), where it was agreed, is the same round gone through before: its steps come first
and are marked `mock`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ..language import Message, say
from ..nouns.linkage import EACH, Agreement, Content, LinkMode, Party, PartyRole


class Act(StrEnum):
    """What a step asks of somebody."""

    SECRET = "secret"  # noqa: S105 - a word, not one
    SEND = "send"
    RECEIVE = "receive"
    RUN = "run"
    REVIEW = "review"  # the export committee
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class Piece:
    """One Dataset of a linkage that is here; `content` is its mark, `payload` what was made of a numbered table."""

    id: str
    content: str
    received: bool = False
    mock: bool = False
    extracted: bool = False


@dataclass(frozen=True, slots=True)
class Here:
    """What a site has, has sent and has decided in one linkage."""

    pieces: tuple[Piece, ...] = ()
    """The oldest first."""
    sent: frozenset[tuple[str, str, bool]] = frozenset()
    """What went to whom, and whether it was of the rehearsal."""
    approved: Mapping[str, bool | None] | None = None
    """Of each Dataset that a committee was called for (by id): what it decided; None: not yet."""
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `to` are those it must still go to, `turn` those whose turn it is."""

    name: str
    act: Act
    title: Message
    turn: tuple[str, ...]
    done: bool
    mock: bool = False
    content: str = ""
    to: tuple[str, ...] = ()
    everybody: tuple[str, ...] = ()
    """All that it goes to or comes from."""
    kind: str = ""
    dataset: str = ""
    """What is sent, run on or decided on, where it is known."""


def course(agreed: Agreement, me: Party, here: Here) -> tuple[Step, ...]:
    """All steps of this party. After the end all are done."""
    view = _View(agreed, me, here)
    steps = {
        PartyRole.APPLICANT: _applicant,
        PartyRole.KEY_AGENCY: _key_agency,
        PartyRole.EXPERT_AGENCY: _expert_agency,
    }[me.role](view)
    end = Step("finish", Act.FINISH, say("Destroy what was only for the linkage"), (me.name,), here.ended)
    return tuple(replace(step, done=step.done or here.ended) for step in (*steps, end))


def next_step(steps: Sequence[Step]) -> Step | None:
    """The one that is due: the first that is not done."""
    return next((step for step in steps if not step.done), None)


@dataclass(frozen=True, slots=True)
class _View:
    agreed: Agreement
    me: Party
    here: Here

    @property
    def others(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.agreed.applicants if p.name != self.me.name)

    @property
    def rounds(self) -> tuple[bool, ...]:
        return (True, False) if self.agreed.terms.mock else (False,)

    def last(self, content: str, received: bool, mock: bool | None = None, extracted: bool | None = None) -> Piece | None:  # fmt: skip
        """The newest piece of that kind; `mock` None: of either round."""
        fits = (
            p for p in reversed(self.here.pieces)
            if (p.content, p.received) == (content, received) and mock in (None, p.mock) and extracted in (None, p.extracted)
        )  # fmt: skip
        return next(fits, None)

    def secret(self) -> Step:
        made = self.last("secret", False) is not None
        return Step("secret", Act.SECRET, say("Make this site's own secret"), (self.me.name,), made)

    def secret_again(self, arrived: Collection[str]) -> Step:
        """With what has arrived since the first one was made."""
        order = [p.content for p in self.here.pieces if p.content == "secret" or (p.received and p.content in arrived)]  # fmt: skip
        made = bool(order) and order[-1] == "secret" and set(arrived) <= set(order)
        return Step("secret-again", Act.SECRET, say("Make the secret again, with what has arrived"), (self.me.name,), made)  # fmt: skip

    def send(self, name: str, title: Message, content: Content, to: Collection[str], piece: Piece | None, mock: bool = False) -> Step:  # fmt: skip
        left = tuple(party for party in to if (content.value, party, mock) not in self.here.sent)
        return Step(
            name, Act.SEND, title, (self.me.name,), not left, mock, content.value, left, tuple(to),
            dataset=piece.id if piece else "",
        )  # fmt: skip

    def receive(self, name: str, title: Message, content: Content | str, sender: Collection[str], mock: bool | None = None) -> Step:  # fmt: skip
        arrived = self.last(str(content), True, mock) is not None
        return Step(name, Act.RECEIVE, title, tuple(sender), arrived, bool(mock), str(content), everybody=tuple(sender))  # fmt: skip

    def run(self, name: str, title: Message, kind: str, made: Piece | None, of: Piece | None = None, mock: bool = False) -> Step:  # fmt: skip
        return Step(name, Act.RUN, title, (self.me.name,), made is not None, mock, kind=kind, dataset=of.id if of else "")  # fmt: skip


def _applicant(view: _View) -> Iterator[Step]:
    terms = view.agreed.terms
    agency, expert = (view.agreed.the(r).name for r in (PartyRole.KEY_AGENCY, PartyRole.EXPERT_AGENCY))
    salted = terms.mode is not LinkMode.OBLIVIOUS
    yield from _secrets(view)
    numbered = view.last("numbered", False, extracted=False)
    yield view.run("keys-made", say("Make keys and serial numbers"), "link-keys", numbered)
    if salted:
        yield view.send("keys", say("Send the keys to the key agency"), Content.KEYS, (agency,), view.last("keys", False))  # fmt: skip
    else:
        yield view.send("blinded", say("Send the blinded items to the other applicant"), Content.BLINDED, view.others, view.last("blinded", False))  # fmt: skip
        yield view.receive("blinded-arrive", say("Receive the other applicant's blinded items"), Content.BLINDED, view.others)  # fmt: skip
        doubled = view.last("keys", False)
        yield view.run("doubled", say("Blind them a second time"), "link-double", doubled, view.last("blinded", True))  # fmt: skip
        yield view.send("keys", say("Send them to the key agency"), Content.KEYS, (agency,), doubled)
    for mock in view.rounds:
        yield view.receive("told", say("Receive the linkage rate"), Content.TOLD, (agency,), mock)
        if terms.extract:
            told = view.last("told", True, mock)
            kept = view.last("numbered", False, mock, extracted=True)
            yield view.run("extracted", say("Keep the rows that will be joined"), "link-extract", kept, told, mock)  # fmt: skip
        if terms.extract or mock is view.rounds[0]:
            whole = view.last("numbered", False, mock, extracted=True) if terms.extract else numbered
            payload = view.last("payload", False, mock if terms.extract else None)
            yield view.run("payload-made", say("Pseudonymise the numbered table"), "pseudonymise", payload, whole, mock)  # fmt: skip
            yield view.send("payload", say("Send it to the expert agency"), Content.PAYLOAD, (expert,), payload, mock and terms.extract)  # fmt: skip
        arrived = view.last("received", True, mock) is not None
        yield Step(
            "result", Act.RECEIVE, say("Receive the result"), (expert,), arrived, mock, Content.RESULT.value,
            everybody=(expert,),
        )  # fmt: skip


def _secrets(view: _View) -> Iterator[Step]:
    """Who issues something makes its secret and hands it out; what others issue is received, and the secret is made,
    or made again, with it."""
    terms, me, made = view.agreed.terms, view.me.name, view.last("secret", False)
    salted = terms.mode is not LinkMode.OBLIVIOUS
    arriving = []
    if salted and terms.salt_by != me:
        arriving.append(view.receive("salt-arrives", say("Receive the salt"), Content.SALT, (terms.salt_by,)))
    if terms.serials_by not in (EACH, me):
        arriving.append(view.receive("serials-arrive", say("Receive the seed of the serial numbers"), Content.SERIALS, (terms.serials_by,)))  # fmt: skip
    if me not in (terms.salt_by, terms.serials_by):
        yield from arriving
        yield view.secret()
        return
    yield view.secret()
    if salted and terms.salt_by == me:
        yield view.send("salt", say("Hand the salt to the other applicants"), Content.SALT, view.others, made)
    if terms.serials_by == me:
        yield view.send("serials", say("Hand the seeds of the serial numbers to the other applicants"), Content.SERIALS, view.others, made)  # fmt: skip
    yield from arriving
    if arriving:
        yield view.secret_again({step.content for step in arriving})


def _key_agency(view: _View) -> Iterator[Step]:
    applicants = tuple(p.name for p in view.agreed.applicants)
    if view.agreed.terms.serials_by == view.me.name:
        yield view.secret()
        yield view.send("serials", say("Hand the seeds of the serial numbers to the applicants"), Content.SERIALS, applicants, view.last("secret", False))  # fmt: skip
    yield view.receive("keys-arrive", say("Receive the keys of all applicants"), Content.KEYS, applicants)
    expert = view.agreed.the(PartyRole.EXPERT_AGENCY).name
    for mock in view.rounds:
        pairs = view.last("pairs", False, mock)
        yield view.run("matched", say("Find which serial numbers belong together"), "link-match", pairs, view.last("keys", True), mock)  # fmt: skip
        yield view.send("told", say("Tell each applicant its linkage rate"), Content.TOLD, applicants, view.last("told", False, mock), mock)  # fmt: skip
        yield view.send("pairs", say("Send the pairs, once the applicants wish to go on"), Content.PAIRS, (expert,), pairs, mock)  # fmt: skip


def _expert_agency(view: _View) -> Iterator[Step]:
    terms = view.agreed.terms
    applicants = tuple(p.name for p in view.agreed.applicants)
    for mock in view.rounds:
        yield view.receive("pairs-arrive", say("Receive the pairs"), Content.PAIRS, (view.agreed.the(PartyRole.KEY_AGENCY).name,), mock)  # fmt: skip
        if mock is view.rounds[0] or terms.extract:
            yield view.receive("payloads-arrive", say("Receive the payloads of all applicants"), Content.PAYLOAD, applicants, mock if terms.extract and terms.mock else None)  # fmt: skip
        result = view.last("result", False, mock)
        yield view.run("joined", say("Join the payloads"), "link-join", result, view.last("pairs", True, mock), mock)  # fmt: skip
        yes = result is not None and (view.here.approved or {}).get(result.id) is True
        yield Step("review", Act.REVIEW, say("Review by the export committee"), (view.me.name,), yes, mock, dataset=result.id if result else "")  # fmt: skip
        yield view.send("result", say("Send the result to the applicants"), Content.RESULT, applicants, result, mock)  # fmt: skip
