from __future__ import annotations

from dataclasses import replace

import pytest

from dalgubeol.nouns.dataset import Dataset, DatasetState, Form, Sensitivity
from dalgubeol.nouns.permit import (
    Actor,
    Conditions,
    Decision,
    Grant,
    Permit,
    PermitState,
    Purpose,
    Role,
    Verdict,
)
from dalgubeol.rules.granting import (
    Standing,
    exporting,
    granted_count,
    ownership_covers,
    permit_reasons,
    reasons_not_to_decide,
    reasons_to_refuse_request,
    ruling,
    standing,
    state_after_decisions,
)

START, NOW, END = (f"2026-0{month}-01T00:00:00.000+00:00" for month in (1, 3, 6))
READ, DERIVE = frozenset({Grant.READ}), frozenset({Grant.READ, Grant.DERIVE})
ANALYST = Actor("person-a", "uni", frozenset({Role.ANALYST}))
OWNER = Actor("person-o", "firm", frozenset({Role.PROVIDER}))


def dataset(**changes: object) -> Dataset:
    made = Dataset("ds-1", "claims", Form.TABLE, Sensitivity.INTERNAL, False, "person-o", "firm", (), 1, 1, "0", DatasetState.KEPT, START)  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def decision(person: str, verdict: Verdict = Verdict.GRANT) -> Decision:
    return Decision(person, "firm", verdict, START, "", "")


def permit(**changes: object) -> Permit:
    made = Permit(
        "permit-1", "person-a", "uni", frozenset({"analyse"}), ("ds-1",), READ, Purpose.STATISTICS, "to count",
        Conditions(runs=2), START, END, PermitState.GRANTED, START, (decision("person-o"), decision("person-p")),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def codes(reasons: tuple[object, ...]) -> set[str]:
    return {reason.code for reason in reasons}  # type: ignore[attr-defined]


def test_a_granted_permit_that_fits_allows_and_is_named() -> None:
    answer = ruling(ANALYST, "analyse", READ, [dataset()], [permit()], NOW)
    assert answer.reasons == ()
    assert answer.permits == ("permit-1",)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"datasets": ("ds-2",)}, "permit.dataset"),
        ({"holder": "person-x"}, "permit.holder"),
        ({"state": PermitState.REQUESTED}, "permit.state"),
        ({"state": PermitState.REFUSED}, "permit.state"),
        ({"state": PermitState.WITHDRAWN}, "permit.state"),
        ({"state": PermitState.REVOKED}, "permit.state"),
        ({"kinds": frozenset({"link"})}, "permit.kind"),
        ({"grants": frozenset({Grant.DERIVE})}, "permit.grant"),
        ({"valid_from": END}, "permit.early"),
        ({"valid_until": NOW}, "permit.ended"),
        ({"runs_used": 2}, "permit.allowance"),
        ({"runs_used": 3}, "permit.allowance"),
    ],
)
def test_each_thing_a_permit_lacks_is_a_reason(changes: dict[str, object], code: str) -> None:
    lacking = permit(**changes)
    assert codes(permit_reasons(lacking, ANALYST, "analyse", READ, dataset(), NOW)) == {code}
    assert ruling(ANALYST, "analyse", READ, [dataset()], [lacking], NOW).reasons


def test_everything_that_is_lacking_is_said_at_once() -> None:
    lacking = permit(datasets=(), holder="x", state=PermitState.REVOKED, kinds=frozenset(), grants=frozenset(), valid_from=END, valid_until=START, runs_used=9)  # fmt: skip
    assert len(permit_reasons(lacking, ANALYST, "analyse", READ, dataset(), NOW)) == 8


def test_without_any_permit_nothing_is_allowed_and_all_of_it_is_said() -> None:
    personal = dataset(sensitivity=Sensitivity.PERSONAL)
    pseudonymised = dataset(sensitivity=Sensitivity.PSEUDONYMISED)
    assert codes(ruling(ANALYST, "analyse", READ, [dataset()], [], NOW).reasons) == {
        "permit.none",
        "grant.none",
    }
    assert "dataset.personal" in codes(ruling(ANALYST, "analyse", READ, [personal], [], NOW).reasons)
    assert "purpose.none" in codes(ruling(ANALYST, "analyse", READ, [pseudonymised], [], NOW).reasons)


@pytest.mark.parametrize(
    ("state", "code"), [(DatasetState.HELD, "dataset.held"), (DatasetState.DESTROYED, "dataset.destroyed")]
)
def test_what_is_held_or_destroyed_is_for_nobody(state: DatasetState, code: str) -> None:
    for actor, permits in ((OWNER, []), (ANALYST, [permit()])):
        assert codes(ruling(actor, "analyse", READ, [dataset(state=state)], permits, NOW).reasons) == {code}


@pytest.mark.parametrize("sensitivity", list(Sensitivity))
@pytest.mark.parametrize("grant", list(Grant))
def test_owning_allows_to_read_and_derive_but_never_what_is_pseudonymised(
    sensitivity: Sensitivity, grant: Grant
) -> None:
    owned = dataset(sensitivity=sensitivity)
    covered = grant in DERIVE and sensitivity is not Sensitivity.PSEUDONYMISED
    assert ownership_covers(OWNER, frozenset({grant}), owned) is covered
    assert (ruling(OWNER, "k", frozenset({grant}), [owned], [], NOW).reasons == ()) is covered
    assert not ownership_covers(ANALYST, frozenset({grant}), owned)


def test_whoever_answers_for_pseudonymised_information_may_measure_it_and_no_more() -> None:
    owned = dataset(sensitivity=Sensitivity.PSEUDONYMISED)
    assert ruling(OWNER, "assess", DERIVE, [owned], [], NOW).reasons == ()
    assert "purpose.none" in codes(ruling(OWNER, "analyse", DERIVE, [owned], [], NOW).reasons)
    assert "purpose.none" in codes(ruling(ANALYST, "assess", DERIVE, [owned], [], NOW).reasons)
    assert ruling(OWNER, "assess", DERIVE | {Grant.EXPORT}, [owned], [], NOW).reasons


def test_whoever_answers_for_data_may_offer_a_dummy_of_it_and_let_it_out_without_a_permit() -> None:
    mine, theirs = (
        dataset(sensitivity=Sensitivity.PSEUDONYMISED),
        dataset(id="ds-other", owner="somebody else"),
    )
    asked = frozenset({Grant.READ, Grant.DERIVE})
    assert ruling(OWNER, "dummy", asked, [mine], [], NOW).reasons == ()
    assert "permit.none" in codes(ruling(OWNER, "dummy", asked, [theirs], [], NOW).reasons)
    assert exporting(OWNER, [mine, theirs], dummy=True) == (theirs,)
    assert exporting(OWNER, [mine, theirs], dummy=False) == (mine, theirs)


def test_whoever_answers_for_a_recipe_may_go_on_with_it_and_for_nothing_else() -> None:
    recipe = dataset(sensitivity=Sensitivity.PSEUDONYMISED, about={"recipe": {"deliveries": 1}})
    assert ruling(OWNER, "pseudonymise-again", DERIVE, [recipe], [], NOW).reasons == ()
    assert "purpose.none" in codes(ruling(OWNER, "analyse", DERIVE, [recipe], [], NOW).reasons)
    assert "purpose.none" in codes(ruling(ANALYST, "pseudonymise-again", DERIVE, [recipe], [], NOW).reasons)
    table = dataset(sensitivity=Sensitivity.PSEUDONYMISED)
    assert "purpose.none" in codes(ruling(OWNER, "pseudonymise-again", DERIVE, [table], [], NOW).reasons)


@pytest.mark.parametrize("grant", [Grant.EXPORT, Grant.ACTUATE])
def test_nothing_leaves_and_nothing_is_driven_by_a_kind_that_takes_no_dataset(grant: Grant) -> None:
    assert codes(ruling(OWNER, "operate", frozenset({grant}), [], [permit()], NOW).reasons) == {"grant.none"}
    assert ruling(OWNER, "make", DERIVE, [], [], NOW).reasons == ()


def test_every_dataset_needs_its_own_cover() -> None:
    other = dataset(id="ds-2", name="wages")
    answer = ruling(ANALYST, "analyse", READ, [dataset(), other], [permit()], NOW)
    assert any("wages" in reason.text() for reason in answer.reasons)
    both = permit(id="permit-2", datasets=("ds-2",))
    assert ruling(ANALYST, "analyse", READ, [dataset(), other], [permit(), both], NOW).permits == ("permit-1", "permit-2")  # fmt: skip


def test_two_permits_do_not_make_one_together() -> None:
    kinds, grants = permit(kinds=frozenset({"link"})), permit(id="permit-2", grants=frozenset())
    assert codes(ruling(ANALYST, "analyse", READ, [dataset()], [kinds, grants], NOW).reasons) == {"permit.kind", "permit.grant"}  # fmt: skip


def test_a_permit_of_somebody_else_is_not_even_mentioned() -> None:
    answer = ruling(ANALYST, "analyse", READ, [dataset()], [permit(holder="person-x")], NOW)
    assert all("permit-1" not in reason.text() for reason in answer.reasons)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"datasets": []}, "request.datasets"),
        ({"reason": "   short    "}, "request.reason"),
        ({"purpose": Purpose.OTHER_BASIS, "evidence": " "}, "request.evidence"),
        ({"valid_until": NOW}, "request.period"),
    ],
)
def test_a_request_that_is_not_complete_is_told_what_is_missing(
    changes: dict[str, object], code: str
) -> None:
    asked: dict[str, object] = {
        "actor": ANALYST, "purpose": Purpose.STATISTICS, "reason": "count accidents by month", "evidence": "",
        "datasets": [dataset()], "now": NOW, "valid_until": END,
    }  # fmt: skip
    assert reasons_to_refuse_request(**asked) == ()  # type: ignore[arg-type]
    assert codes(reasons_to_refuse_request(**{**asked, **changes})) == {code}  # type: ignore[arg-type]


OPERATOR = Actor("person-op", "centre", frozenset({Role.OPERATOR}))


@pytest.mark.parametrize(
    ("actor", "changes", "expected"),
    [
        (OPERATOR, {}, set()),
        (OWNER, {}, set()),
        (Actor("p", "other", frozenset({Role.PROVIDER})), {}, {"decide.role"}),
        (Actor("p", "firm", frozenset({Role.ANALYST, Role.REVIEWER})), {}, {"decide.role"}),
        (Actor("p", "uni", frozenset({Role.OPERATOR})), {}, {"decide.organisation"}),
        (Actor("p", " U N I", frozenset({Role.OPERATOR})), {}, {"decide.organisation"}),  # written otherwise
        (Actor("person-a", "uni", frozenset({Role.OPERATOR})), {}, {"decide.own", "decide.organisation"}),
        (OPERATOR, {"decisions": (decision("person-op"),)}, {"decide.again"}),
        (OPERATOR, {"state": PermitState.GRANTED}, {"decide.state"}),
    ],
)
def test_who_may_not_decide_is_told_why(actor: Actor, changes: dict[str, object], expected: set[str]) -> None:
    asked = permit(**{"state": PermitState.REQUESTED, "decisions": (), **changes})
    assert codes(reasons_not_to_decide(actor, asked, frozenset({"firm"}))) == expected


@pytest.mark.parametrize(
    ("decisions", "state"),
    [
        ((), PermitState.REQUESTED),
        ((decision("p"),), PermitState.REQUESTED),
        ((decision("p"), decision("p")), PermitState.REQUESTED),
        ((decision("p"), decision("q")), PermitState.GRANTED),
        ((decision("p"), decision("q"), decision("r", Verdict.REFUSE)), PermitState.REFUSED),
        ((decision("p", Verdict.REFUSE),), PermitState.REFUSED),
    ],
)
def test_two_different_people_grant_and_one_refuses(
    decisions: tuple[Decision, ...], state: PermitState
) -> None:
    decided = permit(decisions=decisions)
    assert state_after_decisions(decided) is state
    assert granted_count(decided) == len({d.person for d in decisions if d.verdict is Verdict.GRANT})


@pytest.mark.parametrize(
    ("state", "granted", "now", "what_became_of_it"),
    [
        (PermitState.REQUESTED, False, NOW, Standing.REQUESTED),
        (PermitState.REQUESTED, False, END, Standing.ENDED_UNDECIDED),
        (PermitState.REFUSED, False, NOW, Standing.REFUSED),
        (PermitState.REFUSED, False, END, Standing.REFUSED),
        (PermitState.WITHDRAWN, False, NOW, Standing.WITHDRAWN_UNDECIDED),
        (PermitState.GRANTED, False, NOW, Standing.REQUESTED),  # the history does not tell of it (yet)
        (PermitState.GRANTED, True, NOW, Standing.IN_FORCE),
        (PermitState.GRANTED, True, "2025-12-01T00:00:00.000+00:00", Standing.NOT_YET),
        (PermitState.GRANTED, True, END, Standing.ENDED),
        (PermitState.WITHDRAWN, True, END, Standing.WITHDRAWN),
        (PermitState.REVOKED, True, END, Standing.REVOKED),
    ],
)
def test_what_became_of_a_request_is_told_by_its_state_the_day_and_the_history(
    state: PermitState, granted: bool, now: str, what_became_of_it: Standing
) -> None:
    assert standing(permit(state=state), now, granted=granted) is what_became_of_it
