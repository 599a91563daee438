"""The privacy budget: what the noisy answers of all Runs may tell of a Dataset, in sum.

A Run that draws noise says beforehand what its answers cost (`kinds.contract.spending`). That is put on two accounts of
every Dataset that its inputs were made from, in the transaction that queues it. Datasets of the same content share both
(`datasets.marks`), whoever brought them in and under whatever name:

- of the organisation that uses the data under a Permit, which may reach what the Permit allows. The account goes on
  over all its Permits: a Permit that follows another does not fill it, its grantors see what is spent and sign a larger
  sum. Colleagues share it, for they share what they are told.
- of everybody, which may reach what the site allows (`[zone] dataset_epsilon`): whoever owns data and counts with noise
  is there too.

What does not reach is refused before it begins. What was spent is given back only where nothing can have been told: the
Run never began, or its only attempt answered with a fault before noise was drawn. Why so: decision 0029.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from ...errors import Conflict, Reason
from ...kinds.contract import Kind, spending
from ...language import Message, say
from ...nouns.budget import Loss
from ...nouns.dataset import Sensitivity
from ...nouns.permit import Actor, Permit
from ...nouns.run import Run
from ...world.store import budgets, datasets, duties, permits
from ..datasets import marks
from ..house.clock import now
from ..house.house import House

_EVERYBODYS = frozenset({Sensitivity.PUBLIC, Sensitivity.ANONYMOUS})


@dataclass(frozen=True, slots=True)
class Account:
    """What one organisation has been told of a Dataset by noisy answers, beside what a Permit allows."""

    dataset: str
    name: str
    epsilon_allowed: float
    epsilon_spent: float
    epsilon_left: float
    delta_allowed: float
    delta_spent: float
    delta_left: float


def loss_of(kind: Kind, checked: Mapping[str, Any]) -> Loss | None:
    """What a Run of these parameters tells; None for kinds that draw no noise, or none this time."""
    found = spending(kind, kind.Parameters.model_validate(checked))
    return None if found is None or found == Loss() else found


def reasons_not_to_spend(
    house: House,
    connection: Connection,
    actor: Actor,
    loss: Loss,
    inputs: Iterable[str],
    under: Sequence[Permit],
) -> tuple[Reason, ...]:
    """Everything that does not reach, with what is left."""
    marks.completed(house, connection)
    reasons: list[Reason] = []
    ceiling = _ceiling(house)
    for dataset in origins(connection, inputs):
        name = _name(connection, dataset, beside=True)
        told = budgets.spent(connection, dataset, actor.organisation)
        for permit in under:
            most = _allowed(permit)
            if not (told + loss).within(most):
                reasons.append(_over_permit(permit, name, told.left_of(most), loss))
        everybody = budgets.spent(connection, dataset)
        if ceiling is not None and not (everybody + loss).within(ceiling):
            reasons.append(_over_site(name, everybody.left_of(ceiling), loss))
    return tuple(reasons)


def spend(
    house: House, connection: Connection, actor: Actor, run: Run, loss: Loss, under: Sequence[Permit]
) -> None:
    """Put the loss on the accounts, in the transaction that queues the Run. Raises Conflict where somebody else was
    first."""
    for dataset in origins(connection, run.inputs.values()):
        reached = budgets.spend(connection, run.id, dataset, budgets.EVERYBODY, loss, _ceiling(house), now())
        if under:
            most = _least([_allowed(permit) for permit in under])
            reached &= budgets.spend(connection, run.id, dataset, actor.organisation, loss, most, now())
        if not reached:
            raise Conflict("permit.epsilon", say("Another Run has just spent what was left of the privacy budget."), say("See what is left with `dalgu permit show`, and ask for less."))  # fmt: skip


def give_back(connection: Connection, run: Run) -> None:
    """Only for a Run that provably told nothing: the caller knows."""
    budgets.give_back(connection, run.id, now())


def spent_by(connection: Connection, run: Run) -> dict[str, str]:
    """For the Record of a Run: what its answers cost, as text; empty where it drew no noise."""
    loss = budgets.of_run(connection, run.id)
    return {} if loss is None else {"epsilon": f"{loss.epsilon:g}", "delta": f"{loss.delta:g}"}


def accounts(house: House, permit_id: str) -> tuple[Account, ...]:
    """For each Dataset that a Permit's Datasets were made from: what the Permit allows its organisation in all, and
    what noisy answers under this or any other Permit have spent. Raises Missing."""
    with house.database.reading() as connection:
        return accounts_of(connection, permits.find(connection, permit_id))


def accounts_of(connection: Connection, permit: Permit) -> tuple[Account, ...]:
    """The same of a Permit at hand."""
    most = _allowed(permit)
    return tuple(
        _account(dataset, _name(connection, dataset), most, budgets.spent(connection, dataset, permit.organisation))
        for dataset in origins(connection, permit.datasets)
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What noisy answers have told of a Dataset so far: one organisation, and everybody beside what the site allows."""

    dataset: str
    name: str
    epsilon: float
    delta: float
    everybody_epsilon: float
    site_epsilon: float | None
    """None: the site sets no sum."""


def told_so_far(house: House, organisation: str, inputs: Iterable[str]) -> tuple[Told, ...]:
    """For each Dataset that these were made from: what an organisation that asks to use them has been told already."""
    ceiling = _ceiling(house)
    with house.database.reading() as connection:
        found = [
            (d, budgets.spent(connection, d, organisation), budgets.spent(connection, d))
            for d in origins(connection, inputs)
        ]
        return tuple(
            Told(d, _name(connection, d, beside=True), own.epsilon, own.delta, all_.epsilon, None if ceiling is None else ceiling.epsilon)
            for d, own, all_ in found
        )  # fmt: skip


def origins(connection: Connection, inputs: Iterable[str]) -> tuple[str, ...]:
    """The Datasets that were brought in and that these were made from: the same persons, whatever was made of them. One
    of each content. What is everybody's, and what was made of that alone, tells nothing more.

    What was handed out here and brought in again goes back to what it was made from, by its content.
    """
    wanted = list(inputs)
    known, found, seen = _family(connection, wanted), list[str](), set[str]()
    for each in wanted:  # grows as it goes: those above come before those alike
        if each in seen or each not in known or known[each].sensitivity in _EVERYBODYS:
            continue
        seen.add(each)
        wanted.extend(known[each].sources)
        if not known[each].sources:
            found.append(each)
        wanted.extend(known[each].alike)
    accounts = dict[str, str]()
    for each in found:
        accounts.setdefault(known[each].alike[0], each)
    return tuple(sorted(accounts.values()))


@dataclass(frozen=True, slots=True)
class _Relative:
    sensitivity: Sensitivity
    sources: tuple[str, ...]
    alike: tuple[str, ...]
    """All of the same content, itself among them, the oldest first."""


def _family(connection: Connection, ids: Iterable[str]) -> dict[str, _Relative]:
    """These, what they were made from, what is the same as any of it, what that was made from, and so on."""
    found, new = dict[str, _Relative](), set(ids)
    while new:
        above = duties.origins(connection, new)
        alike = datasets.alike(connection, above)
        found |= {id_: _Relative(each.sensitivity, each.sources, alike[id_]) for id_, each in above.items()}
        new = {other for others in alike.values() for other in others} - found.keys()
    return found


def _allowed(permit: Permit) -> Loss:
    """Nothing where nobody signed an allowance."""
    if permit.application is None:
        return Loss()
    return Loss.allowed(permit.conditions.epsilon, permit.conditions.delta)


def _least(given: Sequence[Loss]) -> Loss:
    return Loss(min(m.epsilon_millionths for m in given), min(m.delta_trillionths for m in given))


def _ceiling(house: House) -> Loss | None:
    most = house.settings.served().zone.dataset_epsilon
    return Loss.allowed(most, 1.0) if most else None


def _name(connection: Connection, dataset: str, *, beside: bool = False) -> str:
    """What it may be called; with `beside` also the one under which its account stands, where that is another."""
    wanted = [dataset, *(datasets.alike(connection, [dataset])[dataset][:1] if beside else ())]
    named = datasets.public_names(connection, list(dict.fromkeys(wanted)))
    return " = ".join(named[id_] for id_ in dict.fromkeys(wanted))


def _account(dataset: str, name: str, most: Loss, told: Loss) -> Account:
    left = told.left_of(most)
    return Account(
        dataset, name, most.epsilon, told.epsilon, left.epsilon, most.delta, told.delta, left.delta
    )


def _told(loss: Loss) -> Message:
    if loss.delta_trillionths == 0:
        return say("epsilon {epsilon}", epsilon=f"{loss.epsilon:g}")
    return say("epsilon {epsilon} with delta {delta}", epsilon=f"{loss.epsilon:g}", delta=f"{loss.delta:g}")


def _over_permit(permit: Permit, name: str, left: Loss, loss: Loss) -> Reason:
    return Reason(
        "permit.epsilon",
        say("This Run's noisy answers cost {asked}; of what Permit {permit} allows to be told of {name}, {left} is left.", asked=_told(loss), permit=permit.id, name=name, left=_told(left)),
        say("Ask for less: a smaller epsilon, or fewer answers. Or ask for a Permit with a larger sum (`dalgu permit request --epsilon`); what is spent stays spent."),
    )  # fmt: skip


def _over_site(name: str, left: Loss, loss: Loss) -> Reason:
    return Reason(
        "dataset.epsilon",
        say("This Run's noisy answers cost {asked}; of what this site lets be told of {name} in all, {left} is left.", asked=_told(loss), name=name, left=_told(left)),
        say("Ask for less: a smaller epsilon, or fewer answers. The operator sets the sum (`[zone] dataset_epsilon`)."),
    )  # fmt: skip
