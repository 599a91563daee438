"""Permits over HTTP: asking, looking, deciding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Query

from ...nouns.permit import Conditions, Permit, PermitState, Scope, Verdict
from ...verbs.airlock import bringing, budget
from ...verbs.airlock.budget import Account
from ...verbs.datasets import register
from ...verbs.permits import grant, pledges
from ...verbs.permits.applications import Asked
from ...world.store.brought import Brought
from ...world.store.paging import Page
from ...world.store.permits import Wanted
from . import bodies
from .caller import Call
from .lists import Cursor, Limit, Mine
from .operation import Answer, always, few, operation, router

routes = router("/permits")
Id = Annotated[str, Path(max_length=200, description="Id of the Permit")]


@dataclass(frozen=True, slots=True)
class PledgeShown:
    edition: str
    language: str
    text: str
    digest: str
    """SHA-256 of the text, which is part of what is signed."""


@operation(routes, "POST", "", Permit, scope=Scope.ASK, status=201, errors=(404,))
def request_permit(call: Call, body: bodies.PermitAsked) -> Answer:
    """Ask for a Permit for oneself; two other people decide on it."""
    said = body.conditions.model_dump(exclude_none=True)
    rules = said.pop("disclosure")
    made = grant.request(
        call.house, call.who, kinds=body.kinds, names=body.datasets, purpose=body.purpose, reason=body.reason,
        until=body.until, evidence=body.evidence, conditions=Conditions(**said),
        asked=Asked(body.people, body.items, body.environment, body.renews, body.pledged, rules),
    )  # fmt: skip
    return Answer(made, 201, {"Location": f"/api/v1/permits/{made.id}"})


@operation(routes, "GET", "", Page[Permit], scope=Scope.READ, errors=(404,), quick=few)
def list_permits(
    call: Call,
    state: PermitState | None = None,
    mine: Mine = False,
    dataset: Annotated[str | None, Query(max_length=200, description="Name or id of a Dataset named")] = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Page[Permit]:
    """Permits and where they stand, the newest first."""
    named = None if dataset is None else register.show(call.house, call.actor, dataset).id
    wanted = Wanted(state, call.actor.id if mine else None, named)
    return grant.page(call.house, wanted, cursor, limit)


@operation(routes, "GET", "/{permit}", Permit, scope=Scope.READ, errors=(404,), quick=always)
def show_permit(call: Call, permit: Id) -> Permit:
    """One Permit with its decisions."""
    return grant.show(call.house, permit)


@operation(routes, "GET", "/{permit}/budget", list[Account], scope=Scope.READ, errors=(404,))
def show_budget(call: Call, permit: Id) -> list[Account]:
    """Its privacy budget: what noisy answers may tell of each Dataset, and what they have told this organisation."""
    return list(budget.accounts(call.house, permit))


@operation(routes, "GET", "/{permit}/brought", list[Brought], scope=Scope.READ, errors=(404,))
def list_brought(call: Call, permit: Id) -> list[Brought]:
    """What was brought into the zone under it: names and digests, for who works under it, reviewers and operators."""
    return list(bringing.listed(call.house, call.who, permit))


@operation(routes, "GET", "/{permit}/pledge", PledgeShown, scope=Scope.READ, errors=(404,))
def show_pledge(call: Call, permit: Id, language: bodies.Language = "ko") -> PledgeShown:
    """The pledge that is signed before the first Run under it."""
    text = pledges.text_of(call.house, permit)
    return PledgeShown(text.edition, language, text.text(language), text.digest(language))


@operation(routes, "POST", "/{permit}/pledge", Permit, scope=Scope.SIGN, errors=(404, 409))
def sign_pledge(call: Call, permit: Id, body: bodies.PledgeSigned) -> Permit:
    """Sign that pledge, as it reads in the language in which you read it."""
    return pledges.sign(call.house, call.who, permit, body.language)


@operation(routes, "POST", "/{permit}/grant", Permit, scope=Scope.SIGN, errors=(404,))
def grant_permit(call: Call, permit: Id, body: bodies.Word) -> Permit:
    """Grant it, with your signature."""
    return grant.decide(call.house, call.who, permit, Verdict.GRANT, body.comment)


@operation(routes, "POST", "/{permit}/refuse", Permit, scope=Scope.SIGN, errors=(404,))
def refuse_permit(call: Call, permit: Id, body: bodies.Word) -> Permit:
    """Refuse it, with your signature."""
    return grant.decide(call.house, call.who, permit, Verdict.REFUSE, body.comment)


@operation(routes, "POST", "/{permit}/revoke", Permit, scope=Scope.SIGN, errors=(404,))
def revoke_permit(call: Call, permit: Id) -> Permit:
    """Take a granted Permit back at once."""
    return grant.revoke(call.house, call.who, permit)


@operation(routes, "POST", "/{permit}/withdraw", Permit, scope=Scope.ASK, errors=(404,))
def withdraw_permit(call: Call, permit: Id) -> Permit:
    """Give your own Permit or request back."""
    return grant.withdraw(call.house, call.who, permit)
