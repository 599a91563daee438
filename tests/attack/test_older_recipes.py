"""An older recipe used again: whoever holds both deliveries would see, under equal pseudonyms, who alone was added."""

from __future__ import annotations

import threading
from typing import Any

import pyarrow.parquet as pq
import pytest

from dalgubeol.errors import Conflict, DalguError, Refused
from dalgubeol.nouns.dataset import DatasetState, Sensitivity
from dalgubeol.nouns.record import Event
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.house.transition import record
from dalgubeol.verbs.papers.papers import papers
from dalgubeol.verbs.projects import accidents, destruction
from dalgubeol.verbs.projects.remembering import REASON, Remembering
from dalgubeol.verbs.runs import conduct, submit
from dalgubeol.world.store import datasets, runs

from . import test_reidentification as firm
from .test_reidentification import Place, codes, found

made, place = firm.made, firm.place
ASKED = {"project": "research", "person": "person_no", "quasi": ["age"], "keep": ["cost"], "k": 3, "suppression_limit": 0.5}  # fmt: skip


def bring(place: Place, house: House, name: str, persons: int) -> None:
    path = place.folder / f"{name}.csv"
    rows = "".join(f"P{i:03d},{30 + i % 4},{i}\n" for i in range(persons))
    path.write_text("person_no,age,cost\n" + rows)
    register.add(house, place.who(house, "clerk"), path, name=name, sensitivity=Sensitivity.PERSONAL)
    path.unlink()


def asked(place: Place, house: House, data: str, recipe: str, name: str) -> Run:
    """A Run of the next delivery, waiting."""
    parameters = {"project": "research", "suppression_limit": 0.5, "name": name}
    return submit.submit(house, place.who(house, "clerk").actor, "pseudonymise-again", {"data": data, "recipe": recipe}, parameters)  # fmt: skip


def delivered(place: Place, house: House, data: str, recipe: str, name: str) -> Run:
    run = conduct.run_to_end(house, asked(place, house, data, recipe, name).id)
    assert run.state is RunState.DONE, run.fault
    return run


def rows_of(house: House, name: str) -> int:
    return found(house, name).rows or 0


def persons_of(house: House, name: str) -> set[str]:
    dataset = found(house, name)
    with house.objects.open(dataset.object_id, house.keyring.dataset_key(dataset.id), dataset.id) as stream:
        return set(pq.read_table(stream)["person_no"].to_pylist())


def first(place: Place, house: House, name: str = "first") -> None:
    queued = submit.submit(house, place.who(house, "clerk").actor, "pseudonymise", {"data": "zero"}, {**ASKED, "recipe": True, "name": name})  # fmt: skip
    run = conduct.run_to_end(house, queued.id)
    assert run.state is RunState.DONE, run.fault


@pytest.fixture
def line(place: Place) -> Any:
    """A first delivery of 40, then one of 40 again; `less` is the same without one person."""
    with place.opened() as house:
        bring(place, house, "zero", 40)
        bring(place, house, "same", 48)
        bring(place, house, "less", 47)
        first(place, house)
        delivered(place, house, "same", "first-recipe", "second")
        yield place, house


@pytest.mark.parametrize("recipe", [True, False])
def test_another_delivery_is_not_searched_anew_beside_a_recipe(
    line: tuple[Place, House], recipe: bool
) -> None:
    """Who holds both would see, under equal pseudonyms, what the recipe has held back."""
    place, house = line
    clerk = place.who(house, "clerk").actor
    with pytest.raises(Refused) as error:
        submit.submit(
            house, clerk, "pseudonymise", {"data": "less"}, {**ASKED, "recipe": recipe, "name": "anew"}
        )
    assert codes(error) == {"recipe.beside"}
    assert "pseudonymise-again" in str(error.value.next_step)
    again = submit.submit(
        house, clerk, "pseudonymise", {"data": "zero"}, {**ASKED, "name": "the same once more"}
    )
    assert again.state is RunState.QUEUED


def test_an_older_recipe_is_refused_and_the_last_one_is_named(line: tuple[Place, House]) -> None:
    place, house = line
    with pytest.raises(Refused) as error:
        asked(place, house, "less", "first-recipe", "attack")
    assert codes(error) == {"recipe.older"}
    assert "second-recipe" in str(error.value.next_step)
    assert "permit request" not in str(error.value.next_step)
    delivered(place, house, "less", "second-recipe", "third")
    apart = persons_of(house, "second") - persons_of(house, "third")
    assert len(apart) != 1, "the difference of two deliveries is exactly one person"
    with pytest.raises(Refused) as error:
        asked(place, house, "less", "second-recipe", "attack")
    assert "third-recipe" in str(error.value.next_step)


def test_a_first_run_that_is_made_again_gives_no_recipe_around_it(line: tuple[Place, House]) -> None:
    place, house = line
    first(place, house, "twin")
    with pytest.raises(Refused) as error:
        asked(place, house, "less", "twin-recipe", "attack")
    assert codes(error) == {"recipe.older"}


def test_of_two_runs_from_one_recipe_the_second_is_refused_while_the_first_waits(line: tuple[Place, House]) -> None:  # fmt: skip
    place, house = line
    waiting = asked(place, house, "less", "second-recipe", "one")
    with pytest.raises(Refused) as error:
        asked(place, house, "same", "second-recipe", "two")
    assert codes(error) == {"recipe.waiting"}
    submit.cancel(house, place.who(house, "clerk").actor, waiting.id)
    delivered(place, house, "same", "second-recipe", "two")


def test_many_at_once_make_one_delivery(line: tuple[Place, House]) -> None:
    place, house = line
    said: list[object] = []

    def ask(number: int) -> None:
        try:
            said.append(asked(place, house, "less", "second-recipe", f"n{number}").state)
        except DalguError as error:
            said.append(error.code)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert said.count(RunState.QUEUED) == 1, said


def test_a_run_that_was_queued_past_the_door_makes_nothing(line: tuple[Place, House], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Two Runs of one recipe that both came in (an older site, a database put back): the first that ends counts."""
    place, house = line
    monkeypatch.setattr(submit, "reasons_not_to_carry_on", lambda *_: ())
    one, two = asked(place, house, "less", "second-recipe", "one"), asked(place, house, "same", "second-recipe", "two")  # fmt: skip
    ended = [conduct.run_to_end(house, run.id) for run in (one, two)]
    assert sorted(run.state for run in ended) == [RunState.DONE, RunState.FAILED]
    late = next(run for run in ended if run.state is RunState.FAILED)
    assert late.fault is not None
    assert late.fault.code == "recipe.older"
    assert not late.outputs


def test_what_was_destroyed_unused_is_as_if_it_had_never_been(line: tuple[Place, House]) -> None:
    place, house = line
    clerk = place.who(house, "clerk")
    register.destroy(house, clerk, "second")
    with pytest.raises(Refused) as error:  # its recipe still tells what was in it
        asked(place, house, "less", "first-recipe", "attack")
    assert "second-recipe" in str(error.value.next_step)
    register.destroy(house, clerk, "second-recipe")
    delivered(place, house, "less", "first-recipe", "instead")


def living(house: House) -> set[str]:
    with house.database.reading() as connection:
        return {d.name for d in datasets.every(connection) if d.state is not DatasetState.DESTROYED}


def test_nobody_who_was_in_a_destroyed_table_is_left_in_a_recipe(line: tuple[Place, House]) -> None:
    """The recipe holds who is in the table, by pseudonym: it goes with the last table that it remembers."""
    place, house = line
    clerk = place.who(house, "clerk")
    recipes = {name: found(house, name) for name in ("first-recipe", "second-recipe")}
    assert papers(house, clerk, "first").recipes == Remembering(
        (recipes["first-recipe"],), (recipes["second-recipe"],)
    )
    register.destroy(house, clerk, "first")
    assert living(house) & {"first-recipe", "second-recipe"} == {"second-recipe"}
    assert papers(house, clerk, "second").recipes == Remembering((recipes["second-recipe"],))
    register.destroy(house, clerk, "second")
    assert not living(house) & {"first", "second", *recipes}
    entries = {e.subject: e for e in destruction.page(house, clerk, "research").items}
    for each in recipes.values():
        assert not house.keyring.holds(each.id)
        assert not house.objects.path(each.object_id).exists()
        assert (entries[each.id].destroyed_by, entries[each.id].reason) == (clerk.actor.id, REASON)
        assert [r["event"] for r in prove.records(house, each.id)].count("destroyed") == 1


def test_the_table_that_went_in_and_a_recipe_by_itself_take_nothing_with_them(
    line: tuple[Place, House],
) -> None:
    place, house = line
    clerk = place.who(house, "clerk")
    for name in ("zero", "first-recipe"):
        assert papers(house, clerk, name).recipes == Remembering()
        before = living(house)
        register.destroy(house, clerk, name)
        assert living(house) == before - {name}
    assert papers(house, clerk, "first").recipes.ending == ()


def test_a_recipe_of_the_same_run_made_again_is_another_one(line: tuple[Place, House]) -> None:
    place, house = line
    first(place, house, "twin")
    before = living(house)
    register.destroy(house, place.who(house, "clerk"), "twin")
    assert living(house) == before - {"twin", "twin-recipe"}


def test_a_table_whose_recipe_is_in_use_is_not_destroyed(line: tuple[Place, House]) -> None:
    place, house = line
    clerk = place.who(house, "clerk")
    register.destroy(house, clerk, "first")
    waiting = asked(place, house, "less", "second-recipe", "third")
    with pytest.raises(Conflict, match=waiting.id):
        register.destroy(house, clerk, "second")
    assert {"second", "second-recipe"} <= living(house)


@pytest.mark.parametrize("how", ["used", "sent"])
def test_what_was_used_or_sent_before_it_was_destroyed_still_counts(
    line: tuple[Place, House], how: str
) -> None:
    place, house = line
    clerk = place.who(house, "clerk")
    table = found(house, "second")
    if how == "used":
        run = Run("run-0000000000000000aa", "analyse", {"data": table.id}, (), {}, 0, clerk.actor.id, RunState.QUEUED, "2026-01-01T00:00:00Z")  # fmt: skip
        house.write(lambda connection: runs.add(connection, run, "00"))
        house.write(
            lambda connection: runs.lease(
                connection, run, "x", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"
            )
        )
        leased = next(r for r in submit.listed(house, clerk.actor) if r.id == run.id)
        house.write(
            lambda connection: runs.settle(connection, leased, RunState.FAILED, "2026-01-01T00:00:01Z")
        )
    else:
        from dalgubeol.nouns.record import Record, Retention

        sent = Record(Event.EXPORTED, "sent/test", "2026-01-01T00:00:00Z", clerk.actor.id, table.id, {}, Retention.PROCESSING, datasets=(table.id,))  # fmt: skip
        house.write(lambda connection: record(connection, sent))
    for name in ("second", "second-recipe"):
        register.destroy(house, clerk, name)
    with house.database.reading() as connection:
        assert datasets.find(connection, "second").destroyed_at
    with pytest.raises(Refused) as error:
        asked(place, house, "less", "first-recipe", "attack")
    assert codes(error) == {"recipe.older"}
    assert "search anew" in str(error.value.next_step)


def test_an_accident_in_a_table_reaches_its_recipe_and_the_deliveries_that_were_made_by_it(
    line: tuple[Place, House],
) -> None:
    """The recipe knows every pseudonym of the table, and the second delivery has the same persons under them."""
    place, house = line
    made = accidents.report(house, place.who(house, "clerk"), "first", "One row could be known by its age")
    stopped = set(accidents.show(house, place.who(house, "clerk"), made.id).stopped)
    assert stopped == {found(house, name).id for name in ("first", "first-recipe", "second", "second-recipe")}
    with pytest.raises(Refused):
        asked(place, house, "less", "second-recipe", "third")
