"""All private counts of a policy as one table with papers that account for the budget they spend.

Epsilons and deltas of the queries add up (Dwork and Roth 2014, theorem 3.16). What the papers hold is the
policy's and the theory's, never a count. The table is read in batches.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import pyarrow as pa

from ....errors import Refused
from ....language import Message, say
from ..columns.identify import propose_roles
from ..steps.private_counts import Answer, Counting, Query, count
from ..steps.rows import Rows, derived_key
from .policy import Counts, Policy


def answered(
    policy: Policy, batches: Callable[[Sequence[str]], Iterable[tuple[pa.Table, Rows]]], rows: int, direct: Collection[str],
    key: bytes, telling: Callable[[], None] = lambda: None,
) -> tuple[pa.Table, dict[str, object]]:  # fmt: skip
    """(a row per cell of every query, papers). `batches` reads columns as they came in, and whose rows they are, of a
    table of so many `rows` (see `count`); `direct` are columns that say who somebody is. `telling` is called when all that can be wrong was found, before
    noise is drawn.

    Raises `Refused` for groups of direct identifiers, `Invalid` for unknown columns, `Unavailable` without OpenDP.
    """
    check_groups(direct, (c for each in policy.counts for c in each.groups))
    counting = [Counting(query_of(c), derived_key(key, policy.project, "counts", c.name)) for c in policy.counts]  # fmt: skip
    count(counting, lambda: batches(columns_of(policy)), rows, of_persons=policy.person is not None)
    telling()
    answers = [each.answer() for each in counting]
    papers: dict[str, object] = {
        "project": policy.project,
        "epsilon": sum(c.epsilon for c in policy.counts),
        "delta": sum(c.delta for c in policy.counts),
        "counted_in": "persons" if policy.person else "rows",
        "queries": [_papers(each) for each in answers],
        "said": [message.stored() for message in _said(policy, answers)],
    }
    return pa.concat_tables([_as_rows(each) for each in answers], promote_options="default"), papers


def columns_of(policy: Policy) -> tuple[str, ...]:
    """What is read to count."""
    read = [c for each in policy.counts for c in (*each.groups, *([each.total] if each.total else []))]
    return tuple(dict.fromkeys([*read, *([policy.person] if policy.person is not None else [])]))


def direct_identifiers(table: pa.Table) -> tuple[str, ...]:
    """The columns that look like who somebody is."""
    return tuple(p.column for p in propose_roles(table) if p.role == "direct identifier")


def check_groups(direct: Iterable[str], groups: Iterable[str]) -> None:
    """Raises Refused for groups of `direct` identifiers."""
    named = sorted({*groups} & {*direct})
    if named:
        raise Refused(
            "pseudonymise.counts",
            say("These columns hold direct identifiers and cannot be counted by: {columns}.", columns=", ".join(named)),
            say("Count by other columns."),
        )  # fmt: skip


def query_of(counts: Counts) -> Query:
    """A query as a policy asks it."""
    return Query(
        counts.name, counts.groups, counts.epsilon, counts.delta, counts.rows_per_person, counts.total,
        counts.lowest or 0.0, counts.highest or 0.0, counts.unit,
    )  # fmt: skip


def _as_rows(made: Answer) -> pa.Table:
    name = pa.array([made.query.name] * made.table.num_rows, pa.string())
    return made.table.add_column(0, "query", name)


def _papers(made: Answer) -> dict[str, object]:
    query = made.query
    return {
        "name": query.name, "by": list(query.groups), "cells": query.cells, "epsilon": query.epsilon,
        "delta": query.delta, "rows_per_person": query.rows_per_person, "sum_of": query.total,
        "noise": "laplace" if query.delta == 0 else "gaussian", "scale_of_counts": made.scale_of_counts,
        "scale_of_sums": made.scale_of_sums,
    }  # fmt: skip


def _said(policy: Policy, answers: list[Answer]) -> Iterator[Message]:
    epsilon, delta = sum(c.epsilon for c in policy.counts), sum(c.delta for c in policy.counts)
    yield say("Together these counts spend a privacy budget of epsilon {epsilon}, delta {delta}. A Run made again spends it again.", epsilon=f"{epsilon:g}", delta=f"{delta:g}")  # fmt: skip
    for made in answers:
        yield say("{name}: noise of scale {scale} on every count.", name=made.query.name, scale=f"{made.scale_of_counts:.3g}")  # fmt: skip
    if policy.person is None:
        yield say("No person was named: every row counts as a person of its own. Is that so?")
