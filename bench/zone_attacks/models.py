"""A model as a suitcase: what it remembers of the persons who trained it, and what is hidden in its description."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bench.zone_attacks.harness import Attack, Trial, of_act, swapped
from dalgubeol.kinds.checks import Against, check_files
from dalgubeol.kinds.contract import Conditions, ScriptLanguage
from dalgubeol.kinds.models_given import checked_models, with_models

if TYPE_CHECKING:
    import pyarrow as pa

    from dalgubeol.methods.disclosure.models.models import Checked

NAME = "given.model.json"
SCRIPT = "age cost weeks"
SECRET = "90010114"
CAREFUL: dict[str, Any] = {"max_leaf_nodes": 8, "min_samples_leaf": 30, "random_state": 0}
GROWN: dict[str, Any] = {"random_state": 0}
_TELLS = 0.9
"""An AUC from which on whoever has the model knows who was among its records."""


@cache
def table() -> pa.Table:
    """Made-up persons: an age, a cost of their own, weeks off work."""
    import numpy as np
    import pyarrow as pa

    chance = np.random.default_rng(4)
    age = chance.integers(18, 80, 900)
    return pa.table({"age": age, "cost": chance.lognormal(10, 1, 900), "weeks": age / 10 + chance.normal(0, 2, 900)})  # fmt: skip


def described(parameters: Mapping[str, Any] = CAREFUL, **data: Any) -> dict[str, Any]:
    """An honest description of a tree."""
    recipe = {
        "features": ["age", "cost"], "target": "weeks", "where": None, "person": None, "share": 0.7, "split": 0,
        "standardise": False, "bound": 0.05, "least": 10, **data,
    }  # fmt: skip
    return {
        "dalgu_model": 1, "estimator": "DecisionTreeRegressor", "parameters": dict(parameters), "data": recipe, "predictions": [],
    }  # fmt: skip


def packed(said: Any) -> bytes:
    return json.dumps(said).encode()


def judged(content: bytes, source: pa.Table, script: str = SCRIPT) -> tuple[set[str], Checked]:
    """The codes that hold the file in the zone, and what would leave."""
    files = {NAME: content}
    found = checked_models(files, source, Conditions(), script, ScriptLanguage.PYTHON)
    held = check_files(with_models(files, found), Against.of(source, Conditions(), (), found))
    return {str(each["code"]) for each in held if each["holds"]}, found[NAME]


def _left(said: Any, script: str = SCRIPT) -> bytes | None:
    """What leaves of a description; None where it is held."""
    held, found = judged(packed(said), table(), script)
    return None if held else found.released


def _knows_its_members(said: Any) -> bool:
    """Whoever has the model that left and a list of persons with their weeks tells which of them trained it."""
    import numpy as np

    from dalgubeol.methods.disclosure import dalgu_zone
    from dalgubeol.methods.disclosure.models import models_attack
    from dalgubeol.methods.disclosure.models.models_use import predictions

    model = _left(said)
    if model is None:
        return False
    weeks = table()["weeks"].to_numpy()
    near = -np.abs(predictions(model, table())["prediction"].to_numpy() - weeks)
    members = np.isin(weeks, dalgu_zone.made(table(), said["data"]).y)
    return models_attack.auc(near[members], near[~members]).low > _TELLS


def _tells_two_persons_costs() -> bool:
    """With all digits a threshold is the middle of two persons' costs."""
    model = _left(described(features=["cost"]))
    if model is None:
        return False
    costs = sorted(table()["cost"].to_pylist())
    middles = {f"{(a + b) / 2:.3f}" for a, b in pairwise(costs)}
    return any(f"{each:.3f}" in middles for tree in json.loads(model)["model"]["trees"] for each in tree["threshold"] if each)  # fmt: skip


def _without_the_largest() -> bool:
    """Beside a model of all, one of all but a person tells of that person."""
    where = f"cost < {max(table()['cost'].to_pylist())!r}"
    return _left(described(where=where), SCRIPT + where) is not None


def _of_another() -> bool:
    """The predictions of a grown tree beside the description of a careful one."""
    from sklearn import tree

    from dalgubeol.methods.disclosure import dalgu_zone

    data = dalgu_zone.made(table(), described()["data"])
    grown = tree.DecisionTreeRegressor(random_state=0).fit(data.X, data.y)
    lie = described() | {"predictions": [[float(v)] for v in grown.predict(data.X[:200])]}
    return _left(lie) is not None


HIDDEN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "a field more": lambda d: d | {"note": SECRET},
    "a field more in the data": lambda d: d | {"data": d["data"] | {"note": SECRET}},
    "a parameter more": lambda d: d | {"parameters": {"max_depth": 3, "n": int(SECRET)}},
    "digits of a parameter": lambda d: d | {"parameters": {"max_depth": 3, "ccp_alpha": 0.90010114}},
    "digits of a whole number": lambda d: d | {"parameters": {"max_depth": 3, "random_state": int(SECRET)}},
    "digits of a share": lambda d: d | {"data": d["data"] | {"share": 0.590010114}},
    "a word for a number": lambda d: d | {"parameters": {"criterion": SECRET}},
    "a text for predictions": lambda d: d | {"predictions": [[SECRET]]},
}


def _leaves(content: bytes) -> bool:
    held, found = judged(content, table())
    return not held or (found.released is not None and SECRET.encode() in found.released)


def _as_a_text(content: bytes) -> bool:
    """Where descriptions of models are texts as others."""
    return not any(each["holds"] for each in check_files({NAME: content}, Against.of(table(), Conditions())))


def _attack(id_: str, stopped_by: str, act: Callable[[], bool], off: Mapping[str, object]) -> Attack:
    return of_act(f"model: {id_}", "models", stopped_by, lambda trial: act(), swapped(off), _lacks)


def _lacks(trial: Trial) -> str | None:
    from importlib.util import find_spec

    return None if find_spec("sklearn") else "the extra `zone` is not installed"


def _unjudged(attacks: object, found: object, guesses: object, report: dict[str, Any]) -> Any:
    from dalgubeol.methods.disclosure.models.models import Checked

    return Checked((), (), None, report)


_NOTHING_HELD = {"methods.disclosure.models.models._judged": _unjudged, "methods.disclosure.models.models_structure.findings": lambda *given: ()}  # fmt: skip

MODELS = (
    _attack("membership inference on an overfitted tree", "the attacks that the site makes first", lambda: _knows_its_members(described(GROWN)), _NOTHING_HELD),
    _attack("a threshold between two persons' values", "few digits", _tells_two_persons_costs, {"methods.disclosure.models.models_form.SIGNIFICANT": 15}),
    _attack("a model of all but one person", "the count of who is left out", _without_the_largest, {"methods.disclosure.models.models._left_out": lambda task, least: ()}),
    _attack("another model than the described one", "the site's own fit", _of_another, {"methods.disclosure.models.models._is_the_same": lambda task, estimator: True}),
    *(
        Attack(
            f"model: a value hidden in {place}", "models", "the form of a description",
            lambda trial, change=change: _as_a_text(packed(change(described()))),  # type: ignore[misc]
            lambda trial, change=change: _leaves(packed(change(described()))),  # type: ignore[misc]
            _lacks,
        )
        for place, change in HIDDEN.items()
    ),
)  # fmt: skip
