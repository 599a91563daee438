"""What others may read of an assessment: numbers about many, never about few.

The rules:

- No value of any row: only names of columns, counts, shares and distances.
- A count of 1 to `least` - 1 persons is "< least", and so is a share that says the same. 0 stays 0: that nobody stands
  alone is what the reader must know.
- In the histogram of class sizes the total is known, so more bands are hidden, the smallest first, until those hidden
  hold 2 `least` persons together: what is hidden cannot be worked out by subtraction.
- Of the class that gives most away of a sensitive column: entropy down to a half, distances up to a twentieth.
- Risks and distances are rounded to three decimals, associations to two.

What this does not do: two assessments of two tables that differ in one person can be compared. Averages over a
table are not differentially private.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from .assessment import BANDS, Assessment, Side
from .population import PopulationUniqueness
from .risk import Risk
from .sensitive import Disclosed
from .singling import Singling

HIDDEN = "hidden"
"""Stands in a histogram for a number that was hidden to protect another."""
_MOST_FINDINGS = 40


def few(least: int) -> str:
    """What stands for a count of 1 to `least` - 1."""
    return f"< {least}"


def masked(count: int, least: int) -> int | str:
    return few(least) if 0 < count < least else count


def masked_bands(counts: Sequence[int], least: int) -> list[int | str]:
    """Counts of a whole whose total is known, so that no small one can be worked out."""
    hidden = {i for i, count in enumerate(counts) if 0 < count < least}
    others = sorted((count, i) for i, count in enumerate(counts) if count >= least)
    while hidden and others and sum(counts[i] for i in hidden) < 2 * least:
        hidden.add(others.pop(0)[1])
    return [HIDDEN if i in hidden else int(count) for i, count in enumerate(counts)]


def numbers(found: Assessment, least: int) -> dict[str, Any]:
    """Plain JSON of an assessment, masked. `least` is the smallest count that is shown."""
    return {
        "least": least,
        "quasi_identifiers": list(found.quasi_identifiers),
        "person": found.person,
        "rows_after": found.rows_after,
        "k": found.k,
        "bands": [list(band) for band in BANDS],
        "before": _side(found.before, least),
        "after": _side(found.after, least),
        "outliers": _outliers(found, least),
        "utility": _utility(found),
        "associations": {
            "columns": list(found.associations.columns),
            "before": np.round(found.associations.before, 2).tolist(),
            "after": np.round(found.associations.after, 2).tolist(),
            "mean_change": _rounded(found.associations.mean_change),
        },
        "prediction": _prediction(found),
        "sensitive": [
            [before.column, *(None if s is None else _sensitive(s, least) for s in (before, after))]
            for before, after in found.sensitive
            if before is not None
        ],
    }


def _sensitive(found: Disclosed, least: int) -> dict[str, Any]:
    """Of the worst class, which may be small: to the safe side and so coarse that no counts can be worked out."""
    ordered = found.ordered
    return {
        "distinct": found.distinct,
        "entropy": math.floor(found.entropy * 2 + 1e-9) / 2,
        "equal": _upward(found.equal),
        "ordered": None if ordered is None else _upward(ordered),
        "alike": HIDDEN
        if 0 < found.persons - found.alike < least <= found.alike
        else masked(found.alike, least),
    }


def _upward(distance: float) -> float:
    return math.ceil(distance * 20 - 1e-9) / 20


def _side(side: Side, least: int) -> dict[str, Any]:
    return {
        "risk": _risk(side.risk, least),
        "bands": masked_bands(side.bands, least),
        "singling": _singling(side.singling, least),
        "population": None if side.population is None else _population(side.population, least),
    }


def _risk(risk: Risk, least: int) -> dict[str, Any]:
    shown = {k: _rounded(v) if isinstance(v, float) else v for k, v in asdict(risk).items()}
    for share, whole in (
        ("unique_persons_share", risk.persons),
        ("records_above_threshold_share", risk.records),
    ):
        if 0 < round(getattr(risk, share) * whole) < least:
            shown[share] = few(least)
    return shown


def _singling(found: Singling, least: int) -> dict[str, Any]:
    return {
        "most_columns": found.most_columns,
        "riskiest": [
            [list(s.columns), masked(s.unique_persons, least), _rounded(s.mean_risk)] for s in found.riskiest
        ],
        "keys": [list(key) for key in found.keys],
        "persons_by_smallest_set": [[size, masked(count, least)] for size, count in found.smallest_minimal],
        "drivers": [
            [d.column, _rounded(d.alone), _rounded(d.without), round(d.share, 2)] for d in found.drivers
        ],
    }


def _population(found: PopulationUniqueness, least: int) -> dict[str, Any]:
    return {
        "population": round(found.population),
        "sampling_fraction": _rounded(found.sampling_fraction),
        "sample_uniques": masked(found.sample_uniques, least),
        "chosen": found.chosen.model,
        "share": None if found.share is None else _rounded(found.share),
        "estimates": [
            [
                e.model,
                None if e.uniques is None else round(e.uniques),
                e.reason.stored() if e.reason else None,
            ]
            for e in found.estimates
        ],
    }


def _outliers(found: Assessment, least: int) -> dict[str, Any]:
    ordered = sorted(found.outliers.findings, key=lambda f: (-f.persons, f.rule, f.columns))
    return {
        "persons": masked(found.outliers.persons, least),
        "of_persons": found.outliers.of_persons,
        "found": len(ordered),
        "findings": [[f.rule, list(f.columns), masked(f.persons, least)] for f in ordered[:_MOST_FINDINGS]],
    }


def _utility(found: Assessment) -> dict[str, Any]:
    left, classes = found.utility, found.classes
    return {
        "rows_before": left.rows_before,
        "rows_after": left.rows_after,
        "loss": _rounded(left.loss),
        "discernibility": classes.discernibility,
        "relative_discernibility": _rounded(classes.relative_discernibility),
        "average_class_size": round(classes.average_class_size, 1),
        "c_avg": None if classes.c_avg is None else round(classes.c_avg, 2),
        "columns": [
            [
                c.column,
                _rounded(c.loss),
                _rounded(c.entropy),
                _rounded(c.tv),
                _rounded(c.ks),
                c.unreadable_labels,
            ]
            for c in left.columns
        ],
    }


def _prediction(found: Assessment) -> dict[str, Any] | None:
    made = found.prediction
    if made is None:
        return None
    sides = {name: {k: _rounded(v) for k, v in asdict(side).items()} for name, side in (("before", made.before), ("after", made.after))}  # fmt: skip
    return {
        "target": made.target,
        "predictors": list(made.predictors),
        "classes": made.classes,
        "kept": None if made.kept is None else round(made.kept, 2),
        **sides,
    }


def _rounded(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value
