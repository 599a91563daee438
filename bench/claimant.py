"""One step of the scenario `privacy-scale`, in a process of its own: `python -m bench.claimant STEP ...`.

- `write FILE ROWS`: the generated claims.
- `add FILE ORDER`: what `dalgu dataset add` does with a file of persons: it is read, checked and sealed in a
  site. Leaves in ORDER what a conductor would give to the child that makes the Run.
- `run ORDER`: that child: sealed Parquet in, sealed Parquet out. Prints what it has made.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path


def write(path: Path, rows: int) -> None:
    from bench import claims

    (claims.write_csv if path.suffix == ".csv" else claims.write_parquet)(path, rows)


def add(path: Path, order: Path) -> None:
    from bench import claims
    from bench.spine import _house
    from dalgubeol.nouns.dataset import Sensitivity
    from dalgubeol.verbs import register
    from dalgubeol.verbs.execute import papers

    house, who = _house(Path(os.environ["DALGU_SITE"]).parent)
    dataset = register.add(house, who, path, name="claims", sensitivity=Sensitivity.PERSONAL)
    staging = order.with_suffix(".staging")
    staging.mkdir()
    asked = {
        "project": "bench", "person": claims.PERSON, "quasi": claims.QUASI, "keep": claims.KEEP, "k": 5,
        "suppression_limit": 0.05, "generalise": claims.generalise(),
    }  # fmt: skip
    given = {
        "dataset": papers(dataset), "path": str(house.objects.path(dataset.object_id)),
        "key": house.keyring.dataset_key(dataset.id).hex(),
    }  # fmt: skip
    made = {
        "run": "run-bench", "attempt": 1, "kind": "dalgubeol.kinds.pseudonymise:Pseudonymise", "parameters": asked,
        "seed": 0, "conditions": {}, "inputs": {"data": given},
        "outputs": {"pseudonymised": {"id": "ds-bench", "key": secrets.token_hex(32)}}, "staging": str(staging),
        "vault": {"bench": secrets.token_hex(32)}, "basis": "28-2", "mapping": {"write": None, "read": None},
        "checkpoint": {"path": str(staging / "checkpoint"), "key": secrets.token_hex(32)},
    }  # fmt: skip
    order.write_text(json.dumps(made))
    house.close()


def run(order: Path) -> None:
    from dalgubeol.verbs.execute import attempt

    answer = attempt(json.loads(order.read_text()), lambda line: None)
    if "done" not in answer:
        raise SystemExit(json.dumps(answer))
    made = answer["done"]["pseudonymised"]  # type: ignore[index]
    found = made["about"]["generalisation"]
    print(
        json.dumps({**found, "rows_out": made["rows"], "megabytes_out": round(made["size_bytes"] / 1e6, 1)})
    )


if __name__ == "__main__":
    step, *given = sys.argv[1:]
    if step == "write":
        write(Path(given[0]), int(given[1]))
    elif step == "add":
        add(Path(given[0]), Path(given[1]))
    else:
        run(Path(given[0]))
