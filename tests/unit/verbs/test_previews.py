"""A look is ready for one person, shows no value but where rows are asked for, and ends with the right to it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dalgubeol.errors import Invalid, Missing, Refused, Unavailable
from dalgubeol.methods.privacy.anonymity import optimum
from dalgubeol.methods.privacy.hierarchy import intervals, suppress_only
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.projects import looks, previews, proposals

NAME = "김비밀"
PLAIN: dict[str, Any] = {
    "project": "p",
    "person": "person_no",
    "models": {"k": 4},
    "search": {"suppression_limit": 0.1},
    "columns": {
        "person_no": {"role": "direct identifier", "steps": [{"do": "pseudonym"}]},
        "age": {"role": "quasi-identifier", "steps": [{"do": "generalise", "widths": [5, 10]}]},
        "male": {"role": "quasi-identifier"},
        "job": {"role": "sensitive"},
    },
}


@pytest.fixture
def claims(town: Any, tmp_path: Path) -> Any:
    path = tmp_path / "claims.csv"
    rows = "".join(f"{n},{NAME},{20 + n % 31},{n % 2},job{n % 3}\n" for n in range(100, 300))
    path.write_text("person_no,name,age,male,job\n" + rows)
    return register.add(town.house, town.who("provider"), path, name="claims", sensitivity=Sensitivity.PERSONAL)  # fmt: skip


def events(town: Any, dataset: Any) -> list[str]:
    return [line["event"] for line in prove.records(town.house, about=dataset.id)]


def test_a_level_that_is_moved_changes_risk_and_loss_and_is_no_record(town: Any, claims: Any) -> None:
    house, who = town.house, town.who("provider")
    ready = previews.begin(house, who, claims.id, PLAIN)
    assert [(q.column, q.height) for q in ready.quasi] == [("age", 3), ("male", 1)]
    assert ready.raw.look.risk.prosecutor_max > 0.25
    assert (ready.rows, ready.whole) == (200, True)
    fine = previews.at(house, who, ready.token, PLAIN, (0, 0))
    coarse = previews.at(house, who, ready.token, PLAIN, (2, 0))
    assert (fine.allowed, coarse.allowed) == (False, True)
    assert fine.suppressed_share > coarse.suppressed_share
    assert coarse.look.risk.prosecutor_max <= 0.25
    picture = previews.picture(house, who, ready.token, PLAIN, (2, 0), (1, 0))
    assert picture.all
    assert len(picture.nodes) == 8
    assert len(picture.lines) == 10  # of 4 x 2 nodes
    assert events(town, claims) == ["registered", "viewed"]


def test_the_best_is_the_optimum_of_the_table(town: Any, claims: Any) -> None:
    import pyarrow.csv

    house, who = town.house, town.who("provider")
    ready = previews.begin(house, who, claims.id, PLAIN)
    rows = {"person_no": range(100, 300), "age": [20 + n % 31 for n in range(100, 300)], "male": [n % 2 for n in range(100, 300)]}  # fmt: skip
    table = pyarrow.table({name: list(values) for name, values in rows.items()})
    hierarchies = [intervals("age", table["age"], [5, 10]), suppress_only("male", table["male"])]
    best = optimum(table, hierarchies, k=4, suppression_limit=0.1, person="person_no")
    assert previews.best(house, who, ready.token, PLAIN) == best.levels
    node = previews.at(house, who, ready.token, PLAIN, best.levels)
    assert node.look.suppressed_rows == best.suppressed_rows


def test_models_that_look_at_a_sensitive_column_leave_more_out(town: Any, claims: Any) -> None:
    house, who = town.house, town.who("provider")
    ready = previews.begin(house, who, claims.id, PLAIN)
    diverse = {**PLAIN, "models": {"k": 4, "diversity": [{"column": "job", "l": 3}]}}
    few = previews.at(house, who, ready.token, PLAIN, (1, 0))
    more = previews.at(house, who, ready.token, diverse, (1, 0))
    assert more.look.suppressed_rows >= few.look.suppressed_rows
    with pytest.raises(Invalid):
        previews.best(house, who, ready.token, {**PLAIN, "models": {"k": 4, "diversity": [{"column": "job", "l": 4}]}})  # fmt: skip


def test_rows_are_shown_before_and_after_without_who_they_are(town: Any, claims: Any) -> None:
    house, who = town.house, town.who("provider")
    ready = previews.begin(house, who, claims.id, PLAIN)
    columns, rows = previews.sample(house, who, ready.token, PLAIN, (1, 1))
    assert columns == ("person_no", "age", "male", "job")
    assert len(rows) == previews.SAMPLE
    assert rows[0].before == (None, "27", "0", "job1")
    assert rows[0].after == (None, "[25, 30)", "*", "job1")
    left_out = previews.sample(house, who, ready.token, {**PLAIN, "models": {"k": 150}}, (1, 1))[1]
    assert all(row.after is None for row in left_out)
    assert events(town, claims) == ["registered", "viewed", "viewed"]  # that rows were shown, once


def test_a_look_is_its_persons_alone_and_only_some_are_ready(town: Any, claims: Any) -> None:
    house, who = town.house, town.who("provider")
    with pytest.raises(Refused):
        previews.begin(house, town.who("analyst"), claims.id, PLAIN)
    first = previews.begin(house, who, claims.id, PLAIN)
    with pytest.raises(Missing):
        previews.at(house, town.who("analyst"), first.token, PLAIN, (0, 0))
    with pytest.raises(Invalid):
        previews.at(house, who, first.token, PLAIN, (0, 9))
    for _ in range(looks.MOST_OF_ONE):
        previews.begin(house, who, claims.id, PLAIN)
    assert len(looks.kept(house)) == looks.MOST_OF_ONE, "the oldest of one's own made room"
    with pytest.raises(Missing):
        previews.at(house, who, first.token, PLAIN, (0, 0))
    register.destroy(house, who, claims.id)
    held = looks.kept(house)
    with pytest.raises((Refused, Missing)):
        previews.at(house, who, next(iter(held._held)), PLAIN, (0, 0))


def one_of(held: looks.Held, actor: str) -> looks.Held:
    return replace(held, actor=actor)


def held_by(kept: looks.Kept) -> list[str]:
    return [held.actor for held in kept._held.values()]


def test_a_full_site_is_shared_fairly_and_says_when_to_come_again(town: Any, claims: Any) -> None:
    clock = [0.0]
    kept = looks.Kept(lambda: clock[0])
    who = town.who("provider")
    look = looks.kept(town.house).find(who, previews.begin(town.house, who, claims.id, PLAIN).token)
    few = looks.MOST_KEPT - looks.MOST_OF_ONE
    for n in range(looks.MOST_OF_ONE):
        kept.add(f"greedy-{n}", one_of(look, "greedy"))
    for n in range(few):
        clock[0] += 1
        kept.add(f"modest-{n}", one_of(look, f"modest {n}"))
    kept.add("new-1", one_of(look, "new"))
    kept.add("new-2", one_of(look, "newer"))
    assert held_by(kept).count("greedy") == 1, "who has most gives"
    assert len(kept) == looks.MOST_KEPT
    with pytest.raises(Unavailable) as full:
        kept.check_room("late")
    assert full.value.code == "preview.full"
    assert "Try again in 3 minutes" in full.value.next_step.text()
    with pytest.raises(Unavailable):
        kept.add("late", one_of(look, "late"))
    assert len(kept) == looks.MOST_KEPT, "nobody's only look was taken"
    kept.add("second", one_of(look, "modest 0"))
    assert sorted(t for t, h in kept._held.items() if h.actor == "modest 0") == ["second"], (
        "in place of their own"
    )
    clock[0] += looks.IDLE_S
    for token in list(kept._held):
        if token != "modest-1":
            kept._held[token].used_at = clock[0]
            kept._held.move_to_end(token)
    kept.add("late", one_of(look, "late"))
    assert "modest-1" not in kept._held, "what nobody moved for minutes makes room for who waits"


def test_rows_that_are_shown_are_all_of_one_moment_of_a_look(
    town: Any, claims: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another policy is planned between the check of the levels and the reading of the rows."""
    house, who = town.house, town.who("provider")
    ready = previews.begin(house, who, claims.id, PLAIN)
    fewer = {**PLAIN, "columns": {**PLAIN["columns"], "male": {"role": "plain"}}}
    alone = previews.sample(house, who, previews.begin(house, who, claims.id, PLAIN).token, PLAIN, (1, 1))
    record_look, told = proposals.record_look, list[str]()

    def record_and_be_overtaken(*said: Any) -> None:
        record_look(*said)
        told.append(said[-1])
        overtaking.start()
        overtaking.join(0.5)

    overtaking = threading.Thread(target=previews.renewed, args=(house, who, ready.token, fewer))
    monkeypatch.setattr(proposals, "record_look", record_and_be_overtaken)
    try:  # whichever of the two comes first
        shown = previews.sample(house, who, ready.token, PLAIN, (1, 1))
    except Invalid:  # levels of another policy: (age, male) where only age becomes coarser now
        shown = alone
    assert shown == alone, "never levels of the one policy on rows of the other"
    overtaking.join()
    assert previews.sample(house, who, ready.token, fewer, (1,))[1][0].after == (
        None,
        "[25, 30)",
        "0",
        "job1",
    )
    assert told == ["rows"], "once"


def test_rows_whose_record_fails_are_not_shown_and_recorded_at_the_next_try(
    town: Any, claims: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, who = town.house, town.who("provider")
    ready = previews.begin(house, who, claims.id, PLAIN)
    with monkeypatch.context() as broken:
        broken.setattr(proposals, "record_look", lambda *_: (_ for _ in ()).throw(OSError("no space")))
        with pytest.raises(OSError, match="no space"):
            previews.sample(house, who, ready.token, PLAIN, (1, 1))
    assert events(town, claims) == ["registered", "viewed"]
    previews.sample(house, who, ready.token, PLAIN, (1, 1))
    assert events(town, claims) == ["registered", "viewed", "viewed"]


def test_a_population_that_is_cut_says_so(
    town: Any, claims: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, who = town.house, town.who("provider")
    path = tmp_path / "crowd.csv"
    path.write_text("age,male\n" + "".join(f"{20 + n % 31},{n % 2}\n" for n in range(150_000)))
    crowd = register.add(house, who, path, name="crowd", sensitivity=Sensitivity.INTERNAL)
    whole = previews.begin(house, who, claims.id, PLAIN, crowd.id)
    assert (whole.population, whole.population_is_cut) == ((150_000, 150_000), False)
    monkeypatch.setattr(previews, "MOST_POPULATION", 1000)
    cut = previews.begin(house, who, claims.id, PLAIN, crowd.id)
    assert cut.population_is_cut
    assert cut.population is not None
    assert 1000 <= cut.population[0] < cut.population[1] == 150_000
    assert previews.begin(house, who, claims.id, PLAIN).population is None


def test_what_nobody_has_used_for_a_while_is_gone(town: Any, claims: Any) -> None:
    clock = [0.0]
    kept = looks.Kept(lambda: clock[0])
    ready = previews.begin(town.house, town.who("provider"), claims.id, PLAIN)
    kept.add("t", looks.kept(town.house).find(town.who("provider"), ready.token))
    clock[0] = looks.KEPT_S + 1
    with pytest.raises(Missing):
        kept.find(town.who("provider"), "t")


def test_a_population_is_asked_for_and_counted_in(town: Any, claims: Any, tmp_path: Path) -> None:
    house, who = town.house, town.who("provider")
    path = tmp_path / "crowd.csv"
    path.write_text("age,male\n" + "".join(f"{20 + n % 31},{n % 2}\n" for n in range(2000)))
    crowd = register.add(house, who, path, name="crowd", sensitivity=Sensitivity.INTERNAL)
    asked = {**PLAIN, "models": {"k": 2, "k_map": 60}}
    with pytest.raises(Invalid) as lacking:
        previews.begin(house, who, claims.id, asked)
    assert lacking.value.code == "invalid.population"
    ready = previews.begin(house, who, claims.id, asked, crowd.id)
    assert not previews.at(house, who, ready.token, asked, (0, 0)).allowed  # some 32 of the population each
    assert previews.at(house, who, ready.token, asked, (1, 0)).allowed
    assert sum(previews.best(house, who, ready.token, asked)) == 1


def test_other_steps_are_tried_on_the_same_rows_without_another_record(town: Any, claims: Any) -> None:
    house, who = town.house, town.who("provider")
    ready = previews.begin(house, who, claims.id, PLAIN)
    columns = {**PLAIN["columns"], "age": {"role": "quasi-identifier", "steps": [{"do": "generalise", "widths": [5, 10], "at_least": 1, "at_most": 2}]}}  # fmt: skip
    again = previews.renewed(house, who, ready.token, {**PLAIN, "columns": columns})
    assert again.token == ready.token
    assert (again.quasi[0].least, again.quasi[0].highest) == (1, 2)
    assert previews.best(house, who, ready.token, {**PLAIN, "columns": columns})[0] >= 1
    assert events(town, claims) == ["registered", "viewed"]


def test_values_come_with_their_counts(town: Any, claims: Any) -> None:
    found = previews.values(town.house, town.who("provider"), claims.id, "job")
    assert dict(found) == {"job1": 67, "job2": 67, "job0": 66}
    with pytest.raises(Refused):
        previews.values(town.house, town.who("analyst"), claims.id, "job")
