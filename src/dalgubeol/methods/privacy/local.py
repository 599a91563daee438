"""Local recoding: below the optimum, every class made finer by itself, as far as the model allows.

A full-domain generalisation makes a whole column equally coarse, because one small class asks for it. Here
the search goes on from its optimum: the classes that were kept start with its labels, and all suppressed rows
together start as one class at the top (if that satisfies the model; if not, they stay suppressed). Then each
class is split, one attribute by one level at a time, for as long as the model holds:

- *full splits*: a class is split only if all its parts satisfy the model;
- *partial splits*: parts that satisfy the model leave, the rest stays coarse and must satisfy it too. Where
  the rest alone would not, the part that loses least by it is held back with it.

Which attribute: the one that lowers the loss most per bit of anonymity that it spends. A split of m rows into
parts of m_i spends the entropy of m_i / m, and log(m / k) is all there is. On 16 samples of two tables (k from
3 to 25, 4 to 9 quasi-identifiers) the loss ended 7 % lower than by the largest gain alone with partial splits,
and as low with full ones. A split into one part costs nothing and goes first.

What a reader of the result must know:

- One column holds labels of several levels: "37" beside "[30, 40)" and "*". With partial splits, and for rows
  that the search had suppressed, labels *overlap*: a person of 37 may be in "37" or in "[30, 40)". Counts per
  age then need care, and one who knows how the splits were chosen learns a little from who was left in the
  rest (the minimality attack: Wong, Fu, Wang and Pei 2007, "Minimality attack in privacy preserving data
  publishing").
- Equal values get equal labels: levels follow from a row's own values by a tree (`splits`), so the next
  delivery can be recoded alike.

Sources: Fung, Wang and Yu 2005 (top-down specialisation); Lefevre, DeWitt and Ramakrishnan 2006 (Mondrian).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ...errors import Invalid
from ...language import say
from .anonymity import Optimum, equivalence_classes, person_codes
from .hierarchy import Hierarchy
from .measure.members import members_of
from .models import AverageRisk, DeltaPresence, Model, least_persons
from .search import Measure
from .search.from_table import Counted, count_table
from .search.measure import Losses
from .specialise import Mask, Progress, Specialisation
from .splits import Splits
from .values import Codes, column_of, flat

FREE = 0.1
"""A suppression limit from which recoding begins too: it loses no row that is suppressed there."""


@dataclass(frozen=True, slots=True)
class Recoding:
    """What local recoding found. `levels` has a row per distinct tuple, `tuple_of_row` says which a row has.

    `loss` is measured as the optimum's score was, `loss_before`. `smallest_class` counts persons; `k` is the
    least that the models ask of a class. `partial` says that parts could leave a class, so that labels overlap.
    """

    quasi_identifiers: tuple[str, ...]
    partial: bool
    models: tuple[Model, ...]
    k: int
    rows: int
    persons: int
    loss: float
    loss_before: float
    classes: int
    smallest_class: int
    suppressed_rows: int
    rows_at_levels: tuple[tuple[int, ...], ...]
    """For each quasi-identifier, how many kept rows have each of its levels."""
    splits: Splits = field(repr=False, compare=False)
    levels: Codes = field(repr=False, compare=False)
    tuple_of_row: Codes = field(repr=False, compare=False)
    suppressed: Mask = field(repr=False, compare=False)

    @property
    def drop(self) -> float:
        """By which share of the optimum's loss the loss became lower."""
        return 1 - self.loss / self.loss_before if self.loss_before else 0.0


def recode(
    table: pa.Table,
    hierarchies: Sequence[Hierarchy],
    best: Optimum,
    *,
    partial: bool = False,
    person: str | None = None,
    measure: Measure | None = None,
    also_from: Sequence[Optimum] = (),
    on_progress: Progress | None = None,
) -> Recoding:
    """`best` made finer class by class, keeping its models.

    `hierarchies`, `person` and `measure` are those that `best` was found with. `also_from` are optima of the
    same with higher suppression limits: rows suppressed there are not lost here, so that a start which
    suppresses more may end lower (on the adult table with k = 20, .166 instead of .266). The lowest loss is
    taken, and never more rows are left out than by `best`. Raises `Invalid` where something is of another
    table, and for models that no class satisfies by itself: an average risk below 1/k and delta-presence.
    """
    asked = (table.num_rows, tuple(h.name for h in hierarchies), best.models)
    if any((each.rows, each.quasi_identifiers, each.models) != asked for each in (best, *also_from)):
        raise Invalid.field("table", expected="the one the optimum was found on", got="another")
    models, measure = _of_classes(best.models), measure or Measure()
    people = None if person is None else person_codes(table, person)
    counted = count_table(table, hierarchies, models, person=people, measure=measure)
    tried: list[tuple[float, Specialisation]] = []
    for number, start in enumerate((best, *also_from)):
        told = _part_of(on_progress, number, 1 + len(also_from))
        made = _specialised(counted, models, measure, start, partial, told)
        if _rows_left_out(made) <= best.suppressed_rows:
            tried.append((_loss(made, measure), made))
    loss, made = min(tried, key=lambda each: each[0])
    return _described(best, counted, made, loss, partial)


def _specialised(
    counted: Counted,
    models: tuple[Model, ...],
    measure: Measure,
    start: Optimum,
    partial: bool,
    on_progress: Progress | None,
) -> Specialisation:
    """The classes of `start` made as fine as they can be."""
    problem = counted.problem
    suppressed = np.zeros(len(problem.rows), np.bool_)
    suppressed[counted.tuple_of_row[start.suppressed]] = True
    pairs = None if problem.people is None else (problem.people.of_tuple, problem.people.person)
    made = Specialisation(
        problem.hierarchies,
        problem.tuples,
        members_of(problem.rows, pairs, problem.sensitive, problem.populations),
        models,
        weights=[measure.weights.get(h.name, 1.0) for h in problem.hierarchies],
        partial=partial,
        on_progress=on_progress,
    )
    made.start(start.levels, suppressed)
    made.run()
    return made


def _rows_left_out(made: Specialisation) -> int:
    return int(made.members.rows[~made.covered].sum())


def _described(best: Optimum, counted: Counted, made: Specialisation, loss: float, partial: bool) -> Recoding:
    persons = made.persons()
    return Recoding(
        quasi_identifiers=best.quasi_identifiers,
        partial=partial,
        models=best.models,
        k=best.k,
        rows=best.rows,
        persons=best.persons,
        loss=loss,
        loss_before=best.score,
        classes=len(persons),
        smallest_class=int(persons.min()) if len(persons) else 0,
        suppressed_rows=_rows_left_out(made),
        rows_at_levels=made.rows_at_levels(),
        splits=made.splits(),
        levels=made.levels,
        tuple_of_row=counted.tuple_of_row,
        suppressed=~made.covered[counted.tuple_of_row],
    )


def _part_of(told: Progress | None, number: int, parts: int) -> Progress | None:
    return None if told is None else lambda share, stage: told((number + share) / parts, stage)


def check_kept(models: Sequence[Model]) -> None:
    """Raises `Invalid` for models that no local recoding keeps."""
    _of_classes(models)


def _of_classes(models: Sequence[Model]) -> tuple[Model, ...]:
    """Those that ask something of each class by itself. Raises `Invalid` for what cannot be kept so."""
    least = least_persons(tuple(models))
    open_ones = [m for m in models if isinstance(m, AverageRisk) and m.limit * least < 1]
    if open_ones or any(isinstance(m, DeltaPresence) for m in models):
        raise Invalid(
            "invalid.recoding",
            say("Local recoding cannot keep delta-presence, nor an average risk below 1/k: both look at all classes together."),
            say("Recode the whole columns, or ask for a strict risk or a larger k instead."),
        )  # fmt: skip
    return tuple(m for m in models if not isinstance(m, AverageRisk))


def _loss(made: Specialisation, measure: Measure) -> float:
    """The measure of the search, in the same exact integers, with the leaves that the rows have now."""
    rows = made.members.rows
    values = [
        np.bincount(made.tuples[:, a], rows, minlength=h.size).astype(np.int64)
        for a, h in enumerate(made.hierarchies)
    ]
    losses = Losses(measure, made.hierarchies, [[h.leaves(0)] for h in made.hierarchies], values)
    totals, suppressed = made.leaves(np.ones_like(made.covered)), made.leaves(~made.covered)
    losses.totals = np.array(totals)[:, None]
    gone = int(rows[~made.covered].sum())
    penalties = losses.penalties(gone, np.array(suppressed)[:, None])[:, 0].tolist()
    return losses.score(losses.loss([0] * len(penalties), penalties))


def recoded(
    table: pa.Table, hierarchies: Sequence[Hierarchy], found: Recoding, *, person: str | None = None
) -> pa.Table:
    """`table` with the labels of `found` and without the suppressed rows; other columns are left alone.

    A column that starts at level 0, with no class at the top, keeps its type; the others hold text. Counts again, on the
    table it is about to return; raises `RuntimeError` if a class had fewer than k persons, which would be an
    error of this program.
    """
    if found.rows != table.num_rows or found.quasi_identifiers != tuple(h.name for h in hierarchies):
        raise Invalid.field("table", expected="the one the recoding was found on", got="another")
    for a, hierarchy in enumerate(hierarchies):
        exact = found.splits.start[a] == 0 and not found.splits.top
        column = column_of(table, hierarchy.name)
        labels = labels_at(column, hierarchy, found.levels[found.tuple_of_row, a], exact=exact)
        table = table.set_column(table.schema.get_field_index(hierarchy.name), hierarchy.name, labels)
    made = table.filter(pa.array(~found.suppressed))
    if made.num_rows and equivalence_classes(made, found.quasi_identifiers, person).smallest < found.k:
        raise RuntimeError("the recoded table has a class of fewer than k persons")
    return made


def labels_at(
    column: pa.Array | pa.ChunkedArray, hierarchy: Hierarchy, levels: Codes, *, exact: bool
) -> pa.Array:
    """The label of each row at its own level, as text; with `exact` the values themselves, in their type."""
    values = flat(column, hierarchy.name)
    chosen = hierarchy.with_missing() if values.null_count else hierarchy
    codes = chosen.encode(values)
    if exact:
        # Values with the same text (0.0 and -0.0) must come out as one.
        _, member, number = np.unique(codes, return_index=True, return_inverse=True)
        return values.take(pa.array(member[number]))
    everything = pa.array([label for level in chosen.labels for label in level], pa.string())
    return everything.take(pa.array(levels * chosen.size + codes))
