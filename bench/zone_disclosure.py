"""`zone-disclosure`: a table of 1,000 cells beside 200 earlier releases, alone (`linked`) and by all the checks that a
Run makes of it (`checked`, then `proposed`: both safe versions); and agreement with ACRO where it is there.

CPU time: the machine may be shared. The table counts 200,000 records by ten bands of age, ten towns and ten jobs;
the releases are 200 different tables of one to three of eight keys, in five ways to cut ages, small counts gone.
DALGU_ACRO names an interpreter that has `acro`; DALGU_ACRO_DATA the folder `data` of its public repository, for its own
examples. A model counts as agreed where the same is held by what statsmodels prints of it and by the file that ACRO
stores of it, and the degrees of freedom read from both are those that ACRO counted.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measuring import Bar, Result, Scenario, median

if TYPE_CHECKING:
    from dalgubeol.methods.disclosure.releases import Released

RECORDS, RELEASES, GENERATED, MODELS = 200_000, 200, 200, 40
METHODS = ("ols", "logit", "probit")
ROUNDS = 3
BOUND_S = 2.0
LARGE_S = 10.0
CUTS = (10, 5, 20, 15, 12)
KEYS = {"age": 100, "town": 10, "job": 10, "sex": 2, "year": 5, "insurer": 8, "part": 12, "cause": 9}
CHECKS = (("small_cell", "count", "MinimumThresholdCheck"), ("dominance", "sum", "NKCheck"), ("p_percent", "sum", "PPercentCheck"))  # fmt: skip


def population() -> dict[str, Any]:
    """Each key's value of every record, by number."""
    import numpy as np

    rng = np.random.default_rng(3)
    return {key: np.minimum((size * rng.beta(1.2, 1.4, RECORDS)).astype(int), size - 1) for key, size in KEYS.items()}  # fmt: skip


def releases() -> tuple[Released, list[Released]]:
    """The table and the earlier releases, all of one population."""
    import numpy as np

    drawn = population()

    def counted(keys: tuple[str, ...], cut: int, number: int) -> Released:
        from dalgubeol.methods.disclosure.releases import Released

        codes = [drawn[key] // cut if key == "age" else drawn[key] for key in keys]
        names = [[f"{at * cut}-{min(99, at * cut + cut - 1)}" for at in range(-(-100 // cut))] if key == "age" else [f"{key}{at}" for at in range(KEYS[key])] for key in keys]  # fmt: skip
        counts = np.zeros([len(each) for each in names])
        np.add.at(counts, tuple(codes), 1)
        labels = tuple(tuple(name[at] for name, at in zip(names, place, strict=True)) for place in np.ndindex(*counts.shape))  # fmt: skip
        return Released(
            keys, labels, tuple(None if c < 10 else float(c) for c in counts.ravel()), number=number
        )

    sets = [keys for many in (1, 2, 3) for keys in combinations(KEYS, many)]
    asked = [(keys, cut) for cut in CUTS for keys in sets if cut == CUTS[0] or "age" in keys]
    asked.remove((("age", "town", "job"), CUTS[0]))
    picked = random.Random(1).sample(asked, RELEASES)
    earlier = [counted(keys, cut, number) for number, (keys, cut) in enumerate(picked, start=1)]
    return counted(("age", "town", "job"), CUTS[0], 0), earlier


def whole(table: Released, earlier: list[Released]) -> tuple[float, float, int]:
    """CPU seconds of all checks of the table as a file, and of proposing its safe versions; how many of these pass."""
    import pyarrow as pa

    from dalgubeol.kinds.checks import Against, check_files
    from dalgubeol.kinds.safe_files import proposals
    from dalgubeol.nouns.permit import Conditions

    drawn = population()
    source = pa.table(
        {key: drawn[key] if key == "age" else [f"{key}{at}" for at in drawn[key]] for key in KEYS}
    )
    lines = [",".join((*labels, f"{count:.0f}")) for labels, count in zip(table.labels, table.counts, strict=True) if count is not None]  # fmt: skip
    files = {"t.csv": "\n".join((",".join((*table.keys, "n")), *lines, "")).encode()}
    began = time.process_time()
    against = Against.of(source, Conditions(), earlier)
    found = check_files(files, against)
    checked = time.process_time()
    made = proposals(files, found, against)
    return checked - began, time.process_time() - checked, sum(each.passes for each in made)


def large() -> tuple[dict[str, object], float]:
    """Complements of a table of 999 by 10 counts with all totals, 60 in a cell on average: what is hidden, CPU seconds
    of choosing and proving, and of both safe versions of the same table as a file."""
    import numpy as np
    import pyarrow as pa

    from dalgubeol.kinds.checks import Against, check_files
    from dalgubeol.kinds.safe_files import proposals
    from dalgubeol.methods.disclosure.releases import Released
    from dalgubeol.methods.disclosure.suppression import suppressed
    from dalgubeol.nouns.permit import Conditions

    counts = np.random.default_rng(1).negative_binomial(1, 1 / 61, (998, 9))
    whole = np.vstack([np.column_stack([counts, counts.sum(axis=1)]), [*counts.sum(axis=0), counts.sum()]])
    towns, jobs = [*(f"t{at}" for at in range(998)), "total"], [*(f"j{at}" for at in range(9)), "total"]
    labels = tuple((town, job) for town in towns for job in jobs)
    began = time.process_time()
    made = suppressed(Released(("town", "job"), labels, tuple(float(each) for each in whole.ravel())))
    chosen = time.process_time()
    lines = [",".join(map(str, (town, *row))) for town, row in zip(towns, whole.tolist(), strict=True)]
    files = {"t.csv": "\n".join((",".join(("town", *jobs)), *lines, "")).encode()}
    against = Against.of(pa.table({"town": ["t0"], "n": [1]}), Conditions())
    found = check_files(files, against)
    checked = time.process_time()
    safe = proposals(files, found, against)
    spent = time.process_time() - checked
    figures: dict[str, object] = {
        "large_counts": len(labels), "large_small_ones": len(made.primary), "large_complements": len(made.secondary),
        "large_chosen_and_proven_cpu_s": round(chosen - began, 3), "large_proposed_cpu_s": round(spent, 2),
        "large_safe_versions": sum(each.passes for each in safe),
    }  # fmt: skip
    return figures, chosen - began


def generated(seed: int) -> list[dict[str, list[Any]]]:
    """Tables of sums of every kind: even and skewed amounts, full and nearly empty cells, ties."""
    import numpy as np

    rng = np.random.default_rng(seed)
    cases = []
    for _ in range(GENERATED):
        many = int(rng.integers(20, 400))
        rows, columns = rng.integers(0, rng.integers(2, 6), many), rng.integers(0, rng.integers(2, 5), many)
        values = rng.lognormal(3, rng.uniform(0.2, 3), many).round(int(rng.integers(0, 3))) + 1
        cases.append({"rows": [f"r{each}" for each in rows], "columns": [f"c{each}" for each in columns], "values": values.tolist()})  # fmt: skip
    return cases


def models(seed: int) -> dict[str, list[dict[str, Any]]]:
    """For each method as many regressions: of a number or of a yes, by one to five numbers."""
    import numpy as np

    rng = np.random.default_rng(seed)

    def made(method: str) -> dict[str, Any]:
        many, named = int(rng.integers(8, 25)), int(rng.integers(1, 6))
        drawn = rng.random((named + 1, many))
        explained = drawn[0] if method == "ols" else (drawn[0] < 0.5).astype(int)
        others = {f"x{at}": column.tolist() for at, column in enumerate(drawn[1:])}
        return {"columns": {"y": explained.tolist(), **others}}

    return {method: [made(method) for _ in range(MODELS)] for method in METHODS}


def ours(case: Mapping[str, list[Any]]) -> dict[str, set[tuple[int, int]]]:
    """Cells that our checks hold, by rule."""
    import pyarrow as pa

    from dalgubeol.methods.disclosure.cells import cells_below
    from dalgubeol.methods.disclosure.dominance import dominated_cells, estimable_cells

    rows, columns = sorted(set(case["rows"])), sorted(set(case["columns"]))
    inside: dict[tuple[int, str], list[float]] = {(row, column): [] for row in range(1, len(rows) + 1) for column in columns}  # fmt: skip
    for row, column, value in zip(case["rows"], case["columns"], case["values"], strict=True):
        inside[rows.index(row) + 1, column].append(value)
    counts = {column: [len(inside[row, column]) for row in range(1, len(rows) + 1)] for column in columns}
    found = (*cells_below(pa.table(counts)), *dominated_cells(inside), *estimable_cells(inside))
    held: dict[str, set[tuple[int, int]]] = {rule: set() for rule, _, _ in CHECKS}
    for each in found:
        held[each.rule].add((int(each.row or 0) - 1, columns.index(str(each.column))))
    return held


def fits(answers: list[dict[str, Any] | None]) -> dict[str, int]:
    """Models of which both say the same; those that have no fit are counted apart."""
    from dalgubeol.methods.disclosure.regression import residual_degrees_of_freedom, thin_models

    fitted = [each for each in answers if each is not None]
    agreed = sum(
        all(
            bool(thin_models(text)) == each["held"]
            and residual_degrees_of_freedom(text) == (each["residual"],)
            for text in each["texts"]
        )
        for each in fitted
    )
    held = sum(each["held"] for each in fitted)
    return {"models": len(fitted), "without_a_fit": len(answers) - len(fitted), "held_by_acro": held, "agreed": agreed}  # fmt: skip


def agreement(interpreter: str, data: str | None) -> dict[str, object]:
    """Cells of which both say the same, by rule, and the cells of which they do not."""
    asked = {"cases": generated(7), "models": models(8), "examples": data}
    script = Path(__file__).with_name("acro_oracle.py")
    done = subprocess.run([interpreter, "-W", "ignore", str(script)], input=json.dumps(asked), capture_output=True, text=True, check=True)  # fmt: skip
    answered = json.loads(done.stdout.splitlines()[-1])
    figures: dict[str, object] = {}
    for name, answers in (("generated", answered["answers"][:GENERATED]), ("own_examples", answered["answers"][GENERATED:])):  # fmt: skip
        same, cells, flagged = dict.fromkeys(("all", *(c[0] for c in CHECKS)), 0), 0, 0
        for answer in answers:
            case, held = answer["case"], ours(answer["case"])
            size = len(set(case["rows"])) * len(set(case["columns"]))
            cells += size
            for rule, table, check in CHECKS:
                theirs = {(row, column) for row, column in answer["held"][table][check]}
                flagged += len(theirs)
                same[rule] += size - len(theirs ^ held[rule])
        if cells:
            agreed = {rule: round(same[rule] / cells, 6) for rule, _, _ in CHECKS}
            figures[name] = {"tables": len(answers), "cells": cells, "held_by_acro": flagged, **agreed}
    figures["degrees_of_freedom"] = {name: fits(answers) for name, answers in answered["models"].items()}
    return figures


def measure() -> Result:
    from dalgubeol.methods.disclosure.differencing import linked

    table, earlier = releases()
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        found = linked(table, earlier)
        spent.append(time.process_time() - began)
    figures: dict[str, object] = {
        "cells": len(table.counts), "releases": len(earlier), "released_cells": sum(len(each.counts) for each in earlier),
        "linked_cpu_s": median(spent), "first_cpu_s": round(spent[0], 4), "rows_held": len(found.rows),
        "releases_in_equations": found.scope.exact, "releases_by_remainders_only": found.scope.remainders_only,
        "releases_apart": found.scope.apart, "releases_contradicting": found.scope.contradicting,
    }  # fmt: skip
    checked_s, proposed_s, passing = whole(table, earlier)
    figures |= {
        "checked_cpu_s": round(checked_s, 4),
        "proposed_cpu_s": round(proposed_s, 4),
        "safe_versions": passing,
    }
    told, chosen_s = large()
    figures |= told
    bars = [
        Bar("large_chosen_and_proven_cpu_s", chosen_s, LARGE_S),
        Bar("linked_cpu_s", median(spent), BOUND_S),
        Bar("checked_cpu_s", checked_s, BOUND_S),
    ]
    interpreter = os.environ.get("DALGU_ACRO")
    if interpreter is None:
        return Result(figures, tuple(bars), skipped="agreement with acro: set DALGU_ACRO to an interpreter that has it")  # fmt: skip
    peers = agreement(interpreter, os.environ.get("DALGU_ACRO_DATA"))
    alike: Mapping[str, Mapping[str, int]] = peers.pop("degrees_of_freedom")  # type: ignore[assignment]
    shares = [float(each[rule]) for each in peers.values() for rule, _, _ in CHECKS]  # type: ignore[index]
    shares += [each["agreed"] / each["models"] for each in alike.values()]
    bars.append(Bar("agreement_with_acro", min(shares), 1, at_most=False))
    return Result(figures, tuple(bars), {**peers, "degrees_of_freedom": alike})


SCENARIOS = (
    Scenario("zone-disclosure", "1,000 cells beside 200 earlier releases; agreement with ACRO", measure),
)
