"""A first policy for a table, from what its columns look like; and whether a policy fits a table.

Both look at the first rows of the table, for who may pseudonymise it; that they were looked at is recorded. What
comes back holds names of columns and counts, never a value. A draft is for a person to change: the evidence stands
above each column.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import Invalid, Missing
from ...kinds.pseudonymise_masked import NOT_MEASURED
from ...language import Message, say
from ...nouns.dataset import Dataset
from ...world.identity import SignedIn
from ..house.house import House
from . import projects, proposals
from .proposals import Proposal
from .searched import searched

if TYPE_CHECKING:
    import pyarrow as pa

    from ...methods.privacy.policy.plan import Plan
    from ...methods.privacy.policy.policy import Column, Policy

MOST_SHOWN = 10
"""Values that a hierarchy lacks, as many as are named."""
_DIRECT, _QUASI = "direct identifier", "quasi-identifier"
_COARSER: dict[str, dict[str, Any]] = {
    "age": {"do": "generalise", "widths": [5, 10, 20]},
    "date-of-birth": {"do": "generalise", "dates": ["month", "year", "decade"], "at_least": 1},
    "address": {"do": "generalise", "region": "address"},
}


@dataclass(frozen=True, slots=True)
class Tree:
    """A hierarchy as a policy holds it. `widths` says how many labels each level has."""

    csv: str
    delimiter: str
    widths: tuple[int, ...]
    missing: tuple[str, ...]
    """Values of the column that it lacks, the most frequent first: a few, for who may read the table."""
    missing_values: int
    missing_rows: int


def whole(text: str, files: Mapping[str, str | bytes]) -> str:
    """A policy with the hierarchy files that it names written into it; `files` by the name that the policy gives
    them, or its last part: a browser knows no folders. Raises Missing for a file that is not among them, Invalid for what is no hierarchy, with the line."""
    from ...methods.privacy.policy.policy_files import made_whole

    def read(name: str) -> bytes:
        content = files.get(name, files.get(name.rsplit("/", 1)[-1]))
        if content is None:
            raise Missing(
                "policy.file",
                say("The policy names the file {name}, which was not given with it.", name=name[:200]),
                say("Give the policy and all the files that it names together."),
            )
        return content.encode() if isinstance(content, str) else content

    return made_whole(text, read)


def tree(house: House, who: SignedIn, name: str, column: str, file: str, content: bytes) -> Tree:
    """A hierarchy file in ARX's form beside a column of a table: whether it is a tree, and which values of the first
    rows it lacks. `file` is its name, for errors alone. Raises as `proposals.proposals` does, Invalid for a file that
    is no tree (with the line) and where there is no such column."""
    import numpy as np

    from ...methods.privacy import hierarchy
    from ...methods.privacy.policy.policy_files import hierarchy_text
    from ...methods.privacy.values import column_of, distinct_texts

    csv, delimiter = hierarchy_text(file, content)
    _, table = proposals.beginning(house, who, name, "hierarchy")
    texts, rows = distinct_texts(column_of(table, column), column)
    made = hierarchy.from_csv(column, csv.split("\n"), delimiter)
    known = set(made.labels[0])
    counts = np.bincount(rows, minlength=len(texts))
    lacking = [(text, int(counts[i])) for i, text in enumerate(texts) if text is not None and counts[i] and text not in known]  # fmt: skip
    lacking.sort(key=lambda each: (-each[1], each[0]))
    widths = tuple(made.width(level) for level in range(made.height + 1))
    few = tuple(text for text, _ in lacking[:MOST_SHOWN])
    return Tree(csv, delimiter, widths, few, len(lacking), sum(count for _, count in lacking))


def lacks(column: str, found: Tree) -> Invalid:
    """What is wrong with a hierarchy that misses values."""
    from ...methods.privacy.hierarchy import unknown_values

    return unknown_values(column, found.missing_values, found.missing_rows)


def draft(house: House, who: SignedIn, name: str, project: str, language: str = "en") -> str:
    """The text of a policy.toml to begin with. Raises as `proposals.proposals` does, and Invalid where no column
    could single anybody out."""
    from ...methods.privacy.policy import policy_text

    dataset, table = proposals.beginning(house, who, name, "columns")
    found = proposals.of_dataset(dataset, table)
    measured = any(p.role == _QUASI for p in found)
    if not measured and not any(p.what == proposals.FREE_TEXT for p in found):
        raise Invalid(
            "invalid.policy.draft",
            say("No column of this table looks as if it could single somebody out together with others."),
            say("Write the policy by hand, and give the columns that could the role quasi-identifier."),
        )
    person = _person(found) if measured else None
    policy = policy_text.built(
        {
            "project": project,
            "person": person,
            "columns": {p.column: _column(p, p.column == person) if measured else _of_text(p) for p in found},
        }
    )
    notes = {p.column: [e.text(language) for e in p.evidence] for p in found}
    tried = {column: _fitting(policy, column, table, notes, language) for column in policy.columns}
    return policy_text.to_toml(policy.model_copy(update={"columns": tried}), notes)


def _fitting(
    policy: Policy, column: str, table: pa.Table, notes: dict[str, list[str]], language: str
) -> Column:
    """The column of a draft without the way of becoming coarser that its values do not fit: what is proposed is
    what a check takes. What speaks against it stands above the column, in counts."""
    from ...methods.privacy.policy import plan
    from ...methods.privacy.values import column_of

    proposed, how = policy.columns[column], policy.generalisation(column)
    if how is None:
        return proposed
    try:
        plan.hierarchy_of(policy, column, how, column_of(table, column))
    except Invalid as error:
        notes[column] += [error.detail.text(language), error.next_step.text(language)]
        return proposed.model_copy(update={"steps": ()})
    return proposed


def _person(found: tuple[Proposal, ...]) -> str | None:
    numbers = [p for p in found if p.what == "person-number" and p.role == _DIRECT]
    return max(numbers, key=lambda p: p.confidence).column if numbers else None


def _column(proposal: Proposal, is_person: bool) -> dict[str, Any]:
    steps: list[dict[str, Any]] = []
    if is_person:
        steps = [{"do": "pseudonym"}]
    elif proposal.role == _DIRECT:
        steps = [{"do": "delete"}]
    elif proposal.role == _QUASI:
        steps = [_COARSER[proposal.what]] if proposal.what in _COARSER else []
    elif proposal.what == proposals.FREE_TEXT:
        steps = [{"do": "mask"}]
    return {"role": proposal.role, "steps": steps}


def _of_text(proposal: Proposal) -> dict[str, Any]:
    """Where no column could become coarser, masked text goes out and nothing else but its numbering."""
    masked, numbers = proposal.what == proposals.FREE_TEXT, proposal.what == proposals.DOCUMENT_NUMBER
    do = [{"do": "mask"}] if masked else [] if numbers else [{"do": "delete"}]
    return {"role": proposal.role, "steps": do}


def check(house: House, who: SignedIn, name: str, text: str) -> tuple[Message, ...]:
    """What a policy would do to a table, tried on its first rows. Raises Invalid or Refused for what a Run of it
    would stumble over there, and as `proposals.proposals` does."""
    from ...methods.privacy.policy import masked_only, plan, policy_text

    policy = policy_text.parsed(text)
    dataset, table = proposals.beginning(house, who, name, "policy")
    found = proposals.recognised(dataset, table)
    made = plan.plan_of(policy, dataset.column_names, found)
    if not policy.quasi:
        masked_only.check(policy, masked_only.numbering(table))
    ready = plan.prepared(made, table, os.urandom(32))  # tokens and noise of this try are nobody's
    changed, _ = plan.applied(ready, table)
    plan.with_fixed_levels(made, changed)
    reached = None
    if policy.quasi:
        _check_persons(policy, table, dataset)
        reached = searched(made, changed, whole=table.num_rows == dataset.rows)
    kept = tuple(p.column for p in found if p.role == _QUASI and p.column in made.published and p.column not in made.quasi)  # fmt: skip
    said = [*_said(policy, made, table.num_rows, kept), *([] if reached is None else [reached])]
    with house.database.reading() as connection:
        try:
            projects.seen(connection, who, policy.project, dataset.organisation)
        except Missing:
            said.append(say("There is no project '{project}' of {organisation}: before the Run, open it with `dalgu project open`, or name another.", project=policy.project, organisation=dataset.organisation))  # fmt: skip
    return tuple(said)


def _check_persons(policy: Policy, table: pa.Table, dataset: Dataset) -> None:
    """Raises Invalid where there are fewer persons than k: in all, or rows at least."""
    from ...methods.privacy.anonymity import check_persons
    from ...methods.privacy.models import KAnonymity
    from ...methods.privacy.values import column_of

    rows = max(dataset.rows or 0, table.num_rows)
    whole = table.num_rows == rows
    persons = column_of(table, policy.person).combine_chunks().unique() if policy.person and whole else None
    check_persons([KAnonymity(policy.models.k)], rows if persons is None else len(persons) - persons.null_count)  # fmt: skip


def _said(policy: Policy, made: Plan, rows: int, kept: tuple[str, ...]) -> Iterator[Message]:
    yield say("The policy fits the first {rows} rows.", rows=f"{rows:,}")
    yield say("Goes out: {columns}.", columns=", ".join(made.published))
    gone = [*made.deleted, *made.removed, *made.dropped]
    if gone:
        yield say("Does not go out: {columns}.", columns=", ".join(gone))
    if policy.quasi:
        yield say("Made coarser until every class holds {k} persons: {columns}.", k=policy.models.k, columns=", ".join(made.quasi))  # fmt: skip
    else:
        yield NOT_MEASURED
    if kept:
        yield say("These look as if they could single somebody out, but take no part in the search: {columns}.", columns=", ".join(kept))  # fmt: skip
    if policy.person is None and policy.quasi:
        yield say("No person was named: every row counts as a person of its own. Is that so?")
    if policy.counts:
        yield say("Private counts spend epsilon {epsilon} in every Run.", epsilon=f"{sum(c.epsilon for c in policy.counts):g}")  # fmt: skip
