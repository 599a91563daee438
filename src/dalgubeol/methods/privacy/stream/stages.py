"""The stages that every policy goes through on a table that is read in batches, whatever decides which rows stay.

`carried` searches for a generalisation, `delivered` has one from an earlier delivery. What is here belongs to
both: which columns are surveyed, how steps are applied to batches, and how columns become tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from ....errors import Invalid
from ....language import Message, say
from ..anonymity import EquivalenceClasses
from ..columns.identify import ColumnProposal, propose_roles
from ..mapping import SCHEMA
from ..measure.risk import Risk
from ..models import Model, sensitive_of
from ..policy import plan as plans
from ..policy.plan import Plan, Prepared
from ..policy.policy import Policy
from ..policy.policy_models import models_in_table
from ..steps.rows import Rows
from ..tokens import pseudonyms, token_digests
from .classes import LabelledColumn, Mask, as_encoded, as_it_came, classes_of, labelled, risk_of
from .publish import Tokens, published
from .survey import Survey, survey

Read = Callable[[Sequence[str] | None], Iterable[pa.RecordBatch]]
"""Reads the table from its first row: some of its columns, or (None) all."""
Tell = Callable[[float, Message], None]
"""Hears how far it is, from 0 to 1, and with what."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The columns that go out, by how they do."""

    tokens: tuple[str, ...]
    fixed: tuple[str, ...]
    """Made coarser by a fixed number of steps, outside the search."""
    keep: tuple[str, ...]
    models: tuple[Model, ...]
    """Those that count in the table itself."""

    @staticmethod
    def of(policy: Policy, made: Plan) -> Asked:
        tokens = plans.tokens_first(made)
        fixed = plans.fixed_levels(made)
        keep = tuple(c for c in made.published if c not in (*tokens, *fixed, *made.quasi))
        return Asked(tokens, fixed, keep, models_in_table(policy))

    @property
    def sensitive(self) -> tuple[str, ...]:
        found = (sensitive_of(model) for model in self.models)
        return tuple(dict.fromkeys(column for column in found if column is not None))


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """A table that was read once, or twice where steps change it: all that has to be known to decide."""

    policy: Policy
    plan: Plan
    proposals: tuple[ColumnProposal, ...]
    asked: Asked
    ready: Prepared
    raw: Survey
    surveyed: Survey
    """After the steps."""
    changed: dict[str, list[int]]
    """For every step of a column how many cells it changed."""
    key: bytes = field(repr=False)
    read: Read = field(repr=False)

    def as_it_came(self, columns: Sequence[str]) -> Iterator[tuple[pa.Table, Rows]]:
        """Columns of the table as they came, read once more, and whose rows they are."""
        first = 0
        for batch in self.read(columns):
            table = pa.Table.from_batches([batch])
            yield table, plans.rows_of(self.ready, table, first)
            first += batch.num_rows

    @property
    def judged(self) -> Survey:
        """What models look at: sensitive columns as coarse as they go out, for two values that come out alike are one."""
        both = [column for column in self.asked.sensitive if column in self.asked.fixed]
        seen = {column: as_encoded(_at_fixed_level(self.policy, self.surveyed, column)) for column in both}
        return replace(self.surveyed, others={**self.surveyed.others, **seen})

    def risk_before(self, threshold: float) -> Risk:
        """The risk of the table as it came."""
        classes = classes_of([as_it_came(column) for column in self.raw.quasi], self.raw.persons)
        return risk_of(classes, self.raw.persons, threshold=threshold)

    def going_out(
        self, labels: Sequence[LabelledColumn], kept: Mask, classes: EquivalenceClasses, *, tell: Tell
    ) -> tuple[Iterator[pa.RecordBatch], Callable[[], pa.Table]]:
        """The batches that go out, which may be taken once, and who is behind their tokens (`mapping.SCHEMA`)."""
        tell(0.7, say("making pseudonyms"))
        tokens = [tokens_of(self.plan, self.surveyed, column, self.key) for column in self.asked.tokens]
        fixed = [_at_fixed_level(self.policy, self.surveyed, column) for column in self.asked.fixed]
        going = published(
            self.surveyed, [*labels, *fixed], kept, self.asked.keep,
            lambda columns: _read_again(self.ready, self.read, columns),
            classes=classes, tokens=tokens, on_rows=_heard_writing(tell, int(kept.sum())),
        )  # fmt: skip
        order = list(self.plan.published)
        return (batch.select(order) for batch in going), lambda: _who_is_behind(self.plan, tokens, kept)


def begun_with(
    policy: Policy,
    read: Read,
    key: Callable[[], bytes],
    *,
    trusted: Sequence[str | None],
    rows: int | None,
    tell: Tell,
) -> Begun:
    """Reads the table as often as the steps of `policy` need it. Raises as `plan.plan_of` does."""
    first = next(iter(read(None)), None)
    if first is None:
        raise Invalid.field("table", expected="at least one row", got="no rows")
    asked = Asked.of(policy, plans.plan_of(policy, first.schema.names, ()))
    raw = _surveyed_by(
        policy, asked, read(None), steps=False, on_rows=_heard_reading(tell, rows, say("reading"))
    )
    tell(0.25, say("looking for identifiers"))
    proposals = tuple(p for p in propose_roles(raw.sample) if p.column not in trusted)
    made = plans.plan_of(policy, raw.schema.names, proposals)
    project_key = key()
    tell(0.3, say("changing values"))
    ready = plans.prepared(made, looked_at(made, raw.schema, read, project_key), project_key)
    changed: dict[str, list[int]] = {}
    surveyed = raw
    if ready.steps or ready.together:
        surveyed = _surveyed_by(policy, asked, _after_steps(ready, read(made.needed), changed), steps=True)
    return Begun(policy, made, proposals, asked, ready, raw, surveyed, changed, project_key, read)


def _surveyed_by(
    policy: Policy,
    asked: Asked,
    batches: Iterable[pa.RecordBatch],
    *,
    steps: bool,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> Survey:
    """`steps`: whether these are the values after the steps. If there are none, one survey is both."""
    both = not any(policy.steps(column) for column in policy.columns) and not policy.microaggregate
    encode = tuple(dict.fromkeys((*asked.fixed, *asked.sensitive))) if steps or both else ()
    named = asked.tokens if steps or both else ()
    return survey(
        batches,
        policy.quasi,
        encode=encode,
        keep=asked.keep,
        person=policy.person,
        named=named,
        on_rows=on_rows,
    )


def looked_at(made: Plan, schema: pa.Schema, read: Read, key: bytes) -> pa.Table:
    """What `plan.prepared` reads."""
    columns = list(plans.looked_at(made, key))
    if not columns:
        return schema.empty_table()
    return pa.Table.from_batches(batch.select(columns) for batch in read(columns))


def _after_steps(
    ready: Prepared, batches: Iterable[pa.RecordBatch], changed: dict[str, list[int]] | None = None
) -> Iterator[pa.RecordBatch]:
    """The batches after the steps; `changed` is added to."""
    first = 0
    for batch in batches:
        table, counts = plans.applied(ready, pa.Table.from_batches([batch]), first)
        first += batch.num_rows
        if changed is not None:
            plans.add_changed(changed, counts)
        yield from table.combine_chunks().to_batches(max_chunksize=max(1, batch.num_rows))


def _read_again(ready: Prepared, read: Read, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    if not any(column in ready.steps for column in columns) and not ready.together:
        yield from read(columns)
    else:
        yield from _after_steps(ready, read(ready.plan.needed))


def _at_fixed_level(policy: Policy, surveyed: Survey, column: str) -> LabelledColumn:
    encoded = surveyed.others[column]
    made, level = plans.fixed_level(policy, column, encoded.distinct)
    return labelled(encoded, made, level)


def tokens_of(made: Plan, surveyed: Survey, column: str, key: bytes) -> Tokens:
    named, project = surveyed.named[column], made.policy.project
    digests = token_digests(named.texts, key, project, column, integers=named.whole_numbers)
    step = made.policy.pseudonym(column)
    if step is None or not step.per_row:
        return Tokens(named, digests)
    return Tokens(named, digests, lambda texts: pseudonyms(texts, key, project, f"{column}/row"))


def _who_is_behind(made: Plan, tokens: Sequence[Tokens], kept: Mask) -> pa.Table:
    lasting = {each.named.column: each for each in tokens if each.again is None}
    parts = [lasting[column].mapping(kept) for column in made.published if column in lasting]
    return pa.concat_tables(parts) if parts else SCHEMA.empty_table()


def _heard_reading(tell: Tell, rows: int | None, stage: Message) -> Callable[[int], None]:
    return lambda done: tell(0.02 + 0.23 * min(1.0, done / rows), stage) if rows else None


def _heard_writing(tell: Tell, rows: int) -> Callable[[int], None]:
    stage = say("writing")
    return lambda done: tell(0.75 + 0.24 * done / max(1, rows), stage)
