"""What the papers of a pseudonymised table hold, and what people are told: counts, shares and names, no value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..language import Message, say
from ..methods.privacy.policy.step_names import step_name

if TYPE_CHECKING:
    from ..methods.privacy.anonymity import Optimum
    from ..methods.privacy.columns.identify import ColumnProposal
    from ..methods.privacy.hierarchy import Hierarchy
    from ..methods.privacy.local import Recoding
    from ..methods.privacy.measure.risk import Risk
    from ..methods.privacy.policy.plan import Plan
    from ..methods.privacy.policy.policy import Policy


DIRECT = "direct identifier"


def papers_of(
    policy: Policy,
    made: Plan,
    proposals: Sequence[ColumnProposal],
    best: Optimum,
    finer: Recoding | None,
    hierarchies: Sequence[Hierarchy],
    before: Risk,
    after: Risk,
    changed: Mapping[str, Sequence[int]],
    shared: int | None,
    basis: str | None,
    key_edition: int | None,
) -> dict[str, object]:
    """All of it. `shared`: the persons whose rows together are rarer than k; None where nobody is named."""
    about: dict[str, object] = {
        "legal_basis": legal_basis(basis),
        "project": policy.project,
        "key_edition": key_edition,
        "person": made.person,
        "deleted": list(made.deleted),
        "removed": list(made.removed),
        "dropped": list(made.dropped),
        "identifiers": [[p.column, p.type, round(p.confidence, 2)] for p in proposals if p.role == DIRECT],
        "generalisation": optimum_papers(best, finer, hierarchies, "persons" if made.person else "rows"),
        "risk": {"before": asdict(before), "after": asdict(after)},
        "policy": policy_papers(policy),
        "steps": steps_papers(policy, changed, best.rows),
    }
    if shared is not None:
        about["persons_whose_rows_together_are_rarer_than_k"] = shared
    said = said_of(best, finer, before, after, about, _kept_quasi(proposals, made), hierarchies)
    return {**about, "said": [message.stored() for message in said]}


def legal_basis(basis: str | None) -> str:
    """As papers say it; `basis` is the project's."""
    return "another basis" if basis == "other" else f"PIPA art. {basis}"


def policy_papers(policy: Policy) -> dict[str, Any]:
    """The policy as papers hold it: what is done, without naming a value of any column."""
    plain = policy.model_dump(mode="json", exclude={"groups", "hierarchies"}, exclude_defaults=True)
    for column in plain["columns"].values():
        for step in column.get("steps", ()):
            if "matrix" in step:
                step["matrix"] = len(step["matrix"])
    for counts in plain.get("counts", ()):
        counts["groups"] = {column: len(values) for column, values in counts["groups"].items()}
    return {"edition": policy.edition, **plain}


def steps_papers(policy: Policy, changed: Mapping[str, Sequence[int]], rows: int) -> list[dict[str, object]]:
    together = {c: "microaggregate together" for each in policy.microaggregate for c in each.columns}
    return [
        {"column": column, "step": step, "cells_changed": count, "share": round(count / rows, 4) if rows else 0.0}
        for column, counts in changed.items()
        for step, count in zip([*(s.do for s in policy.steps(column)), *filter(None, [together.get(column)])], counts, strict=True)
    ]  # fmt: skip


def said_of(
    best: Optimum,
    finer: Recoding | None,
    before: Risk,
    after: Risk,
    about: Mapping[str, object],
    kept: tuple[str, ...],
    hierarchies: Sequence[Hierarchy],
) -> Iterable[Message]:
    if about["person"] is None:
        yield say("No --person was named: every row is counted as a person of its own. Is that so?")
    if not best.proven:
        yield say("The search was stopped: the loss is {score}, and no generalisation can have one under {bound}.", score=f"{best.score:.4f}", bound=f"{best.lower_bound:.4f}")  # fmt: skip
    if finer is not None:
        yield say("Local recoding made classes finer: the loss went from {before} to {after}. A column now holds labels of several levels.", before=f"{finer.loss_before:.4f}", after=f"{finer.loss:.4f}")  # fmt: skip
        if finer.partial:
            yield say("What remains: with partial splits labels overlap (37 beside [30, 40)). Counts by one column need care, and one who knows the method learns a little from who stayed coarse (minimality attack).")  # fmt: skip
        elif finer.splits.top:
            yield say("What remains: labels of rows that the search alone would have left out overlap with those of others. Counts by one column need care.")  # fmt: skip
    for hierarchy, level in zip(hierarchies, best.levels if finer is None else (), strict=finer is None):
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
    steps: Sequence[Mapping[str, Any]] = about["steps"]  # type: ignore[assignment]
    for step in steps:
        yield say("{column}: {step} changed {count} cells ({share} %).", column=step["column"], step=step_name(step["step"]), count=step["cells_changed"], share=f"{100 * step['share']:.1f}")  # fmt: skip
    yield say("k = {k}: the smallest class holds {smallest} persons; {suppressed} of {rows} rows are left out.", k=best.k, smallest=(best if finer is None else finer).smallest_class, suppressed=(best if finer is None else finer).suppressed_rows, rows=best.rows)  # fmt: skip
    yield say("Risk of re-identification, mean over persons: {before} % before, {after} % after.", before=f"{100 * before.prosecutor_mean_of_persons:.1f}", after=f"{100 * after.prosecutor_mean_of_persons:.1f}")  # fmt: skip
    if shared := about.get("persons_whose_rows_together_are_rarer_than_k"):
        yield say("What remains: the rows of {count} persons, taken together by their pseudonym, are shared by fewer than k.", count=shared)  # fmt: skip
    if kept:
        yield say("What remains: kept as they are, though they may single somebody out: {columns}.", columns=", ".join(kept))  # fmt: skip


def optimum_papers(
    best: Optimum, finer: Recoding | None, hierarchies: Sequence[Hierarchy], counted_in: str
) -> dict[str, object]:
    papers: dict[str, object] = {
        "k": best.k, "counted_in": counted_in, "score": best.score, "rows": best.rows, "persons": best.persons,
        "suppressed_rows": best.suppressed_rows, "suppression_limit": best.suppression_limit,
        "classes": best.classes, "smallest_class": best.smallest_class, "nodes": best.nodes,
        "nodes_evaluated": best.nodes_evaluated,
        "levels": {h.name: [level, h.height] for h, level in zip(hierarchies, best.levels, strict=True)},
        "lower_bound": best.lower_bound, "proven": best.proven,
    }  # fmt: skip
    if finer is not None:
        papers |= {
            "local": {
                "partial": finer.partial, "loss_before": finer.loss_before, "loss": finer.loss, "classes": finer.classes,
                "suppressed_rows": finer.suppressed_rows,
                "rows_at_levels": {h.name: list(counts) for h, counts in zip(hierarchies, finer.rows_at_levels, strict=True)},
            }
        }  # fmt: skip
    return papers


def _kept_quasi(proposals: Sequence[ColumnProposal], made: Plan) -> tuple[str, ...]:
    """Columns kept as they are that look as if they could single somebody out."""
    columns = made.policy.columns
    as_they_are = {c for c in made.published if c not in made.quasi and not columns[c].steps}
    return tuple(p.column for p in proposals if p.column in as_they_are and p.role == "quasi-identifier")
