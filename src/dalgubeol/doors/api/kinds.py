"""What can be run here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Path

from ...kinds import kind as kind_named
from ...kinds import names
from ...kinds.contract import Kind, Lifetime, Port
from ...language import phrase
from ...nouns.dataset import Form
from ...nouns.permit import Grant, Scope
from .caller import Call
from .operation import always, operation, router

routes = router("/kinds")


@dataclass(frozen=True, slots=True)
class SlotShown:
    name: str
    forms: tuple[Form, ...]
    summary: str
    optional: bool


@dataclass(frozen=True, slots=True)
class KindShown:
    """A kind of Run, in the reader's language."""

    name: str
    summary: str
    grants: tuple[Grant, ...]
    """What a Permit must allow."""
    deterministic: bool
    lifetime: Lifetime
    ports: tuple[Port, ...]
    slots: tuple[SlotShown, ...]
    parameters: Mapping[str, Any]
    """JSON schema of its parameters."""


@operation(routes, "GET", "", list[KindShown], scope=Scope.READ, quick=always)
def list_kinds(call: Call) -> list[KindShown]:
    """All kinds that can be run here."""
    return [shown(kind_named(name), call.language) for name in names()]


@operation(routes, "GET", "/{kind}", KindShown, scope=Scope.READ, errors=(404,), quick=always)
def show_kind(call: Call, kind: Annotated[str, Path(max_length=200)]) -> KindShown:
    """One kind: what it takes, and what a Permit for it must allow."""
    return shown(kind_named(kind), call.language)


def shown(kind: Kind, language: str) -> KindShown:
    slots = tuple(
        SlotShown(s.name, tuple(sorted(s.forms)), phrase(s.summary).text(language), s.optional)
        for s in kind.slots
    )
    return KindShown(
        kind.name, kind.summary.text(language), tuple(sorted(kind.grants)), kind.deterministic, kind.lifetime,
        tuple(sorted(kind.ports)), slots, _translated(kind.Parameters.model_json_schema(), language),
    )  # fmt: skip


def _translated(schema: Any, language: str) -> Any:
    """A JSON schema with its descriptions in the reader's language."""
    if isinstance(schema, list):
        return [_translated(each, language) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: phrase(value).text(language) if key == "description" and isinstance(value, str) else _translated(value, language)
        for key, value in schema.items()
    }  # fmt: skip
