"""The export committee (반출심사위원회) at an expert agency: convened, heard, minuted.

What was convened and how each member stands is in the history and nowhere else, and is read from there with its
proof: whoever owns the database cannot change it. Each member signs. The rule is `rules.linkage.outcome`.

How a member votes is hidden, in the history too, until the committee is over (`Outcome.over`): then every vote is
opened in the same transaction. That somebody voted shows, and so does who stepped back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from ...digest import canonical
from ...errors import Conflict, Missing, Reason, Refused, Tampered
from ...language import say
from ...nouns.dataset import Dataset
from ...nouns.linkage import PartyRole
from ...nouns.record import Event, Record, Retention
from ...rules.linkage import Expert, Field, Outcome, Stand, outcome, reasons_not_to_convene, seen_by
from ...world import identity
from ...world.identity import SignedIn
from ...world.store import datasets, runs
from ..airlock.review import signature_digest
from ..house import notify
from ..house.clock import now
from ..house.house import House
from ..house.transition import integrate, proven, record, signer_key
from ..projects.seating import refusal
from .acting import takes_part
from .agreeing import check_answers, marked, taken
from .sides import reasons_to_bar

if TYPE_CHECKING:
    from .agreeing import Taken

_LABEL = b"dalgubeol/export-judgement/v1\0"
_MOST_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Said:
    """One member's word; before the committee is over, of another's only that it was said (`Stand.SEALED`)."""

    person: str
    stand: Stand
    at: str
    comment: str
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class Minutes:
    """The committee for one Dataset as it is now."""

    dataset: str
    object_id: str
    agreement: str
    round: int
    convened_at: str
    members: tuple[Expert, ...]
    said: tuple[Said, ...]

    @property
    def outcome(self) -> Outcome:
        return outcome(self.members)


def convene(house: House, who: SignedIn, name: str, members: Mapping[str, Field]) -> Minutes:
    """Call a committee (login to field of expertise) for what is to leave. Raises Refused with reasons (recorded),
    Conflict where one has not come to an end, Missing for who may not look at the linkage."""
    refused: list[Refused] = []

    def call(connection: Connection) -> None:
        dataset = datasets.find(connection, name)
        try:
            _call(connection, dataset)
        except Refused as error:
            refused.append(error)
            record(connection, refusal(who.actor, dataset.id, dataset.id, error.reasons))

    def _call(connection: Connection, dataset: Dataset) -> None:
        check_answers(who)
        at = taken(house, linkage_of(connection, dataset))
        if not may_look(house, connection, who, at):
            raise _not_convened(dataset)
        before = _minutes(house, connection, dataset)
        if before is not None and not before.outcome.over:
            raise Conflict("committee.open", say("A committee is at work on {name}.", name=dataset.name), say("`dalgu link minutes` shows who has not voted."))  # fmt: skip
        experts = [_expert(connection, login, field) for login, field in members.items()]
        reasons = reasons_not_to_convene(experts, at.agreement, _made_by(connection, dataset))
        reasons += tuple(
            Reason("committee.saw-keys", say("These handled keys of the same applicants in another linkage: {people}.", people=login))
            for login, expert in zip(members, experts, strict=True)
            if reasons_to_bar(house, connection, expert.person, at.agreement.digest)
        )  # fmt: skip
        if at.me.role is not PartyRole.EXPERT_AGENCY:
            reasons += (Reason("committee.place", say("The committee meets at the expert agency.")),)
        if reasons:
            raise Refused("committee.refused", say("Such a committee cannot decide on this."), say("Name other members."), reasons)  # fmt: skip
        number = before.round + 1 if before else 1
        payload = {
            "object": dataset.object_id, "agreement": at.agreement.digest, "round": number,
            "members": [[e.person, e.organisation, e.field.value] for e in experts],
        }  # fmt: skip
        record(connection, Record(
            Event.CONVENED, f"convened/{dataset.id}/{number}", now(), who.actor.id, dataset.id, payload,
            Retention.PROCESSING, datasets=(dataset.id,),
        ))  # fmt: skip
        message = say("You are a member of an export committee. Your vote is asked for.")
        notify.tell(connection, [e.person for e in experts], message, f"/linkages/{at.dataset.id}")

    house.write(call)
    if refused:
        raise refused[0]
    return minutes(house, who, name)


def judge(house: House, who: SignedIn, name: str, stand: Stand, comment: str = "") -> Minutes:
    """A member's signed word: approve, reject, or recused; the others read a vote once the committee is over. Raises
    Refused for who is no member (recorded), Conflict for a second word or after the end, Missing for who may not
    look at the linkage."""
    refused: list[tuple[Reason, ...]] = []

    def say_it(connection: Connection) -> None:
        integrate(connection, house.log)  # a vote that is written together with this one is to be heard
        dataset = datasets.find(connection, name)
        found = _minutes(house, connection, dataset)
        if found is None or not _may_look(house, connection, who, dataset):
            raise _not_convened(dataset)
        if who.actor.id not in {m.person for m in found.members}:
            refused.append((Reason("committee.member", say("Only members of the committee vote.")),))
            record(connection, refusal(who.actor, dataset.id, dataset.id, refused[0]))
            return
        if found.outcome.over or who.actor.id in {s.person for s in found.said}:
            raise Conflict("committee.said", say("You have voted, or it is decided."), say("`dalgu link minutes` shows how it went."))  # fmt: skip
        at = now()
        signature = who.sign(_statement(found, who.actor.id, stand, at, comment))
        said = Said(who.actor.id, stand, at, comment, signature)
        key = _key(dataset, found.round, who.actor.id)
        record(connection, Record(
            Event.JUDGED, key, at, who.actor.id, dataset.id, _hidden(house, key, found, said), Retention.PROCESSING,
            datasets=(dataset.id,),
        ))  # fmt: skip
        _open(connection, _heard(found, (*found.said, said)))

    house.write(say_it)
    if refused:
        raise Refused("committee.refused", say("This is refused."), say("`dalgu link minutes` shows who they are."), refused[0])  # fmt: skip
    return minutes(house, who, name)


def minutes(house: House, who: SignedIn, name: str) -> Minutes:
    """As this person may see them. Raises Missing where no committee was convened, or for who may not look at the
    linkage; Tampered where a word was not signed by whom it names."""
    with house.database.reading() as connection:
        dataset = datasets.find(connection, name)
        found = _minutes(house, connection, dataset)
        if found is None or not _may_look(house, connection, who, dataset):
            raise _not_convened(dataset)
    return _seen(who, found)


def may_look(house: House, connection: Connection, who: SignedIn, at: Taken) -> bool:
    """Whether a linkage is shown to this person: to operators, to providers of the party that this site is or who own
    something of it, and to whoever was ever called to its committee."""
    if takes_part(connection, who, at):
        return True
    linkage, every = at.agreement.terms.linkage, datasets.every(connection)
    results = {
        d.id for d in every if (marked(d).get("linkage"), marked(d).get("content")) == (linkage, "result")
    }
    for dataset in every:  # the oldest first: what something was made of is known before it
        if results & set(dataset.sources):
            results.add(dataset.id)
    return any(_was_called(house, connection, result, who.actor.id) for result in results)


def check_may_leave(house: House, dataset: Dataset, at: Taken) -> None:
    """Raises Refused unless the committee has said yes to exactly this content."""
    with house.database.reading() as connection:
        found = _minutes(house, connection, dataset)
    if found is None:
        raise _not_convened(dataset)
    decided = found.outcome
    if decided.approved is not True or found.object_id != dataset.object_id or found.agreement != at.agreement.digest:  # fmt: skip
        raise Refused(
            "committee.no", say("The export committee has not approved that {name} leaves.", name=dataset.name),
            say("`dalgu link minutes {name}` shows where it stands.", name=dataset.name), decided.reasons,
        )  # fmt: skip


def _minutes(house: House, connection: Connection, dataset: Dataset) -> Minutes | None:
    rounds = list(_rounds(house, connection, dataset.id))
    if not rounds:
        return None
    line, payload = rounds[-1]
    members = tuple(Expert(p, o, Field(f)) for p, o, f in payload["members"])
    called = Minutes(dataset.id, payload["object"], payload["agreement"], payload["round"], line["at"], members, ())  # fmt: skip
    said = tuple(
        word for m in members if (word := _said_by(house, connection, dataset, called, m.person)) is not None
    )
    return _heard(called, said)


def _rounds(
    house: House, connection: Connection, dataset: str
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for number in range(1, _MOST_ROUNDS):
        told = proven(connection, house.log, f"convened/{dataset}/{number}", Event.CONVENED, dataset)
        if told is None:
            return
        yield told


def _heard(called: Minutes, said: tuple[Said, ...]) -> Minutes:
    stands = {each.person: each.stand for each in said}
    members = tuple(replace(m, stand=stands.get(m.person, Stand.ABSENT)) for m in called.members)
    return replace(called, members=members, said=said)


def _seen(who: SignedIn, found: Minutes) -> Minutes:
    members = seen_by(who.actor.id, found.members)
    hidden = {m.person for m in members if m.stand is Stand.SEALED}
    said = tuple(
        Said(each.person, Stand.SEALED, each.at, "") if each.person in hidden else each for each in found.said
    )
    return replace(found, members=members, said=said)


def _may_look(house: House, connection: Connection, who: SignedIn, dataset: Dataset) -> bool:
    return may_look(house, connection, who, taken(house, linkage_of(connection, dataset)))


def _was_called(house: House, connection: Connection, dataset: str, person: str) -> bool:
    rounds = _rounds(house, connection, dataset)
    return any(person == member for _, payload in rounds for member, _, _ in payload["members"])


def _hidden(house: House, key: str, called: Minutes, said: Said) -> dict[str, object]:
    """What the Record of a word holds: a vote is sealed, that somebody steps back is not."""
    word = {"stand": said.stand.value, "comment": said.comment, "signature": said.signature}
    if said.stand is Stand.RECUSED:
        return {"round": called.round, **word}
    sealed = house.keyring.seal_for(key, canonical(word)).hex()
    return {"round": called.round, "sealed": sealed, "signature_digest": signature_digest(str(said.signature))}  # fmt: skip


def _open(connection: Connection, heard: Minutes) -> None:
    """Open what was sealed, once the committee is over."""
    if not heard.outcome.over:
        return
    for said in heard.said:
        if said.stand is Stand.RECUSED:
            continue
        opened = {
            "object": heard.object_id, "agreement": heard.agreement, "round": heard.round, "stand": said.stand.value,
            "comment": said.comment, "said_at": said.at, "signature": said.signature,
        }  # fmt: skip
        key = f"judged-opened/{heard.dataset}/{heard.round}/{said.person}"
        record(connection, Record(
            Event.JUDGED_OPENED, key, now(), said.person, heard.dataset, opened, Retention.PROCESSING,
            datasets=(heard.dataset,),
        ))  # fmt: skip


def _said_by(house: House, connection: Connection, dataset: Dataset, called: Minutes, person: str) -> Said | None:  # fmt: skip
    key = _key(dataset, called.round, person)
    told = proven(connection, house.log, key, Event.JUDGED, dataset.id)
    if told is None:
        return None
    line, payload = told
    if "sealed" in payload:
        payload = json.loads(house.keyring.unseal_for(key, bytes.fromhex(payload["sealed"])))
    stand, comment = Stand(payload["stand"]), payload["comment"]
    signed = _statement(called, person, stand, line["at"], comment)
    if line["actor"] != person or not identity.signature_holds(signer_key(connection, house.log, person), signed, payload["signature"]):  # fmt: skip
        raise Tampered("committee.signature", say("A vote of the committee on {name} was not signed by whom it names.", name=dataset.name), say("Nothing leaves. Tell the operator."))  # fmt: skip
    return Said(person, stand, line["at"], comment, payload["signature"])


def _statement(called: Minutes, person: str, stand: Stand, at: str, comment: str) -> bytes:
    return _LABEL + canonical({
        "object": called.object_id, "agreement": called.agreement, "round": called.round, "person": person,
        "stand": stand.value, "at": at, "comment": comment,
    })  # fmt: skip


def _key(dataset: Dataset, number: int, person: str) -> str:
    return f"judged/{dataset.id}/{number}/{person}"


def _expert(connection: Connection, login: str, field: Field) -> Expert:
    person = identity.find(connection, login)
    return Expert(person.id, person.organisation, field)


def _made_by(connection: Connection, dataset: Dataset) -> str:
    return runs.find(connection, dataset.made_by).submitted_by if dataset.made_by else dataset.owner


def linkage_of(connection: Connection, dataset: Dataset) -> str:
    """The linkage whose result this is, or was made of; what must stay here is refused. Raises Refused."""
    waiting: list[Dataset] = [dataset]
    found = ""
    while waiting:
        each = waiting.pop()
        mark = marked(each)
        if mark.get("content") == "joined":
            reason = Reason("linkage.stays", say("{name} holds rows that, as was agreed, do not leave.", name=each.name))  # fmt: skip
            raise Refused("committee.refused", say("This is refused."), say("Bring the Dataset 'leaving' before the committee."), (reason,))  # fmt: skip
        if mark.get("content") == "result":
            found = str(mark["linkage"])
            continue
        waiting.extend(datasets.find(connection, source) for source in each.sources)
    if not found:
        raise Missing("link.nothing", say("{name} is no result of a linkage.", name=dataset.name), say("`dalgu link status` lists what is."))  # fmt: skip
    return found


def _not_convened(dataset: Dataset) -> Missing:
    return Missing("committee.missing", say("No export committee was convened for {name}.", name=dataset.name), say("`dalgu link convene` calls one: three to seven experts without an interest in it."))  # fmt: skip
