"""The export committee (반출심사위원회) at an expert agency: convened, heard, minuted.

What was convened and how each member stands is in the history and nowhere else, and is read from there with its
proof: whoever owns the database cannot change it. Each member signs. The rule is `rules.linkage.outcome`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from ...digest import canonical
from ...errors import Conflict, Missing, Reason, Refused, Tampered
from ...language import say
from ...nouns.dataset import Dataset
from ...nouns.linkage import PartyRole
from ...nouns.record import Event, Record, Retention
from ...rules.linkage import Expert, Field, Outcome, Stand, outcome, reasons_not_to_convene
from ...world import identity
from ...world.identity import SignedIn
from ...world.store import datasets, runs
from .. import notify
from ..clock import now
from ..house import House
from ..transition import proven, record, signer_key
from .agreeing import check_answers, marked, taken

if TYPE_CHECKING:
    from .agreeing import Taken

_LABEL = b"dalgubeol/export-judgement/v1\0"
_MOST_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Said:
    """One member's word."""

    person: str
    stand: Stand
    at: str
    comment: str


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
    """Call a committee (login to field of expertise) for what is to leave. Raises Refused with reasons, Conflict
    where one has not come to an end."""
    check_answers(who)

    def call(connection: Connection) -> None:
        dataset = datasets.find(connection, name)
        at = taken(house, linkage_of(connection, dataset))
        before = _minutes(house, connection, dataset)
        if before is not None and before.outcome.approved is None and not _too_few(before.outcome):
            raise Conflict("committee.open", say("A committee is at work on {name}.", name=dataset.name), say("`dalgu link minutes` shows who has not voted."))  # fmt: skip
        experts = [_expert(connection, login, field) for login, field in members.items()]
        reasons = reasons_not_to_convene(experts, at.agreement, _made_by(connection, dataset))
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
    return minutes(house, name)


def judge(house: House, who: SignedIn, name: str, stand: Stand, comment: str = "") -> Minutes:
    """A member's signed word: approve, reject, or recused. Raises Refused for who is no member, Conflict for a
    second word or after the end."""

    def say_it(connection: Connection) -> None:
        dataset = datasets.find(connection, name)
        found = _minutes(house, connection, dataset)
        if found is None:
            raise _not_convened(dataset)
        if who.actor.id not in {m.person for m in found.members}:
            reason = Reason("committee.member", say("Only members of the committee vote."))
            raise Refused("committee.refused", say("This is refused."), say("`dalgu link minutes` shows who they are."), (reason,))  # fmt: skip
        if found.outcome.approved is not None or who.actor.id in {s.person for s in found.said}:
            raise Conflict("committee.said", say("You have voted, or it is decided."), say("`dalgu link minutes` shows how it went."))  # fmt: skip
        at = now()
        statement = _statement(dataset, found, who.actor.id, stand, at, comment)
        payload = {
            "round": found.round, "stand": stand.value, "comment": comment, "signature": who.sign(statement),
        }  # fmt: skip
        record(connection, Record(
            Event.JUDGED, _key(dataset, found.round, who.actor.id), at, who.actor.id, dataset.id, payload,
            Retention.PROCESSING, datasets=(dataset.id,),
        ))  # fmt: skip

    house.write(say_it)
    return minutes(house, name)


def minutes(house: House, name: str) -> Minutes:
    """Raises Missing where no committee was convened, Tampered where a word was not signed by whom it names."""
    with house.database.reading() as connection:
        dataset = datasets.find(connection, name)
        found = _minutes(house, connection, dataset)
    if found is None:
        raise _not_convened(dataset)
    return found


def check_may_leave(house: House, dataset: Dataset, at: Taken) -> None:
    """Raises Refused unless the committee has said yes to exactly this content."""
    found = minutes(house, dataset.id)
    decided = found.outcome
    if decided.approved is not True or found.object_id != dataset.object_id or found.agreement != at.agreement.digest:  # fmt: skip
        raise Refused(
            "committee.no", say("The export committee has not approved that {name} leaves.", name=dataset.name),
            say("`dalgu link minutes {name}` shows where it stands.", name=dataset.name), decided.reasons,
        )  # fmt: skip


def _minutes(house: House, connection: Connection, dataset: Dataset) -> Minutes | None:
    last = None
    for number in range(1, _MOST_ROUNDS):
        told = proven(connection, house.log, f"convened/{dataset.id}/{number}", Event.CONVENED, dataset.id)
        if told is None:
            break
        last = told
    if last is None:
        return None
    line, payload = last
    members = tuple(Expert(p, o, Field(f)) for p, o, f in payload["members"])
    called = Minutes(dataset.id, payload["object"], payload["agreement"], payload["round"], line["at"], members, ())  # fmt: skip
    said = tuple(
        word for m in members if (word := _said_by(house, connection, dataset, called, m.person)) is not None
    )
    stands = {each.person: each.stand for each in said}
    heard = tuple(replace(m, stand=stands.get(m.person, Stand.ABSENT)) for m in members)
    return replace(called, members=heard, said=said)


def _said_by(house: House, connection: Connection, dataset: Dataset, called: Minutes, person: str) -> Said | None:  # fmt: skip
    told = proven(connection, house.log, _key(dataset, called.round, person), Event.JUDGED, dataset.id)
    if told is None:
        return None
    line, payload = told
    stand, comment = Stand(payload["stand"]), payload["comment"]
    signed = _statement(dataset, called, person, stand, line["at"], comment)
    if line["actor"] != person or not identity.signature_holds(signer_key(connection, house.log, person), signed, payload["signature"]):  # fmt: skip
        raise Tampered("committee.signature", say("A vote of the committee on {name} was not signed by whom it names.", name=dataset.name), say("Nothing leaves. Tell the operator."))  # fmt: skip
    return Said(person, stand, line["at"], comment)


def _statement(dataset: Dataset, called: Minutes, person: str, stand: Stand, at: str, comment: str) -> bytes:
    return _LABEL + canonical({
        "object": called.object_id, "agreement": called.agreement, "round": called.round, "person": person,
        "stand": stand.value, "at": at, "comment": comment,
    })  # fmt: skip


def _key(dataset: Dataset, number: int, person: str) -> str:
    return f"judged/{dataset.id}/{number}/{person}"


def _too_few(decided: Outcome) -> bool:
    return any(reason.code == "committee.too-few" for reason in decided.reasons)


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
