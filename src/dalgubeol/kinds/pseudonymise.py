"""`pseudonymise`: a table of persons becomes pseudonymised information (가명정보).

What happens to each column, in this order:
1. a resident registration number is deleted (PIPA art. 24-2: never hashed, never a key);
2. the `person` column becomes a keyed pseudonym, different in every project; every other direct identifier goes;
3. `quasi` columns are generalised by their hierarchies until every equivalence class holds k persons;
4. `keep` columns stay as they are; whatever is named nowhere goes, because a forgotten column is a leak.

The rows come out in another order than they went in. The measured risk before and after is in the papers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ..errors import Invalid, Refused
from ..language import Message, say
from . import contract
from .contract import OF_DATA, Example, Form, Grant, Lifetime, Output, Port, Sensitivity, Slot, Work

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.privacy.anonymity import Optimum
    from ..methods.privacy.hierarchy import Hierarchy
    from ..methods.privacy.identify import ColumnProposal
    from ..methods.privacy.risk import Risk

_DIRECT = "direct identifier"
_RESIDENT_NUMBER = "resident-registration-number"


class Generalisation(BaseModel):
    """How one quasi-identifier may be made coarser."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    widths: tuple[float, ...] = Field(
        (), description="Numbers: widths of the intervals, each a multiple of the one before"
    )
    bottom: float | None = Field(None, description="Numbers: all below this are one group")
    top: float | None = Field(None, description="Numbers: all above this are one group")
    groups: tuple[dict[str, str], ...] = Field(
        (), description="Categories: value to group, then group to larger group (JSON)"
    )
    at_least: int | None = Field(None, description="Make it coarser by at least so many steps")
    at_most: int | None = Field(None, description="Make it coarser by at most so many steps")


class Pseudonymise:
    name: ClassVar = "pseudonymise"
    summary: ClassVar = say(
        "Pseudonymise a table of persons: identifiers out, the rest coarse enough for k persons."
    )
    grants: ClassVar = frozenset({Grant.READ, Grant.DERIVE})
    deterministic: ClassVar = True
    lifetime: ClassVar = Lifetime.BATCH
    ports: ClassVar = frozenset({Port.VAULT})
    slots: ClassVar = (Slot("data", frozenset({Form.TABLE}), "the table of persons"),)

    class Parameters(contract.Parameters):
        project: str = Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$",
            description="The project: its pseudonyms cannot be linked with another's",
        )
        person: str | None = Field(
            None,
            description="The column that says which rows are one person; it becomes the pseudonym",
            json_schema_extra=OF_DATA,
        )
        quasi: tuple[str, ...] = Field(
            min_length=1,
            description="Columns that together could single somebody out",
            json_schema_extra=OF_DATA,
        )
        keep: tuple[str, ...] = Field(
            (), description="Columns to keep as they are", json_schema_extra=OF_DATA
        )
        generalise: dict[str, Generalisation] = Field(
            default_factory=dict,
            json_schema_extra=OF_DATA,
            description="For each quasi-identifier how it may be made coarser (JSON); without one it is kept or removed",
        )
        k: int = Field(5, ge=2, le=1000, description="The least number of persons in an equivalence class")
        suppression_limit: float = Field(0.05, ge=0, le=1, description="The largest share of rows that may be left out")  # fmt: skip

    def outputs(self, parameters: Parameters) -> tuple[Output, ...]:
        return (Output("pseudonymised", Form.TABLE, lowers=Sensitivity.PSEUDONYMISED),)

    def execute(self, work: Work) -> None:
        from ..methods.privacy import anonymity, identify, risk

        asked: Pseudonymise.Parameters = work.parameters
        work.progress(0.05, say("reading"))
        table = work.table("data")
        _check_columns(table, asked)
        work.progress(0.2, say("looking for identifiers"))
        proposals = identify.propose_roles(table)
        deleted, removed = _identifiers(proposals, asked)
        quasi = list(asked.quasi)
        hierarchies = [_hierarchy(table, column, asked.generalise.get(column)) for column in quasi]
        work.progress(0.4, say("searching for the best generalisation"))
        best = anonymity.optimum(
            table, hierarchies, k=asked.k, suppression_limit=asked.suppression_limit, person=asked.person,
            at_least=_bounds(asked, "at_least"), at_most=_bounds(asked, "at_most"),
        )  # fmt: skip
        work.progress(0.7, say("measuring the risk"))
        coarse = anonymity.generalise(table, hierarchies, best, person=asked.person)
        before = risk.reidentification_risk(table, quasi, person=asked.person, threshold=1 / asked.k)
        after = risk.reidentification_risk(coarse, quasi, person=asked.person, threshold=1 / asked.k)
        work.progress(0.85, say("making pseudonyms"))
        result = _published(work, coarse, asked)
        _check_published(result, asked)
        about: dict[str, object] = {
            "legal_basis": "PIPA art. 28-2",
            "project": asked.project,
            "person": asked.person,
            "deleted": deleted,
            "removed": removed,
            "dropped": sorted(set(table.column_names) - set(result.column_names) - {*deleted, *removed}),
            "identifiers": [
                [p.column, p.type, round(p.confidence, 2)] for p in proposals if p.role == _DIRECT
            ],
            "generalisation": _optimum_papers(best, hierarchies, "persons" if asked.person else "rows"),
            "risk": {"before": asdict(before), "after": asdict(after)},
        }
        if asked.person is not None:
            shared = anonymity.persons_below_k(coarse, quasi, asked.person, asked.k)
            about["persons_whose_rows_together_are_rarer_than_k"] = shared
        about["said"] = [
            message.stored()
            for message in _said(best, before, after, about, _kept_quasi(proposals, asked), hierarchies)
        ]
        work.write_table("pseudonymised", result, about)

    def examples(self) -> Iterable[Example]:
        rows = "".join(f"{i % 8},사람{i % 8},{30 + i % 3},{i % 2},{i}\n" for i in range(24))
        yield Example(
            "Eight persons with three claims each",
            {"data": ("person_no,name,age,male,cost\n" + rows).encode()},
            {
                "project": "example", "person": "person_no", "quasi": ["age", "male"], "keep": ["cost"], "k": 2,
                "suppression_limit": 0.5, "generalise": {"age": {"widths": [5, 10]}},
            },
            Sensitivity.PERSONAL,
        )  # fmt: skip


def _check_columns(table: pa.Table, asked: Pseudonymise.Parameters) -> None:
    named = [*asked.quasi, *asked.keep, *([asked.person] if asked.person else [])]
    unknown = sorted({*named, *asked.generalise} - set(table.column_names))
    if unknown:
        raise Invalid.field("columns", expected=say("columns of the table: {columns}", columns=", ".join(table.column_names)), got=", ".join(unknown))  # fmt: skip
    twice = sorted({column for column in named if named.count(column) > 1})
    if twice:
        raise Invalid.field("columns", expected=say("each column in one role"), got=", ".join(twice))


def _identifiers(
    proposals: Sequence[ColumnProposal], asked: Pseudonymise.Parameters
) -> tuple[list[str], list[str]]:
    """(columns to delete by law, columns to remove). Raises Refused where one was to be kept."""
    found = {p.column: p.type for p in proposals if p.role == _DIRECT}
    residents = sorted(column for column, type_ in found.items() if type_ == _RESIDENT_NUMBER)
    kept = sorted(set(found) & {*asked.quasi, *asked.keep})
    if kept:
        raise Refused(
            "pseudonymise.identifier",
            say(
                "These columns hold direct identifiers and cannot be kept: {columns}.",
                columns=", ".join(kept),
            ),
            say("Leave them out of --quasi and --keep."),
        )
    if asked.person in residents:
        raise Refused(
            "pseudonymise.resident-number",
            say("A resident registration number is never made into a pseudonym (PIPA art. 24-2)."),
            say("Name another column with --person, or none."),
        )
    return residents, sorted(set(found) - set(residents) - {asked.person})


def _hierarchy(table: pa.Table, column: str, how: Generalisation | None) -> Hierarchy:
    from ..methods.privacy import hierarchy

    values = table[column]
    if how is None or not (how.widths or how.groups):
        return hierarchy.suppress_only(column, values)
    if how.widths:
        return hierarchy.intervals(column, values, list(how.widths), bottom=how.bottom, top=how.top)
    levels: list[dict[object, str]] = [_typed(how.groups[0], values)]
    levels.extend(dict(group.items()) for group in how.groups[1:])
    return hierarchy.from_groups(column, *levels)


def _typed(groups: dict[str, str], values: pa.ChunkedArray) -> dict[object, str]:
    """JSON has only text as keys; the column may hold whole numbers."""
    import pyarrow as pa

    whole = pa.types.is_integer(values.type)
    return {(int(value) if whole else value): group for value, group in groups.items()}


def _bounds(asked: Pseudonymise.Parameters, which: str) -> dict[str, int]:
    return {c: getattr(g, which) for c, g in asked.generalise.items() if getattr(g, which) is not None}


def _published(work: Work, coarse: pa.Table, asked: Pseudonymise.Parameters) -> pa.Table:
    """The columns that may stay, in an order that tells nothing of the old one."""
    from ..methods.privacy.tokens import pseudonyms

    result = coarse.select([*asked.quasi, *asked.keep])
    if asked.person is not None:
        tokens = pseudonyms(
            coarse[asked.person], work.project_key(asked.project), asked.project, asked.person
        )
        result = result.add_column(0, asked.person, tokens)
    return result.sort_by([(column, "ascending") for column in result.column_names])


def _check_published(result: pa.Table, asked: Pseudonymise.Parameters) -> None:
    """Look at what goes out with the eyes that looked at what came in."""
    from ..methods.privacy import identify

    left = [p for p in identify.propose_roles(result) if p.role == _DIRECT and p.column != asked.person]
    if left:
        raise Refused(
            "pseudonymise.left",
            say("Direct identifiers would be left in: {columns}.", columns=", ".join(p.column for p in left)),
            say("Take these columns out of --keep, or generalise them."),
        )


def _kept_quasi(proposals: Sequence[ColumnProposal], asked: Pseudonymise.Parameters) -> tuple[str, ...]:
    """Columns kept as they are that look as if they could single somebody out."""
    return tuple(p.column for p in proposals if p.column in asked.keep and p.role == "quasi-identifier")


def _said(
    best: Optimum,
    before: Risk,
    after: Risk,
    about: Mapping[str, object],
    kept: tuple[str, ...],
    hierarchies: Sequence[Hierarchy],
) -> Iterable[Message]:
    if about["person"] is None:
        yield say("No --person was named: every row is counted as a person of its own. Is that so?")
    for hierarchy, level in zip(hierarchies, best.levels, strict=True):
        if level == hierarchy.height:
            yield say(
                "{column}: hidden altogether (no coarser steps were given, or none was enough).",
                column=hierarchy.name,
            )
        elif level:
            yield say(
                "{column}: made coarser, step {level} of {height}.",
                column=hierarchy.name,
                level=level,
                height=hierarchy.height,
            )
    for what, which in (
        (say("Deleted by law"), "deleted"),
        (say("Removed"), "removed"),
        (say("Dropped, for they were not named"), "dropped"),
    ):
        columns: Sequence[str] = about[which]  # type: ignore[assignment]
        if columns:
            yield say("{what}: {columns}.", what=what, columns=", ".join(columns))
    yield say("k = {k}: the smallest class holds {smallest} persons; {suppressed} of {rows} rows are left out.", k=best.k, smallest=best.smallest_class, suppressed=best.suppressed_rows, rows=best.rows)  # fmt: skip
    yield say("Risk of re-identification, mean over persons: {before} % before, {after} % after.", before=f"{100 * before.prosecutor_mean_of_persons:.1f}", after=f"{100 * after.prosecutor_mean_of_persons:.1f}")  # fmt: skip
    if shared := about.get("persons_whose_rows_together_are_rarer_than_k"):
        yield say("What remains: the rows of {count} persons, taken together by their pseudonym, are shared by fewer than k.", count=shared)  # fmt: skip
    if kept:
        yield say("What remains: kept as they are, though they may single somebody out: {columns}.", columns=", ".join(kept))  # fmt: skip


def _optimum_papers(best: Optimum, hierarchies: Sequence[Hierarchy], counted_in: str) -> dict[str, object]:
    return {
        "k": best.k, "counted_in": counted_in, "score": best.score, "rows": best.rows, "persons": best.persons,
        "suppressed_rows": best.suppressed_rows, "suppression_limit": best.suppression_limit,
        "classes": best.classes, "smallest_class": best.smallest_class, "nodes": best.nodes,
        "nodes_evaluated": best.nodes_evaluated,
        "levels": {h.name: [level, h.height] for h, level in zip(hierarchies, best.levels, strict=True)},
    }  # fmt: skip
