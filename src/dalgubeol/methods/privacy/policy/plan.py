"""A policy against a table: what becomes of each column, and the steps that change values, fitted and applied.

The order, and why:

1. what the law or the policy deletes goes first: nothing is computed from it;
2. the steps of each column change its values, in the order written (`prepared`, `applied`);
3. only then the quasi-identifiers are made coarser by a search, outside this file: it counts what goes out, so
   no later step can undo what it has proven;
4. pseudonyms replace identifiers last, because until then they say whose rows are whose;
5. the rows are sorted, so that their order tells nothing of the old one.

A `Plan` and a `Prepared` are frozen, and `applied` is a function of one batch: a table can be streamed through.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc

from ....errors import Invalid, Refused
from ....language import say
from .. import hierarchy, hierarchy_forms
from ..columns.identify import ColumnProposal
from ..columns.korean import RESIDENT_NUMBER
from ..hierarchy import Hierarchy
from ..reading import read_day, read_number
from ..steps.made import technique
from ..steps.rows import Rows, derived_key, keyed_numbers
from ..steps.step import Fitted, Technique
from ..tokens import normalised_values, pseudonyms
from ..values import Codes, column_of, flat
from .policy import Generalise, Policy

if TYPE_CHECKING:
    from ..steps.mdav import Together

DIRECT = "direct identifier"


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of every column of a table."""

    policy: Policy
    deleted: tuple[str, ...]
    """Deleted by law."""
    removed: tuple[str, ...]
    """Direct identifiers that go."""
    dropped: tuple[str, ...]
    """Not named, or deleted by the policy."""
    published: tuple[str, ...]
    """The columns that go out, in their order."""

    @property
    def person(self) -> str | None:
        return self.policy.person

    @property
    def quasi(self) -> tuple[str, ...]:
        return self.policy.quasi

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that are read."""
        person = (self.person,) if self.person is not None and self.person not in self.published else ()
        return (*person, *self.published)

    @property
    def needs_key(self) -> bool:
        return any(self.policy.columns[c].steps for c in self.published)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A plan with every step ready."""

    plan: Plan
    steps: Mapping[str, tuple[Fitted, ...]]
    owner_key: bytes = field(repr=False)
    together: tuple[Together, ...] = ()


def plan_of(policy: Policy, columns: Sequence[str], proposals: Iterable[ColumnProposal]) -> Plan:
    """Raises `Invalid` where the policy names a column that is not there, `Refused` where what says who somebody
    is would stay."""
    unknown = sorted(set(policy.columns) - set(columns))
    if unknown:
        lacking = ", ".join(unknown)
        raise Invalid.field(
            "columns", expected=say("columns of the table: {columns}", columns=", ".join(columns)), got=lacking,
            next_step=say("Give a table with {columns}, or take them out of the policy. A recipe needs them in every delivery: without them, search anew under another project.", columns=lacking),
        )  # fmt: skip
    found = {p.column: p.type for p in proposals if p.role == DIRECT}
    residents = tuple(sorted(c for c, type_ in found.items() if type_ == RESIDENT_NUMBER))
    published = tuple(c for c in policy.columns if not policy.goes(c))
    kept = sorted(c for c in {*found} & {*published} if c in residents or not policy.made_another(c))
    if any(c in residents and policy.pseudonym(c) for c in published) or policy.person in residents:
        raise Refused(
            "pseudonymise.resident-number",
            say("A resident registration number is never made into a pseudonym (PIPA art. 24-2)."),
            say("Name another column with --person, or none."),
        )
    if kept:
        raise Refused(
            "pseudonymise.identifier",
            say("These columns hold direct identifiers and cannot be kept: {columns}.", columns=", ".join(kept)),
            say("Leave them out of --quasi and --keep, or delete them in the policy."),
        )  # fmt: skip
    gone = {c for c in columns if c not in published}
    direct = {*found, *policy.with_role("direct identifier")} & gone
    removed = tuple(sorted(direct - {*residents}))
    return Plan(policy, residents, removed, tuple(sorted(gone - direct)), published)


def looked_at(plan: Plan, key: bytes) -> tuple[str, ...]:
    """The columns of which steps must see all rows before they can be applied, and whose rows they are. Mostly none."""
    looking = [c for c in plan.published if any(t.looks for t in techniques(plan, c, key))]
    looking += [c for each in plan.policy.microaggregate for c in each.columns]
    return tuple(dict.fromkeys([*looking, *([plan.person] if looking and plan.person is not None else [])]))


def proposed(proposals: Iterable[ColumnProposal], apart: Collection[str]) -> tuple[ColumnProposal, ...]:
    """`proposals` without the numbering of a document (`apart`), which counts like numbers of persons and is none."""
    return tuple(p for p in proposals if p.column not in apart)


def prepared(plan: Plan, table: pa.Table, key: bytes) -> Prepared:
    """Every step ready for `table`, of which `looked_at` is read. `key` is the project's."""
    made = {c: techniques(plan, c, key) for c in plan.published}
    people = None
    if plan.person is not None and any(t.looks for each in made.values() for t in each):
        people = _numbered(column_of(table, plan.person))
    owner_key = derived_key(key, plan.policy.project, "owners")
    rows = _rows(table, plan, owner_key, 0)
    fitted = MappingProxyType({c: _fitted(each, table, c, people, rows) for c, each in made.items() if each})
    ready = Prepared(plan, fitted, owner_key)
    if not plan.policy.microaggregate:
        return ready
    from ..steps.mdav import Mdav

    def after(column: str) -> pa.Array:
        values = flat(column_of(table, column), column)
        for step in ready.steps.get(column, ()):
            values = step.applied(values, rows)
        return values

    groups = [Mdav(each.columns, each.k) for each in plan.policy.microaggregate]
    return replace(ready, together=tuple(m.fitted([after(c) for c in m.columns], rows) for m in groups))


def techniques(plan: Plan, column: str, key: bytes) -> tuple[Technique, ...]:
    """The steps of a column as the policy asks for them, each with a key of its own."""
    project = plan.policy.project
    return tuple(
        technique(step, column, derived_key(key, project, column, str(index), step.do))
        for index, step in enumerate(plan.policy.steps(column))
    )


def _fitted(
    made: Sequence[Technique], table: pa.Table, column: str, people: Codes | None, rows: Rows
) -> tuple[Fitted, ...]:
    ready: list[Fitted] = []
    looking = any(each.looks for each in made)
    values = flat(column_of(table, column), column) if looking else None
    for each in made:
        ready.append(each.fitted(values, people))
        if values is not None:
            values = ready[-1].applied(values, rows)
    return tuple(ready)


def applied(ready: Prepared, batch: pa.Table, first: int = 0) -> tuple[pa.Table, dict[str, list[int]]]:
    """A batch with its columns changed, and for every step of a column how many cells it changed. `first` is the
    number of the batch's first row in the table."""
    plan = ready.plan
    batch = batch.select(list(plan.needed))
    rows = _rows(batch, plan, ready.owner_key, first) if ready.steps or ready.together else None
    changed: dict[str, list[int]] = {}
    for column, steps in ready.steps.items():
        values = flat(column_of(batch, column), column)
        for step in steps:
            assert rows is not None
            after = step.applied(values, rows)
            changed.setdefault(column, []).append(_differing(values, after))
            values = after
        batch = batch.set_column(batch.schema.get_field_index(column), column, values)
    for together in ready.together:
        before = [flat(column_of(batch, c), c) for c in together.columns]
        assert rows is not None
        for column, old, new in zip(together.columns, before, together.applied(before, rows), strict=True):
            changed.setdefault(column, []).append(_differing(old, new))
            batch = batch.set_column(batch.schema.get_field_index(column), column, new)
    return batch, changed


def add_changed(changed: dict[str, list[int]], counts: Mapping[str, list[int]]) -> None:
    """Adds what was counted in one more batch."""
    for column, each in counts.items():
        known = changed.setdefault(column, [0] * len(each))
        changed[column] = [a + b for a, b in zip(known, each, strict=True)]


def _differing(before: pa.Array, after: pa.Array) -> int:
    if before.type != after.type:
        before, after = before.cast(pa.string()), after.cast(pa.string())
    same = pc.fill_null(pc.equal(before, after), False)
    both = pc.and_(pc.is_null(before), pc.is_null(after))
    return len(before) - int(pc.sum(pc.or_(same, both)).as_py() or 0)


def rows_of(ready: Prepared, table: pa.Table, first: int = 0) -> Rows:
    """Which rows `table` holds and whose they are."""
    return _rows(table, ready.plan, ready.owner_key, first)


def _rows(table: pa.Table, plan: Plan, owner_key: bytes, first: int) -> Rows:
    if plan.person is None:
        return Rows(first, table.num_rows)
    return Rows(first, table.num_rows, keyed_numbers(column_of(table, plan.person), owner_key, plan.person))


def _numbered(people: pa.ChunkedArray) -> Codes:
    """Persons as everything else counts them (`tokens.normalised`): "A1" and "A1 " are one; who has no name, too."""
    encoded = flat(people, "person").dictionary_encode(null_encoding="encode")
    merged = normalised_values(encoded.dictionary).dictionary_encode(null_encoding="encode")
    numbers: Codes = merged.indices.take(encoded.indices).to_numpy(zero_copy_only=False).astype("int64")
    return numbers


def hierarchies(plan: Plan, table: pa.Table) -> list[Hierarchy]:
    """How each quasi-identifier may become coarser, for the values that `table` (or a table of its distinct
    values) holds after the steps."""
    return [
        hierarchy_of(plan.policy, c, plan.policy.generalisation(c), column_of(table, c)) for c in plan.quasi
    ]


def hierarchy_of(
    policy: Policy, column: str, how: Generalise | None, values: pa.Array | pa.ChunkedArray, *,
    unknown: Literal["refuse", "suppress"] = "refuse",
) -> Hierarchy:  # fmt: skip
    """The hierarchy that a `generalise` step describes. Raises `Invalid` where it does not fit the values; of those
    that are no numbers, or no dates, none is made where `unknown` are suppressed: the hierarchy does not know them."""
    if unknown == "suppress" and how is not None and (how.widths or how.dates):
        holds = read_number if how.widths else read_day
        told = flat(values, column).cast(pa.string()).to_pylist()
        values = pa.array([None if text is None or holds(text) is None else text for text in told], pa.string())  # fmt: skip
    if how is None or not how.forms:
        return hierarchy.suppress_only(column, values)
    if how.widths:
        return hierarchy.intervals(column, values, list(how.widths), bottom=how.bottom, top=how.top)
    if how.dates:
        return hierarchy_forms.dates(column, values, how.dates)
    if how.prefixes:
        return hierarchy_forms.prefixes(column, values, how.prefixes)
    if how.region is not None:
        return hierarchy_forms.regions(column, values, how.region)
    if how.hierarchy is not None:
        given = policy.hierarchies[how.hierarchy]
        return hierarchy.from_csv(column, given.csv.split("\n"), given.delimiter)
    return hierarchy.from_groups(column, *policy.group_levels[str(how.groups)].values())


def bounds(plan: Plan, heights: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """(at least, at most) how many steps coarser each column becomes. An address is never told whole."""
    least: dict[str, int] = {}
    most: dict[str, int] = {}
    for column in heights:
        how = plan.policy.generalisation(column)
        if how is None:
            continue
        lowest = how.level if how.level is not None else how.at_least
        highest = how.level if how.level is not None else how.at_most
        if lowest is None and how.region == "address":
            lowest = 1
        if lowest is not None:
            least[column] = lowest
        if highest is not None:
            most[column] = highest
    return least, most


def checked_bounds(plan: Plan, made: Hierarchy) -> None:
    """Raises `Invalid` where the policy asks for levels that a hierarchy does not have."""
    least, most = bounds(plan, {made.name: made.height})
    low, high = least.get(made.name, 0), most.get(made.name, made.height)
    if not low <= high <= made.height:
        raise Invalid.field(f"{made.name}.level", expected=say("a range within 0..{height}", height=made.height), got=f"{low}..{high}")  # fmt: skip


def fixed_levels(plan: Plan) -> tuple[str, ...]:
    """The columns outside the search that become coarser by a fixed number of steps."""
    steps = ((c, plan.policy.generalisation(c)) for c in plan.published if c not in plan.quasi)
    return tuple(c for c, how in steps if how is not None and how.level)


def fixed_level(policy: Policy, column: str, values: pa.Array | pa.ChunkedArray) -> tuple[Hierarchy, int]:
    """The hierarchy of such a column, for `values`, and its level. Raises `Invalid` where there is no such level."""
    how = policy.generalisation(column)
    made = hierarchy_of(policy, column, how, values)
    level = 0 if how is None or how.level is None else how.level
    if level > made.height:
        raise Invalid.field(f"{column}.level", expected=say("a range within 0..{height}", height=made.height), got=level)  # fmt: skip
    return made, level


def with_fixed_levels(plan: Plan, table: pa.Table) -> pa.Table:
    """`table`, or a batch of one, with the columns of `fixed_levels` made coarser."""
    for column in fixed_levels(plan):
        values = flat(column_of(table, column), column)
        labels = pa.nulls(len(values), pa.string())
        if values.null_count < len(values):
            made, level = fixed_level(plan.policy, column, values)
            known = made.with_missing() if values.null_count else made
            labels = pa.array(known.labels[level], pa.string()).take(pa.array(known.encode(values)))
        table = table.set_column(table.schema.get_field_index(column), column, labels)
    return table


def tokens_first(plan: Plan) -> tuple[str, ...]:
    """The columns that go out as tokens, those of single rows last."""
    steps = {c: step for c in plan.published if (step := plan.policy.pseudonym(c)) is not None}
    return tuple(sorted(steps, key=lambda c: steps[c].per_row))


def sorted_by(plan: Plan) -> list[str]:
    """By what the rows that go out are sorted: all columns; tokens first, for their order is that of a keyed hash,
    then what makes the classes, then what is left; a token of a single row decides last."""
    single = [c for c in tokens_first(plan) if (step := plan.policy.pseudonym(c)) and step.per_row]
    lasting = [c for c in tokens_first(plan) if c not in single]
    known = [*lasting, *plan.quasi, *fixed_levels(plan), *single]
    return [*known[: len(known) - len(single)], *(c for c in plan.published if c not in known), *single]


def published(plan: Plan, coarse: pa.Table, key: bytes, first: int = 0) -> pa.Table:
    """The columns that go out, identifiers as pseudonyms, in an order that tells nothing of the old one.

    `first` is the number of the first row, for tokens of single rows."""
    result = coarse.select(list(plan.published))
    for column in plan.published:
        step = plan.policy.pseudonym(column)
        if step is None:
            continue
        values = column_of(coarse, column)
        project = plan.policy.project
        tokens = pseudonyms(values, key, project, column)
        if step.per_row:
            numbers = pa.array(
                [None if t is None else f"{t}/{first + i}" for i, t in enumerate(tokens.to_pylist())],
                pa.string(),
            )
            tokens = pseudonyms(numbers, key, project, f"{column}/row")
        result = result.set_column(result.schema.get_field_index(column), column, tokens)
    return result.sort_by([(column, "ascending") for column in sorted_by(plan)])
