"""`python -m bench NAME [--json]`; exit code 1 where a bar is not met."""

from __future__ import annotations

import argparse
import sys

from bench import (
    api,
    plant,
    portal,
    privacy_identify,
    privacy_link,
    privacy_local,
    privacy_scale,
    privacy_search,
    recover,
    spine,
    zone,
    zone_disclosure,
    zone_load,
    zone_models,
)
from bench.measuring import report, text

_ALL = (
    *spine.SCENARIOS,
    *portal.SCENARIOS,
    *api.SCENARIOS,
    *plant.SCENARIOS,
    *recover.SCENARIOS,
    *privacy_identify.SCENARIOS,
    *privacy_link.SCENARIOS,
    *privacy_local.SCENARIOS,
    *privacy_scale.SCENARIOS,
    *privacy_search.SCENARIOS,
    *zone.SCENARIOS,
    *zone_disclosure.SCENARIOS,
    *zone_load.SCENARIOS,
    *zone_models.SCENARIOS,
)
SCENARIOS = {scenario.name: scenario for scenario in _ALL}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("name", nargs="*", help="scenarios to run")
    parser.add_argument("--list", action="store_true", help="name all scenarios")
    parser.add_argument("--json", action="store_true", help="one JSON object each")
    asked = parser.parse_args()
    if asked.list or not asked.name:
        for scenario in SCENARIOS.values():
            print(f"{scenario.name:20} {scenario.summary}")
        return 0
    unknown = [name for name in asked.name if name not in SCENARIOS]
    if unknown:
        parser.error(f"no scenario {unknown[0]}; --list names them")
    met = True
    for name in asked.name:
        made = report(SCENARIOS[name], SCENARIOS[name].measure())
        met &= all(bar["met"] for bar in made["bars"])  # type: ignore[attr-defined]
        if asked.json:
            print(text(made), flush=True)
        else:
            _show(made)
    return 0 if met else 1


def _show(made: dict[str, object]) -> None:
    print(f"{made['scenario']} ({made['machine']})")
    for name, value in made["figures"].items():  # type: ignore[attr-defined]
        print(f"  {name}: {value}")
    for bar in made["bars"]:  # type: ignore[attr-defined]
        print(f"  {'met   ' if bar['met'] else 'MISSED'} {bar['name']} {bar['value']} ({bar['bound']})")


if __name__ == "__main__":
    sys.exit(main())
