"""Who uses what a project made: those it names, and nobody else once it has named anybody."""

from __future__ import annotations

from dataclasses import replace

from dalgubeol.nouns.dataset import Dataset, DatasetState, Form, Sensitivity
from dalgubeol.nouns.permit import Actor, Purpose, Role
from dalgubeol.nouns.project import Basis, Participation, Project, ProjectPart, ProjectState
from dalgubeol.rules.projects import reasons_not_to_link, reasons_not_to_restore, reasons_not_to_use

NOW = "2026-01-01T00:00:00Z"
PROJECT = Project(
    id="project-1", name="p", organisation="hospital", purpose=Purpose.STATISTICS, reason="counting",
    basis=Basis.WITHOUT_CONSENT, evidence="", items=(), environment="", recipients=(), processor=None,
    valid_until="2099-12-31", keep_mapping=False, state=ProjectState.OPEN, opened_by="maker", opened_at=NOW,
    people=(Participation("maker", ProjectPart.PSEUDONYMISER, NOW),),
)  # fmt: skip
STRANGER = Actor("stranger", "university", frozenset({Role.ANALYST}))


def test_a_project_that_names_no_users_leaves_it_to_permits() -> None:
    assert reasons_not_to_use(STRANGER, [PROJECT], NOW) == ()


def test_when_the_last_named_user_leaves_the_data_is_not_open_to_everybody() -> None:
    user = Participation("user", ProjectPart.USER, NOW, until=NOW)
    left = replace(PROJECT, people=(*PROJECT.people, user))
    for person in (STRANGER, replace(STRANGER, id="user")):
        assert [r.code for r in reasons_not_to_use(person, [left], NOW)] == ["project.user"]


def test_who_pseudonymises_measures_what_was_made_and_carries_it_on_where_users_are_named() -> None:
    named = replace(PROJECT, people=(*PROJECT.people, Participation("user", ProjectPart.USER, NOW)))
    maker = replace(STRANGER, id="maker")
    assert reasons_not_to_use(maker, [named], NOW, to_make=True) == ()
    for person, to_make in ((maker, False), (STRANGER, True)):
        assert [r.code for r in reasons_not_to_use(person, [named], NOW, to_make=to_make)] == ["project.user"]


def test_the_article_that_forbids_restoring_is_named_as_readers_of_either_language_know_it() -> None:
    asker = Actor("maker", "hospital", frozenset({Role.PROVIDER}))
    reasons = reasons_not_to_restore(asker, [PROJECT], PROJECT, "hospital", NOW)
    (said,) = [reason for reason in reasons if reason.code == "pipa.28-5"]
    assert "under PIPA art. 28-2 (project p)" in said.text("en")
    assert "제28조의2에 따라(프로젝트 p)" in said.text("ko")


def of(sensitivity: Sensitivity) -> Dataset:
    return Dataset(
        id="dataset-1", name="t", form=Form.TABLE, sensitivity=sensitivity, trade_secret=False, owner="maker",
        organisation="hospital", columns=(), rows=1, size_bytes=1, object_id="0" * 64, state=DatasetState.KEPT,
        created_at=NOW,
    )  # fmt: skip


def test_no_kind_links_what_art_28_5_protects_with_personal_information() -> None:
    personal, pseudonyms = of(Sensitivity.PERSONAL), of(Sensitivity.PSEUDONYMISED)
    consented = replace(PROJECT, basis=Basis.OTHER, evidence="consent")
    for projects, forbidden in (([PROJECT], 1), ([], 1), ([consented, PROJECT], 1), ([consented], 0)):
        found = reasons_not_to_link("link-inside", [(personal, ()), (pseudonyms, projects)])
        assert [r.code for r in found] == ["pipa.28-5"] * forbidden
    assert not reasons_not_to_link("link-inside", [(pseudonyms, [PROJECT]), (pseudonyms, [PROJECT])])
    assert not reasons_not_to_link("assess", [(personal, ()), (pseudonyms, [PROJECT])])
