"""Linkage across sites over HTTP: agree, send, receive, review, end.

Cards and agreements come and go as the text of their files, byte for byte: a number that some language writes
otherwise would break a signature. Envelopes come as uploads and go as a stream. What lies between (`link-keys`
and the other kinds) are Runs like others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...nouns.dataset import Dataset
from ...nouns.linkage import Party, Terms
from ...nouns.permit import Scope
from ...nouns.run import RunState
from ...rules.linkage import Expert, Stand
from ...rules.linkage_course import Act, Step
from ...verbs.linkage import carried, committee, ending, guessing, secrets, story
from ...verbs.linkage.agreeing import Draft, marked
from ...verbs.linkage.carried import Carried
from ...verbs.linkage.committee import Minutes, Said
from ...verbs.linkage.ending import Ended
from ...verbs.linkage.guessing import Guessed
from ...verbs.linkage.story import Line, Story
from . import linkage_bodies as bodies
from .caller import Call, call_of
from .content import streamed
from .datasets import shown as dataset_shown
from .operation import PROBLEMS, Answer, extra, operation, problems_of, router

routes = router("/linkages")
Name = Annotated[str, Path(max_length=200, description="Name of the linkage")]
Result = Annotated[str, Path(max_length=200, description="Name or id of the Dataset that is to leave")]


@dataclass(frozen=True, slots=True)
class CardMade:
    """This site's card: hand `document` on as a file of that name."""

    file: str
    document: str
    card: Party


@dataclass(frozen=True, slots=True)
class AgreementShown:
    """An agreement; `document` is the file to hand on. Of the tolerant mode `risk` is the measured risk of guesses."""

    linkage: str
    digest: str
    file: str
    document: str
    terms: Terms
    parties: tuple[Party, ...]
    signed: tuple[str, ...]
    unsigned: tuple[str, ...]
    risk: tuple[Guessed, ...]


@dataclass(frozen=True, slots=True)
class LinkageStep:
    """One step of this site's course; `turn` are the parties whose turn it is, `to` those it must still go to."""

    name: str
    act: Act
    title: str
    done: bool
    mock: bool
    turn: tuple[str, ...]
    content: str
    to: tuple[str, ...]
    kind: str
    dataset: str


@dataclass(frozen=True, slots=True)
class LinkageLine:
    """One linkage of this site. Before its agreement is taken up there is only the card: `me` is empty."""

    linkage: str
    me: str
    since: str
    digest: str
    next: LinkageStep | None
    ended: bool


@dataclass(frozen=True, slots=True)
class LinkagePiece:
    """A Dataset that is here for a linkage."""

    id: str
    name: str
    content: str
    sensitivity: str
    rows: int | None
    created_at: str


@dataclass(frozen=True, slots=True)
class CommitteeShown:
    """An export committee: who sits on it, what was said, and what that makes. Before it is over, another's vote
    is `sealed`."""

    dataset: str
    object_id: str
    round: int
    convened_at: str
    members: tuple[Expert, ...]
    said: tuple[Said, ...]
    approved: bool | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkageShown:
    """A linkage as this site goes through it; `said` is what was found out, linkage rates first; `held_back` what
    speaks now against sending what is due."""

    linkage: str
    digest: str
    me: Party
    terms: Terms
    parties: tuple[Party, ...]
    steps: tuple[LinkageStep, ...]
    next: LinkageStep | None
    held_back: tuple[str, ...]
    run: str | None
    run_state: RunState | None
    said: tuple[str, ...]
    here: tuple[LinkagePiece, ...]
    committees: tuple[CommitteeShown, ...]
    ended: bool


@operation(routes, "POST", "/cards", CardMade, scope=Scope.BRING, status=201, errors=(503,))
def make_card(call: Call, body: bodies.CardWished) -> Answer:
    """Make this site's card: its role in a linkage, and its keys. A new one replaces the one before."""
    mine, made = carried.card(call.house, call.who, linkage=body.linkage, name=body.name, role=body.role)
    return Answer(CardMade(made.name, made.content.decode(), mine), 201)


@operation(routes, "POST", "/drafts", AgreementShown, scope=Scope.BRING)
def draft_agreement(call: Call, body: bodies.DraftWished) -> AgreementShown:
    """Put terms and the cards of all parties together. A refusal names everything that speaks against it."""
    asked = carried.terms(body.terms.plain())
    made, document = carried.draft(call.house, call.who, asked, [each.encode() for each in body.cards])
    return _agreement(made, document)


@operation(routes, "POST", "/risk", list[Guessed], scope=Scope.READ)
def measure_risk(call: Call, body: bodies.TermsTold) -> list[Guessed]:
    """What an attacker would guess from the encodings that such terms ask for, on made-up persons; nothing where
    there are none. Takes some seconds."""
    return list(guessing.guessed(carried.terms(body.terms.plain())))


@operation(routes, "POST", "/looks", AgreementShown, scope=Scope.READ, errors=(409,))
def look_at_agreement(call: Call, body: bodies.DocumentsGiven) -> AgreementShown:
    """What stands in copies of one agreement, and who has signed any of them. Nothing is kept."""
    found, document = carried.look(call.house, [each.encode() for each in body.documents])
    return _agreement(found, document)


@operation(routes, "POST", "/signatures", AgreementShown, scope=Scope.BRING, errors=(404,))
def sign_agreement(call: Call, body: bodies.DocumentsGiven) -> AgreementShown:
    """Sign for this site; the answer holds the document with all signatures."""
    made, document = carried.sign(call.house, call.who, [each.encode() for each in body.documents])
    return _agreement(made, document)


@operation(routes, "POST", "", LinkageShown, scope=Scope.BRING, status=201, errors=(404,))
def take_up_agreement(call: Call, body: bodies.DocumentsGiven) -> Answer:
    """Take up an agreement that all parties have signed, be it in several copies."""
    taken = carried.take_up(call.house, call.who, [each.encode() for each in body.documents])
    found = story.look(call.house, call.who, taken.dataset.id)
    name = taken.agreement.terms.linkage
    return Answer(_shown(found, call), 201, {"Location": f"/api/v1/linkages/{name}"})


@operation(routes, "GET", "", list[LinkageLine], scope=Scope.READ)
def list_linkages(call: Call) -> list[LinkageLine]:
    """The linkages of this site that you may look at, the newest first: as an operator, as a provider who takes part,
    or as a member of an export committee."""
    return [_line(line, call) for line in story.listed(call.house, call.who)]


@operation(routes, "GET", "/{linkage}", LinkageShown, scope=Scope.READ, errors=(404,))
def show_linkage(call: Call, linkage: Name) -> LinkageShown:
    """One linkage: what was agreed, what is here, which step is due and whose turn it is."""
    return _shown(story.look(call.house, call.who, linkage), call)


@operation(routes, "POST", "/{linkage}/secret", Dataset, scope=Scope.BRING, status=201, errors=(404, 503))
def make_linkage_secret(call: Call, linkage: Name) -> Answer:
    """Make what this site alone knows: its salt, seed or exponent. Nobody is ever shown it."""
    made = secrets.make_secret(call.house, call.who, linkage)
    return Answer(dataset_shown(made, call.language), 201, {"Location": f"/api/v1/datasets/{made.id}"})


@operation(routes, "POST", "/arrivals", Dataset, scope=Scope.BRING, status=201, errors=(404, 503))
def receive_envelopes(call: Call, body: bodies.EnvelopesArrived) -> Answer:
    """Open envelopes of one content that were uploaded whole, and keep what is in them as one Dataset."""
    kept = carried.receive(call.house, call.who, body.uploads, body.name)
    return Answer(dataset_shown(kept, call.language), 201, {"Location": f"/api/v1/datasets/{kept.id}"})


@operation(routes, "POST", "/{linkage}/finish", Ended, scope=Scope.BRING, errors=(404,))
def finish_linkage(call: Call, linkage: Name) -> Ended:
    """End it here: destroy, for good, what was only needed for it."""
    return ending.finish(call.house, call.who, linkage)


@operation(routes, "POST", "/results/{dataset}/committee", CommitteeShown, scope=Scope.BRING, status=201, errors=(404,))  # fmt: skip
def convene_committee(call: Call, dataset: Result, body: bodies.CommitteeCalled) -> Answer:
    """Call the export committee: three to seven experts (login to field) without an interest in it."""
    return Answer(_committee(committee.convene(call.house, call.who, dataset, body.members), call), 201)


@operation(routes, "GET", "/results/{dataset}/committee", CommitteeShown, scope=Scope.READ, errors=(404,))
def show_committee(call: Call, dataset: Result) -> CommitteeShown:
    """Who sits on it, what was said, and what that makes."""
    return _committee(committee.minutes(call.house, call.who, dataset), call)


@operation(routes, "POST", "/results/{dataset}/judgements", CommitteeShown, scope=Scope.SIGN, errors=(404,))
def judge_result(call: Call, dataset: Result, body: bodies.Judged) -> CommitteeShown:
    """Say, with your signature, whether it leaves, or step back from the committee."""
    return _committee(committee.judge(call.house, call.who, dataset, Stand(body.stand), body.comment), call)


async def seal_envelope(request: Request, body: bodies.EnvelopeWished) -> Response:
    """Seal a Dataset of a linkage for another party. The answer is the envelope: hand it on as a file. That it left
    is recorded, with its digest."""

    def made() -> Response:
        call = call_of(request, Scope.BRING)
        sealed = carried.send(call.house, call.who, body.dataset, to=body.to, content=body.content)
        told = {"Repr-Digest": f"sha-256=:{_base64(sealed.digest)}:"}
        return streamed(sealed.stream, sealed.name, sealed.size_bytes, 200, told)

    return await run_in_threadpool(made)


routes.add_api_route(
    "/envelopes", seal_envelope, methods=["POST"], operation_id="seal_envelope", response_class=Response,
    summary="Seal an envelope", openapi_extra=extra(Scope.BRING, False),
    responses={
        200: {"description": "The envelope", "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
        413: PROBLEMS[413], 415: PROBLEMS[415],
        **problems_of(401, 403, 404, 409, 422, 429, 500, 503),
    },
)  # fmt: skip


def _base64(digest: str) -> str:
    import base64

    return base64.b64encode(bytes.fromhex(digest)).decode()


def _agreement(found: Draft, document: Carried) -> AgreementShown:
    agreed = found.agreement
    return AgreementShown(
        agreed.terms.linkage, agreed.digest, document.name, document.content.decode(errors="replace"), agreed.terms,
        agreed.parties, found.signed, found.unsigned, guessing.guessed(agreed.terms),
    )  # fmt: skip


def _line(line: Line, call: Call) -> LinkageLine:
    digest = line.taken.agreement.digest if line.taken else ""
    return LinkageLine(line.linkage, line.me, line.since, digest, _step(line.next, call), line.ended)


def _step(step: Step | None, call: Call) -> LinkageStep | None:
    if step is None:
        return None
    return LinkageStep(
        step.name, step.act, step.title.text(call.language), step.done, step.mock, step.turn, step.content, step.to,
        step.kind, step.dataset,
    )  # fmt: skip


def _shown(found: Story, call: Call) -> LinkageShown:
    agreed = found.taken.agreement
    steps = tuple(shown for each in found.steps if (shown := _step(each, call)) is not None)
    here = tuple(
        LinkagePiece(d.id, d.name, str(marked(d).get("content", "payload")), d.sensitivity.value, d.rows, d.created_at)
        for d in found.here
    )  # fmt: skip
    return LinkageShown(
        agreed.terms.linkage, agreed.digest, found.me, agreed.terms, agreed.parties, steps, _step(found.next, call),
        tuple(reason.text(call.language) for reason in found.held_back), found.run.id if found.run else None, found.run.state if found.run else None,
        tuple(line.text(call.language) for line in found.said()), here,
        tuple(_committee(minutes, call) for minutes in found.minutes), found.ended,
    )  # fmt: skip


def _committee(found: Minutes, call: Call) -> CommitteeShown:
    decided = found.outcome
    return CommitteeShown(
        found.dataset, found.object_id, found.round, found.convened_at, found.members, found.said, decided.approved,
        tuple(reason.text(call.language) for reason in decided.reasons),
    )  # fmt: skip
