"""Run by an interpreter that has `acro`: cases as JSON in, what ACRO holds against each as JSON out.

Not imported by anything: ACRO and what it brings take half a gigabyte and stay in an environment of their own. Its
data (`test_data.dta` on charities, `nursery.arff`) are read where they lie; the tables and regressions of its tests and
notebooks are named here by their columns, and made anew.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from acro import ACRO
from scipy.io.arff import loadarff

TABLES = (("year", "grant_type"), ("year", "survivor"), ("survivor", "grant_type"))
COSTS = ("inc_grants", "inc_donations", "total_costs")
CHARITIES = (
    *((method, "inc_activity", COSTS) for method in ("ols", "olsr")),
    *((method, "survivor", ("inc_activity", *COSTS)) for method in ("logit", "logitr", "probit", "probitr")),
)
NURSERY = (
    *((method, "recommend", ("children",)) for method in ("ols", "olsr")),
    *((method, "finance", ("children",)) for method in ("logit", "probit")),
)
HEAD = ("ols", "inc_activity", COSTS)
"""Its tests fit this one on the first ten records too, which must fail."""
RANKS = ("not_recom", "recommend", "very_recom", "priority", "spec_prior")
LEFT = range(8, 13)
"""Residual degrees of freedom that the same regressions leave on fewer records, around the threshold of ten."""
DRAWS = 50


def checked(rows: list[object], columns: list[object], values: list[float]) -> dict[str, object]:
    """Cells (row and column of the sorted labels) that each check of ACRO holds, in a table of counts and of sums."""
    frame = pd.DataFrame({"row": rows, "column": columns, "value": values})
    acro = ACRO(suppress=False)
    acro.crosstab(frame["row"], frame["column"])
    acro.crosstab(frame["row"], frame["column"], values=frame["value"], aggfunc="sum")
    counts, sums = acro.results.results.values()
    return {"count": counts.sdc["cells"], "sum": sums.sdc["cells"]}


def fitted(method: str, frame: pd.DataFrame) -> dict[str, object] | None:
    """Its first column explained by the others: what ACRO says, what statsmodels prints, and the file in which ACRO
    stores the head of that; None where the model has no fit (its classes are apart, a matrix is singular)."""
    acro, (explained, *others) = ACRO(suppress=False), frame.columns
    try:
        if method.endswith("r"):
            model = getattr(acro, method)(f"{explained} ~ {' + '.join(others)}", data=frame)
        else:
            model = getattr(acro, method)(frame[explained], sm.add_constant(frame[others]))
        printed = model.summary().as_text()
    except (np.linalg.LinAlgError, ValueError, ZeroDivisionError):
        return None
    (result,) = acro.results.results.values()
    stored = [each.to_csv() for each in result.output]
    return {
        "held": result.status == "fail", "residual": float(result.properties["dof"]), "texts": [printed, *stored[:1]],
    }  # fmt: skip


def cut(method: str, frame: pd.DataFrame, left: int) -> dict[str, object] | None:
    """The same regression on so few records that `left` degrees of freedom remain; other records until it has a fit."""
    for seed in range(DRAWS):
        few = frame.sample(left + len(frame.columns), random_state=seed)
        if few.nunique().min() > 1 and (made := fitted(method, few)) is not None:
            return made
    return None


def charities(folder: Path) -> pd.DataFrame:
    return pd.read_stata(folder / "test_data.dta")


def nursery(folder: Path) -> pd.DataFrame:
    """`children` beyond three are drawn, as in its notebook; here by seed."""
    content, _ = loadarff(folder / "nursery.arff")
    data = pd.DataFrame(content).apply(lambda column: column.str.decode("utf-8"))
    drawn = pd.Series(np.random.default_rng(0).integers(4, 10, len(data)), index=data.index)
    return data.assign(
        recommend=data["class"].map(RANKS.index),
        children=data["children"].where(data["children"] != "more").astype(float).fillna(drawn),
    )


def tables(folder: Path) -> list[dict[str, object]]:
    """Tables from ACRO's own tests and notebooks."""
    data, births = charities(folder).dropna(subset=["inc_grants"]), nursery(folder)
    made = [(data[row], data[column], data["inc_grants"]) for row, column in TABLES]
    made.append((data["year"].astype(str) + "/" + data["survivor"].astype(str), data["grant_type"], data["inc_grants"]))  # fmt: skip
    made.append((births["recommend"], births["parents"], births["children"]))
    return [
        {"rows": [str(each) for each in row], "columns": [str(each) for each in column], "values": [float(each) for each in values]}
        for row, column, values in made
    ]  # fmt: skip


def regressions(folder: Path) -> dict[str, list[dict[str, object] | None]]:
    """ACRO's own, and the same on few records."""
    data, births = charities(folder), nursery(folder)

    def frame(source: pd.DataFrame, explained: str, others: tuple[str, ...]) -> pd.DataFrame:
        chosen = source[[explained, *others]].dropna()
        if not pd.api.types.is_numeric_dtype(chosen[explained]):
            chosen[explained] = chosen[explained].astype("category").cat.codes
        return chosen

    every = [(method, frame(source, *named)) for source, asked in ((data, CHARITIES), (births, NURSERY)) for method, *named in asked]  # fmt: skip
    head, *named = HEAD
    own = [*(fitted(*each) for each in every), fitted(head, frame(data, *named)[:10])]
    return {"own": own, "own_on_few_records": [cut(*each, left) for each in every for left in LEFT]}


def main() -> None:
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    asked = json.load(sys.stdin)
    folder = Path(asked["examples"]) if asked["examples"] else None
    cases = asked["cases"] + (tables(folder) if folder else [])
    answers = [
        {"case": case, "held": checked(case["rows"], case["columns"], case["values"])} for case in cases
    ]
    models = {
        method: [fitted(method, pd.DataFrame(each["columns"])) for each in models]
        for method, models in asked["models"].items()
    } | (regressions(folder) if folder else {})
    sys.stdout.write("\n" + json.dumps({"answers": answers, "models": models}))


if __name__ == "__main__":
    main()
