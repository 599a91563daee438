"""What a policy would do to a table, while its levels are being moved: looked at again and again, read once.

A look is prepared for one person and one table and kept in memory (`looks`). It stands on the first rows of the table
(as `proposals` reads them), so it shows a clerk where to go; the Run counts all rows, and proves. Other steps of the
columns are tried on the same rows, without reading them again.

That somebody began to look is a Record, and that rows were shown another; moving a level is none. What comes back
holds names, counts and shares, no value, but for `sample`, `finer` and `values`. Those go to who may pseudonymise the
table, and so read it; nothing of them is kept or logged.

What takes long asks `stop` now and then, and ends early where a newer wish has come: what it gives then is not to be
used.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from ...digest import fresh_id
from ...errors import Invalid
from ...language import say
from ...world.identity import SignedIn
from ..house.house import House
from . import proposals
from .looks import Held, Planned, kept

if TYPE_CHECKING:
    import pyarrow as pa

    from ...methods.privacy.columns.identify import ColumnProposal
    from ...methods.privacy.lattice_view import Node, View
    from ...methods.privacy.policy.policy import Policy
    from ...methods.privacy.search import Levels
    from ...methods.privacy.values import Codes

_T = TypeVar("_T")
Stop = Callable[[], bool]
BEST_S = 10.0
"""How long the best is looked for: what somebody waits for at a screen."""
SAMPLE = 10
MOST_VALUES = 300
MOST_POPULATION = 1_000_000
"""Rows of a population that are read."""


@dataclass(frozen=True, slots=True)
class Quasi:
    """A column that becomes coarser: how far, how many labels are left at each level, and which levels may be."""

    column: str
    widths: tuple[int, ...]
    least: int = 0
    most: int | None = None

    @property
    def height(self) -> int:
        return len(self.widths) - 1

    @property
    def highest(self) -> int:
        return self.height if self.most is None else min(self.most, self.height)


@dataclass(frozen=True, slots=True)
class Ready:
    """A prepared look. `token` names it for the person who asked; `raw` is the table as it is."""

    token: str
    quasi: tuple[Quasi, ...]
    rows: int
    whole: bool
    """Whether these are all rows of the table."""
    raw: Node
    population: tuple[int, int] | None = None
    """Rows of the population that were read, and all it has."""

    @property
    def population_is_cut(self) -> bool:
        return self.population is not None and self.population[0] < self.population[1]


@dataclass(frozen=True, slots=True)
class Picture:
    """The nodes around where somebody stands, and which are one step apart."""

    nodes: tuple[Node, ...]
    lines: tuple[tuple[int, int], ...]
    all: bool


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A row before and after; None is masked, `after` is None where the row is left out."""

    before: tuple[str | None, ...]
    after: tuple[str | None, ...] | None


def begin(house: House, who: SignedIn, name: str, plain: Mapping[str, Any], population: str = "") -> Ready:
    """Read the beginning of a table and make it ready for looks at a policy, given as plain values; of the Dataset
    that is the population at most `MOST_POPULATION` rows, and what comes back says how many. Raises as
    `proposals.proposals` does, Invalid or Refused for a policy that does not fit, and Unavailable where too many others
    look at something."""
    policy = _built(plain)
    kept(house).check_room(who.actor.id)
    dataset, table = proposals.beginning(house, who, name, "preview")
    (crowd, crowd_rows), found = _crowd(house, who, population), proposals.recognised(dataset, table)
    planned = _planned(policy, table, found, crowd)
    view, tuple_of_row = _counted(planned, policy)
    whole = table.num_rows == dataset.rows
    held = Held(
        who.actor.id, dataset.id, 0.0, table, whole, found, planned, view, tuple_of_row, crowd, crowd_rows
    )
    token = fresh_id("preview")
    kept(house).add(token, held)
    return _ready(token, held)


def renewed(house: House, who: SignedIn, token: str, plain: Mapping[str, Any]) -> Ready:
    """The same rows and population under other steps, roles or hierarchies. Raises as `begin`, and Missing where the
    look is gone."""
    policy, held = _built(plain), kept(house).find(who, token)
    proposals.allowed(house, who, held.dataset)
    with held.lock:
        planned = _planned(policy, held.before, held.found, held.crowd)
        held.view, held.tuple_of_row = _counted(planned, policy)
        held.planned, held.asked = planned, ()
        return _ready(token, held)


def at(house: House, who: SignedIn, token: str, plain: Mapping[str, Any], levels: Sequence[int]) -> Node:
    """One node under the models of a policy. Raises Missing where the look is gone, Refused where the person may
    no longer pseudonymise the table, Invalid for models or levels that cannot be."""
    return _with(house, who, token, plain, lambda view: view.at(levels))


def best(
    house: House, who: SignedIn, token: str, plain: Mapping[str, Any], stop: Stop | None = None
) -> Levels:
    """The levels of least loss that the models allow, on these rows. Raises as `at`; Invalid where there are none
    says what the coarsest would cost."""
    return _with(house, who, token, plain, lambda view: view.best(BEST_S, stop))


def picture(
    house: House, who: SignedIn, token: str, plain: Mapping[str, Any], here: Levels, best: Levels | None, stop: Stop | None = None
) -> Picture | None:  # fmt: skip
    """The nodes around `here` and `best`; None where it was stopped. Raises as `at`."""
    from ...methods.privacy.lattice_view import lines

    def drawn(view: View) -> Picture | None:
        view.at(here)  # levels that are there
        nodes, seen = view.around(here, best), []
        for each in nodes:
            if stop is not None and stop():
                return None
            seen.append(view.at(each))
        return Picture(tuple(seen), lines(nodes), len(nodes) == view.problem.nodes)

    return _with(house, who, token, plain, drawn)


def sample(house: House, who: SignedIn, token: str, plain: Mapping[str, Any], levels: Levels) -> tuple[tuple[str, ...], tuple[SampleRow, ...]]:  # fmt: skip
    """The columns that go out, and a few rows spread over the beginning, before and after. Raises as `at`."""
    held = kept(house).find(who, token)
    _with(house, who, token, plain, lambda view: view.at(levels))
    show_rows(house, who, held)

    def shown(view: View) -> tuple[tuple[str, ...], tuple[SampleRow, ...]]:
        view.at(levels)  # others may have been planned in between: all of it is of one moment
        places = spread(held.before.num_rows)
        lost = view.lost(levels, held.tuple_of_row[places])
        old = shown_before(held, held.planned, places)
        new = shown_after(held.planned, view.hierarchies, [levels] * len(places), places)
        return held.planned.made.published, rows_of(old, new, lost)

    return _with(house, who, token, plain, shown)


def values(house: House, who: SignedIn, name: str, column: str) -> tuple[tuple[str, int], ...]:
    """The values of a column in the beginning of a table with how often each occurs, the most frequent first; at most
    `MOST_VALUES` + 1. Raises as `proposals.proposals` does; Invalid where there is no such column."""
    import pyarrow.compute as pc

    from ...methods.privacy.values import column_of, text_of

    _, table = proposals.beginning(house, who, name, "values")
    counted = pc.value_counts(column_of(table, column))
    found = [(text_of(each["values"].as_py()), int(each["counts"].as_py())) for each in counted]
    told = [(text, count) for text, count in found if text is not None]
    return tuple(sorted(told, key=lambda each: (-each[1], each[0]))[: MOST_VALUES + 1])


def show_rows(house: House, who: SignedIn, held: Held) -> None:
    """That rows are shown is recorded, once, before they are: a look whose Record failed has shown none."""
    with held.lock:
        if not held.shown:
            proposals.record_look(house, who, proposals.allowed(house, who, held.dataset), "rows")
            held.shown = True


def spread(rows: int) -> list[int]:
    """A few rows, spread over all."""
    return sorted({i * rows // SAMPLE for i in range(SAMPLE)}) if rows else []


def shown_before(held: Held, planned: Planned, places: list[int]) -> list[list[str | None]]:
    """For each column that goes out its values in some rows, as they came; what says who somebody is stays hidden."""
    from ...methods.privacy.values import column_of, text_of

    def cells(column: str) -> list[str | None]:
        if column in planned.hidden:
            return [None] * len(places)
        return [text_of(v) or "" for v in column_of(held.before, column).take(places).to_pylist()]

    return [cells(column) for column in planned.made.published]


def shown_after(
    planned: Planned, known: Sequence[Any], levels: Sequence[Levels], places: list[int]
) -> list[list[str | None]]:
    """The same as they go out, each row at its own levels; `known` are the hierarchies, in the order of levels."""
    from ...methods.privacy.values import column_of, text_of

    place = {h.name: a for a, h in enumerate(known)}

    def cells(column: str) -> list[str | None]:
        if column in planned.hidden:
            return [None] * len(places)
        changed = column_of(planned.after, column).take(places)
        if column not in place:
            return [text_of(v) or "" for v in changed.to_pylist()]
        hierarchy, a = known[place[column]], place[column]
        codes = hierarchy.encode(changed)
        return [hierarchy.labels[level[a]][code] or "" for level, code in zip(levels, codes, strict=True)]

    return [cells(column) for column in planned.made.published]


def rows_of(
    old: list[list[str | None]], new: list[list[str | None]], lost: Sequence[bool]
) -> tuple[SampleRow, ...]:
    """Columns of cells as rows; those that are lost have no after."""
    before, after = list(zip(*old, strict=True)), list(zip(*new, strict=True))
    return tuple(SampleRow(before[i], None if gone else after[i]) for i, gone in enumerate(lost))


def _built(plain: Mapping[str, Any]) -> Policy:
    from ...methods.privacy.policy import policy_text

    return policy_text.built(plain)


def _crowd(house: House, who: SignedIn, population: str) -> tuple[pa.Table | None, int]:
    """The table of a population or its beginning, and how many rows it has. Raises as `proposals.proposals` does."""
    if not population:
        return None, 0
    dataset, table = proposals.beginning(house, who, population, "population", MOST_POPULATION)
    return table, max(dataset.rows or 0, table.num_rows)


def _planned(
    policy: Policy, table: pa.Table, found: Sequence[ColumnProposal], crowd: pa.Table | None
) -> Planned:
    """Raises Invalid or Refused for a policy that does not fit the table."""
    from ...methods.privacy.policy import plan, policy_models

    made = plan.plan_of(policy, table.column_names, found)
    ready = plan.prepared(made, table, os.urandom(32))  # tokens and noise of this look are nobody's
    after, _ = plan.applied(ready, table)
    others = policy_models.population_of(ready, crowd) if crowd is not None and policy.models.needs_population else None  # fmt: skip
    hierarchies = plan.hierarchies(made, policy_models.with_values(made, after, others))
    for hierarchy in hierarchies:
        plan.checked_bounds(made, hierarchy)
    hidden = frozenset([*made.deleted, *made.removed, *plan.tokens_first(made), *([made.person] if made.person else [])])  # fmt: skip
    return Planned(made, plan.with_fixed_levels(made, after), tuple(hierarchies), others, hidden)


def _ready(token: str, held: Held) -> Ready:
    from ...methods.privacy.policy import plan

    known = held.view.hierarchies
    least, most = plan.bounds(held.planned.made, {h.name: h.height for h in known})
    read = None if held.crowd is None else (held.crowd.num_rows, held.crowd_rows)
    quasi = tuple(Quasi(h.name, tuple(h.width(level) for level in range(h.height + 1)), least.get(h.name, 0), most.get(h.name)) for h in known)  # fmt: skip
    return Ready(token, quasi, held.before.num_rows, held.whole, held.view.raw(), read)


def _with(house: House, who: SignedIn, token: str, plain: Mapping[str, Any], look: Callable[[View], _T]) -> _T:  # fmt: skip
    held = kept(house).find(who, token)
    proposals.allowed(house, who, held.dataset)  # what was a right may have ended
    policy = _built(plain)
    asked = (policy.models, policy.search, policy.hierarchies)
    with held.lock:
        if asked != held.asked:
            held.view, held.tuple_of_row = _under(held, policy)
            held.asked = asked
        return look(held.view)


def _under(held: Held, policy: Policy) -> tuple[View, Codes]:
    """The view under the models, the limit and the bounds of a policy, counted anew where they need it. Raises
    Invalid for models that cannot be."""
    from ...methods.privacy.anonymity import check_persons
    from ...methods.privacy.policy import plan, policy_models

    if policy.models.needs_population and held.planned.population is None and held.crowd is not None:
        held.planned = _planned(policy, held.before, held.found, held.crowd)
    planned, view, tuple_of_row = held.planned, held.view, held.tuple_of_row
    models, measure = _models(policy, planned), policy_models.measure_of(policy)
    check_persons(models, view.preview.persons)
    if any(c.hierarchy for c in policy.models.closeness) or not view.knows(models):
        view, tuple_of_row = _counted(planned, policy)
    made = replace(planned.made, policy=policy)
    least, most = plan.bounds(made, {h.name: h.height for h in view.hierarchies})
    return view.under(models, policy.search.suppression_limit, measure, least, most), tuple_of_row


def _models(policy: Policy, planned: Planned) -> tuple[Any, ...]:
    """Raises Invalid where a population is needed and none was chosen."""
    from ...methods.privacy.policy.policy_models import models_of

    if policy.models.needs_population and planned.population is None:
        raise Invalid(
            "invalid.population",
            say("k-map and delta-presence count in a population, and none is chosen."),
            say("Choose the Dataset of the population, or take these models away."),
        )
    return models_of(policy, planned.population)


def _counted(planned: Planned, policy: Policy) -> tuple[View, Codes]:
    """The view of a table, and for each of its rows the number of its tuple there. Raises Invalid for models that
    cannot be."""
    from ...methods.privacy.anonymity import check_persons, person_codes
    from ...methods.privacy.lattice_view import View
    from ...methods.privacy.models import KAnonymity
    from ...methods.privacy.search.from_table import count_table

    made, after = planned.made, planned.after
    people = None if made.person is None else person_codes(after, made.person)
    models = _models(policy, planned)
    check_persons(models, after.num_rows if people is None else int(people.max(initial=-1)) + 1)
    counted = count_table(after, planned.hierarchies, (*models, KAnonymity(2)), person=people)
    return View(counted.problem), counted.tuple_of_row
