"""Columns are looked at for who may pseudonymise the Dataset; the look is recorded and tells no value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dalgubeol.errors import Invalid, Refused
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.rules.granting import Standing
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove, public
from dalgubeol.verbs.people import entry
from dalgubeol.verbs.projects import proposals

NAME = "김비밀"


@pytest.fixture
def claims(town: Any, tmp_path: Path) -> Any:
    path = tmp_path / "claims.csv"
    path.write_text(
        "person_no,name,age,hours\n" + "".join(f"{n},{NAME},{20 + n % 30},0.{n}\n" for n in range(100, 300))
    )
    return register.add(
        town.house, town.who("provider"), path, name="claims", sensitivity=Sensitivity.PERSONAL
    )


def events(town: Any, dataset: Any) -> list[str]:
    return [line["event"] for line in prove.records(town.house, about=dataset.id)]


def test_each_column_has_a_proposal_with_evidence_and_no_value(town: Any, claims: Any) -> None:
    found = {p.column: p for p in proposals.proposals(town.house, town.who("provider"), claims.id)}
    assert {name: p.role for name, p in found.items()} == {
        "person_no": "direct identifier", "name": "direct identifier", "age": "quasi-identifier", "hours": "plain",
    }  # fmt: skip
    assert found["age"].number
    assert not found["name"].number
    said = " ".join(e.text(language) for p in found.values() for e in p.evidence for language in ("ko", "en"))
    assert NAME not in said
    assert events(town, claims) == ["registered", "viewed"]


def test_the_risk_of_columns_together_and_what_each_adds(town: Any, tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    rows = [(n, 20 + n // 4, n % 2) for n in range(40)]  # ages in fours: two of each sex
    path.write_text("person_no,age,male\n" + "".join(f"{n},{age},{male}\n" for n, age, male in rows))
    few = register.add(town.house, town.who("provider"), path, name="few", sensitivity=Sensitivity.PERSONAL)
    found = proposals.danger(town.house, town.who("provider"), few.id, ["age", "male"], "person_no")
    assert (found.mean, found.alone, found.rows) == (0.5, 0.0, 40)
    assert dict(found.without) == {"age": 1 / 20, "male": 1 / 4}
    assert events(town, few) == ["registered", "viewed"]
    with pytest.raises(Refused):
        proposals.danger(town.house, town.who("analyst"), few.id, ["age"], None)
    with pytest.raises(Invalid):
        proposals.danger(town.house, town.who("provider"), few.id, ["agee"], None)


def test_who_may_not_pseudonymise_it_may_not_have_it_looked_at(town: Any, claims: Any) -> None:
    with pytest.raises(Refused) as refused:
        proposals.proposals(town.house, town.who("analyst"), claims.id)
    assert "dataset.personal" in {reason.code for reason in refused.value.reasons}
    assert events(town, claims) == ["registered"]


def test_looking_whether_a_session_stands_is_no_sign_of_life(town: Any) -> None:
    held = town.held["analyst"]
    before = entry.places(town.house, town.who("analyst"))[0].seen_at
    session = town.who("analyst").session
    assert session in entry.alive(town.house, 3600)
    assert entry.places(town.house, town.who("analyst"))[0].seen_at == before
    assert session not in entry.alive(town.house, -60)  # it was not used in the minute to come
    entry.leave(town.house, held)
    assert session not in entry.alive(town.house, 3600)


def test_the_register_is_found_by_words_and_tells_a_request_from_a_permit(town: Any, claims: Any) -> None:
    from dalgubeol.nouns.permit import Purpose, Verdict
    from dalgubeol.verbs.permits import grant

    asked = grant.request(
        town.house, town.who("analyst"), kinds=["analyse"], names=[claims.id], purpose=Purpose.STATISTICS,
        reason="to count accidents", until="2999-01-01",
    )  # fmt: skip
    assert [(e.permit, e.standing) for e in public.found(town.house, "claims")] == [
        (asked.id, Standing.REQUESTED)
    ]
    for login in ("operator", "provider"):
        grant.decide(town.house, town.who(login), asked.id, Verdict.GRANT)
    assert [(e.permit, e.standing) for e in public.found(town.house, "CLAIMS lab")] == [
        (asked.id, Standing.IN_FORCE)
    ]
    assert public.found(town.house, "claims accidents") == (), (
        "the holder's own words are not in the register"
    )
