"""What may be agreed and sent, and what the export committee decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.nouns.linkage import Agreement, Content, JoinType, LinkMode, PartyRole, agreement
from dalgubeol.rules.linkage import (
    FLOWS,
    Expert,
    Field,
    Seen,
    Stand,
    outcome,
    reasons_not_to_agree,
    reasons_not_to_convene,
    reasons_not_to_send,
    reasons_of_sides,
    seen_by,
)

ROLES = {"firm": "applicant", "insurer": "applicant", "keys": "key-agency", "expert": "expert-agency"}
ITEMS = [{"name": "name", "normalise": "name"}]


def agreed(roles: Mapping[str, str] = ROLES, designated: str = "PIPC, 2026", **terms: object) -> Agreement:
    parties = [
        {
            "name": n,
            "role": r,
            "organisation": f"{n} org",
            "site": f"site {n}",
            "verifier_key": f"key {n}",
            "box_key": f"{i:064x}",
            "designated": designated if r == "expert-agency" else "",
        }
        for i, (n, r) in enumerate(roles.items())
    ]
    plain = {
        "linkage": "l",
        "purpose": "statistics",
        "reason": "r",
        "mode": "exact",
        "normalisation": "1",
        "items": ITEMS,
        "salt_by": "firm",
        **terms,
    }
    return agreement({"v": 1, "terms": plain, "parties": parties})


def codes(made: Agreement) -> set[str]:
    return {reason.code for reason in reasons_not_to_agree(made)}


def changed(made: Agreement, name: str, **values: object) -> Agreement:
    return replace(made, parties=tuple(replace(p, **values) if p.name == name else p for p in made.parties))  # type: ignore[arg-type]


def test_an_agreement_as_it_should_be_has_nothing_against_it() -> None:
    assert codes(agreed()) == set()
    assert codes(agreed(join="left", left="firm", may_leave=["firm"])) == set()
    assert codes(agreed(mode="oblivious", salt_by="")) == set()
    assert codes(agreed(designated="", dummy=True)) == set()
    assert codes(agreed({**ROLES, "third": "applicant"})) == set()


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (agreed({"firm": "applicant", "keys": "key-agency", "expert": "expert-agency"}), "linkage.applicants"),
        (agreed({**ROLES, "third": "applicant"}, mode="oblivious", salt_by=""), "linkage.two"),
        (agreed({**ROLES, "more": "key-agency"}), "linkage.key-agency"),
        (changed(agreed(), "expert", site="site keys"), "linkage.sites"),
        (changed(agreed(), "expert", organisation="firm org"), "linkage.itself"),
        (changed(agreed(), "insurer", organisation="firm org"), "linkage.one-controller"),
        (changed(agreed(), "insurer", verifier_key="key firm"), "linkage.keys"),
        (agreed(designated=""), "linkage.designated"),
        (agreed(salt_by="keys"), "linkage.salt"),
        (agreed(salt_by="expert"), "linkage.salt"),
        (agreed(mode="oblivious"), "linkage.salt"),
        (agreed(serials_by="expert"), "linkage.serials"),
        (agreed(join="left"), "linkage.left"),
        (agreed(may_leave=["firm"]), "linkage.may-leave"),
        (agreed(join="left", left="firm", may_leave=["insurer"]), "linkage.may-leave"),
    ],
)  # fmt: skip
def test_what_speaks_against_an_agreement_is_said(made: Agreement, code: str) -> None:
    assert code in codes(made)


@pytest.mark.parametrize("content", list(Content))
def test_no_agency_is_sent_a_salt_and_the_expert_agency_no_key(content: Content) -> None:
    made = agreed(serials_by="keys")
    for sender in made.parties:
        for receiver in made.parties:
            if not reasons_not_to_send(content, made, sender, receiver):
                assert (content, sender.role, receiver.role) in FLOWS
                if receiver.role is PartyRole.KEY_AGENCY:
                    assert content is Content.KEYS
                if receiver.role is PartyRole.EXPERT_AGENCY:
                    assert content in (Content.PAIRS, Content.PAYLOAD)


def test_the_digest_covers_every_term_and_every_key() -> None:
    made = agreed()
    others = [
        agreed(sample=0.5), changed(made, "keys", box_key="f" * 64), changed(made, "keys", verifier_key="x"),
        replace(made, terms=replace(made.terms, join=JoinType.OUTER)), replace(made, terms=replace(made.terms, mode=LinkMode.TOLERANT)),
    ]  # fmt: skip
    assert len({made.digest, *(other.digest for other in others)}) == 6
    assert agreement(made.plain()) == made


def committee(*stands: Stand) -> list[Expert]:
    fields = [Field.LAW, Field.TECHNOLOGY, *[Field.SUBJECT] * 5]
    return [Expert(f"p{i}", f"office {i}", fields[i], stand) for i, stand in enumerate(stands)]


def test_a_committee_is_three_to_seven_without_an_interest_of_law_and_of_technology() -> None:
    made, members = agreed(), committee(*[Stand.ABSENT] * 5)

    def against(given: list[Expert], joined_by: str = "nobody") -> set[str]:
        return {reason.code for reason in reasons_not_to_convene(given, made, joined_by)}

    assert against(members) == set()
    assert against(members[:2]) == {"committee.size"}
    assert against([*members, *members[:3]]) == {"committee.size", "committee.twice"}
    assert against(members[1:]) == {"committee.fields"}
    assert against(members, joined_by="p3") == {"committee.interest"}
    assert against([*members, Expert("x", "insurer org", Field.LAW)]) == {"committee.interest"}


@pytest.mark.parametrize(
    ("stands", "approved"),
    [
        ("AA-", True), ("A--", None), ("AR-", None), ("RR-", False), ("AAX", None), ("AAXX-", True), ("AAR", True),
        ("AARR", False), ("AA--", None), ("AAA--RR", None), ("AAAA---", True), ("XXXXXAA", None),
    ],
)  # fmt: skip
def test_more_than_half_of_those_not_recused_approve(stands: str, approved: bool | None) -> None:
    meaning = {"A": Stand.APPROVE, "R": Stand.REJECT, "X": Stand.RECUSED, "-": Stand.ABSENT}
    decided = outcome(committee(*(meaning[s] for s in stands)))
    assert decided.approved is approved
    assert bool(decided.reasons) is (approved is not True)


@given(st.lists(st.sampled_from(list(Stand)), min_size=3, max_size=7))
def test_no_further_vote_overturns_a_decision(stands: list[Stand]) -> None:
    decided = outcome(committee(*stands)).approved
    for place, stand in enumerate(stands):
        if stand is Stand.ABSENT and decided is not None:
            for later in (Stand.APPROVE, Stand.REJECT):
                assert outcome(committee(*stands[:place], later, *stands[place + 1 :])).approved is decided


A, R, X, NONE, HIDDEN = Stand.APPROVE, Stand.REJECT, Stand.RECUSED, Stand.ABSENT, Stand.SEALED


def test_before_it_is_over_one_sees_ones_own_vote_and_who_stepped_back() -> None:
    members = committee(A, R, X, NONE, NONE)
    assert [m.stand for m in seen_by("p0", members)] == [A, HIDDEN, X, NONE, NONE]
    assert [m.stand for m in seen_by("p3", members)] == [HIDDEN, HIDDEN, X, NONE, NONE]
    for over in ((A, A, R), (R, R, A), (A, X, X)):
        assert [m.stand for m in seen_by("p9", committee(*over))] == list(over)


@given(st.lists(st.sampled_from([A, R, X, NONE]), min_size=3, max_size=7))
def test_what_others_see_does_not_depend_on_how_was_voted(stands: list[Stand]) -> None:
    members = committee(*stands)
    other = committee(*({A: R, R: A}.get(stand, stand) for stand in stands))
    if not outcome(members).over and not outcome(other).over:
        assert seen_by("p9", members) == seen_by("p9", other)
        assert outcome(seen_by("p9", members)) == outcome(seen_by("p9", other))
        assert not outcome(seen_by("p9", members)).over


@pytest.mark.parametrize(
    ("wished", "had", "codes"),
    [
        ("expert-agency", [("key-agency", {"a", "b"})], {"linkage.saw-keys"}),
        ("key-agency", [("expert-agency", {"b"})], {"linkage.saw-data"}),
        ("expert-agency", [("key-agency", {"b"}), ("expert-agency", {"a"})], {"linkage.saw-keys"}),
        ("expert-agency", [("expert-agency", {"a"})], set()),
        ("expert-agency", [("key-agency", {"d"})], set()),
        ("expert-agency", [], set()),
        ("applicant", [("key-agency", {"a"})], set()),
    ],
)
def test_who_saw_keys_of_the_same_applicants_never_handles_joined_data(
    wished: str, had: list[tuple[str, set[str]]], codes: set[str]
) -> None:
    seen = [Seen(PartyRole(role), frozenset(sites)) for role, sites in had]
    found = reasons_of_sides(Seen(PartyRole(wished), frozenset({"a", "b", "c"})), seen)
    assert {reason.code for reason in found} == codes
