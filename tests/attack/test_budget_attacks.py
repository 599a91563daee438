"""The privacy budget attacked: the same count under fresh noise, asked for again and again until the mean gives it away.
It succeeds first, with the budget off; then by every road that an analyst has."""

from __future__ import annotations

import json
import statistics
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from dalgubeol.doors.python import Site
from dalgubeol.errors import Refused
from dalgubeol.kinds.archive import unpack
from dalgubeol.nouns.permit import Conditions, Permit
from dalgubeol.nouns.run import Run
from dalgubeol.verbs import budget, execute
from dalgubeol.verbs.applications import Asked
from dalgubeol.verbs.attempt import Attempt
from dalgubeol.verbs.clock import later, now
from dalgubeol.world.store import datasets, runs

from ..journeys import conftest as town
from ..journeys.conftest import As

pytest.importorskip("opendp", reason="the extra `noise` is not installed")
founded, as_, visit = town.founded, town.as_, town.visit
IN_THE_NORTH = 137
ANSWERS, EACH = 25, 2.0
"""Noise of a standard deviation of 0.6 on each, 0.12 on their mean: off by 0.5 once in 30,000 times."""


@pytest.fixture
def table(as_: As, tmp_path: Path) -> str:
    path = tmp_path / "wages.csv"
    path.write_text("no,area\n" + "".join(f"{n},{'north' if n < IN_THE_NORTH else 'south'}\n" for n in range(400)))  # fmt: skip
    with as_("provider") as site:
        return site.add(path, "wages").name


def permitted(as_: As, epsilon: float, renews: str | None = None) -> Permit:
    until = str((datetime.now(UTC) + timedelta(days=20)).date())
    with as_("analyst") as site:
        asked = site.request(["count"], ["wages"], purpose="statistics", reason="people by area", until=until, conditions=Conditions(epsilon=epsilon), asked=Asked(renews=renews))  # fmt: skip
    for login in ("steward", "operator"):
        with as_(login) as site:
            site.decide(asked.id, "grant")
    return asked


class Here:
    """A child that works in this process: importing OpenDP for each of many Runs takes minutes."""

    def __init__(self) -> None:
        self.connection, self._lines = self, list[dict[str, object]]()

    def take(self) -> Here:
        return self

    def send_bytes(self, order: bytes) -> None:
        self._lines.append(execute.attempt(json.loads(order), self._lines.append))

    def poll(self, timeout_s: float) -> bool:
        return bool(self._lines)

    def recv_bytes(self) -> bytes:
        return json.dumps(self._lines.pop(0)).encode()

    def close(self) -> None:
        pass


def asks(site: Site, epsilon: float = EACH) -> Run:
    house = site._house
    run = site.submit("count", {"data": "wages"}, {"groups": {"area": ["north"]}, "epsilon": epsilon, "context": "people in the north"})  # fmt: skip

    def leased(connection: Connection) -> Run:
        assert runs.lease(connection, run, "here", now(), later(60))
        return runs.find(connection, run.id)

    Attempt(house, house.write(leased), Here(), threading.Event(), Counter()).make()  # type: ignore[arg-type]
    with house.database.reading() as connection:
        return runs.find(connection, run.id)


def answers(as_: As, most: int = ANSWERS) -> Iterator[int]:
    """What comes out until the first refusal, read as a reviewer or, after the release, anybody reads it."""
    with as_("analyst") as site:
        for _ in range(most):
            try:
                run = asks(site)
            except Refused:
                return
            with site._house.database.reading() as connection:
                held = datasets.find(connection, run.outputs["files"])
            with site._house.objects.open(held.object_id) as stream:
                yield int(unpack(stream)["counts.csv"].decode().split("north,")[1])


def test_noisy_answers_are_not_averaged_beyond_the_budget(
    as_: As, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    permitted(as_, 2 * EACH)
    with monkeypatch.context() as off:
        off.setattr(budget, "reasons_not_to_spend", lambda *given: ())
        off.setattr(budget, "spend", lambda *given: None)
        told = list(answers(as_))
    assert len(told) == ANSWERS
    assert round(statistics.mean(told)) == IN_THE_NORTH, "the mean gives the count away"
    assert len(set(told)) > 1, "by averaging, not by one answer"
    assert len(list(answers(as_))) == 2, "what the grantors signed, and not one more"


def test_no_road_around_the_budget(as_: As, table: str) -> None:
    first = permitted(as_, EACH)
    assert len(list(answers(as_, 2))) == 1
    with as_("analyst") as site, pytest.raises(Refused):  # in the smallest pieces
        asks(site, 1e-9)
    second = permitted(as_, EACH, renews=first.id)  # under a new Permit
    permitted(as_, EACH)  # under another beside it
    assert list(answers(as_, 1)) == []
    with as_("analyst") as site:
        (account,) = budget.accounts(site._house, second.id)
    assert (account.epsilon_spent, account.epsilon_left) == (EACH, 0.0)
