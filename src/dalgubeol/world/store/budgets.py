"""What noisy answers have told: one account for each content and organisation, and one for each content and everybody.

Datasets of the same content (`datasets.alike`) have one account, which stands under the oldest of them. What was put on
the others before the site knew that they are alike stays where it is and counts too.

Spending is compare and set, so that two Runs at once cannot take the last of an account. The caller owns the
transaction: a Run that is not queued has spent nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select, text

from ...nouns.budget import Loss
from . import datasets
from .driver import at_once
from .schema import privacy_accounts, privacy_spent

EVERYBODY = ""
"""The organisation of the account that counts all answers, whoever asked."""
_OPEN = text(
    "INSERT INTO privacy_accounts (dataset, organisation, epsilon, delta) VALUES (:dataset, :organisation, 0, 0) "
    "ON CONFLICT (dataset, organisation) DO NOTHING"
)
_SPEND = text(
    "UPDATE privacy_accounts SET epsilon = epsilon + :epsilon, delta = delta + :delta "
    "WHERE dataset = :dataset AND organisation = :organisation "
    "AND epsilon + :others_epsilon + :epsilon <= :most_epsilon AND delta + :others_delta + :delta <= :most_delta"
)
_ADD = text(
    "UPDATE privacy_accounts SET epsilon = epsilon + :epsilon, delta = delta + :delta "
    "WHERE dataset = :dataset AND organisation = :organisation"
)


def spent(connection: Connection, dataset: str, organisation: str = EVERYBODY) -> Loss:
    """What an organisation, or everybody, has been told of a Dataset and all of the same content."""
    return _told(connection, datasets.alike(connection, [dataset])[dataset], organisation)


def spend(
    connection: Connection, run: str, dataset: str, organisation: str, loss: Loss, most: Loss | None, at: str
) -> bool:
    """Put a Run's loss on an account that may reach `most` (None: anything); False where it does not reach."""
    account, *others = datasets.alike(connection, [dataset])[dataset]
    of = {"dataset": account, "organisation": organisation}
    cost = {**of, "epsilon": loss.epsilon_millionths, "delta": loss.delta_trillionths}
    at_once(connection, _OPEN, of)
    if most is None:
        at_once(connection, _ADD, cost)
    else:
        beside = _told(connection, others, organisation)
        bound = {
            **cost, "most_epsilon": most.epsilon_millionths, "most_delta": most.delta_trillionths,
            "others_epsilon": beside.epsilon_millionths, "others_delta": beside.delta_trillionths,
        }  # fmt: skip
        if at_once(connection, _SPEND, bound) != 1:
            return False
    connection.execute(privacy_spent.insert(), {**cost, "run": run, "spent_at": at})
    return True


def give_back(connection: Connection, run: str, at: str) -> bool:
    """A Run that told nothing: once, however often it is asked for. Whether there was something to give back."""
    open_ = (privacy_spent.c.run == run) & privacy_spent.c.given_back_at.is_(None)
    rows = connection.execute(select(privacy_spent).where(open_)).mappings().all()
    connection.execute(privacy_spent.update().where(open_).values(given_back_at=at))
    for row in rows:
        less = {name: row[name] for name in ("dataset", "organisation")}
        at_once(connection, _ADD, {**less, "epsilon": -row["epsilon"], "delta": -row["delta"]})
    return bool(rows)


def of_run(connection: Connection, run: str) -> Loss | None:
    """What a Run has spent on each of its Datasets, and kept; None where it is none that spends."""
    query = select(func.max(privacy_spent.c.epsilon), func.max(privacy_spent.c.delta)).where(
        (privacy_spent.c.run == run) & privacy_spent.c.given_back_at.is_(None)
    )
    row = connection.execute(query).one()
    return None if row[0] is None else Loss(int(row[0]), int(row[1]))


def _told(connection: Connection, of: Sequence[str], organisation: str) -> Loss:
    query = select(privacy_accounts.c.epsilon, privacy_accounts.c.delta).where(
        privacy_accounts.c.dataset.in_(of), privacy_accounts.c.organisation == organisation
    )
    return sum((Loss(row.epsilon, row.delta) for row in connection.execute(query)), Loss())
