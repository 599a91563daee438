"""What a pipeline does to the columns before its model: scaling, filling in, one column for each category.

Read from a description (`checked`), built as scikit-learn has them (`built`), written as plain numbers (`plain`) that
are applied without it (`applied`), and counted (`numbers`, `small`). A chain is a list of steps:

| step | fields | a row becomes |
|---|---|---|
| scale | centre, scale | (row - centre) / scale |
| fill | values, of | missing values filled in |
| categories | columns: values, kept | for each kept place whether it is that value; the place after the last: none of them |
| parts | parts: columns, chain | the results of the parts side by side |

MinMaxScaler and the like are not among them: smallest and largest values are single records'. A category that is
listed, and a most frequent value, must be those of as many persons as a cell (`small`). Of numbers SIGNIFICANT digits
leave; categories are values of many records and leave as they are.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dalgu_zone import shortened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

Step = dict[str, Any]
Chain = list[Step]
Said = list[dict[str, Any]]

SIGNIFICANT = 4
MOST_STEPS, MOST_PARTS, MOST_COLUMNS = 10, 20, 1000
_NAMES: Mapping[str, tuple[str, Mapping[str, Callable[[Any], bool]], Mapping[str, Any]]] = {
    "StandardScaler": ("preprocessing", {"with_mean": lambda v: type(v) is bool, "with_std": lambda v: type(v) is bool, "copy": lambda v: type(v) is bool}, {}),
    "SimpleImputer": (
        "impute",
        {"strategy": lambda v: v in ("mean", "median", "most_frequent", "constant"), "fill_value": lambda v: v is None or _short(v), "keep_empty_features": lambda v: type(v) is bool},
        {"keep_empty_features": True},
    ),
    "OneHotEncoder": (
        "preprocessing",
        {"drop": lambda v: v in (None, "first", "if_binary"), "min_frequency": lambda v: v is None or (type(v) is int and 2 <= v <= 100_000),
         "max_categories": lambda v: v is None or (type(v) is int and 2 <= v <= 50), "handle_unknown": lambda v: v in ("error", "ignore", "infrequent_if_exist"), "sparse_output": lambda v: type(v) is bool},
        {"sparse_output": False},
    ),
}  # fmt: skip
"""Step to its module of scikit-learn, what may be said of it, and what is set whatever is said."""


def checked(said: Any, inside: bool = False) -> Said:
    """The steps of a description. Raises ValueError for whatever may not be said."""
    if not isinstance(said, list) or len(said) > MOST_STEPS:
        raise ValueError("steps")
    return [_checked_step(each, inside) for each in said]


def built(said: Said, model: Any) -> Any:
    """The pipeline of scikit-learn, not fitted."""
    from sklearn.pipeline import Pipeline

    return Pipeline([*_built(said), ("model", model)]) if said else model


def plain(pipeline: Any) -> Chain:
    """The fitted steps before the last of a pipeline."""
    return [_plain(step) for _, step in pipeline.steps[:-1]]


def applied(chain: Sequence[Mapping[str, Any]], rows: Floats) -> Floats:
    """Rows as the model is given them."""
    for step in chain:
        rows = _APPLIED[step["step"]](step, rows)
    return rows


def numbers(chain: Sequence[Mapping[str, Any]]) -> int:
    """How many fitted numbers there are."""
    return sum(len(values) for values in told(chain))


def told(chain: Sequence[Mapping[str, Any]]) -> list[list[float]]:
    """All fitted numbers."""
    found: list[list[float]] = []
    for step in chain:
        found += [step[name] for name in ("centre", "scale", "values") if name in step]
        for part in step.get("parts", ()):
            found += told(part["chain"])
    return found


def small(chain: Sequence[Mapping[str, Any]], rows: Floats, groups: Places, least: int) -> int:
    """Listed categories, and most frequent values, that fewer than `least` persons of these rows have."""
    count = 0
    for step in chain:
        if step["step"] == "categories":
            pairs = [
                (column, value) for column, each in enumerate(step["columns"]) for value in each["values"]
            ]
        elif step["step"] == "fill" and step["of"] == "most_frequent":
            pairs = list(enumerate(step["values"]))
        else:
            pairs = []
        count += sum(len(np.unique(groups[rows[:, column] == value])) < least for column, value in pairs)
        for part in step.get("parts", ()):
            count += small(part["chain"], rows[:, part["columns"]], groups, least)
        rows = applied([step], rows)
    return count


# --- from a description -------------------------------------------------------------------------------


def _short(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e12 and float(f"{float(value):.2g}") == value


def _checked_step(said: Any, inside: bool) -> dict[str, Any]:
    if not isinstance(said, dict) or not isinstance(said.get("step"), str):
        raise ValueError("steps")
    if said["step"] == "ColumnTransformer" and not inside and said.keys() == {"step", "parts"}:
        parts = said["parts"]
        if not isinstance(parts, list) or not 1 <= len(parts) <= MOST_PARTS:
            raise ValueError("steps")
        return {"step": "ColumnTransformer", "parts": [_checked_part(each) for each in parts]}
    if said["step"] not in _NAMES or said.keys() != {"step", "parameters"} or not isinstance(said["parameters"], dict):  # fmt: skip
        raise ValueError("steps")
    known = _NAMES[said["step"]][1]
    for name, value in said["parameters"].items():
        if name not in known or not known[name](value):
            raise ValueError("steps")
    return {"step": said["step"], "parameters": dict(said["parameters"])}


def _checked_part(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict) or said.keys() != {"columns", "steps"}:
        raise ValueError("steps")
    columns = said["columns"]
    if not isinstance(columns, list) or len(columns) > MOST_COLUMNS or len(set(map(repr, columns))) < len(columns) or not all(type(c) is int and 0 <= c < MOST_COLUMNS for c in columns):  # fmt: skip
        raise ValueError("steps")
    return {"columns": list(columns), "steps": checked(said["steps"], inside=True)}


def _built(said: Said) -> list[tuple[str, Any]]:
    return [(f"step{at}", _made(each)) for at, each in enumerate(said)]


def _made(said: Mapping[str, Any]) -> Any:
    if said["step"] == "ColumnTransformer":
        from sklearn.compose import ColumnTransformer
        from sklearn.pipeline import Pipeline

        parts = [
            (
                f"part{at}",
                Pipeline(_built(part["steps"])) if part["steps"] else "passthrough",
                part["columns"],
            )
            for at, part in enumerate(said["parts"])
        ]
        return ColumnTransformer(parts, remainder="drop", sparse_threshold=0)
    place, _, fixed = _NAMES[said["step"]]
    given = {**said["parameters"], **fixed}
    if given.get("handle_unknown", "error") == "error" and said["step"] == "OneHotEncoder":
        given["handle_unknown"] = "ignore"  # a shadow may meet a category that it was not trained on
    return getattr(importlib.import_module(f"sklearn.{place}"), said["step"])(**given)


# --- from fitted steps --------------------------------------------------------------------------------


def _few(values: Any) -> list[float]:
    return [float(v) for v in shortened(values, SIGNIFICANT)]


def _plain(fitted: Any) -> Step:
    kind = type(fitted).__name__
    if kind == "StandardScaler":
        count = fitted.n_features_in_
        centre = fitted.mean_ if fitted.with_mean else np.zeros(count)
        scale = fitted.scale_ if fitted.with_std else np.ones(count)
        return {"step": "scale", "centre": _few(centre), "scale": _few(scale)}
    if kind == "SimpleImputer":
        return {"step": "fill", "values": _few(fitted.statistics_), "of": fitted.strategy}
    if kind == "OneHotEncoder":
        return {
            "step": "categories",
            "columns": [_category(fitted, at) for at in range(fitted.n_features_in_)],
        }
    parts = []
    for _, inner, columns in fitted.transformers_:
        if isinstance(inner, str) and inner == "drop":
            continue
        alone = (
            [] if isinstance(inner, str) or type(inner).__name__ == "FunctionTransformer" else [("", inner)]
        )
        chain = [_plain(step) for _, step in getattr(inner, "steps", alone)]
        parts.append({"columns": [int(c) for c in columns], "chain": chain})
    return {"step": "parts", "parts": parts}


def _category(fitted: Any, at: int) -> dict[str, Any]:
    """The values that have a place of their own, and which places are columns; those that are too rare share the
    last place, and are not listed."""
    rare = fitted.infrequent_categories_[at] if fitted.min_frequency or fitted.max_categories else None
    rare = [] if rare is None else [float(v) for v in rare]
    values = [float(v) for v in fitted.categories_[at] if float(v) not in rare]
    places = list(range(len(values) + bool(rare)))
    dropped = None if fitted.drop_idx_ is None else fitted.drop_idx_[at]
    if dropped is not None:
        value = float(fitted.categories_[at][int(dropped)])
        places.remove(values.index(value) if value in values else len(values))
    return {"values": values, "kept": places}


# --- applied ------------------------------------------------------------------------------------------


def _scaled(step: Mapping[str, Any], rows: Floats) -> Floats:
    scale = np.asarray(step["scale"], dtype=float)
    return np.asarray((rows - np.asarray(step["centre"])) / np.where(scale == 0, 1.0, scale))


def _filled(step: Mapping[str, Any], rows: Floats) -> Floats:
    return np.asarray(np.where(np.isnan(rows), np.asarray(step["values"], dtype=float), rows))


def _as_categories(step: Mapping[str, Any], rows: Floats) -> Floats:
    made = [np.zeros((len(rows), 0))]
    for at, each in enumerate(step["columns"]):
        same = rows[:, [at]] == np.asarray(each["values"], dtype=float)
        places = np.column_stack([same, ~same.any(axis=1)])
        made.append(places[:, each["kept"]].astype(float))
    return np.hstack(made)


def _side_by_side(step: Mapping[str, Any], rows: Floats) -> Floats:
    return np.hstack([applied(part["chain"], rows[:, part["columns"]]) for part in step["parts"]])


_APPLIED: Mapping[str, Callable[[Mapping[str, Any], Floats], Floats]] = {
    "scale": _scaled, "fill": _filled, "categories": _as_categories, "parts": _side_by_side,
}  # fmt: skip
