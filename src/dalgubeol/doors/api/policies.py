"""Policies over HTTP: a first one for a table, and whether one fits. Nothing is made; that the table was looked at is
recorded."""

from __future__ import annotations

from dataclasses import dataclass

from ...nouns.permit import Scope
from ...verbs.projects import policies
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


@dataclass(frozen=True, slots=True)
class PolicyWhole:
    """A policy with its hierarchies in it, as it is run and kept."""

    policy: str


@dataclass(frozen=True, slots=True)
class HierarchyChecked:
    """A hierarchy as a policy holds it under `[hierarchies.NAME]`; `widths` says how many labels each level has."""

    csv: str
    delimiter: str
    widths: tuple[int, ...]


@operation(routes, "POST", "/draft", PolicyDrafted, scope=Scope.RUN, errors=(404,))
def draft_policy(call: Call, body: bodies.PolicyWished) -> PolicyDrafted:
    """Propose a policy for a table that you may pseudonymise: read it and change it."""
    return PolicyDrafted(policies.draft(call.house, call.who, body.dataset, body.project, call.language))


@operation(routes, "POST", "/check", PolicyChecked, scope=Scope.RUN, errors=(404,))
def check_policy(call: Call, body: bodies.PolicyTried) -> PolicyChecked:
    """Try a policy on the first rows of a table, without making anything. Hierarchies stand in it as `csv`, or as
    files that come with it."""
    said = policies.check(call.house, call.who, body.dataset, policies.whole(body.policy, body.files))
    return PolicyChecked(tuple(message.text(call.language) for message in said))


@operation(routes, "POST", "/whole", PolicyWhole, scope=Scope.RUN, errors=(404,))
def whole_policy(call: Call, body: bodies.PolicyFiles) -> PolicyWhole:
    """Write the hierarchy files that a policy names into it: what comes back is what a Run takes."""
    return PolicyWhole(policies.whole(body.policy, body.files))


@operation(routes, "POST", "/hierarchy", HierarchyChecked, scope=Scope.RUN, errors=(404,))
def check_hierarchy(call: Call, body: bodies.HierarchyTried) -> HierarchyChecked:
    """Look at a hierarchy file beside a column: whether it is a tree and knows every value of the first rows."""
    found = policies.tree(call.house, call.who, body.dataset, body.column, body.file, body.text.encode())
    if found.missing_values:
        raise policies.lacks(body.column, found)
    return HierarchyChecked(found.csv, found.delimiter, found.widths)
