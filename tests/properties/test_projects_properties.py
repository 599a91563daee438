"""The people of a project, against a plain account of who stands on which side."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.nouns.permit import Actor, Purpose, Role
from dalgubeol.nouns.project import Basis, Participation, Project, ProjectPart, ProjectState
from dalgubeol.rules.projects import (
    reasons_against_people,
    reasons_not_to_open,
    reasons_not_to_restore,
    reasons_not_to_use,
)

PEOPLE = st.sampled_from(["ann", "bo", "cy", "di"])
TIMES = st.sampled_from([None, "2027-01-01"])
PARTS = st.builds(Participation, PEOPLE, st.sampled_from(ProjectPart), st.just("2026-01-01"), TIMES)
NOW, LATER = "2026-06-01", "2027-06-01"


def project(people: tuple[Participation, ...], basis: Basis, keep: bool, until: str, evidence: str = "consent") -> Project:  # fmt: skip
    return Project(
        "project-1", "p", "firm", Purpose.STATISTICS, "counting the rows", basis, evidence, (), "", (), None, until,
        keep, ProjectState.OPEN, "ann", NOW, None, people,
    )  # fmt: skip


def sides(people: tuple[Participation, ...]) -> dict[str, set[str]]:
    """Person to sides, said plainly: makers, users, reviewers."""
    found: dict[str, set[str]] = {}
    for each in people:
        if each.part is ProjectPart.USER:
            side = "use"
        elif each.part is ProjectPart.REVIEWER:
            side = "review"
        else:
            side = "make"
        found.setdefault(each.person, set()).add(side)
    return found


@given(st.lists(PARTS, max_size=8).map(tuple))
def test_there_is_one_reason_for_each_person_on_two_sides_and_none_else(
    people: tuple[Participation, ...],
) -> None:
    both = sorted(person for person, on in sides(people).items() if len(on) > 1)
    reasons = reasons_against_people(people)
    assert [reason.message.values["person"] for reason in reasons] == both
    assert all(reason.code == "project.people" for reason in reasons)


@given(st.lists(PARTS, max_size=8).map(tuple), PARTS)
def test_naming_one_more_person_never_mends_what_was_wrong(
    people: tuple[Participation, ...], more: Participation
) -> None:
    before = {reason.message.values["person"] for reason in reasons_against_people(people)}
    assert before <= {reason.message.values["person"] for reason in reasons_against_people((*people, more))}


@given(
    st.lists(PARTS, max_size=6).map(tuple), st.sampled_from(Basis), st.booleans(), st.sampled_from([NOW, LATER, "2026-01-01"]),
    st.frozensets(st.sampled_from(Role), max_size=2), st.sampled_from(["firm", "other"]),
)  # fmt: skip
def test_a_project_that_is_opened_keeps_no_mapping_without_consent_and_has_somebody_who_answers(
    people: tuple[Participation, ...], basis: Basis, keep: bool, until: str, roles: frozenset[Role], organisation: str
) -> None:  # fmt: skip
    made = project(people, basis, keep, until)
    if reasons_not_to_open(Actor("ann", organisation, roles), made, NOW):
        return
    assert not (keep and basis.forbids_identifying)
    assert made.named(ProjectPart.PSEUDONYMISER)
    assert made.named(ProjectPart.KEEPER)
    assert until > NOW
    assert organisation == "firm"
    assert roles & {Role.PROVIDER, Role.OPERATOR}
    assert all(len(on) == 1 for on in sides(people).values())


@given(
    st.lists(st.sampled_from(Basis), min_size=1, max_size=4), st.frozensets(st.sampled_from(Role)),
    st.sampled_from(["firm", "other"]), st.sampled_from(["firm", "other"]), st.booleans(),
)  # fmt: skip
def test_one_project_without_consent_on_the_way_forbids_restoring_to_everybody(
    bases: list[Basis], roles: frozenset[Role], organisation: str, site_of: str, keep: bool
) -> None:
    every = [project((), basis, keep and not basis.forbids_identifying, LATER) for basis in bases]
    reasons = reasons_not_to_restore(Actor("x", organisation, roles), every, every[-1], site_of, NOW)
    codes = [reason.code for reason in reasons]
    assert codes.count("pipa.28-5") == sum(basis is not Basis.OTHER for basis in bases)
    allowed = (
        all(basis is Basis.OTHER for basis in bases) and organisation == site_of == "firm" and keep
        and bool(roles & {Role.PROVIDER, Role.OPERATOR})
    )  # fmt: skip
    assert (not reasons) is allowed


@given(st.lists(PARTS, max_size=6).map(tuple), PEOPLE, st.sampled_from([NOW, "2028-01-01"]))
def test_who_is_not_among_the_named_users_or_comes_late_uses_nothing(
    people: tuple[Participation, ...], person: str, now: str
) -> None:
    made = project(people, Basis.WITHOUT_CONSENT, False, LATER)
    users = {p.person for p in people if p.part is ProjectPart.USER and p.until is None}
    ever = {p.person for p in people if p.part is ProjectPart.USER}  # with the last one gone, nobody is left
    reasons = reasons_not_to_use(Actor(person, "lab", frozenset({Role.ANALYST})), [made], now)
    expected = ({"project.over"} if now >= LATER else set()) | ({"project.user"} if ever and person not in users else set())  # fmt: skip
    assert {reason.code for reason in reasons} == expected
