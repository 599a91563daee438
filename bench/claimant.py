"""One step of the scenario `privacy-scale`, in a process of its own: `python -m bench.claimant STEP ...`.

- `write FILE ROWS`: the generated claims. `write-of FILE ROWS WHICH`: those that `add-policy` takes.
- `add FILE ORDER`: what `dalgu dataset add` does with a file of persons: it is read, checked and sealed in a
  site. Leaves in ORDER what a conductor would give to the child that makes the Run.
- `run ORDER`: that child: sealed Parquet in, sealed Parquet out. Prints what it has made.
- `write-next FILE ROWS`, `add-next FILE ORDER NEXT RECORDS`: the next delivery of the same table. ORDER is the order of
  a Run that has given a recipe (`add-with-recipe`); NEXT becomes that of `pseudonymise-again`.
- `add-policy FILE ORDER WHICH`: as `add`, under a policy that asks for more: `counts`, `grouped`, `k_map`, `masked`.
- `assess ORDER NEXT`: after ORDER has run, NEXT becomes the order that assesses its table beside the original.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any


def write(path: Path, rows: int, following: bool = False) -> None:
    from bench import claims

    if path.suffix == ".csv":
        claims.write_csv(path, rows)
    else:
        claims.write_parquet(path, rows, following)


def write_of(path: Path, rows: int, which: str) -> None:
    """What a policy is measured on: claims of few persons, claims with a population beside them, or free text."""
    from bench import claims

    if which == "masked":
        claims.write_memos(path, rows)
        return
    claims.write_parquet(path, rows, people=20_000 if which == "grouped" else None)
    if which == "k_map":
        claims.write_parquet(path.with_name("population.parquet"), rows, seed=8)


def add(path: Path, order: Path, recipe: bool = False) -> None:
    from bench import claims
    from bench.spine import _house

    house, who = _house(Path(os.environ["DALGU_SITE"]).parent)
    asked = {
        "project": "bench", "person": claims.PERSON, "quasi": claims.QUASI, "keep": claims.KEEP, "k": 5,
        "suppression_limit": 0.05, "generalise": claims.generalise(), "recipe": recipe,
    }  # fmt: skip
    given = _added(house, who, path)
    _order(order, "pseudonymise:Pseudonymise", asked, {"data": given}, recipe=recipe)
    house.close()


def add_policy(path: Path, order: Path, which: str) -> None:
    from bench import claims
    from bench.spine import _house
    from dalgubeol.kinds.pseudonymise import Pseudonymise, policy_of
    from dalgubeol.methods.privacy.policy.policy_text import built, to_toml

    short = {
        "project": "bench", "person": claims.PERSON, "quasi": claims.QUASI, "keep": claims.KEEP, "k": 5,
        "suppression_limit": 0.05, "generalise": claims.generalise(),
    }  # fmt: skip
    plain = policy_of(Pseudonymise.Parameters.model_validate(short)).model_dump(
        mode="json", exclude_defaults=True
    )
    outputs = ["pseudonymised"]
    if which == "counts":
        groups = {"sex": ["F", "M"], "age": [str(age) for age in range(20, 70)]}
        plain["counts"] = [{"name": "days", "groups": groups, "epsilon": 1, "rows_per_person": 3, "total": "days_lost", "lowest": 0, "highest": 365}]  # fmt: skip
        outputs.append("counts")
    elif which == "grouped":
        plain["microaggregate"] = [{"columns": list(claims.KEEP), "k": 5}]
    elif which == "k_map":
        plain.setdefault("models", {})["k_map"] = 5
    else:
        plain = {"project": "bench", "columns": {"memo": {"role": "plain", "steps": [{"do": "mask"}]}}}
    house, who = _house(Path(os.environ["DALGU_SITE"]).parent)
    inputs = {"data": _added(house, who, path)}
    if which == "k_map":
        inputs["population"] = _added(house, who, path.with_name("population.parquet"))
    _order(order, "pseudonymise:Pseudonymise", {"policy": to_toml(built(plain))}, inputs, recipe=False, outputs=outputs)  # fmt: skip
    house.close()


def add_next(path: Path, order: Path, following: Path, records: str) -> None:
    from bench.spine import PASSWORD, _environment
    from dalgubeol.nouns.dataset import Form
    from dalgubeol.settings import Settings
    from dalgubeol.verbs.house.house import open_house
    from dalgubeol.verbs.people import people
    from dalgubeol.verbs.runs.execute import from_papers, papers

    house = open_house(Settings.from_environment(_environment(Path(os.environ["DALGU_SITE"]).parent)))
    people.sign_in(house, "bench", PASSWORD)
    who = people.signed_in(house)
    before = json.loads(order.read_text())
    made = before["outputs"]["recipe"]
    archive = replace(from_papers(before["inputs"]["data"]["dataset"]), id=made["id"], form=Form.ARCHIVE)
    recipe = {
        "dataset": papers(archive),
        "path": str(Path(before["staging"]) / "output-recipe"),
        "key": made["key"],
    }
    asked = {"project": "bench", "suppression_limit": 1.0, "records": records}
    inputs = {"data": _added(house, who, path), "recipe": recipe}
    kind = "pseudonymise_again:PseudonymiseAgain"
    _order(following, kind, asked, inputs, recipe=True, vault=before["vault"])
    house.close()


def add_assessment(order: Path, following: Path) -> None:
    from bench import claims
    from dalgubeol.verbs.runs.execute import from_papers, papers

    first = json.loads(order.read_text())
    given, made = first["inputs"]["data"], first["outputs"]["pseudonymised"]
    after = {
        "dataset": papers(replace(from_papers(given["dataset"]), id=made["id"])),
        "path": str(Path(first["staging"]) / "output-pseudonymised"), "key": made["key"],
    }  # fmt: skip
    asked = {"quasi": claims.QUASI, "person": claims.PERSON, "sensitive": ["days_lost"]}
    _order(
        following, "assess:Assess", asked, {"before": given, "after": after}, recipe=False, outputs=["report"]
    )


def _added(house: Any, who: Any, path: Path) -> dict[str, object]:
    """The file as a Dataset of the site, as an order names an input."""
    from dalgubeol.nouns.dataset import Sensitivity
    from dalgubeol.verbs.datasets import register
    from dalgubeol.verbs.runs.execute import papers

    dataset = register.add(house, who, path, name=path.stem, sensitivity=Sensitivity.PERSONAL)
    return {
        "dataset": papers(dataset), "path": str(house.objects.path(dataset.object_id)),
        "key": house.keyring.dataset_key(dataset.id).hex(),
    }  # fmt: skip


def _order(
    place: Path, kind: str, asked: dict[str, Any], inputs: dict[str, Any], *, recipe: bool, vault: Any = None,
    outputs: Sequence[str] = ("pseudonymised",),
) -> None:  # fmt: skip
    staging = place.with_suffix(".staging")
    staging.mkdir()
    outputs = [*outputs, *(["recipe"] if recipe else [])]
    made = {
        "run": "run-bench", "attempt": 1, "kind": f"dalgubeol.kinds.{kind}", "parameters": asked,
        "seed": 0, "conditions": {}, "inputs": inputs,
        "outputs": {name: {"id": f"ds-{name}", "key": secrets.token_hex(32)} for name in outputs},
        "staging": str(staging), "vault": vault or {"bench": secrets.token_hex(32)}, "basis": "28-2", "key_edition": 1,
        "mapping": {"write": None, "read": None},
        "checkpoint": {"path": str(staging / "checkpoint"), "key": secrets.token_hex(32)},
    }  # fmt: skip
    place.write_text(json.dumps(made))


def run(order: Path) -> None:
    from dalgubeol.verbs.runs.execute import attempt

    answer = attempt(json.loads(order.read_text()), lambda line: None)
    if "done" not in answer:
        raise SystemExit(json.dumps(answer))
    done: Any = answer["done"]
    if "report" in done:
        print(json.dumps({"report_bytes": done["report"]["size_bytes"]}))
        return
    made = done["pseudonymised"]
    found = made["about"].get("generalisation") or made["about"].get("delivery") or {}
    print(
        json.dumps({**found, "rows_out": made["rows"], "megabytes_out": round(made["size_bytes"] / 1e6, 1)})
    )


if __name__ == "__main__":
    step, *given = sys.argv[1:]
    if step == "write":
        write(Path(given[0]), int(given[1]))
    elif step == "write-of":
        write_of(Path(given[0]), int(given[1]), given[2])
    elif step == "add-policy":
        add_policy(Path(given[0]), Path(given[1]), given[2])
    elif step == "write-next":
        write(Path(given[0]), int(given[1]), following=True)
    elif step in ("add", "add-with-recipe"):
        add(Path(given[0]), Path(given[1]), recipe=step == "add-with-recipe")
    elif step == "assess":
        add_assessment(Path(given[0]), Path(given[1]))
    elif step == "add-next":
        add_next(Path(given[0]), Path(given[1]), Path(given[2]), given[3])
    else:
        run(Path(given[0]))
