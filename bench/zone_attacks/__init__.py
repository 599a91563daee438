"""The attacks on the zone, as one table for the tests and for `python -m bench zone-attacks`.

An attack is an id, what it does, and which defence stops it. It counts only if it was first seen to succeed with
that defence left out, and then to fail with it. Targets are the suite's own listeners, files and processes; every
bomb is bounded.

| family | what | how it succeeds first |
|---|---|---|
| scripts | a hostile script of Python | in the sandbox without the named layers, or as a plain process where the layer is the sandbox itself |
| sql | a hostile script of SQL | in DuckDB as it comes |
| outputs | a file that carries more than it says | with the check of that name answering nothing |
"""

from __future__ import annotations

from bench.zone_attacks.harness import Attack, Trial
from bench.zone_attacks.outputs import OUTPUTS
from bench.zone_attacks.scripts import SCRIPTS
from bench.zone_attacks.sql import SQL

ATTACKS = (*SCRIPTS, *SQL, *OUTPUTS)

__all__ = ["ATTACKS", "OUTPUTS", "SCRIPTS", "SQL", "Attack", "Trial"]
