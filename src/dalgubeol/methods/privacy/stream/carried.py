"""A policy carried out on a table that is read in batches, small or large.

What a whole table would give (`plan`, `anonymity`, `risk`), this gives too, in the same order of rows; a test
holds the two against each other. Not every policy can be carried out so: `whole_because` says what stands
against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from ....errors import Invalid
from ....language import Message, say
from .. import plan as plans
from ..anonymity import Optimum
from ..hierarchy import Hierarchy
from ..identify import ColumnProposal, propose_roles
from ..mapping import SCHEMA
from ..models import Model, sensitive_of
from ..plan import Plan, Prepared
from ..policy import Policy
from ..policy_models import measure_of, models_of
from ..risk import Risk
from ..tokens import pseudonyms, token_digests
from .classes import LabelledColumn, Mask, as_it_came, classes_of, labelled, persons_below_k, risk_of
from .optimum import optimum
from .publish import Tokens, published
from .survey import Survey, survey

Read = Callable[[Sequence[str] | None], Iterable[pa.RecordBatch]]
"""Reads the table from its first row: some of its columns, or (None) all."""
Tell = Callable[[float, Message], None]
"""Hears how far it is, from 0 to 1, and with what."""


def whole_because(policy: Policy) -> str | None:
    """Why `policy` needs the whole table in memory; None where it can be streamed."""
    if policy.search.recoding != "global":
        return "local recoding"
    if policy.microaggregate:
        return "columns that are grouped together"
    if policy.counts:
        return "private counts"
    if policy.models.needs_population:
        return "a population"
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """What was found, and the batches that go out, which may be taken once."""

    plan: Plan
    proposals: tuple[ColumnProposal, ...]
    hierarchies: tuple[Hierarchy, ...]
    best: Optimum
    before: Risk
    after: Risk
    changed: Mapping[str, list[int]]
    """For every step of a column how many cells it changed."""
    persons_below_k: int | None
    mapping: Callable[[], pa.Table] = field(repr=False)
    """Who is behind the tokens of the rows that are kept (`mapping.SCHEMA`)."""
    batches: Iterator[pa.RecordBatch] = field(repr=False)


def carried_out(
    policy: Policy,
    read: Read,
    key: Callable[[], bytes],
    *,
    trusted: Sequence[str | None] = (),
    rows: int | None = None,
    tell: Tell = lambda fraction, stage: None,
) -> Carried:
    """`read` is called two times or more. `key` gives the project's key, when all is known to be in order.
    Columns that are `trusted` are no identifiers, whatever they look like. `rows` is how many there are, for `tell`.

    Raises as `plan.plan_of`, `anonymity.optimum` and `tokens.pseudonyms` do, and `RuntimeError` if a class of
    too few persons would go out, which would be an error of this program.
    """
    first = next(iter(read(None)), None)
    if first is None:
        raise Invalid.field("table", expected="at least one row", got="no rows")
    early = plans.plan_of(policy, first.schema.names, ())
    asked = _Asked.of(policy, early)
    raw = _surveyed(policy, asked, read(None), steps=False, on_rows=_reading(tell, rows, say("reading")))
    tell(0.25, say("looking for identifiers"))
    proposals = tuple(p for p in propose_roles(raw.sample) if p.column not in trusted)
    made = plans.plan_of(policy, raw.schema.names, proposals)
    project_key = key()
    tell(0.3, say("changing values"))
    ready = plans.prepared(made, _looked_at(made, raw.schema, read, project_key), project_key)
    changed: dict[str, list[int]] = {}
    after_steps = raw
    if ready.steps:
        batches = _applied(ready, read(made.needed), changed)
        after_steps = _surveyed(policy, asked, batches, steps=True)
    hierarchies = tuple(
        plans.hierarchy_of(policy, column.name, policy.generalisation(column.name), column.distinct)
        for column in after_steps.quasi
    )
    tell(0.4, say("searching for the best generalisation"))
    best = _best(policy, made, asked.models, after_steps, hierarchies)
    tell(0.6, say("measuring the risk"))
    before = risk_of(
        classes_of([as_it_came(column) for column in raw.quasi], raw.persons),
        raw.persons,
        threshold=1 / best.k,
    )
    labels = [
        labelled(c, h, level) for c, h, level in zip(after_steps.quasi, hierarchies, best.levels, strict=True)
    ]
    kept, persons = ~best.suppressed, after_steps.persons
    classes = classes_of(labels, persons, kept)
    if len(classes.rows) and classes.smallest < best.k:
        raise RuntimeError("the generalised table has a class of fewer than k persons")
    after = risk_of(classes, persons, kept, threshold=1 / best.k)
    below = None
    if persons is not None:
        below = persons_below_k(classes, persons.of_row[kept], len(persons), best.k)
    tell(0.7, say("making pseudonyms"))
    tokens = [_tokens(made, after_steps, column, project_key) for column in asked.tokens]
    labels += [_fixed(policy, after_steps, column) for column in asked.fixed]
    going = published(
        after_steps, labels, kept, asked.keep,
        lambda columns: _again(ready, read, columns),
        classes=classes, tokens=tokens, on_rows=_writing(tell, int(kept.sum())),
    )  # fmt: skip
    order = list(made.published)
    return Carried(
        made,
        proposals,
        hierarchies,
        best,
        before,
        after,
        changed,
        below,
        lambda: _mapping(made, tokens, kept),
        (batch.select(order) for batch in going),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """The columns that go out, by how they do."""

    tokens: tuple[str, ...]
    fixed: tuple[str, ...]
    """Made coarser by a fixed number of steps, outside the search."""
    keep: tuple[str, ...]
    models: tuple[Model, ...]

    @staticmethod
    def of(policy: Policy, made: Plan) -> _Asked:
        tokens = plans.tokens_first(made)
        fixed = plans.fixed_levels(made)
        keep = tuple(c for c in made.published if c not in (*tokens, *fixed, *made.quasi))
        return _Asked(tokens, fixed, keep, models_of(policy))

    @property
    def sensitive(self) -> tuple[str, ...]:
        found = (sensitive_of(model) for model in self.models)
        return tuple(dict.fromkeys(column for column in found if column is not None))


def _surveyed(
    policy: Policy,
    asked: _Asked,
    batches: Iterable[pa.RecordBatch],
    *,
    steps: bool,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> Survey:
    """`steps`: whether these are the values after the steps. If there are none, one survey is both."""
    both = not any(policy.steps(column) for column in policy.columns)
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


def _looked_at(made: Plan, schema: pa.Schema, read: Read, key: bytes) -> pa.Table:
    """The columns that steps must see before they can be applied, and whose rows they are. Mostly none."""
    looking = [c for c in made.published if any(t.looks for t in plans.techniques(made, c, key))]
    if not looking:
        return schema.empty_table()
    columns = list(dict.fromkeys([*looking, *([made.person] if made.person is not None else [])]))
    return pa.Table.from_batches(batch.select(columns) for batch in read(columns))


def _applied(
    ready: Prepared, batches: Iterable[pa.RecordBatch], changed: dict[str, list[int]] | None = None
) -> Iterator[pa.RecordBatch]:
    """The batches after the steps; `changed` is added to."""
    first = 0
    for batch in batches:
        table, counts = plans.applied(ready, pa.Table.from_batches([batch]), first)
        first += batch.num_rows
        if changed is not None:
            for column, each in counts.items():
                known = changed.setdefault(column, [0] * len(each))
                changed[column] = [a + b for a, b in zip(known, each, strict=True)]
        yield from table.combine_chunks().to_batches(max_chunksize=max(1, batch.num_rows))


def _again(ready: Prepared, read: Read, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    if not any(column in ready.steps for column in columns):
        yield from read(columns)
    else:
        yield from _applied(ready, read(ready.plan.needed))


def _best(
    policy: Policy, made: Plan, models: Sequence[Model], surveyed: Survey, hierarchies: Sequence[Hierarchy]
) -> Optimum:
    at_least, at_most = plans.bounds(made, {h.name: h.height for h in hierarchies})
    measure = measure_of(policy)
    return optimum(
        surveyed, hierarchies, models=models, suppression_limit=policy.search.suppression_limit, at_least=at_least,
        at_most=at_most, weights=measure.weights, gs_factor=measure.gs_factor, aggregate=measure.aggregate,
        seconds=policy.search.seconds,
    )  # fmt: skip


def _fixed(policy: Policy, surveyed: Survey, column: str) -> LabelledColumn:
    encoded = surveyed.others[column]
    made, level = plans.fixed_level(policy, column, encoded.distinct)
    return labelled(encoded, made, level)


def _tokens(made: Plan, surveyed: Survey, column: str, key: bytes) -> Tokens:
    named, project = surveyed.named[column], made.policy.project
    digests = token_digests(named.texts, key, project, column, integers=named.whole_numbers)
    step = made.policy.pseudonym(column)
    if step is None or not step.per_row:
        return Tokens(named, digests)
    return Tokens(named, digests, lambda texts: pseudonyms(texts, key, project, f"{column}/row"))


def _mapping(made: Plan, tokens: Sequence[Tokens], kept: Mask) -> pa.Table:
    lasting = {each.named.column: each for each in tokens if each.again is None}
    parts = [lasting[column].mapping(kept) for column in made.published if column in lasting]
    return pa.concat_tables(parts) if parts else SCHEMA.empty_table()


def _reading(tell: Tell, rows: int | None, stage: Message) -> Callable[[int], None]:
    return lambda done: tell(0.02 + 0.23 * min(1.0, done / rows), stage) if rows else None


def _writing(tell: Tell, rows: int) -> Callable[[int], None]:
    stage = say("writing")
    return lambda done: tell(0.75 + 0.24 * done / max(1, rows), stage)
