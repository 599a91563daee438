"""The privacy budget: what noisy answers cost, who pays, what is left, and that nobody overspends."""

from __future__ import annotations

import json
import threading
from collections import Counter
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

from dalgubeol.errors import DalguError, Refused
from dalgubeol.language import say
from dalgubeol.nouns.budget import Loss
from dalgubeol.nouns.dataset import Dataset, Sensitivity
from dalgubeol.nouns.permit import Conditions, Permit, Purpose, Verdict
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.verbs.airlock import budget
from dalgubeol.verbs.datasets import marks, register
from dalgubeol.verbs.house.clock import later, now
from dalgubeol.verbs.permits import grant
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.verbs.runs import conduct, submit
from dalgubeol.verbs.runs.attempt import Attempt
from dalgubeol.world.store import budgets, datasets, runs

from .conftest import Town

pytest.importorskip("opendp", reason="the extra `noise` is not installed")
AREAS = {"groups": {"area": ["0", "1"]}, "context": "how many claims there are in each area"}


@pytest.fixture
def table(town: Town, tmp_path: Path) -> Dataset:
    path = tmp_path / "claims.csv"
    path.write_text("person_no,age,area\n" + "".join(f"{n},{30 + n % 3},{n % 2}\n" for n in range(40)))
    return register.add(town.house, town.who("provider"), path, name="claims", sensitivity=Sensitivity.INTERNAL)  # fmt: skip


def permitted(town: Town, epsilon: float, delta: float = 0.0, renews: str | None = None, name: str = "claims") -> Permit:  # fmt: skip
    asked = grant.request(
        town.house, town.who("analyst"), kinds=["count"], names=[name], purpose=Purpose.STATISTICS,
        reason="to count the claims", conditions=Conditions(epsilon=epsilon, delta=delta), asked=Asked(renews=renews),
    )  # fmt: skip
    for login in ("operator", "provider"):
        grant.decide(town.house, town.who(login), asked.id, Verdict.GRANT)
    return grant.show(town.house, asked.id)


def counted(town: Town, epsilon: float, login: str = "analyst", data: str = "claims", **more: Any) -> Run:
    return submit.submit(town.house, town.who(login).actor, "count", {"data": data}, {**AREAS, "epsilon": epsilon, **more})  # fmt: skip


def left(town: Town, permit: Permit) -> float:
    (account,) = budget.accounts(town.house, permit.id)
    return account.epsilon_left


def codes(error: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {reason.code for reason in error.value.reasons}


def test_a_permit_that_says_nothing_allows_no_noisy_answer(town: Town, table: Dataset) -> None:
    permitted(town, 0.0)
    with pytest.raises(Refused) as error:
        counted(town, 0.1)
    assert codes(error) == {"permit.epsilon"}


def test_answers_are_paid_until_the_next_one_does_not_reach(town: Town, table: Dataset) -> None:
    permit = permitted(town, 1.0)
    for spent in (0.4, 0.4):
        assert conduct.run_to_end(town.house, counted(town, spent).id).state is RunState.HELD
    assert left(town, permit) == 0.2
    with pytest.raises(Refused) as error:
        counted(town, 0.3)
    assert "epsilon 0.2 is left" in str(error.value.reasons[0].message)
    assert "smaller epsilon" in str(error.value.next_step)
    counted(town, 0.2)
    assert left(town, permit) == 0.0


def test_ten_times_a_tenth_is_one_and_no_more(town: Town, table: Dataset) -> None:
    permit = permitted(town, 1.0)
    for _ in range(10):
        counted(town, 0.1)
    assert left(town, permit) == 0.0
    with pytest.raises(Refused):
        counted(town, 0.000001)


def test_delta_is_an_allowance_of_its_own(town: Town, table: Dataset) -> None:
    permitted(town, 5.0, 1e-6)
    counted(town, 0.5, delta=1e-6)
    with pytest.raises(Refused) as error:
        counted(town, 0.5, delta=1e-9)
    assert codes(error) == {"permit.epsilon"}
    counted(town, 0.5)


def test_a_permit_that_follows_does_not_fill_the_account(town: Town, table: Dataset) -> None:
    first = permitted(town, 1.0)
    counted(town, 1.0)
    second = permitted(town, 1.0, renews=first.id)
    assert left(town, second) == 0.0
    with pytest.raises(Refused):
        counted(town, 0.1)
    third = permitted(town, 1.5, renews=second.id)  # its grantors signed a larger sum
    assert left(town, third) == 0.5


def test_colleagues_share_what_they_are_told(town: Town, table: Dataset) -> None:
    from .test_permits_of_the_zone import colleague

    permitted(town, 1.0)
    counted(town, 0.8)
    colleague(town)
    asked = grant.request(
        town.house, town.who("helper"), kinds=["count"], names=["claims"], purpose=Purpose.STATISTICS,
        reason="to count the claims", conditions=Conditions(epsilon=1.0),
    )  # fmt: skip
    for login in ("operator", "provider"):
        grant.decide(town.house, town.who(login), asked.id, Verdict.GRANT)
    with pytest.raises(Refused):
        counted(town, 0.5, "helper")


def test_a_table_made_of_another_is_on_the_same_account(town: Town, table: Dataset) -> None:
    permit = permitted(town, 1.0)
    counted(town, 0.7)
    held = conduct.run_to_end(town.house, counted(town, 0.3).id)
    with town.house.database.reading() as connection:
        assert budget.origins(connection, held.outputs.values()) == (table.id,)
        assert budgets.spent(connection, table.id, permit.organisation) == Loss.of(1.0)


def again(town: Town, tmp_path: Path, name: str, file: str = "claims.csv", **more: Any) -> Dataset:
    """The file of `claims` once more, as another Dataset."""
    kept = {"sensitivity": Sensitivity.INTERNAL, **more}
    return register.add(town.house, town.who("provider"), tmp_path / file, name=name, **kept)


def test_the_same_file_brought_in_twice_has_one_account(town: Town, table: Dataset, tmp_path: Path) -> None:
    again(town, tmp_path, "claims-2", sensitivity=Sensitivity.PERSONAL, trade_secret=True)
    first, second = permitted(town, 1.0), permitted(town, 1.0, name="claims-2")
    counted(town, 0.6)
    assert (left(town, first), left(town, second)) == (0.4, 0.4)
    with pytest.raises(Refused) as error:
        counted(town, 0.6, data="claims-2")
    assert codes(error) == {"permit.epsilon"}
    run = counted(town, 0.4, data="claims-2")
    assert (left(town, first), left(town, second)) == (0.0, 0.0)
    submit.cancel(town.house, town.who("analyst").actor, run.id)
    assert (left(town, first), left(town, second)) == (0.4, 0.4)


def test_another_file_has_its_own_account(town: Town, table: Dataset, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text((tmp_path / "claims.csv").read_text() + "40,30,1\n")
    again(town, tmp_path, "claims-2", "other.csv")
    permitted(town, 1.0)
    counted(town, 1.0)
    assert left(town, permitted(town, 1.0, name="claims-2")) == 1.0


def test_a_refusal_says_with_which_dataset_the_account_is_shared(town: Town, table: Dataset, tmp_path: Path) -> None:  # fmt: skip
    twin = again(town, tmp_path, "claims-2")
    permitted(town, 1.0)
    counted(town, 1.0)
    permitted(town, 1.0, name="claims-2")
    with pytest.raises(Refused) as error:
        counted(town, 0.5, data="claims-2")
    assert "told of claims-2 = claims, epsilon 0 is left" in str(error.value.reasons[0].message)
    (told,) = budget.told_so_far(town.house, "lab", [twin.id])
    assert (told.name, told.epsilon) == ("claims-2 = claims", 1.0)


def test_what_is_made_of_either_is_on_the_one_account(town: Town, table: Dataset, tmp_path: Path) -> None:
    twin = again(town, tmp_path, "claims-2")
    permitted(town, 2.0)
    permitted(town, 2.0, name="claims-2")
    made = [
        conduct.run_to_end(town.house, counted(town, 0.5, data=name).id) for name in ("claims", "claims-2")
    ]
    with town.house.database.reading() as connection:
        (origin,) = budget.origins(connection, [run.outputs["files"] for run in made])
        assert budgets.spent(connection, origin, "lab") == Loss.of(1.0)
        assert budgets.spent(connection, twin.id, "lab") == Loss.of(1.0)


def test_what_was_handed_out_and_brought_in_again_is_what_it_was_made_from(
    town: Town, table: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "part.csv").write_text("person_no,area\n" + "".join(f"{n},{n % 2}\n" for n in range(30)))
    made = again(town, tmp_path, "part", "part.csv", sources=[table.id])
    back = again(town, tmp_path, "part-again", "part.csv")
    with town.house.database.reading() as connection:
        assert budget.origins(connection, [made.id]) == tuple(sorted([table.id, back.id]))
        assert budget.origins(connection, [back.id]) == tuple(sorted([table.id, back.id]))


def test_a_destroyed_dataset_goes_on_counting_for_its_equals(
    town: Town, table: Dataset, tmp_path: Path
) -> None:
    again(town, tmp_path, "claims-1", sensitivity=Sensitivity.PERSONAL)
    permitted(town, 1.0, name="claims-1")
    conduct.run_to_end(town.house, counted(town, 0.8, data="claims-1").id)
    register.destroy(town.house, town.who("provider"), "claims-1")
    again(town, tmp_path, "claims-2", sensitivity=Sensitivity.PERSONAL)
    assert left(town, permitted(town, 1.0, name="claims-2")) == 0.2


def without_marks(town: Town) -> None:
    """As a site of before schema 0005 has them."""
    town.house.write(lambda connection: connection.exec_driver_sql("UPDATE datasets SET content_mark = NULL"))


def test_what_was_spent_apart_before_the_site_knew_counts_together(town: Town, table: Dataset, tmp_path: Path) -> None:  # fmt: skip
    again(town, tmp_path, "claims-2", sensitivity=Sensitivity.PERSONAL)
    first, second = permitted(town, 1.5), permitted(town, 1.5, name="claims-2")
    without_marks(town)
    for name, permit in (("claims", first), ("claims-2", second)):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(marks, "completed", lambda house, connection: None)
            counted(town, 0.7, data=name)
        assert left(town, permit) == 0.8
    with pytest.raises(Refused):  # the marks are made before anybody pays
        counted(town, 0.2)
    assert (left(town, first), left(town, second)) == (0.1, 0.1)
    counted(town, 0.1, data="claims-2")
    assert (left(town, first), left(town, second)) == (0.0, 0.0)


def test_an_unmarked_dataset_is_marked_before_its_key_goes(
    town: Town, table: Dataset, tmp_path: Path
) -> None:
    again(town, tmp_path, "claims-1", sensitivity=Sensitivity.PERSONAL)
    without_marks(town)
    register.destroy(town.house, town.who("provider"), "claims-1")
    with town.house.database.reading() as connection:
        gone = datasets.find(connection, "claims-1").id
        assert set(datasets.alike(connection, [gone])[gone]) == {gone, table.id}


def test_a_key_that_is_missing_keeps_nobody_else_from_counting(
    town: Town, table: Dataset, tmp_path: Path
) -> None:
    lost = again(town, tmp_path, "claims-1", sensitivity=Sensitivity.PERSONAL)
    without_marks(town)
    town.house.keyring.destroy_dataset_key(lost.id)
    permit = permitted(town, 1.0)
    counted(town, 0.5)
    assert left(town, permit) == 0.5


def test_what_its_owner_counts_is_on_everybodys_account_only(town: Town, table: Dataset) -> None:
    permit = permitted(town, 1.0)
    counted(town, 3.0, "provider")
    assert left(town, permit) == 1.0
    (town.house.settings.site / "settings.toml").write_text("[zone]\ndataset_epsilon = 4\n")
    counted(town, 1.0)
    with pytest.raises(Refused) as error:
        counted(town, 0.1, "provider")
    assert codes(error) == {"dataset.epsilon"}


def test_two_runs_at_once_do_not_take_the_last_twice(town: Town, table: Dataset) -> None:
    permit = permitted(town, 1.0)
    came: list[object] = []

    def ask() -> None:
        try:
            came.append(counted(town, 0.6))
        except DalguError as error:
            came.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(each, Run) for each in came) == 1
    assert left(town, permit) == 0.4


def test_who_read_the_account_before_another_spent_does_not_overspend(town: Town, table: Dataset) -> None:
    most, cost = Loss.of(1.0), Loss.of(0.6)
    first, second = counted(town, 0.1, "provider"), counted(town, 0.1, "provider")

    def spend(run: Run) -> bool:
        return town.house.write(lambda c: budgets.spend(c, run.id, table.id, "lab", cost, most, "now"))

    assert (spend(first), spend(second)) == (True, False)


def test_a_run_that_never_began_gives_back(town: Town, table: Dataset) -> None:
    permit = permitted(town, 1.0)
    run = counted(town, 0.6)
    submit.cancel(town.house, town.who("analyst").actor, run.id)
    assert left(town, permit) == 1.0
    town.house.write(lambda connection: budget.give_back(connection, run))  # and not twice
    assert left(town, permit) == 1.0
    counted(town, 1.0)


def test_a_fault_before_noise_was_drawn_gives_back(town: Town, table: Dataset) -> None:
    permit = permitted(town, 1.0)
    found = conduct.run_to_end(town.house, counted(town, 0.6, groups={"no such column": ["0"]}).id)
    assert found.state is RunState.FAILED
    assert left(town, permit) == 1.0


class Says:
    """A child that says these lines and then no more."""

    def __init__(self, *lines: dict[str, object]) -> None:
        self.connection, self._child = Pipe()
        for line in lines:
            self._child.send_bytes(json.dumps(line).encode())

    def take(self) -> Says:
        return self

    def close(self) -> None:
        self.connection.close()


FAULT = {"fault": {"code": "x.x", "message": say("no").stored(), "next_step": say("none").stored(), "ours": True}}  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "kept"),
    [(({"telling": True}, FAULT), 0.6), ((FAULT,), 0.0), (({"telling": True},), 0.6)],
    ids=["noise was drawn", "nothing was said", "the child says it and is stopped"],
)
def test_what_may_have_been_told_stays_spent(
    town: Town, table: Dataset, lines: tuple[dict[str, object], ...], kept: float
) -> None:
    permit = permitted(town, 1.0)
    run = counted(town, 0.6)

    def leased(connection: Any) -> Run:
        assert runs.lease(connection, runs.find(connection, run.id), "test", now(), later(60))
        return runs.find(connection, run.id)

    taken = town.house.write(leased)
    if FAULT not in lines:
        submit.cancel(town.house, town.who("analyst").actor, run.id)
    Attempt(town.house, taken, Says(*lines), threading.Event(), Counter()).make()  # type: ignore[arg-type]
    assert submit.show(town.house, town.who("analyst").actor, run.id).state in (RunState.BROKEN, RunState.CANCELLED)  # fmt: skip
    assert left(town, permit) == 1.0 - kept


def test_a_run_that_is_stopped_while_it_is_made_gives_nothing_back(town: Town, table: Dataset) -> None:
    """Whoever was killed may have told: a second attempt that fails says nothing of the first."""
    permit = permitted(town, 1.0)
    run = counted(town, 0.6, groups={"no such column": ["0"]})

    def taken_once_and_lost(connection: Any) -> None:
        assert runs.lease(connection, runs.find(connection, run.id), "killed", "2020-01-01", "2020-01-01")
        runs.end_lease(connection, run.id, 1)

    town.house.write(taken_once_and_lost)
    found = conduct.run_to_end(town.house, run.id)
    assert (found.state, found.attempt) == (RunState.FAILED, 2)
    assert left(town, permit) == 0.4


def test_the_record_of_a_run_says_what_it_spent(town: Town, table: Dataset) -> None:
    permitted(town, 1.0)
    run = conduct.run_to_end(town.house, counted(town, 0.5, delta=0.0).id)
    with town.house.database.reading() as connection:
        assert budget.spent_by(connection, run) == {"epsilon": "0.5", "delta": "0"}
        held = datasets.find(connection, run.outputs["files"])
    assert held.about["private"]["epsilon"] == 0.5  # type: ignore[index]
