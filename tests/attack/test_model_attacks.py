"""A model as a suitcase: rows in fields, in digits, in names, in a model that is not the one described, in objects that
run code. What would go through without its defence is held with it, or leaves without what was hidden. (More stand in the
table of attacks: `bench.zone_attacks.models`.)"""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench.zone_attacks import models as attacks
from bench.zone_attacks.models import NAME, SCRIPT, SECRET, judged, packed

from dalgubeol.kinds.checks import Against, check_files
from dalgubeol.kinds.contract import Conditions
from dalgubeol.methods.disclosure import dalgu_zone
from dalgubeol.methods.disclosure.models import models
from dalgubeol.verbs.airlock import trying

tree = pytest.importorskip("sklearn.tree")


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return attacks.table()


def described(table: pa.Table, parameters: dict[str, Any] | None = None, **data: Any) -> dict[str, Any]:
    """An honest description of a careful tree, for an attack to change."""
    return attacks.described(attacks.CAREFUL if parameters is None else parameters, **data)


def unseen(content: bytes, table: pa.Table) -> set[str]:
    """The codes that hold the same where descriptions of models are texts as others."""
    return {
        str(each["code"])
        for each in check_files({NAME: content}, Against.of(table, Conditions()))
        if each["holds"]
    }


def test_an_honest_description_passes(table: pa.Table) -> None:
    held, found = judged(packed(described(table)), table)
    assert held == set()
    assert found.released is not None


@pytest.mark.parametrize("word", [f"age + {SECRET}", f"cost * 0.{SECRET}"])
def test_no_value_is_told_by_an_expression_that_the_script_made_up_on_the_data(table: pa.Table, word: str) -> None:  # fmt: skip
    content = packed(described(table, features=["age", word]))
    without = models.check(content, table, 10)
    assert without.released is not None
    assert SECRET.encode() in without.released, "it leaves where nobody looks into the script"
    held, found = judged(content, table)
    assert held == {"model_words"}
    assert found.released is None


def test_predictions_are_compared_and_never_leave(table: pa.Table) -> None:
    data = dalgu_zone.made(table, described(table)["data"])
    fitted = tree.DecisionTreeRegressor(max_leaf_nodes=8, min_samples_leaf=30, random_state=0).fit(
        data.X, data.y
    )
    told = fitted.predict(data.X[:200])
    told[0] = float(SECRET)
    content = packed(described(table) | {"predictions": [[float(v)] for v in told]})
    assert SECRET.encode() in content
    held, found = judged(content, table)
    assert held == set(), "one odd prediction of 200 is a rounding"
    assert found.released is not None
    assert SECRET.encode() not in found.released


def test_another_model_than_the_described_one_does_not_leave(table: pa.Table, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    data = dalgu_zone.made(table, described(table)["data"])
    grown = tree.DecisionTreeRegressor(random_state=0).fit(data.X, data.y)
    lie = packed(described(table) | {"predictions": [[float(v)] for v in grown.predict(data.X[:200])]})
    held, _ = judged(lie, table)
    assert held == {"model_differs"}
    with monkeypatch.context() as patched:
        patched.setattr(models, "_is_the_same", lambda task, estimator: True)
        held, found = judged(lie, table)
    assert held == set(), "the lie is not seen"
    _, honest = judged(packed(described(table)), table)
    assert found.released == honest.released, "and gains nothing: what leaves is the site's own fit"


@pytest.mark.parametrize("kind", ["KNeighborsClassifier", "SVC", "GaussianProcessRegressor"])
def test_models_that_keep_records_are_refused(table: pa.Table, kind: str) -> None:
    content = packed(described(table, {}) | {"estimator": kind})
    assert unseen(content, table) == set()
    assert judged(content, table)[0] == {"model_records"}


BROKEN: dict[str, bytes] = {
    "half a text": b'{"dalgu_model": 1, "estim',
    "not a number": b'{"dalgu_model": NaN}',
    "a field twice": b'{"dalgu_model": 1, "dalgu_model": 1}',
    "a deep nest": b"[" * 100_000,
    "a number of five thousand digits": b'{"dalgu_model": ' + b"9" * 5000 + b"}",
    "another encoding": '{"dalgu_model": 1}'.encode("utf-16"),
    "a pickle": pickle.dumps({"a": 1}),
    "too long": b" " * 300_000 + b"{}",
    "a list": b"[1]",
    "nothing": b"",
    "an endless prediction": packed({"predictions": [[10**400]]}),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_description_is_held_and_breaks_nothing(table: pa.Table, content: bytes) -> None:
    held, found = judged(content, table)
    assert held == {"model_form"}
    assert found.released is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: d | {"predictions": [[10**400]]}, "model_form"),
        (lambda d: d | {"data": d["data"] | {"features": ["9 ** 9 ** 9 ** 9 ** age"]}}, "model_form"),
        (lambda d: d | {"data": d["data"] | {"person": "nobody"}}, "model_form"),
        (lambda d: d | {"data": d["data"] | {"where": "age > 200"}}, "model_form"),
        (lambda d: d | {"estimator": "PoissonRegressor", "parameters": {}}, "model_form"),
        (lambda d: d | {"estimator": "PickledRegressor", "parameters": {}}, "model_unknown"),
    ],
)
def test_a_description_of_what_cannot_be_made_is_held_and_breaks_nothing(table: pa.Table, change: Any, code: str) -> None:  # fmt: skip
    script = SCRIPT + " 9 ** 9 ** 9 ** 9 ** age nobody age > 200"
    assert judged(packed(change(described(table))), table, script)[0] == {code}


def test_a_huge_model_is_held(table: pa.Table) -> None:
    large = described(table, {"n_estimators": 120, "random_state": 0}) | {"estimator": "ExtraTreesRegressor"}
    assert judged(packed(large), table)[0] & {"model_large", "model_untested"}
    assert judged(packed(described(table, {"max_depth": 31})), table)[0] == {"model_form"}


@pytest.mark.parametrize("name", ["tree.pkl", "tree.joblib", "tree.onnx", "tree.bin"])
def test_stored_objects_stay_in_and_the_way_out_is_said(table: pa.Table, name: str) -> None:
    found = check_files({name: pickle.dumps(tree.DecisionTreeRegressor())}, Against.of(table, Conditions()))
    assert "model_file" in {each["code"] for each in found if each["holds"]}


FORGED = """
import json
json.dump({description}, open("given.model.json", "w"))
words = "age cost weeks"
"""
HELPED = """
from sklearn.tree import DecisionTreeRegressor
import dalgu_zone
data = dalgu_zone.prepared(["age", "cost"], "weeks")
model = DecisionTreeRegressor(max_leaf_nodes=8, min_samples_leaf=30, random_state=0).fit(data.X, data.y)
dalgu_zone.give_model(model, data, "given")
"""


@pytest.mark.slow
def test_what_a_script_writes_by_hand_leaves_as_what_the_site_fits(table: pa.Table, tmp_path: Path) -> None:
    """In the sandbox: a forged description and one of the helper come to the same bytes."""
    mark = {"of": {"id": "ds-1", "name": "claims-p"}, "edition": 1, "seed": 1}
    pq.write_table(table.replace_schema_metadata({trying.MARK: json.dumps(mark)}), tmp_path / "d.parquet")
    forged = FORGED.replace("{description}", repr(described(table)))
    by_hand, by_help = (trying.tried(text.encode(), tmp_path / "d.parquet") for text in (forged, HELPED))
    assert by_hand.error is None, by_hand.log
    assert by_help.error is None, by_help.log
    assert by_hand.files[NAME] == by_help.files[NAME]
    assert [f for f in by_help.findings if f.get("holds", True)] == []
