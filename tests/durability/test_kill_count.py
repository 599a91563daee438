"""`kill -9` of whoever conducts a count with noise: it is paid for once, however often it is made, and told of once.

What died may have told: so a Run that was begun stays paid for, and one that provably told nothing is given back, once.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from dalgubeol.nouns.budget import Loss
from dalgubeol.nouns.permit import Conditions, Purpose, Verdict
from dalgubeol.nouns.run import Run
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.people import people
from dalgubeol.verbs.permits import grant
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.world.store.budgets import EVERYBODY
from dalgubeol.world.store.schema import privacy_accounts, privacy_spent

from .conftest import Place
from .test_kill_conductor import SETTLING, killed_and_taken_up

pytest.importorskip("opendp", reason="the extra `noise` is not installed")
COST, ENOUGH = Loss.of(0.25), 15.0
PAYERS = {EVERYBODY: COST, "analyst org": COST}
LEASED = "before commit>os.mkdir .run-"
"""The Run is ours and nothing of it is made: the first folder of an attempt."""


@pytest.fixture
def counting(place: Place) -> Place:
    """The analyst may count with noise too."""
    with place.opened() as house:
        who = {
            login: people.signed_in(replace(house, settings=place.settings(login)), place.folder / f"{login}.json")
            for login in ("analyst", "steward", "operator")
        }  # fmt: skip
        permit = grant.request(
            house, who["analyst"], kinds=["count"], names=["claims-p"], purpose=Purpose.STATISTICS,
            reason="counting with noise", conditions=Conditions(epsilon=ENOUGH), asked=Asked(pledged="en"),
        )  # fmt: skip
        for login in ("steward", "operator"):
            grant.decide(house, who[login], permit.id, Verdict.GRANT)
    return place


def counts(place: Place) -> tuple[Run, ...]:
    return tuple(run for run in place.runs() if run.kind == "count")


def check_paid(place: Place) -> dict[str, bool]:
    """Each Run is on both accounts once, given back or not, its Record says the same, and the accounts are the sums.
    Which Runs are paid for."""
    paid = dict[str, bool]()
    sums = dict.fromkeys(PAYERS, Loss())
    with place.opened() as house:
        with house.database.reading() as connection:
            rows = connection.execute(privacy_spent.select()).mappings().all()
            accounts = connection.execute(privacy_accounts.select()).mappings().all()
        for run in counts(place):
            own = {
                row["organisation"]: Loss(row["epsilon"], row["delta"])
                for row in rows
                if row["run"] == run.id
            }
            back = {row["given_back_at"] is not None for row in rows if row["run"] == run.id}
            assert (own, len(back)) == (PAYERS, 1), run
            paid[run.id] = back == {False}
            (told,) = [r for r in prove.records(house, run.id, limit=1000) if r["event"] == "ran"]
            assert told["payload"].get("privacy") == (
                {"epsilon": "0.25", "delta": "0"} if paid[run.id] else None
            )
    assert len(rows) == len(paid) * len(PAYERS)
    for _ in filter(None, paid.values()):
        sums = {payer: sum_ + COST for payer, sum_ in sums.items()}
    assert {row["organisation"]: Loss(row["epsilon"], row["delta"]) for row in accounts} == sums
    return paid


@pytest.mark.parametrize(("moment", "attempts"), [(LEASED, 2), (SETTLING[0], 2), (SETTLING[1], 1)])
def test_a_count_whose_conductor_dies_is_paid_for_once_and_ends_once(
    counting: Place, moment: str, attempts: int
) -> None:
    killed_and_taken_up(counting, "count", moment)
    (run,) = counts(counting)
    assert run.attempt == attempts
    assert check_paid(counting) == {run.id: True}
