"""A recipe is gone on with once: the next delivery is held beside all that went out before, and only the last recipe
knows all of that. An older one would let out, under the same pseudonyms, what was held back after it.

All recipes of one table in one project are one line, whether its first Run was made once or several times: each of
those begins with the same rows under the same pseudonyms. In a line only the last recipe is taken. What came after a
recipe is forgotten where it is as if it had never been: table and recipe destroyed, and the table neither used nor
sent while it was there. Whoever only measured it (`assess`) has used nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from ...errors import Reason, Refused
from ...language import Message, say
from ...nouns.dataset import Dataset, DatasetState
from ...nouns.record import Event
from ...nouns.run import Run, RunState
from ...rules.granting import CARRYING_ON, MEASURING
from ...world.store import datasets, outbox, projects, runs
from ..house.house import House

_RECIPE, _FIRST = "recipe", "pseudonymise"
_WAITING = frozenset({RunState.QUEUED, RunState.RUNNING})
_MADE = frozenset({RunState.DONE, RunState.HELD})


@dataclass(frozen=True, slots=True)
class Line:
    """The Runs of one project that made, or are about to make, a delivery by a recipe."""

    every: Mapping[str, Run]
    maker: Mapping[str, str]
    """Recipe to the Run that made it."""

    def before(self, run: Run) -> Run | None:
        return self.every.get(self.maker.get(run.inputs.get(_RECIPE, ""), ""))

    def up(self, run: Run) -> tuple[Run, ...]:
        """It and the Runs that its recipe goes back to, the first one last."""
        found = [run]
        while (above := self.before(found[-1])) is not None:
            found.append(above)
        return tuple(found)

    def together(self, one: Run, other: Run) -> bool:
        """Whether both go back to the same table."""
        first, second = self.up(one)[-1], self.up(other)[-1]
        return first.id == second.id or first.inputs.get("data") == second.inputs.get("data")


def reasons_not_to_carry_on(
    house: House, connection: Connection, kind: str, given: Mapping[str, Dataset], apart: Run | None = None
) -> tuple[Reason, ...]:
    """Why this recipe is not the one to go on with. `apart`: the Run that asks itself, once it has been made; of
    those that wait or run beside it, the first that ends counts."""
    recipe = given.get(_RECIPE)
    if kind != CARRYING_ON or recipe is None or recipe.state is DatasetState.DESTROYED:
        return ()
    of = None if recipe.made_by is None else projects.of_run(connection, recipe.made_by)
    if of is None or recipe.made_by is None:
        return (Reason("recipe.foreign", say("{name} is no recipe that a Run here made: what went out by it is not known.", name=recipe.name), say("Take the recipe that came out of `pseudonymise` or of the last `pseudonymise-again`.")),)  # fmt: skip
    line = _line(connection, of[0].id)
    made_it = line.every.get(recipe.made_by)
    if made_it is None:
        return ()
    known = {run.id for run in line.up(made_it)} | ({apart.id} if apart else set())
    counting = _MADE if apart else _MADE | _WAITING
    after = [
        run
        for run in line.every.values()
        if run.kind == CARRYING_ON and run.id not in known and run.state in counting and line.together(run, made_it)
    ]  # fmt: skip
    after = [run for run in after if run.state in _WAITING or not _as_if_never(house, connection, run)]
    if not after:
        return ()
    return (_reason(connection, recipe, sorted(after, key=lambda run: run.id)),)


def reasons_not_to_begin(
    house: House, connection: Connection, kind: str, given: Mapping[str, Dataset], project: str | None
) -> tuple[Reason, ...]:
    """Why this delivery is none to search anew for: another delivery of the same table was made first in the project,
    with a recipe, which is to know all that went out. Tables with the same columns are
    taken for one."""
    data = given.get("data")
    if kind != _FIRST or project is None or data is None:
        return ()
    firsts = [run for run in _line(connection, project).every.values() if run.kind == _FIRST and run.state in _MADE | _WAITING]  # fmt: skip
    columns = sorted(data.column_names)
    for run in firsts:
        other = run.inputs.get("data", data.id)
        if other == data.id or not run.parameters.get(_RECIPE):
            continue
        before = datasets.find(connection, other)
        if sorted(before.column_names) != columns or (
            run.state in _MADE and _as_if_never(house, connection, run)
        ):
            continue
        what = say("{name} was pseudonymised first in this project, and {other} is another delivery of the same table: searched anew, the two would not be held against each other.", name=before.name, other=data.name)  # fmt: skip
        cure = say("Go on by its recipe (`dalgu run pseudonymise-again`); or open another project, whose pseudonyms are others.")  # fmt: skip
        return (Reason("recipe.beside", what, cure),)
    return ()


def check_carried_on(house: House, connection: Connection, run: Run, given: Mapping[str, Dataset]) -> None:
    """The same when the Run has been made, in the transaction that keeps it. Raises Refused."""
    reasons = reasons_not_to_carry_on(house, connection, run.kind, given, run)
    if reasons:
        what = say("Another delivery went on from this recipe, or from one of the same table, meanwhile.")
        raise Refused("recipe.older", what, reasons[0].cure or say("Run it again."), reasons)


def _line(connection: Connection, project: str) -> Line:
    ids = [run for run, _ in projects.runs_of(connection, project)]
    every = {run.id: run for run in runs.found(connection, ids).values() if run.kind in (_FIRST, CARRYING_ON)}
    maker = {made: run.id for run in every.values() if (made := run.outputs.get(_RECIPE)) is not None}
    return Line(every, maker)


def _as_if_never(house: House, connection: Connection, run: Run) -> bool:
    made = [datasets.find(connection, id_) for id_ in run.outputs.values()]
    if any(each.state is not DatasetState.DESTROYED for each in made):
        return False
    tables = [each.id for name, each in zip(run.outputs, made, strict=True) if name != _RECIPE]
    used = any(
        user.kind not in MEASURING and (user.started_at is not None or not user.state.ended)
        for table in tables
        for user in runs.of_input(connection, table)
    )
    return not used and not _has_left(house, connection, tables)


def _has_left(house: House, connection: Connection, tables: Iterable[str]) -> bool:
    """Whether the history, or what waits to enter it, says that one of them was handed out or sent."""
    wanted = set(tables)
    told = [house.log.entry(connection, number).leaf for table in wanted for number in outbox.records_about(connection, table)]  # fmt: skip
    waits = [sealed.leaf for _, sealed in outbox.waiting(connection)]
    lines = [json.loads(leaf) for leaf in (*told, *waits)]
    return any(each["event"] == Event.EXPORTED and wanted & {*each["datasets"]} for each in lines)


def _reason(connection: Connection, recipe: Dataset, after: list[Run]) -> Reason:
    waiting = next((run for run in after if run.state in _WAITING), None)
    if waiting is not None:
        what = say("A Run that goes on from {name}, or from a recipe of the same table, has not ended: {run}.", name=recipe.name, run=waiting.id)  # fmt: skip
        return Reason("recipe.waiting", what, say("Wait until it has ended, then take the recipe that it gives; or cancel it: `dalgu runs cancel {run}`.", run=waiting.id))  # fmt: skip
    what = say("{name} is an older recipe: deliveries were made after it ({runs}), and by this one the rows that were held back since would go out.", name=recipe.name, runs=", ".join(run.id for run in after))  # fmt: skip
    return Reason("recipe.older", what, _cure(connection, after))


def _cure(connection: Connection, after: list[Run]) -> Message:
    last = next((run.outputs[_RECIPE] for run in reversed(after) if _RECIPE in run.outputs), None)
    found = None if last is None else datasets.find(connection, last)
    if found is None or found.state is DatasetState.DESTROYED:
        return say("The last recipe is gone: search anew for this delivery under another project.")
    return say("Take the last recipe, {name}: it knows all that went out.", name=found.name)
