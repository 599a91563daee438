"""Local recoding on top of the optimum, on the two tables of `DALGU_DATA/privacy`: loss, classes, CPU time.

The smallest class is counted on the published table. The median CPU time of five runs, counting and recoding,
without the search. The prototype's figures (facts of this project, the same kind of machine) are beside them.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from bench.measuring import Bar, Result, Scenario
from dalgubeol.methods.privacy.anonymity import equivalence_classes, optimum
from dalgubeol.methods.privacy.hierarchy import Hierarchy, from_csv
from dalgubeol.methods.privacy.local import recode, recoded

_K, _LIMIT, _FREE, _RUNS = 5, 0.02, 0.1, 5
_ADULT = (
    "sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation", "salary-class"
)  # fmt: skip
_PROTOTYPE = {
    "adult full": {"loss": 0.0974, "classes": 2864, "cpu_ms": 424},
    "adult partial": {"loss": 0.0620, "classes": 4028, "cpu_ms": 462},
}


def _tables(folder: Path) -> Iterator[tuple[str, pa.Table, list[Hierarchy]]]:
    for name, stem in (("adult", "adult"), ("creditcard", "creditcard_int")):
        place = folder / "privacy" / name
        table = csv.read_csv(place / f"{stem}.csv", parse_options=csv.ParseOptions(delimiter=";"))
        columns = _ADULT if name == "adult" else table.column_names[:7]
        files = [(c, place / "hierarchies" / f"{stem}_hierarchy_{c}.csv") for c in columns]
        yield name, table, [from_csv(c, path.read_text().splitlines()) for c, path in files]


def measure() -> Result:
    folder = os.environ.get("DALGU_DATA")
    if folder is None:
        return Result({}, (), skipped="DALGU_DATA does not name the folder of test data")
    figures: dict[str, object] = {}
    drops: dict[str, float] = {}
    smallest: list[int] = []
    for name, table, trees in _tables(Path(folder)):
        best = optimum(table, trees, k=_K, suppression_limit=_LIMIT)
        free = optimum(table, trees, k=_K, suppression_limit=_FREE)
        figures[f"{name} optimum"] = {"loss": round(best.score, 6), "classes": best.classes}
        for way, partial, starts in (
            ("full", False, []),
            ("partial", True, []),
            ("full, two starts", False, [free]),
            ("partial, two starts", True, [free]),
        ):
            spent = []
            for _ in range(_RUNS):
                begun = time.process_time()
                found = recode(table, trees, best, partial=partial, also_from=starts)
                spent.append(1000 * (time.process_time() - begun))
            published = recoded(table, trees, found)
            smallest.append(equivalence_classes(published, found.quasi_identifiers).smallest)
            drops[f"{name} {way}"] = found.drop
            figures[f"{name} {way}"] = {
                "loss": round(found.loss, 6), "lower_by": round(found.drop, 4), "classes": found.classes,
                "smallest_class": smallest[-1], "suppressed_rows": found.suppressed_rows,
                "cpu_ms": round(statistics.median(spent), 1),
            }  # fmt: skip
    bars = (
        Bar("adult, full splits: loss lower by", round(drops["adult full"], 4), 0.60, at_most=False),
        Bar("adult, partial splits: loss lower by", round(drops["adult partial"], 4), 0.75, at_most=False),
        Bar("smallest class anywhere", min(smallest), _K, at_most=False),
    )
    return Result(figures, bars, _PROTOTYPE)


SCENARIOS = (Scenario("privacy-local", "Local recoding below the optimum", measure),)
