"""Predictions of a model that has left a zone, from its plain numbers: nothing of scikit-learn is needed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dalgu_zone
from . import models_form

if TYPE_CHECKING:
    import pyarrow as pa


def predictions(model: bytes, table: pa.Table) -> pa.Table:
    """One row for each of `table`: `prediction`, and of classes `probability of ...`. Null where a value is missing.

    Raises ValueError for what is no such model, or a table without the columns that it needs.
    """
    import pyarrow as pa

    try:
        said = json.loads(model)
        rows = _rows(said, table)
        known = np.asarray(np.isfinite(models_form.inside(said["model"], rows)).all(axis=1))
        scores = models_form.scores(said["model"], np.where(known[:, None], rows, 0.0))
        classes = said["classes"]
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError("no model that left a zone, or not for this table") from error
    if not classes:
        return pa.table({"prediction": pa.array(scores[:, 0], mask=~known)})
    best = [classes[place] for place in scores.argmax(axis=1)]
    told = {"prediction": pa.array(best, mask=~known)}
    for place, name in enumerate(classes):
        told[f"{'score' if said['model'].get('link') == 'margin' else 'probability'} of {name}"] = pa.array(
            scores[:, place], mask=~known
        )
    return pa.table(told)


def _rows(said: Any, table: pa.Table) -> Any:
    """The columns that the model was trained on, of this table."""
    features = sorted(said["data"]["features"], key=len, reverse=True)
    rows = np.column_stack([_column(name, features, table) for name in said["columns"]])
    if said["centre"] is None:
        return rows
    return (rows - np.asarray(said["centre"])) / np.asarray(said["scale"])


def _column(name: str, features: list[str], table: pa.Table) -> Any:
    if name in features:
        return dalgu_zone.value_of(name, table)
    feature = next((each for each in features if name.startswith(f"{each}=")), name)
    values = dalgu_zone.value_of(feature, table)
    level = name.removeprefix(f"{feature}=")
    return np.array([np.nan if each is None else float(str(each) == level) for each in values])
