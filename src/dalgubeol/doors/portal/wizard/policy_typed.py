"""A policy, as it stands in the form of pseudonymising: the way back from `policy_form`.

The form lacks: a matrix of PRAM that is too large for a table, steps of a column outside the search that make
it coarser, and two demands of one sort on one column. `typed` tells whether it could show a policy whole; one that it
could not is run as it was written, instead of the form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ....errors import DalguError
from .policy_form import COUNTS, DIRECT, MODELS, MOST_CATEGORIES, QUASI, SEARCH, STEPS, plain

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ....methods.privacy.policy.policy import Policy


def typed(policy: Policy) -> tuple[dict[str, Any], bool]:
    """What stands in the form for a policy, and whether the form says all of it."""
    from ....methods.privacy.policy import policy_text

    levels = {c: how.level for c in policy.quasi if (how := policy.generalisation(c)) and how.level is not None}  # fmt: skip
    values: dict[str, Any] = {
        "roles": {c: _role(policy, c) for c in policy.columns},
        "token": {c: _token(policy, c) for c in policy.columns if _role(policy, c) in ("person", "token")},
        "coarse": {c: _coarse(policy, c) for c in policy.quasi},
        "steps": {c: found for c in policy.columns if (found := _steps(policy, c))},
        "diverse": _diverse(policy), "more": _more(policy), "search": _search(policy),
        "together": [{"columns": list(each.columns), "k": str(each.k)} for each in policy.microaggregate],
        "counts": [_counts(each) for each in policy.counts],
        "levels": levels, "fix": bool(levels), "project": policy.project, "k": str(policy.models.k),
        "limit": percent(policy.search.suppression_limit), "recoding": policy.search.recoding,
    }  # fmt: skip
    kinds = {c: column.role for c, column in policy.columns.items()}
    try:
        return values, same(policy_text.built(plain(values, kinds)), policy)
    except DalguError:
        return values, False


def same(a: Policy, b: Policy) -> bool:
    """Whether two policies do the same: a column that goes need not be named, and groups stand in any order."""
    return _bare(a) == _bare(b)


def _bare(policy: Policy) -> tuple[Any, ...]:
    stay = {c: column for c, column in policy.columns.items() if not policy.goes(c)}
    groups = tuple(sorted(policy.groups, key=lambda g: (g.of, g.level)))
    used = {how.hierarchy for c in policy.quasi if (how := policy.generalisation(c)) is not None}
    used |= {closeness.hierarchy for closeness in policy.models.closeness}
    trees = {name: (tree.csv, tree.delimiter) for name, tree in policy.hierarchies.items() if name in used}
    left = ("project", "person", "models", "search", "microaggregate", "counts")
    return tuple(getattr(policy, name) for name in left), list(stay.items()), groups, trees


def percent(share: float) -> str:
    """A share as it is typed; `policy_form.share` makes the very same of it."""
    return f"{Decimal(repr(float(share))).scaleb(2).normalize():f}"


def _shown(value: object, kind: str) -> Any:
    if kind == "flag":
        return bool(value)
    if kind == "share":
        return percent(float(str(value)))
    if isinstance(value, dict):
        return {a: {b: percent(chance) for b, chance in row.items()} for a, row in value.items()}
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, date):
        return value.isoformat()
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _fields(kinds: Mapping[str, str], part: BaseModel) -> dict[str, Any]:
    said = part.model_dump(exclude_defaults=True)
    return {name: _shown(said[name], kind) for name, kind in kinds.items() if said.get(name) is not None}


def _role(policy: Policy, column: str) -> str:
    if column == policy.person:
        return "person"
    if policy.goes(column):
        return "out"
    return {QUASI: "quasi", DIRECT: "token", "sensitive": "sensitive"}.get(
        policy.columns[column].role, "keep"
    )


def _token(policy: Policy, column: str) -> str:
    if policy.goes(column):
        return "none"
    step = policy.pseudonym(column)
    return "row" if step is not None and step.per_row else ""


def _coarse(policy: Policy, column: str) -> dict[str, Any]:
    how = policy.generalisation(column)
    if how is None:
        return {"how": "hide"}
    ends = {end: str(value) for end in ("at_least", "at_most") if (value := getattr(how, end)) is not None}
    form = how.forms[0] if how.forms else "hide"
    if form == "hide":
        return {"how": "hide", **ends}
    if form == "region":
        return {"how": how.region, **ends}
    if form == "hierarchy":
        tree = policy.hierarchies[str(how.hierarchy)]
        return {"how": "hierarchy", "named": how.hierarchy, "csv": tree.csv, "delimiter": tree.delimiter, **ends}  # fmt: skip
    if form == "groups":
        first, *above = policy.group_levels[str(how.groups)].values()
        return {"how": "groups", "named": how.groups, "groups": first, "above": above, **ends}
    bounds = {end: _shown(value, "number") for end in ("bottom", "top") if (value := getattr(how, end)) is not None}  # fmt: skip
    return {"how": form, form: _listed(getattr(how, form)), **bounds, **ends}


def _listed(said: Iterable[Any]) -> str:
    return ", ".join(_shown(each, "number") for each in said)


def _steps(policy: Policy, column: str) -> list[dict[str, Any]]:
    typed = [{"do": step.do, **_fields(STEPS[step.do], step)} for step in policy.steps(column)]
    for step in typed:
        if len(step.get("matrix", ())) > MOST_CATEGORIES:
            del step["matrix"]
    return typed


def _diverse(policy: Policy) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for diversity in policy.models.diversity:
        c = {} if diversity.c is None else {"c": _shown(diversity.c, "number")}
        found[diversity.column] = {"l": _shown(diversity.l, "number"), "kind": diversity.kind, **c}
    for closeness in policy.models.closeness:
        held = found.setdefault(closeness.column, {})
        held |= {"t": _shown(closeness.t, "number"), "distance": closeness.distance}
        if closeness.hierarchy is not None:
            tree = policy.hierarchies[closeness.hierarchy]
            held |= {"named": closeness.hierarchy, "csv": tree.csv, "delimiter": tree.delimiter}
    return found


def _more(policy: Policy) -> dict[str, str]:
    presence = policy.models.presence
    ends = {} if presence is None else {"lowest": percent(presence.lowest), "highest": percent(presence.highest)}  # fmt: skip
    return {**_fields(MODELS, policy.models), **ends}


def _search(policy: Policy) -> dict[str, Any]:
    weights = {c: _shown(w, "number") for c, w in policy.search.weights.items()}
    return {**_fields(SEARCH, policy.search), **({"weights": weights} if weights else {})}


def _counts(counts: Any) -> dict[str, Any]:
    groups = [{"column": c, "values": "\n".join(values)} for c, values in counts.groups.items()]
    return {**_fields(COUNTS, counts), "groups": groups}
