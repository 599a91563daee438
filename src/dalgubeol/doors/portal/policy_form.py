"""What stands in the form of pseudonymising, as a policy, and the other way round. Pure: values in, values out.

The form asks for less than a policy can say. `typed` tells whether it could show a policy whole; what it could not
is run as it was written, instead of the form.

In the sheet: `roles` (column to person, quasi, keep, out), `coarse` (how a quasi-identifier becomes coarser),
`change` (what is done to a column that is kept), `diverse` (what is asked of a sensitive column), `levels` with
`fix`, `project`, `k`, `limit` (percent) and `recoding`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...errors import DalguError

if TYPE_CHECKING:
    from ...methods.privacy.policy import Column, Policy

DIRECT, QUASI = "direct identifier", "quasi-identifier"
SIZES = {"round": "base", "top": "value", "bottom": "value", "noise": "sd", "microaggregate": "k"}
"""What may be done to numbers that are kept, and the name of its one number."""
BEGUN: Mapping[str, Any] = {"k": "5", "limit": "5", "recoding": "global", "fix": False}


def plain(values: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    """The policy of the form, as `policy_text.built` reads it. `kinds` says what each column of the table is, in
    its order; a column that the law deletes is not among them."""
    roles: Mapping[str, str] = values.get("roles") or {}
    columns: dict[str, Any] = {}
    for column, kind in kinds.items():
        made = _column(values, column, kind, roles.get(column, "out"))
        if made is not None:
            columns[column] = made
    quasi = [column for column, made in columns.items() if made["role"] == QUASI]
    coarse = values.get("coarse") or {}
    asked = _models(values, [c for c in columns if roles.get(c) == "keep"])
    search = {"suppression_limit": _share(values.get("limit")), "recoding": values.get("recoding") or "global"}  # fmt: skip
    return {
        "project": values.get("project") or "",
        "person": next((c for c in columns if roles.get(c) == "person"), None),
        "models": asked, "search": search, "columns": columns,
        "groups": [g for c in quasi if _how(coarse.get(c)) == "groups" for g in _groups(c, coarse[c])],
    }  # fmt: skip


def _column(values: Mapping[str, Any], column: str, kind: str, role: str) -> dict[str, Any] | None:
    if role == "person":
        return {"role": DIRECT, "steps": [{"do": "pseudonym"}]}
    if role == "quasi":
        step = _generalisation(column, (values.get("coarse") or {}).get(column) or {})
        if values.get("fix"):
            step["level"] = (values.get("levels") or {}).get(column, 0)
        return {"role": QUASI, "steps": [{"do": "generalise", **step}] if step else []}
    if role == "keep":
        steps = _steps((values.get("change") or {}).get(column) or {})
        return {"role": "sensitive" if kind == "sensitive" else "plain", "steps": steps}
    return {"role": DIRECT, "steps": [{"do": "delete"}]} if kind == DIRECT else None


def _how(typed: Mapping[str, Any] | None) -> str:
    return str((typed or {}).get("how") or "hide")


def _generalisation(column: str, typed: Mapping[str, Any]) -> dict[str, Any]:
    how = _how(typed)
    if how == "widths" and (widths := _list(typed.get("widths"))):
        ends = {end: number(typed[end]) for end in ("bottom", "top") if str(typed.get(end) or "").strip()}
        return {"widths": widths, **ends}
    if how == "dates" and (units := _list(typed.get("dates"))):
        return {"dates": units}
    if how == "prefixes" and (lengths := _list(typed.get("prefixes"))):
        return {"prefixes": lengths}
    if how in ("address", "code"):
        return {"region": how}
    return {"groups": column} if how == "groups" and typed.get("groups") else {}


def _groups(column: str, typed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A value without a group is one of its own; so is a group that is in no larger one."""
    groups: Mapping[str, str] = typed.get("groups") or {}
    larger: Mapping[str, str] = typed.get("larger") or {}
    members: dict[str, list[str]] = {}
    for value, group in groups.items():
        members.setdefault(str(group).strip() or value, []).append(value)
    made = [{"of": column, "level": 1, "name": name, "values": held} for name, held in members.items()]
    above: dict[str, list[str]] = {}
    for name in members:
        above.setdefault(str(larger.get(name) or "").strip() or name, []).append(name)
    if any(str(larger.get(name) or "").strip() for name in members):
        made += [{"of": column, "level": 2, "name": name, "values": held} for name, held in above.items()]
    return made


def _steps(change: Mapping[str, Any]) -> list[dict[str, Any]]:
    do = change.get("do") or ""
    if do == "mask":
        return [{"do": do}]
    return [{"do": do, SIZES[do]: number(change.get("size"))}] if do in SIZES else []


def _models(values: Mapping[str, Any], kept: list[str]) -> dict[str, Any]:
    diverse: Mapping[str, Mapping[str, Any]] = values.get("diverse") or {}
    asked: dict[str, Any] = {"k": number(values.get("k"))}
    several = [(c, number(diverse[c]["l"])) for c in kept if str(diverse.get(c, {}).get("l") or "").strip()]
    near = [(c, number(diverse[c]["t"])) for c in kept if str(diverse.get(c, {}).get("t") or "").strip()]
    if several:
        asked["diversity"] = [
            {"column": c, "kind": diverse[c].get("kind") or "distinct", "l": n} for c, n in several
        ]
    if near:
        asked["closeness"] = [{"column": c, "t": n} for c, n in near]
    return asked


def number(typed: Any) -> Any:
    """The number; what is none stays as it is, so that the policy says what is wrong with it."""
    text = str("" if typed is None else typed).strip()
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() else value


def _share(typed: Any) -> Any:
    percent = number(typed)
    return percent if isinstance(percent, str) else round(percent / 100, 10)


def _list(typed: Any) -> list[Any]:
    return [number(part) for part in str(typed or "").split(",") if part.strip()]


def typed(policy: Policy) -> tuple[dict[str, Any], bool]:
    """What stands in the form for a policy, and whether the form says all of it."""
    from ...methods.privacy import policy_text

    levels = {c: how.level for c in policy.quasi if (how := policy.generalisation(c)) and how.level is not None}  # fmt: skip
    values: dict[str, Any] = {
        "roles": {c: _role(policy, c) for c in policy.columns},
        "coarse": {c: _coarse(policy, c) for c in policy.quasi},
        "change": {c: _change(column) for c, column in policy.columns.items() if column.steps},
        "diverse": _diverse(policy),
        "levels": levels, "fix": bool(levels), "project": policy.project, "k": str(policy.models.k),
        "limit": f"{100 * policy.search.suppression_limit:g}", "recoding": policy.search.recoding,
    }  # fmt: skip
    kinds = {c: column.role for c, column in policy.columns.items()}
    try:
        return values, policy_text.built(plain(values, kinds)) == policy
    except DalguError:
        return values, False


def _role(policy: Policy, column: str) -> str:
    if column == policy.person:
        return "person"
    if policy.goes(column):
        return "out"
    return {QUASI: "quasi", DIRECT: "out"}.get(policy.columns[column].role, "keep")


def _coarse(policy: Policy, column: str) -> dict[str, Any]:
    how = policy.generalisation(column)
    if how is None or not how.forms:
        return {"how": "hide"}
    form = how.forms[0]
    if form == "region":
        return {"how": how.region}
    if form == "groups":
        of_level = {level: {v: g.name for g in policy.groups if g.of == how.groups and g.level == level for v in g.values} for level in (1, 2)}  # fmt: skip
        return {"how": "groups", "groups": of_level[1], "larger": of_level[2]}
    said = getattr(how, form)
    listed = ", ".join(f"{each:g}" if isinstance(each, float) else str(each) for each in said)
    ends = {end: f"{value:g}" for end in ("bottom", "top") if (value := getattr(how, end)) is not None}
    return {"how": form, form: listed, **ends} if form != "hierarchy" else {"how": "hide"}


def _change(column: Column) -> dict[str, Any]:
    step = column.steps[0]
    size = getattr(step, SIZES.get(step.do, ""), None)
    return {"do": step.do, "size": "" if size is None else f"{size:g}"}


def _diverse(policy: Policy) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for diversity in policy.models.diversity:
        found[diversity.column] = {"l": f"{diversity.l:g}", "kind": diversity.kind}
    for closeness in policy.models.closeness:
        found.setdefault(closeness.column, {})["t"] = f"{closeness.t:g}"
    return found
