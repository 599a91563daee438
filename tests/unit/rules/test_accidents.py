"""Destroying a provider's data is never one outsider's word."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from dalgubeol.nouns.permit import Actor, Role
from dalgubeol.rules.accidents import reasons_not_to_destroy

DATA: Any = SimpleNamespace(organisation="hospital")
OPERATOR = Actor("o", "centre", frozenset({Role.OPERATOR}))
PROVIDER = Actor("p", "hospital", frozenset({Role.PROVIDER}))


def test_an_operator_does_not_destroy_on_a_report_of_their_own() -> None:
    assert [r.code for r in reasons_not_to_destroy(OPERATOR, DATA, "o")] == ["confirm.same"]
    assert reasons_not_to_destroy(OPERATOR, DATA, "analyst") == ()


def test_a_provider_destroys_its_own_data_whoever_reported() -> None:
    assert reasons_not_to_destroy(PROVIDER, DATA, "p") == ()
    other = Actor("p", "insurer", frozenset({Role.PROVIDER}))
    assert [r.code for r in reasons_not_to_destroy(other, DATA, "p")] == ["confirm.same"]
