"""Local recoding side by side with one level for all, on the same rows, before it is run."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from dalgubeol.errors import Conflict, Invalid
from dalgubeol.methods.privacy import anonymity, local
from dalgubeol.methods.privacy.hierarchy import intervals, suppress_only
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.projects import finer, previews

PLAIN: dict[str, Any] = {
    "project": "p",
    "models": {"k": 5},
    "search": {"suppression_limit": 0.02},
    "columns": {
        "age": {"role": "quasi-identifier", "steps": [{"do": "generalise", "widths": [5, 10, 20]}]},
        "sex": {"role": "quasi-identifier"},
        "job": {"role": "quasi-identifier"},
        "cost": {"role": "plain"},
    },
}


@pytest.fixture(scope="module")
def rows() -> dict[str, list[Any]]:
    draw = random.Random(3)
    return {
        "age": [20 + int(draw.triangular(0, 50, 10)) for _ in range(1500)],
        "sex": [draw.choice("mf") for _ in range(1500)],
        "job": [draw.choice(["cook", "nurse", "smith", "nurse", "tailor"]) for _ in range(1500)],
        "cost": [draw.randrange(100) for _ in range(1500)],
    }


@pytest.fixture
def claims(town: Any, tmp_path: Path, rows: dict[str, list[Any]]) -> Any:
    path = tmp_path / "claims.csv"
    lines = zip(*rows.values(), strict=True)
    path.write_text(",".join(rows) + "\n" + "".join(",".join(map(str, line)) + "\n" for line in lines))
    return register.add(town.house, town.who("provider"), path, name="claims", sensitivity=Sensitivity.PERSONAL)  # fmt: skip


def test_the_three_ways_stand_side_by_side_as_the_run_would_find_them(
    town: Any, claims: Any, rows: dict[str, list[Any]]
) -> None:
    import pyarrow as pa

    house, who = town.house, town.who("provider")
    ready = previews.begin(house, who, claims.id, PLAIN)
    found = finer.compare(house, who, ready.token, PLAIN)
    assert (found.rows, found.sampled) == (1500, False)
    whole, full, partial = found.ways
    assert partial.loss <= full.loss < whole.loss
    assert whole.mean < partial.mean <= 0.2
    assert min(way.smallest for way in found.ways) >= 5
    table = pa.table(rows)
    trees = [intervals("age", table["age"], [5, 10, 20]), suppress_only("sex", table["sex"]), suppress_only("job", table["job"])]  # fmt: skip
    best, free = (anonymity.optimum(table, trees, k=5, suppression_limit=limit) for limit in (0.02, 0.1))
    assert whole.loss == best.score
    assert full.loss == local.recode(table, trees, best, also_from=[free]).loss
    for way in finer.WAYS:
        assert [row.before for row in found.samples[way]] == [row.before for row in found.samples["global"]]
    assert found.samples["local"] != found.samples["global"]
    looks = [line["event"] for line in prove.records(house, about=claims.id)]
    assert looks == ["registered", "viewed", "viewed"]  # the preview, and that rows were shown


def test_where_time_does_not_suffice_some_persons_are_taken_and_it_says_so(
    town: Any, claims: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, who = town.house, town.who("provider")
    ready = previews.begin(house, who, claims.id, PLAIN)
    monkeypatch.setattr(finer, "SAMPLE_ROWS", 400)
    whole, calls = finer._compared, []

    def slow(*asked: Any) -> Any:
        calls.append(len(asked[4]))
        if len(calls) == 1:
            raise finer._Late
        return whole(*asked)

    monkeypatch.setattr(finer, "_compared", slow)
    found = finer.compare(house, who, ready.token, PLAIN)
    assert calls == [1500, 400]
    assert (found.rows, found.of_rows, found.sampled) == (400, 1500, True)
    assert min(way.smallest for way in found.ways) >= 5


def test_nobody_waits_any_more_and_it_ends(town: Any, claims: Any) -> None:
    house, who = town.house, town.who("provider")
    ready = previews.begin(house, who, claims.id, PLAIN)
    with pytest.raises(Conflict) as stopped:
        finer.compare(house, who, ready.token, PLAIN, lambda: True)
    assert stopped.value.code == "preview.stopped"


def test_what_local_recoding_cannot_keep_is_said(town: Any, claims: Any) -> None:
    house, who = town.house, town.who("provider")
    asked = {**PLAIN, "models": {"k": 5, "average_risk": 0.1}}
    ready = previews.begin(house, who, claims.id, asked)
    with pytest.raises(Invalid) as cannot:
        finer.compare(house, who, ready.token, asked)
    assert cannot.value.code == "invalid.recoding"
