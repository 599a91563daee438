"""What leaves a site in an envelope, and what comes in: secrets, keys, payloads, results.

The table of what may go from whom to whom is `rules.linkage.FLOWS`. Each envelope that leaves or arrives is a
Record with its digest, and the digest of the agreement, on either site; nothing of what is in it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection

from ...digest import CHUNK
from ...errors import Conflict, Invalid, Reason, Refused
from ...kinds.linkage_archive import ALL, Manifest, Packet, archived, flow, packets, table_packet
from ...language import Message, say
from ...nouns.dataset import Dataset, Form, Sensitivity
from ...nouns.linkage import Content, LinkMode, Party
from ...nouns.record import Event, Record, Retention
from ...nouns.run import RunState
from ...rules.linkage import reasons_not_to_send
from ...world.identity import SignedIn
from ...world.ledger.note import Verifier
from ...world.store import datasets, outbox, runs
from ...world.store.envelope import Envelope, Sealing, fresh_address, read_envelope
from ..house.clock import now
from ..house.house import House
from ..house.stops import UseStopped, check_not_stopped, reasons_of_stops
from ..house.transition import record
from .acting import answers_for, check_acts, refuse
from .agreeing import Taken, check_answers, marked, receiving_key, taken
from .committee import check_may_leave
from .kept import keep, of_envelope, received, sent_as, stream
from .leaving import PARCELS, content_of, mark_of, next_step_of, reasons_of_dataset, reasons_of_now
from .secrets import issued, make_secret

__all__ = ["make_secret", "receive", "send"]

_TAKEN_UP = frozenset({RunState.QUEUED, RunState.RUNNING, RunState.HELD, RunState.DONE})
_CAREFUL = dict.fromkeys((Content.PAIRS, Content.PAYLOAD, Content.RESULT), Sensitivity.PSEUDONYMISED)


def send(
    house: House, who: SignedIn, name: str, *, to: str, file: Path, content: Content | None = None
) -> tuple[Content, str]:
    """Seal what Dataset `name` holds for the party `to` into `file`; returns what it is, and the envelope's digest.

    `content` is asked for where a Dataset holds several things: the salt or the serial numbers of a secret.
    Raises Refused with reasons (recorded), Missing, Invalid.
    """
    check_answers(who)
    with house.database.reading() as connection:
        dataset = datasets.find(connection, name)
        mark, below = mark_of(connection, dataset)
    at = taken(house, str(mark["linkage"]))
    check_acts(house, who, at)
    what = content_of(content, mark, below)
    receiver = at.agreement.party(to)
    reasons = reasons_not_to_send(what, at.agreement, at.me, receiver)
    reasons += reasons_of_dataset(who, dataset, what, mark, at)
    with house.database.reading() as connection:
        reasons += reasons_of_now(house, connection, dataset)
    if reasons:
        raise _kept_back(house, who, dataset, to, reasons)
    if what is Content.RESULT:
        check_may_leave(house, dataset, at)
    pieces = _sent(house, dataset, what, at, receiver, bool(mark.get("mock")))
    address = fresh_address(at.agreement.digest, at.agreement.terms.linkage, what.value, at.me.name, to)
    envelope = Sealing(file, address, pieces, receiver.box_key, house.keyring.log_key())
    try:
        payload = of_envelope(address.id, envelope.digest, at, what.value, "to", receiver)
        left = Record(Event.EXPORTED, f"sent/{envelope.digest}", now(), who.actor.id, dataset.id, payload, Retention.PROCESSING, datasets=(dataset.id,))  # fmt: skip

        def leave(connection: Connection) -> tuple[Reason, ...]:
            meanwhile = reasons_of_now(house, connection, dataset)  # sealing takes its time
            if not meanwhile:
                record(connection, left)
            return meanwhile

        if meanwhile := house.write(leave):
            raise _kept_back(house, who, dataset, to, meanwhile)
        envelope.post()
    finally:
        envelope.discard()
    return what, envelope.digest


def receive(house: House, who: SignedIn, files: Sequence[Path], name: str | None = None) -> Dataset:
    """Open envelopes of one content, from one party or from several, and keep what is in them as one Dataset, with
    what came of other parties before and no Run has taken up. An accident that stops one of those stops what they
    were put together to, and keeps them from it.

    Raises Invalid, Tampered where one is false, Conflict where one has arrived before, Refused (recorded) where what
    came before is stopped or another's; nothing is kept then.
    """
    check_answers(who)
    envelopes = [read_envelope(path) for path in files]
    if len({(e.address.agreement, e.address.content) for e in envelopes}) != 1:
        raise Invalid.field("files", expected=say("envelopes of one linkage and of one content"), got=say("several"))  # fmt: skip
    address = envelopes[0].address
    at = taken(house, address.linkage)
    check_acts(house, who, at)
    content = _named(address.content)
    receiving_key(house, address.linkage)  # an ended linkage says so first
    _check_new(house, envelopes)
    sensitivity = _CAREFUL.get(content, Sensitivity.PERSONAL)
    with ExitStack() as every:
        opened = [every.enter_context(_opened(house, envelope, at, content)) for envelope in envelopes]
        if content in (Content.SALT, Content.SERIALS):
            if len(opened) > 1:
                raise Invalid.field("files", expected=say("one envelope"), got=len(opened))
            document = opened[0].read(CHUNK)
            return keep(house, who, at, content.value, lambda: io.BytesIO(document), sensitivity, name=name, envelopes=envelopes)  # fmt: skip
        parcels = [p for plain, e in zip(opened, envelopes, strict=True) for p in _checked(plain, e, at, content)]  # fmt: skip
        if len({p.manifest.of or p.manifest.sender for p in parcels}) < len(parcels):
            raise Invalid.field("files", expected=say("one envelope of each sender"), got=say("two of one"))
        mock = any(p.manifest.mock for p in parcels)
        if content is Content.RESULT:
            with house.database.reading() as connection:
                ours = sent_as(
                    house, connection, at, Content.PAYLOAD.value
                )  # the joined rows are of the same persons
            return keep(house, who, at, "received", parcels[0].open, sensitivity, name=name, envelopes=envelopes, form=Form.TABLE, said=list(_said([], mock)), mock=mock, sources=ours)  # fmt: skip
        held = _held(house, at, content, parcels, every)
        _check_together(house, who, at, held)
        parcels = [*(p for each in held.values() for p in each), *parcels]
        senders = tuple(dict.fromkeys(p.manifest.sender for p in parcels))

        def still(connection: Connection) -> None:
            check_not_stopped(connection, held)

        try:
            return keep(house, who, at, content.value, lambda: flow(archived(parcels)), sensitivity, name=name, envelopes=envelopes, said=list(_said(parcels, mock)), mock=mock, senders=senders, sources=tuple(held), check=still)  # fmt: skip
        except UseStopped:  # while it was put together
            _check_together(house, who, at, held)
            raise


def _held(
    house: House, at: Taken, content: Content, parcels: Sequence[Packet], every: ExitStack
) -> dict[str, list[Packet]]:
    """What came of other senders before, by the Dataset that it lies in, where no Run has taken it up: envelopes may
    come one by one, to one person or to several. What a sender sends once more takes the place of what it sent
    before."""
    mocks = {p.manifest.mock for p in parcels}
    given = {p.manifest.of or p.manifest.sender for p in parcels}
    found: dict[str, list[Packet]] = {}
    with house.database.reading() as connection:
        before = received(connection, at, content.value)
        used = {d.id for d in before if any(run.state in _TAKEN_UP for run in runs.of_input(connection, d.id))}  # fmt: skip
    for dataset in before:
        if dataset.id in used and bool(marked(dataset).get("mock")) in mocks:
            break  # and so is all that it was put together of
        held = packets(every.enter_context(stream(house, dataset)))
        fitting = [p for p in held if (p.manifest.of or p.manifest.sender) not in given and p.manifest.mock in mocks]  # fmt: skip
        if fitting:
            found[dataset.id] = fitting
            given |= {p.manifest.of or p.manifest.sender for p in fitting}
    return found


def _check_together(house: House, who: SignedIn, at: Taken, held: Iterable[str]) -> None:
    """Raises Refused (recorded) where what came before is stopped, or another's who alone goes on with it."""
    with house.database.reading() as connection:
        before = [datasets.find(connection, each) for each in held]
        reasons = reasons_of_stops(connection, before)
    reasons += tuple(
        Reason("dataset.owner", say("{name} came before and belongs with it, and somebody else answers for it.", name=d.name))
        for d in before
        if not answers_for(who, d, at)
    )  # fmt: skip
    if reasons:
        refuse(house, who, at.dataset, reasons)
        stopped = any(reason.code == "dataset.stopped" for reason in reasons)
        step = say("Nothing was kept, and the envelope can be received later. Nobody uses the other before the accident is decided on: `dalgu accident list`.") if stopped else say("Nothing was kept. Let them, or an operator, receive this envelope.")  # fmt: skip
        raise Refused("link.together", say("This is not put together with what came before."), step, reasons)


def _sent(house: House, dataset: Dataset, what: Content, at: Taken, receiver: Party, mock: bool) -> Iterator[bytes]:  # fmt: skip
    """The plain content of the envelope, in pieces. Raises Invalid where there is nothing for the receiver."""
    with stream(house, dataset) as opened:
        if what in (Content.SALT, Content.SERIALS):
            yield issued(opened.read(CHUNK), what, receiver)
        elif what in PARCELS:
            given = [p for p in packets(opened) if p.manifest.receiver in (receiver.name, ALL)]
            if not given:
                raise Invalid.field("to", expected=say("a party for which this was made"), got=say("another"))
            yield from archived(given)
        else:
            table = table_packet(opened, Manifest(at.agreement.digest, what, at.me.name, receiver.name, dataset.rows or 0, mock=mock))  # fmt: skip
            yield from archived([table])


def _check_new(house: House, envelopes: Sequence[Envelope]) -> None:
    """Raises Conflict, before anything is opened, for an envelope that has arrived before."""
    with house.database.reading() as connection:
        again = [e.path.name for e in envelopes if outbox.record_of(connection, f"arrived/{e.digest}") is not None]  # fmt: skip
    if again:
        raise Conflict(
            "link.arrived", say("These envelopes have arrived here before: {names}.", names=", ".join(again)),
            say("What was in them is listed by `dalgu link status`. Where it has to come once more, its sender seals it again."),
        )  # fmt: skip


def _opened(house: House, envelope: Envelope, at: Taken, content: Content) -> BinaryIO:
    address = envelope.address
    sender = at.agreement.party(address.sender)
    fits = address.agreement == at.agreement.digest and address.receiver == at.me.name
    reasons = reasons_not_to_send(content, at.agreement, sender, at.me)
    if not fits:
        raise Invalid(
            "link.address",
            say("The envelope {name} is for another party, or was made under another agreement.", name=envelope.path.name),
            say("Compare the digest of the agreement with the sender (`dalgu link show`)."),
        )  # fmt: skip
    if reasons:
        raise Refused("link.receive", say("The envelope {name} holds what this site must not have.", name=envelope.path.name), say("It was not opened. Tell its sender, and delete the file."), reasons)  # fmt: skip
    box = receiving_key(house, address.linkage)
    return envelope.open(Verifier.parse(sender.verifier_key).public_bytes, box)


def _checked(plain: BinaryIO, envelope: Envelope, at: Taken, content: Content) -> tuple[Packet, ...]:
    """The parcels of an envelope, whose papers say what its address says. Raises Invalid."""
    parcels = packets(plain)
    for parcel in parcels:
        papers = parcel.manifest
        if (papers.agreement, papers.content, papers.sender) != (at.agreement.digest, content, envelope.address.sender) or papers.receiver not in (at.me.name, ALL):  # fmt: skip
            raise Invalid.field("parcel", expected=say("what stands on its envelope"), got=say("something else"))  # fmt: skip
        if not _speaks_for(papers, at):
            raise Invalid.field("parcel", expected=say("the sender's own persons"), got=say("another's"))
    return parcels


def _speaks_for(papers: Manifest, at: Taken) -> bool:
    """Nobody sends another's persons; only in the oblivious mode an applicant sends the other's, blinded twice."""
    if at.agreement.terms.mode is LinkMode.OBLIVIOUS and papers.content is Content.KEYS:
        return papers.of in {p.name for p in at.agreement.applicants} - {papers.sender}
    return papers.of in ("", papers.sender)


def _kept_back(house: House, who: SignedIn, dataset: Dataset, to: str, reasons: tuple[Reason, ...]) -> Refused:  # fmt: skip
    """The refusal, once it is recorded."""
    refuse(house, who, dataset, reasons)
    return Refused("link.send", say("This does not go to '{party}'.", party=to), next_step_of(dataset, reasons), reasons)  # fmt: skip


def _said(parcels: Sequence[Packet], mock: bool) -> Iterator[Message]:
    for parcel in parcels:
        if parcel.manifest.rate is not None:
            yield say("Linkage rate: {rate} %.", rate=f"{100 * parcel.manifest.rate:.2f}")
    if mock:
        yield say("This is a mock linkage of a part of the data.")


def _named(content: str) -> Content:
    try:
        return Content(content)
    except ValueError:
        raise Invalid.field("content", expected=say("something that is sent in a linkage"), got=say("something else")) from None  # fmt: skip
