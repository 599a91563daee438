"""The attacks on the zone, as one table for the tests and for `python -m bench zone-attacks`.

An attack is an id, what it does, and which defence stops it. It counts only if it was first seen to succeed with
that defence left out, and then to fail with it. Targets are the suite's own listeners, files and processes; every
bomb is bounded.

| family | what | how it succeeds first |
|---|---|---|
| scripts | a hostile script of Python | in the sandbox without the named layers, or as a plain process where the layer is the sandbox itself |
| sql | a hostile script of SQL | in DuckDB as it comes |
| outputs | a file that carries more than it says | with the check of that name answering nothing |
| channels | how a script ends as a message | in what the sandbox measures, before it is told in tenths |
| airlock | approvals, releases and people, on a site of its own | with that check of the airlock left out |
| bringing | what comes in, from the offer to the script that uses it | with that check left out |
| budget | noisy answers, asked for again and again | with nobody keeping the account |
| models | what a model remembers, what its description carries | with that check of models left out |
"""

from __future__ import annotations

from bench.zone_attacks.airlock import AIRLOCK
from bench.zone_attacks.bringing import BRINGING
from bench.zone_attacks.budget import BUDGET
from bench.zone_attacks.channels import CHANNELS
from bench.zone_attacks.harness import Attack, Trial
from bench.zone_attacks.models import MODELS
from bench.zone_attacks.outputs import OUTPUTS
from bench.zone_attacks.scripts import SCRIPTS
from bench.zone_attacks.sql import SQL

ATTACKS = (*SCRIPTS, *SQL, *OUTPUTS, *CHANNELS, *AIRLOCK, *BRINGING, *BUDGET, *MODELS)

__all__ = ["ATTACKS", "OUTPUTS", "SCRIPTS", "SQL", "Attack", "Trial"]
