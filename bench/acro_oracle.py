"""Run by an interpreter that has `acro`: cases as JSON in, what ACRO holds against each as JSON out.

Not imported by anything: ACRO and what it brings take half a gigabyte and stay in an environment of their own.
"""

from __future__ import annotations

import json
import logging
import sys

import pandas as pd
import statsmodels.api as sm
from acro import ACRO

EXAMPLES = (("year", "grant_type"), ("year", "survivor"), ("survivor", "grant_type"))


def checked(rows: list[object], columns: list[object], values: list[float]) -> dict[str, object]:
    """Cells (row and column of the sorted labels) that each check of ACRO holds, in a table of counts and of sums."""
    frame = pd.DataFrame({"row": rows, "column": columns, "value": values})
    acro = ACRO(suppress=False)
    acro.crosstab(frame["row"], frame["column"])
    acro.crosstab(frame["row"], frame["column"], values=frame["value"], aggfunc="sum")
    counts, sums = acro.results.results.values()
    return {"count": counts.sdc["cells"], "sum": sums.sdc["cells"]}


def fitted(values: list[float], others: list[list[float]]) -> dict[str, object]:
    acro = ACRO(suppress=False)
    model = acro.ols(values, sm.add_constant(pd.DataFrame(others)))
    (result,) = acro.results.results.values()
    return {"held": result.status == "fail", "text": model.summary().as_text()}


def examples(path: str) -> list[dict[str, object]]:
    """The tables of ACRO's own notebooks, from its test data."""
    data = pd.read_stata(path).dropna(subset=["inc_grants"])
    made = [(data[row], data[column]) for row, column in EXAMPLES]
    made.append((data["year"].astype(str) + "/" + data["survivor"].astype(str), data["grant_type"]))
    return [
        {"rows": [str(each) for each in row], "columns": [str(each) for each in column], "values": [float(each) for each in data["inc_grants"]]}
        for row, column in made
    ]  # fmt: skip


def main() -> None:
    logging.disable(logging.CRITICAL)
    asked = json.load(sys.stdin)
    cases = asked["cases"] + (examples(asked["examples"]) if asked["examples"] else [])
    answers = [
        {"case": case, "held": checked(case["rows"], case["columns"], case["values"])} for case in cases
    ]
    models = [fitted(each["values"], each["others"]) for each in asked["models"]]
    sys.stdout.write("\n" + json.dumps({"answers": answers, "models": models}))


if __name__ == "__main__":
    main()
