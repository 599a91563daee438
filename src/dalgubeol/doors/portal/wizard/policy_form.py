"""What stands in the form of pseudonymising, as a policy. Pure: values in, values out.

The form says all of a policy but what `policy_typed` names; that file is the way back.

In the sheet: `roles` (column to person, token, quasi, sensitive, keep, out), `token` (what a pseudonym is the same
for), `coarse` (how a quasi-identifier becomes coarser), `steps` (what is done to the values of a column, in order),
`diverse` (what is asked of a column that is kept), `more` (models beside k), `search` (weights and measure),
`together` and `counts` (lists), `levels` with `fix`, `project`, `k`, `limit` (percent) and `recoding`. What is typed
is text; what is no number stays text, so that the policy says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ....errors import DalguError, Invalid
from ....language import Message, say

DIRECT, QUASI = "direct identifier", "quasi-identifier"
KEPT = ("sensitive", "keep")
"""Roles of columns that go out as they are, or after steps."""
STEPS: Mapping[str, Mapping[str, str]] = {
    "top": {"value": "number", "percentile": "number"},
    "bottom": {"value": "number", "percentile": "number"},
    "round": {"base": "number", "random": "flag"},
    "noise": {"sd": "number", "shape": "text", "multiplied": "flag"},
    "microaggregate": {"k": "number"},
    "pram": {"stay": "share", "matrix": "chances", "invariant": "flag"},
    "age": {"on": "text"},
    "mask": {"how": "text", "types": "texts"},
}
"""The steps that the form knows, and what each of their fields holds. Shares are typed in percent."""
MOST_CATEGORIES = 20
"""So many categories has a matrix of PRAM that is shown as a table; a larger one stays in its file."""
MODELS: Mapping[str, str] = {"k_map": "number", "strict_risk": "share", "average_risk": "share", "population_count": "text"}  # fmt: skip
SEARCH: Mapping[str, str] = {"gs_factor": "number", "aggregate": "text", "seconds": "number"}
COUNTS: Mapping[str, str] = {"name": "text", "epsilon": "number", "delta": "number", "rows_per_person": "number", "total": "text", "lowest": "number", "highest": "number", "unit": "number"}  # fmt: skip
SHARES = ("search.suppression_limit", "models.strict_risk", "models.average_risk", "models.presence")
"""Places in a policy that the form asks for in percent."""
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
    kept = [c for c in columns if roles.get(c) in KEPT]
    coarse: Mapping[str, Any] = values.get("coarse") or {}
    return {
        "project": values.get("project") or "",
        "person": next((c for c in kinds if roles.get(c) == "person"), None),
        "models": _models(values, kept), "search": _search(values, quasi), "columns": columns,
        "groups": [g for c in quasi if _how(coarse.get(c)) == "groups" for g in _groups(c, coarse[c])],
        "hierarchies": _hierarchies(values, quasi, kept),
        "microaggregate": [{"columns": list(each.get("columns") or ()), "k": number(each.get("k"))} for each in values.get("together") or ()],
        "counts": [_counts(each) for each in values.get("counts") or ()],
    }  # fmt: skip


def _column(values: Mapping[str, Any], column: str, kind: str, role: str) -> dict[str, Any] | None:
    if role in ("person", "token"):
        return {"role": DIRECT, "steps": _token((values.get("token") or {}).get(column))}
    changes = list(steps((values.get("steps") or {}).get(column) or ()))
    if role == "quasi":
        step = _generalisation(column, (values.get("coarse") or {}).get(column) or {})
        if values.get("fix"):
            step = {**{k: v for k, v in step.items() if k not in ("at_least", "at_most")}, "level": (values.get("levels") or {}).get(column, 0)}  # fmt: skip
        return {"role": QUASI, "steps": [*changes, *([{"do": "generalise", **step}] if step else [])]}
    if role in KEPT:
        return {"role": "sensitive" if role == "sensitive" else "plain", "steps": changes}
    return {"role": DIRECT, "steps": [{"do": "delete"}]} if kind == DIRECT else None


def _token(same_for: Any) -> list[dict[str, Any]]:
    if same_for == "none":
        return [{"do": "delete"}]
    return [{"do": "pseudonym", **({"per_row": True} if same_for == "row" else {})}]


def _how(typed: Mapping[str, Any] | None) -> str:
    return str((typed or {}).get("how") or "hide")


def _generalisation(column: str, typed: Mapping[str, Any]) -> dict[str, Any]:
    ends = {end: number(typed[end]) for end in ("at_least", "at_most") if _said(typed.get(end))}
    return {**_form(column, typed), **ends}


def _form(column: str, typed: Mapping[str, Any]) -> dict[str, Any]:
    how, name = _how(typed), typed.get("named") or column
    if how == "widths" and (widths := _list(typed.get("widths"))):
        return {"widths": widths, **{end: number(typed[end]) for end in ("bottom", "top") if _said(typed.get(end))}}  # fmt: skip
    if how == "dates" and (chosen := texts(typed.get("dates"))):
        return {"dates": chosen}
    if how == "prefixes" and (lengths := _list(typed.get("prefixes"))):
        return {"prefixes": lengths}
    if how in ("address", "code"):
        return {"region": how}
    if how == "hierarchy" and typed.get("csv"):
        return {"hierarchy": name}
    return {"groups": name} if how == "groups" and typed.get("groups") else {}


def levels(typed: Mapping[str, Any]) -> list[dict[str, str]]:
    """Of groups that are made by hand, level by level, what takes each value, and then each group, to its group. One
    that was put into none is a group of its own."""
    made: list[dict[str, str]] = []
    for level in (typed.get("groups") or {}, *(typed.get("above") or ())):
        rows = dict.fromkeys(made[-1].values()) if made else level
        made.append({name: str(level.get(name) or "").strip() or name for name in rows})
    return made


def _groups(column: str, typed: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """A level above the first in which nothing is put into a group is none."""
    above: Iterable[Mapping[str, str]] = typed.get("above") or ()
    first, *higher = levels(typed)
    used = [first, *(made for made, level in zip(higher, above, strict=True) if any(_said(level.get(name)) for name in made))]  # fmt: skip
    for number, made in enumerate(used, start=1):
        members: dict[str, list[str]] = {}
        for name, group in made.items():
            members.setdefault(group, []).append(name)
        yield from ({"of": typed.get("named") or column, "level": number, "name": group, "values": held} for group, held in members.items())  # fmt: skip


def _hierarchies(values: Mapping[str, Any], quasi: Iterable[str], kept: Iterable[str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for column in quasi:
        typed = (values.get("coarse") or {}).get(column) or {}
        if _how(typed) == "hierarchy" and typed.get("csv"):
            made[typed.get("named") or column] = _csv(typed)
    for column in kept:
        typed = (values.get("diverse") or {}).get(column) or {}
        if _said(typed.get("t")) and typed.get("distance") == "hierarchical" and typed.get("csv"):
            made.setdefault(typed.get("named") or column, _csv(typed))
    return made


def _csv(typed: Mapping[str, Any]) -> dict[str, Any]:
    return {"csv": typed["csv"], **({"delimiter": typed["delimiter"]} if typed.get("delimiter") else {})}


def steps(typed: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    """The steps of a column; one whose sort is not chosen yet is none."""
    for each in typed:
        do = str(each.get("do"))
        if do in STEPS:
            yield {"do": do, **_fields(STEPS[do], each)}


def _fields(kinds: Mapping[str, str], typed: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, kind in kinds.items():
        said = typed.get(name)
        if kind == "flag":
            if isinstance(said, bool):
                made[name] = said
        elif said not in ({}, []) and _said(said):
            made[name] = {
                "number": number,
                "share": share,
                "text": str,
                "texts": texts,
                "chances": _chances,
            }[kind](said)  # type: ignore[operator]
    return made


def _models(values: Mapping[str, Any], kept: list[str]) -> dict[str, Any]:
    diverse: Mapping[str, Mapping[str, Any]] = values.get("diverse") or {}
    more: Mapping[str, Any] = values.get("more") or {}
    asked: dict[str, Any] = {"k": number(values.get("k")), **_fields(MODELS, more)}
    several = [_diversity(c, diverse[c]) for c in kept if _said(diverse.get(c, {}).get("l"))]
    near = [_closeness(c, diverse[c]) for c in kept if _said(diverse.get(c, {}).get("t"))]
    if several:
        asked["diversity"] = several
    if near:
        asked["closeness"] = near
    if _said(more.get("highest")):
        asked["presence"] = _fields({"lowest": "share", "highest": "share"}, more)
    return asked


def _diversity(column: str, typed: Mapping[str, Any]) -> dict[str, Any]:
    kind = typed.get("kind") or "distinct"
    c = {"c": number(typed.get("c"))} if kind == "recursive" and _said(typed.get("c")) else {}
    return {"column": column, "kind": kind, "l": number(typed["l"]), **c}


def _closeness(column: str, typed: Mapping[str, Any]) -> dict[str, Any]:
    distance = typed.get("distance") or "equal"
    tree = {"hierarchy": typed.get("named") or column} if distance == "hierarchical" and typed.get("csv") else {}  # fmt: skip
    return {"column": column, "t": number(typed["t"]), "distance": distance, **tree}


def _search(values: Mapping[str, Any], quasi: list[str]) -> dict[str, Any]:
    typed: Mapping[str, Any] = values.get("search") or {}
    weights = {c: number(w) for c, w in (typed.get("weights") or {}).items() if c in quasi and _said(w)}
    return {
        "suppression_limit": share(values.get("limit")),
        "recoding": values.get("recoding") or "global",
        **_fields(SEARCH, typed),
        **({"weights": weights} if weights else {}),
    }


def _counts(typed: Mapping[str, Any]) -> dict[str, Any]:
    groups = {each.get("column") or "": _lines(each.get("values")) for each in typed.get("groups") or ()}
    return {**_fields(COUNTS, typed), "groups": groups}


def _said(typed: Any) -> bool:
    return bool(str("" if typed is None else typed).strip())


def number(typed: Any) -> Any:
    """The number; what is none stays as it is, so that the policy says what is wrong with it."""
    text = str("" if typed is None else typed).strip()
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() else value


def share(typed: Any) -> Any:
    """A share, typed in percent; the very one that `policy_typed.percent` was given."""
    text = str("" if typed is None else typed).strip()
    try:
        return float(Decimal(text).scaleb(-2))
    except ArithmeticError:
        return text


def _chances(typed: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Category to what it becomes; one that is left empty is no chance."""
    return {a: {b: share(chance) for b, chance in row.items() if _said(chance)} for a, row in typed.items()}


def _list(typed: Any) -> list[Any]:
    return [number(part) for part in str(typed or "").split(",") if part.strip()]


def plainly(error: DalguError) -> DalguError:
    """What is wrong with a policy, as a form says it: its fields have names of their own, and shares are in percent."""
    what = error.detail.values.get("what")
    place = error.code.removeprefix("invalid.policy.")
    if place == error.code or error.detail.template != "{where}: {what}." or not isinstance(what, Message):
        return error
    if place.startswith(SHARES) and what.template.startswith("it must be"):
        what = say("it must be a share of 0 to 100 %")
    return Invalid(f"invalid.policy.{place}", say("Not right yet: {what}.", what=what), say("The step where it stands is marked."))  # fmt: skip


def texts(typed: Any) -> list[str]:
    """Several words: a list of those ticked, or a text as a policy or an earlier draft has them."""
    parts = typed if isinstance(typed, list) else str(typed or "").split(",")
    return [text for part in parts if (text := str(part).strip())]


def _lines(typed: Any) -> list[str]:
    return [line.strip() for line in str(typed or "").split("\n") if line.strip()]
