"""`import dalgu_zone`: how a script in the zone prepares its table for a model, and gives the model.

This file is shipped into the sandbox as it stands, and the site reads the same table by the same code: what a script
trains on is what the site can make again. Rules: it imports nothing of the package; a description is plain JSON and
holds no fitted number but a few predictions to compare, which never leave; a feature is a column of the table or an
expression of numbers, columns, + - * / ** comparisons, `and`, `or`, `not`, and log, exp, sqrt, abs.

    data = dalgu_zone.prepared(["age", "industry", "log(cost + 1)"], "weeks > 4", where="age >= 18")
    tree = DecisionTreeClassifier(max_depth=4, min_samples_leaf=30, random_state=0).fit(data.X, data.y)
    dalgu_zone.give_model(tree, data, "long-absence")
"""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

DATA = "/data/data.parquet"
SUFFIX = ".model.json"
VERSION = 1
LEAST = 10
MOST_LEVELS = 50
COMPARED = 200
"""Training rows whose predictions are written down, for the site to compare with those of its own fit."""
MOST_FEATURES, LONGEST_EXPRESSION = 100, 200
_FUNCTIONS = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt, "abs": np.abs}
_OPERATORS = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
_COMPARISONS = {
    ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal,
    ast.Eq: np.equal, ast.NotEq: np.not_equal,
}  # fmt: skip


@dataclass(frozen=True)
class Prepared:
    """Training rows `X` (float, rows x names) and `y`; `rest_X` and `rest_y` are the rows held back, to judge the
    model by. `groups` and `rest_groups` number the persons."""

    X: Any
    y: Any
    rest_X: Any  # noqa: N815 - beside X, as scikit-learn calls it
    rest_y: Any
    groups: Any
    rest_groups: Any
    names: tuple[str, ...]
    recipe: dict[str, Any]
    feature_of: tuple[int, ...] = ()
    """Which feature (by its place) each column of X comes from."""
    centre: Any = None
    scale: Any = None
    left_out: int = 0
    """Persons with no missing value whom a condition or an expression leaves out."""
    trained: Any = None
    """Which rows of the table (from 0) train."""


def prepared(
    features: Sequence[str],
    target: str,
    *,
    where: str | None = None,
    person: str | None = None,
    share: float = 0.7,
    split: int = 0,
    standardise: bool = False,
    bound: float = 0.05,
    least: int = LEAST,
    keep_missing: bool = False,
) -> Prepared:
    """The zone's table, ready for a model. Rows with a missing value in what is used are left out; with `keep_missing`
    only those without the target, and the first step of the model's pipeline fills in what is missing (NaN) of numbers.

    `share` of the persons (without `person` every row is one) train the model, drawn by `split`; the others are held
    back: without them nobody can say what the model remembers. Text becomes one column for each value that `least`
    persons have. `bound`: no released probability of a tree's leaf is nearer to 0 or 1. Raises ValueError.
    """
    import pyarrow.parquet as pq

    recipe: dict[str, Any] = {
        "features": list(features), "target": target, "where": where, "person": person, "share": share,
        "split": split, "standardise": standardise, "bound": bound, "least": least,
        **({"keep_missing": True} if keep_missing else {}),
    }  # fmt: skip
    return made(pq.read_table(DATA), recipe)


def give_model(model: Any, data: Prepared, name: str = "model") -> str:
    """Describe a fitted model of scikit-learn or a result of statsmodels in NAME.model.json; returns that name.

    The site fits the same anew from the description, attacks it, and lets out its own, rounded: the fitted numbers
    of the script do not leave. Raises ValueError where `model` is of neither.
    """
    inner = getattr(model, "model", None)
    statistical = inner is not None and hasattr(model, "params")
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    kind = type(inner if statistical else last).__name__
    parameters = {} if statistical else _told(last)
    said: dict[str, Any] = {
        "dalgu_model": VERSION, "estimator": kind, "parameters": parameters, "data": data.recipe,
        **({"steps": _steps(model.steps[:-1])} if last is not model else {}),
        "predictions": [[float(v) for v in np.atleast_1d(row)] for row in _predictions(model, data.X[:COMPARED], statistical)],
    }  # fmt: skip
    with open(name + SUFFIX, "w", encoding="utf-8") as file:
        json.dump(said, file, ensure_ascii=False)
    return name + SUFFIX


def _told(model: Any) -> dict[str, Any]:
    """The parameters that are not as they are by default."""
    if not hasattr(model, "get_params"):
        raise ValueError("give an estimator of scikit-learn or a result of statsmodels")
    try:
        usual = type(model)().get_params(deep=False)
    except TypeError:
        usual = {}
    given = {name: value for name, value in model.get_params(deep=False).items() if name not in usual or _differs(value, usual[name])}  # fmt: skip
    return {name: _plain(value) for name, value in given.items()}


def _differs(one: Any, other: Any) -> bool:
    return type(one) is not type(other) or bool(repr(one) != repr(other))


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "get_params"):
        return {"estimator": type(value).__name__, "parameters": _told(value)}
    return value if value is None or isinstance(value, bool | int | float | str) else type(value).__name__


def _steps(steps: Any) -> list[Any]:
    """What a pipeline does before its model; parts of a ColumnTransformer by the places of their columns."""
    told: list[dict[str, Any]] = []
    for _, step in steps:
        if step is None or (isinstance(step, str) and step == "passthrough"):
            continue
        if hasattr(step, "transformers_"):
            told.append({"step": "ColumnTransformer", "parts": _parts(step)})
        else:
            told.append({"step": type(step).__name__, "parameters": _told(step)})
    return told


def _parts(fitted: Any) -> list[Any]:
    parts = []
    for _, inner, columns in fitted.transformers_:
        if isinstance(inner, str) and inner == "drop":
            continue
        places = np.atleast_1d(np.arange(fitted.n_features_in_)[columns]).tolist()
        steps = inner.steps if hasattr(inner, "steps") else [("", inner)]
        whole = isinstance(inner, str) or type(inner).__name__ == "FunctionTransformer"
        parts.append({"columns": places, "steps": [] if whole else _steps(steps)})
    return parts


def _predictions(model: Any, rows: Any, statistical: bool) -> Any:
    if statistical:
        wide = np.column_stack([np.ones(len(rows)), rows])
        return np.asarray(model.predict(wide if len(model.params) == wide.shape[1] else rows), dtype=float)
    return answers(model, rows)


def answers(model: Any, rows: Any) -> Any:
    """Probabilities, or how far on which side, or values: the first of these that a model of scikit-learn has."""
    ways = (getattr(model, name, None) for name in ("predict_proba", "decision_function", "predict"))
    return np.asarray(next(way for way in ways if way is not None)(rows), dtype=float)


# --- the same on both sides ---------------------------------------------------------------------------


def made(table: Any, recipe: dict[str, Any]) -> Prepared:
    """`table` (Arrow) as the recipe wants it. Raises ValueError for what cannot be made of it."""
    values = [value_of(text, table) for text in recipe["features"]]
    target = value_of(recipe["target"], table)
    where = recipe["where"]
    whole = np.ones(table.num_rows, dtype=bool) if where is None else value_of(where, table).astype(bool)
    if recipe.get("keep_missing"):
        values = [
            each if each.dtype == object else np.where(np.isfinite(each), each, math.nan) for each in values
        ]
    for each in (target,) if recipe.get("keep_missing") else (*values, target):
        whole &= _present(each)
    kept = np.flatnonzero(whole)
    groups = _groups(table, recipe["person"], kept)
    left_out = len(
        np.unique(_groups(table, recipe["person"], np.flatnonzero(_known(table, recipe) & ~whole)))
    )
    columns: list[Any] = []
    names: list[str] = []
    of: list[int] = []
    for place, (text, each) in enumerate(zip(recipe["features"], values, strict=True)):
        for name, column in _columns(text, each[kept], groups, recipe["least"]):
            columns.append(column)
            names.append(name)
            of.append(place)
    if not columns or len(kept) < 4:
        raise ValueError("too few rows or columns")
    matrix = np.column_stack(columns).astype(float)
    trains = _drawn(groups, recipe["share"], recipe["split"])
    centre, scale = _scales(matrix[trains]) if recipe["standardise"] else (None, None)
    if centre is not None:
        matrix = (matrix - centre) / scale
    y = target[kept]
    return Prepared(
        matrix[trains], y[trains], matrix[~trains], y[~trains], groups[trains], groups[~trains], tuple(names),
        recipe, tuple(of), centre, scale, left_out, kept[trains],
    )  # fmt: skip


def _known(table: Any, recipe: dict[str, Any]) -> Any:
    """The rows that have a value in every column that is named."""
    known = np.ones(table.num_rows, dtype=bool)
    for text in (
        *(() if recipe.get("keep_missing") else recipe["features"]),
        recipe["target"],
        recipe["where"],
    ):
        named = (
            [text]
            if text in table.column_names
            else [n.id for n in ast.walk(ast.parse(text or "0")) if isinstance(n, ast.Name)]
        )
        for name in named:
            if name in table.column_names:
                known &= _present(_column(table, name))
    return known


def _drawn(groups: Any, share: float, split: int) -> Any:
    """Which rows train: those of a share of the persons."""
    persons = np.unique(groups)
    drawn = np.random.default_rng(split).permutation(persons)[: max(1, round(share * len(persons)))]
    return np.isin(groups, drawn)


def _scales(matrix: Any) -> tuple[Any, Any]:
    """Centre and scale of each column, of three significant digits: they leave with the model."""
    scale = np.nanstd(matrix, axis=0)
    return shortened(np.nanmean(matrix, axis=0), 3), np.where(scale > 0, shortened(scale, 3), 1.0)


def shortened(values: Any, digits: int) -> Any:
    """Numbers of so many significant digits."""
    values = np.asarray(values, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.where(values == 0, 0, np.floor(np.log10(np.abs(values))))
    return np.array([round(v, int(digits - 1 - p)) for v, p in zip(values.ravel(), power.ravel(), strict=True)]).reshape(values.shape)  # fmt: skip


def _groups(table: Any, person: str | None, kept: Any) -> Any:
    if person is None:
        return np.arange(len(kept))
    named = table.column(person).to_pylist()
    return np.unique(np.array([str(named[row]) for row in kept]), return_inverse=True)[1]


def _columns(text: str, values: Any, groups: Any, least: int) -> list[tuple[str, Any]]:
    """One column of a number. Of a text one for each common value but one: the values that are not common, or the
    first where all are, are what the others are compared with (all columns 0). No such group is small."""
    if values.dtype != object:
        return [(text, values)]
    persons = {level: len(set(groups[values == level])) for level in sorted(set(values) - {None})}
    levels = [level for level, count in persons.items() if count >= least]
    others = len(set(groups[~np.isin(values, levels)]))
    if 0 < others < least and levels:
        levels.remove(min(levels, key=lambda level: persons[level]))
    if len(levels) > MOST_LEVELS:
        raise ValueError("a text column has too many values")
    return [(f"{text}={level}", values == level) for level in (levels if others else levels[1:])]


def _present(values: Any) -> Any:
    if values.dtype == object:
        return np.array([each is not None for each in values], dtype=bool)
    return np.isfinite(values)


def value_of(text: str, table: Any) -> Any:
    """One value for each row: numbers as float, truth as 0 and 1, text as object. Raises ValueError."""
    if text in table.column_names:
        return _column(table, text)
    if len(text) > LONGEST_EXPRESSION:
        raise ValueError("an expression is too long")
    try:
        tree = ast.parse(text, mode="eval").body
        with np.errstate(all="ignore"):
            value = _worked_out(tree, table)
    except (SyntaxError, RecursionError, MemoryError, TypeError, KeyError) as error:
        raise ValueError("no column, and no expression of columns") from error
    if not isinstance(value, np.ndarray) or value.dtype == object:
        raise ValueError("an expression without a column, or of text")
    return value.astype(float)


def _worked_out(node: ast.AST, table: Any) -> Any:
    match node:
        case ast.Name(id=name) if name in table.column_names:
            return _column(table, name)
        case ast.Constant(value=value) if isinstance(value, int | float | str):
            return value if isinstance(value, str) else float(value)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            return _OPERATORS[type(operator)](_number(left, table), _number(right, table))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand, table)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return 1.0 - (_number(operand, table) != 0)
        case ast.BoolOp(op=operator, values=parts):
            every = [_number(each, table) != 0 for each in parts]
            joined = (
                np.logical_and.reduce(every) if isinstance(operator, ast.And) else np.logical_or.reduce(every)
            )
            return joined.astype(float)
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _COMPARISONS:
            return _compared(
                _worked_out(left, table), _COMPARISONS[type(operator)], _worked_out(right, table)
            )
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](_number(argument, table))
    raise ValueError("no column, and no expression of columns")


def _number(node: ast.AST, table: Any) -> Any:
    value = _worked_out(node, table)
    if isinstance(value, str) or (isinstance(value, np.ndarray) and value.dtype == object):
        raise ValueError("text where a number must stand")
    return value


def _compared(left: Any, comparison: Any, right: Any) -> Any:
    """Of a missing value nothing is known: the row is left out."""
    missing = np.zeros(1, dtype=bool)
    for side in (left, right):
        if isinstance(side, np.ndarray):
            missing = missing | ~_present(side)
    texts = [isinstance(s, str) or (isinstance(s, np.ndarray) and s.dtype == object) for s in (left, right)]
    if texts[0] != texts[1] or (texts[0] and comparison not in (np.equal, np.not_equal)):
        raise ValueError("text is compared with text, by == and != only")
    return np.where(missing, math.nan, comparison(left, right).astype(float))


def _column(table: Any, name: str) -> Any:
    import pyarrow as pa

    column = table.column(name)
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return np.array([*column.to_pylist(), None], dtype=object)[:-1]
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind) or pa.types.is_decimal(kind):  # fmt: skip
        return np.array(
            [math.nan if each is None else float(each) for each in column.to_pylist()], dtype=float
        )
    raise ValueError("a column of neither numbers nor text")
