"""The privacy budget attacked: the same count under fresh noise, asked for until the mean gives it away, and the roads
around the account: a Permit that follows, another beside it, pieces too small to be refused, the same file once more."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from bench.zone_attacks.harness import Attack, Trial, of_act, swapped
from bench.zone_attacks.town import IN_THE_NORTH, carried_out_here

if TYPE_CHECKING:
    from bench.zone_attacks.town import Town

ANSWERS, EACH = 25, 2.0
"""Noise of a standard deviation of 0.6 on each, 0.12 on their mean: off by 0.5 once in 30,000 times."""
_UNCOUNTED = dict.fromkeys(
    ("verbs.airlock.budget.reasons_not_to_spend", "verbs.airlock.budget.spend"), lambda *given: ()
)


_ALONE = {"world.store.datasets.alike": lambda connection, ids: {id_: (id_,) for id_ in ids}}
"""Nobody sees that two Datasets are the same."""


def asked(town: Town, epsilon: float = EACH, on: str = "wages") -> int:
    """One noisy answer, as a reviewer or, after the release, anybody reads it. Raises Refused."""
    from dalgubeol.kinds.archive import unpack
    from dalgubeol.world.store import datasets

    run = town.asked("count", on, groups={"area": ["north"]}, epsilon=epsilon, context="people in the north")
    run = carried_out_here(town.house, run)
    with town.house.database.reading() as connection:
        held = datasets.find(connection, run.outputs["files"])
    key = town.house.keyring.dataset_key(held.id) if held.protected else None
    with town.house.objects.open(held.object_id, key, held.id) as stream:
        return int(unpack(stream)["counts.csv"].decode().split("north,")[1])


def answers(town: Town, most: int = ANSWERS, on: str = "wages") -> Iterator[int]:
    """What comes out until the first refusal."""
    from dalgubeol.errors import Refused

    with suppress(Refused):
        for _ in range(most):
            yield asked(town, on=on)


def _averaged(town: Town) -> bool:
    told = list(answers(town))
    return len(told) == ANSWERS and len(set(told)) > 1 and round(statistics.mean(told)) == IN_THE_NORTH


def _under_a_permit_that_follows(town: Town) -> bool:
    first = town.permitted("count", epsilon=2 * EACH)
    list(answers(town, 2))
    town.permitted("count", epsilon=2 * EACH, renews=first.id)
    return len(list(answers(town, 1))) == 1


def _under_another_permit(town: Town) -> bool:
    list(answers(town, 2))
    town.permitted("count", epsilon=2 * EACH)
    return len(list(answers(town, 1))) == 1


def _in_small_pieces(town: Town) -> bool:
    list(answers(town, 2))
    return asked(town, 1e-3) is not None


def _of_the_same_file_once_more(town: Town) -> bool:
    list(answers(town, 2))
    town.brought_in_again("wages-again", "personal")
    town.permitted("count", epsilon=2 * EACH, on="wages-again")
    return len(list(answers(town, 1, "wages-again"))) == 1


def _attack(
    id_: str, act: Callable[[Town], bool], permitted: bool = True, off: Mapping[str, object] = _UNCOUNTED
) -> Attack:  # fmt: skip
    def tried(trial: Trial) -> bool:
        with trial.town() as town:
            if permitted:
                town.permitted("count", epsilon=2 * EACH)
            return act(town)

    def lacks(trial: Trial) -> str | None:
        from importlib.util import find_spec

        return None if find_spec("opendp") else "the extra `noise` is not installed"

    return of_act(f"budget: {id_}", "budget", "the account of every Dataset", tried, swapped(off), lacks, slow=True)  # fmt: skip


BUDGET = (
    _attack("averaging repeated noisy answers beyond the budget", _averaged),
    _attack("more answers under a Permit that follows", _under_a_permit_that_follows, permitted=False),
    _attack("more answers under another Permit", _under_another_permit),
    _attack("one more answer in a piece too small to count", _in_small_pieces),
    _attack("more answers from the same file brought in twice", _of_the_same_file_once_more, off=_ALONE),
)
