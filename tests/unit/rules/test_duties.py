from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from dalgubeol.kinds import KINDS, kind
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.nouns.permit import (
    Application,
    Conditions,
    Decision,
    Permit,
    PermitState,
    Pledge,
    Purpose,
    Verdict,
)
from dalgubeol.rules.duties import (
    PSEUDONYMISING,
    Duty,
    Origin,
    Part,
    duty_of_kinds,
    makes_an_analyst,
    reasons_of_duties,
    roots,
)

ORIGINS: Mapping[str, Origin] = {
    "claims": Origin(Sensitivity.PERSONAL),
    "claims-p": Origin(Sensitivity.PSEUDONYMISED, ("claims",)),
    "claims-q": Origin(Sensitivity.PSEUDONYMISED, ("claims",)),
    "visits": Origin(Sensitivity.PERSONAL),
    "visits-p": Origin(Sensitivity.PSEUDONYMISED, ("visits",)),
    "joined": Origin(Sensitivity.PSEUDONYMISED, ("claims-p", "visits-p", "codes")),
    "brought": Origin(Sensitivity.PSEUDONYMISED),
    "codes": Origin(Sensitivity.PUBLIC),
    "log": Origin(Sensitivity.INTERNAL),
    "weeks": Origin(Sensitivity.ANONYMOUS, ("claims-p",)),
}


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        ("claims", {"claims"}),
        ("claims-p", {"claims"}),
        ("joined", {"claims", "visits"}),
        ("brought", {"brought"}),
        ("weeks", set()),
        ("log", set()),
    ],
)
def test_data_is_of_the_same_persons_where_it_descends_from_them(dataset: str, expected: set[str]) -> None:
    assert roots([dataset], ORIGINS) == expected


def against(wished: Duty, dataset: str, *had: Part, permits: frozenset[str] = frozenset()) -> list[str]:
    return [r.code for r in reasons_of_duties(wished, [dataset], had, ORIGINS, permits)]


@pytest.mark.parametrize("had", Duty)
@pytest.mark.parametrize("wished", Duty)
def test_nobody_is_two_for_the_data_of_the_same_persons(had: Duty, wished: Duty) -> None:
    expected = [] if had is wished else [f"duty.{had.value}"]
    for theirs in ("claims-p", "claims-q", "claims", "joined"):
        assert against(wished, "claims-p", Part(had, "x", (theirs,))) == expected
    for others in ("visits-p", "brought", "weeks", "log"):
        assert against(wished, "claims-p", Part(had, "x", (others,))) == []
    assert against(wished, "log", Part(had, "x", ("log",))) == []
    assert against(wished, "weeks", Part(had, "x", ("claims-p",))) == []


def test_all_reasons_are_given_at_once_and_each_once() -> None:
    had = [Part(duty, str(n), ("claims-p", "claims")) for duty in Duty for n in range(2)]
    assert against(Duty.REVIEWER, "claims-p", *had) == ["duty.pseudonymiser", "duty.analyst", "duty.decider"]


def test_who_decided_on_a_permit_does_not_vote_on_what_came_out_under_it_whatever_the_data() -> None:
    had = Part(Duty.DECIDER, "permit-1", ("log",))
    assert against(Duty.REVIEWER, "log", had, permits=frozenset({"permit-1"})) == ["duty.decider"]
    assert against(Duty.REVIEWER, "log", had, permits=frozenset({"permit-2"})) == []


PERMIT = Permit(
    id="permit-1", holder="me", organisation="lab", kinds=frozenset({"analyse"}), datasets=("claims-p",),
    grants=frozenset(), purpose=Purpose.STATISTICS, reason="why", conditions=Conditions(), valid_from="",
    valid_until="", state=PermitState.REQUESTED, requested_at="",
)  # fmt: skip


def decided(*verdicts: Verdict) -> tuple[Decision, ...]:
    return tuple(Decision(f"p{n}", "org", verdict, "", "", "") for n, verdict in enumerate(verdicts))


@pytest.mark.parametrize(
    ("state", "verdicts", "kinds", "expected"),
    [
        (PermitState.REQUESTED, (), {"analyse"}, True),
        (PermitState.GRANTED, (Verdict.GRANT,) * 2, {"analyse"}, True),
        (PermitState.REVOKED, (Verdict.GRANT,) * 2, {"analyse"}, True),
        (PermitState.WITHDRAWN, (Verdict.GRANT,) * 2, {"analyse"}, True),
        (PermitState.WITHDRAWN, (Verdict.GRANT,), {"analyse"}, False),
        (PermitState.REFUSED, (Verdict.GRANT, Verdict.REFUSE), {"analyse"}, False),
        (PermitState.GRANTED, (Verdict.GRANT,) * 2, {"pseudonymise"}, False),
        (PermitState.GRANTED, (Verdict.GRANT,) * 2, {"pseudonymise", "analyse"}, True),
    ],
)
def test_who_asked_for_a_permit_or_had_one_is_an_analyst(
    state: PermitState, verdicts: tuple[Verdict, ...], kinds: set[str], expected: bool
) -> None:
    permit = replace(PERMIT, state=state, decisions=decided(*verdicts), kinds=frozenset(kinds))
    assert makes_an_analyst(permit, permit.holder) is expected


@pytest.mark.parametrize(
    ("state", "needs_pledge", "has_signed", "expected"),
    [
        (PermitState.REQUESTED, True, False, False),
        (PermitState.REQUESTED, True, True, False),
        (PermitState.GRANTED, True, False, False),
        (PermitState.GRANTED, True, True, True),
        (PermitState.GRANTED, False, False, True),
        (PermitState.REFUSED, True, True, False),
    ],
)
def test_who_was_named_by_a_colleague_is_an_analyst_once_she_has_pledged_and_it_is_granted(
    state: PermitState, needs_pledge: bool, has_signed: bool, expected: bool
) -> None:
    verdicts = {PermitState.GRANTED: (Verdict.GRANT,) * 2, PermitState.REFUSED: (Verdict.REFUSE,)}
    permit = replace(
        PERMIT, state=state, decisions=decided(*verdicts.get(state, ())), kinds=frozenset({"analyse"}),
        application=Application(people=("helper",), pledge="2026-01" if needs_pledge else ""),
        pledges=(Pledge("helper", "2026-01", "en", "", ""),) if has_signed else (),
    )  # fmt: skip
    assert makes_an_analyst(permit, "helper") is expected


def test_every_kind_that_lowers_to_pseudonymised_is_known_as_such() -> None:
    lowering = set()
    for name in KINDS:
        for example in kind(name).examples():
            parameters = kind(name).Parameters.model_validate(example.parameters)
            outputs = kind(name).outputs(parameters)
            lowering |= {name for output in outputs if output.lowers is Sensitivity.PSEUDONYMISED}
    assert lowering == PSEUDONYMISING
    assert duty_of_kinds({"pseudonymise"}) is Duty.PSEUDONYMISER
    assert duty_of_kinds({"pseudonymise", "monitor"}) is Duty.ANALYST
    assert duty_of_kinds({"pseudonymise", "assess"}) is Duty.PSEUDONYMISER


def test_who_makes_the_keys_of_a_linkage_has_pseudonymised() -> None:
    assert duty_of_kinds({"link-keys"}) is Duty.PSEUDONYMISER
    assert duty_of_kinds({"link-extract", "analyse"}) is Duty.ANALYST
