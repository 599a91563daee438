"""Policies over HTTP: a first one for a table, and whether one fits. Nothing is made; that the table was looked at is
recorded."""

from __future__ import annotations

from dataclasses import dataclass

from ...nouns.permit import Scope
from ...verbs import policies
from . import bodies
from .caller import Call
from .operation import operation, router

routes = router("/policies")


@dataclass(frozen=True, slots=True)
class PolicyDrafted:
    """A policy.toml to begin with, the evidence above each column; no value of the table."""

    policy: str


@dataclass(frozen=True, slots=True)
class PolicyChecked:
    """What a policy would do, in the reader's language, tried on the first rows."""

    said: tuple[str, ...]


@operation(routes, "POST", "/draft", PolicyDrafted, scope=Scope.RUN, errors=(404,))
def draft_policy(call: Call, body: bodies.PolicyWished) -> PolicyDrafted:
    """Propose a policy for a table that you may pseudonymise: read it and change it."""
    return PolicyDrafted(policies.draft(call.house, call.who, body.dataset, body.project, call.language))


@operation(routes, "POST", "/check", PolicyChecked, scope=Scope.RUN, errors=(404,))
def check_policy(call: Call, body: bodies.PolicyTried) -> PolicyChecked:
    """Try a policy on the first rows of a table, without making anything. Hierarchies stand in it as `csv`."""
    said = policies.check(call.house, call.who, body.dataset, body.policy)
    return PolicyChecked(tuple(message.text(call.language) for message in said))
