"""What leaves a site in an envelope, and what comes in: secrets, keys, payloads, results.

The table of what may go from whom to whom is `rules.linkage.FLOWS`. Each envelope that leaves or arrives is a
Record with its digest, and the digest of the agreement, on either site; nothing of what is in it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection

from ...digest import CHUNK, fresh_id
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
from ..clock import now
from ..house import House
from ..submit import access_retention
from ..transition import record
from .agreeing import Taken, check_answers, receiving_key, taken
from .committee import check_may_leave
from .kept import here, keep, of_envelope, stream
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
    what came of other parties before and no Run has taken up.

    Raises Invalid, Tampered where one is false, Conflict where one has arrived before; nothing is kept then.
    """
    check_answers(who)
    envelopes = [read_envelope(path) for path in files]
    if len({(e.address.agreement, e.address.content) for e in envelopes}) != 1:
        raise Invalid.field("files", expected=say("envelopes of one linkage and of one content"), got=say("several"))  # fmt: skip
    address = envelopes[0].address
    at = taken(house, address.linkage)
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
            return keep(house, who, at, "received", parcels[0].open, sensitivity, name=name, envelopes=envelopes, form=Form.TABLE, said=list(_said([], mock)), mock=mock)  # fmt: skip
        parcels = [*_held(house, who, at, content, parcels, every), *parcels]
        senders = tuple(dict.fromkeys(p.manifest.sender for p in parcels))
        return keep(house, who, at, content.value, lambda: flow(archived(parcels)), sensitivity, name=name, envelopes=envelopes, said=list(_said(parcels, mock)), mock=mock, senders=senders)  # fmt: skip


def _held(
    house: House, who: SignedIn, at: Taken, content: Content, parcels: Sequence[Packet], every: ExitStack
) -> list[Packet]:
    """What came of other senders before, where no Run has taken it up: envelopes may come one by one. What a sender
    sends once more takes the place of what it sent before."""
    earlier = here(house, at, content.value)
    if earlier is None or earlier.owner != who.actor.id:
        return []
    with house.database.reading() as connection:
        if any(run.state in _TAKEN_UP for run in runs.of_input(connection, earlier.id)):
            return []
    mocks = {p.manifest.mock for p in parcels}
    given = {p.manifest.of or p.manifest.sender for p in parcels}
    held = packets(every.enter_context(stream(house, earlier)))
    return [p for p in held if (p.manifest.of or p.manifest.sender) not in given and p.manifest.mock in mocks]


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
    payload = {"dataset": dataset.id, "reasons": [reason.code for reason in reasons]}
    refusal = Record(Event.REFUSED, fresh_id("refused"), now(), who.actor.id, dataset.id, payload, access_retention([dataset]), datasets=(dataset.id,))  # fmt: skip
    house.write(lambda connection: record(connection, refusal))
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
