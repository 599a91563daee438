"""Every attack of the table (`bench.zone_attacks`): first it succeeds with its defence left out, then it fails."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.zone_attacks import ATTACKS, Attack, Trial

import dalgubeol
from dalgubeol.world.sandbox.selftest import choose_backend


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    with Trial(choose_backend()) as opened:
        yield opened


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda each: each.id)
def test_an_attack_succeeds_without_its_defence_and_fails_with_it(attack: Attack, trial: Trial) -> None:
    if attack.lacks(trial) is None:
        assert attack.prove(trial), f"not seen to succeed without: {attack.stopped_by}"
    assert not attack.succeeds(trial)


def test_there_are_the_attacks_that_the_issue_asks_for_and_each_has_its_own_name() -> None:
    assert len({each.id for each in ATTACKS}) == len(ATTACKS) >= 60


def test_no_floor_above_the_sandbox_can_leave_a_defence_out() -> None:
    source = Path(dalgubeol.__file__).parent
    passing = [
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if path.parent.name != "sandbox"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").endswith("defences"))
        or (isinstance(node, ast.keyword) and node.arg == "without")
    ]
    assert passing == []


def test_the_sandbox_leaves_nothing_out_unless_it_is_told() -> None:
    import inspect

    from dalgubeol.world.sandbox import bubblewrap, script

    for function in (script.run_script, bubblewrap.command, bubblewrap.environment):
        assert inspect.signature(function).parameters["without"].default == frozenset()
