"""`search`: the best node of a problem, by the way that fits its lattice, or an error that says what to do."""

from __future__ import annotations

import time
from collections.abc import Callable

from ....errors import Invalid
from ....language import say
from .boxes import BoxSearch
from .evaluation import Evaluation, Found, Progress, Watch
from .problem import Problem
from .whole import WholeSearch

MOST_NODES_AT_ONCE = 2_000_000


def search(
    problem: Problem,
    *,
    seconds: float | None = None,
    clock: Callable[[], float] = time.monotonic,
    on_progress: Callable[[Progress], None] | None = None,
    evaluation: Evaluation | None = None,
) -> Found:
    """The node of least loss among those that satisfy the models within the suppression limit.

    After `seconds` by `clock` it is the best so far, with a proven lower bound. Raises `Invalid` where there is
    none (it says what the coarsest levels would suppress), where none was found in time, and where the best
    would publish nothing. `evaluation` counts the classes of a node; without one they are rolled up from tuples.
    """
    way = WholeSearch if problem.nodes <= MOST_NODES_AT_ONCE else BoxSearch
    running = way(problem, evaluation=evaluation)
    found = running.run(Watch(clock, seconds, on_progress))
    if found is None:
        raise _none_found(running.evaluation)
    if found.classes == 0:
        raise _nothing_left()
    return found


def _none_found(evaluation: Evaluation) -> Invalid:
    problem = evaluation.problem
    rows, coarsest = problem.all_rows, evaluation.found(problem.highest)
    if coarsest.suppressed_rows <= problem.allowed_rows:
        return Invalid(
            "invalid.seconds",
            say("No generalisation was found in the time given."),
            say("Give the search more time, or bound the levels of some columns."),
        )
    detail = say(
        "Within these levels at least {suppressed} of {rows} rows ({share}%) must be suppressed; "
        "the limit is {limit}%.",
        suppressed=coarsest.suppressed_rows,
        rows=rows,
        share=f"{100 * coarsest.suppressed_rows / rows:.2f}",
        limit=f"{100 * problem.allowed_rows / rows:.4g}",
    )
    if not all(model.closed for model in problem.models):
        fewest = min(evaluation.fewest, coarsest.suppressed_rows)
        detail = say(
            "No levels keep within the suppression limit of {limit}%: the best suppress {suppressed} of {rows} rows ({share}%).",
            suppressed=fewest,
            rows=rows,
            share=f"{100 * fewest / rows:.2f}",
            limit=f"{100 * problem.allowed_rows / rows:.4g}",
        )
    return Invalid(
        "invalid.suppression_limit",
        detail,
        say("Raise the suppression limit, allow coarser levels, or ask for weaker privacy models."),
    )


def _nothing_left() -> Invalid:
    return Invalid(
        "invalid.nothing_left",
        say("The best within this suppression limit is to publish nothing: all rows would be suppressed."),
        say("Lower the suppression limit, or give finer hierarchies."),
    )
