"""What a kind keeps with `checkpoint` is there for its next attempt, sealed, and gone when the Run has ended."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dalgubeol.kinds import KINDS, kind
from dalgubeol.nouns.run import RunState
from dalgubeol.verbs.people.people import signed_in
from dalgubeol.verbs.runs import submit
from dalgubeol.verbs.runs.conduct import run_to_end
from dalgubeol.verbs.runs.recover import checkpoint_path
from dalgubeol.world.store import datasets

from .conftest import Place, check_whole

KIND = """
import os, signal
from dalgubeol.kinds import contract
from dalgubeol.kinds.contract import Form, Grant, Lifetime, Output, Slot
from dalgubeol.language import say


class Halfway:
    name = "halfway"
    summary = say("Is killed half way, once.")
    grants = frozenset({Grant.READ, Grant.DERIVE})
    deterministic = True
    lifetime = Lifetime.BATCH
    ports = frozenset()
    slots = (Slot("data", frozenset({Form.TABLE})),)
    Parameters = contract.Parameters

    def outputs(self, parameters):
        return (Output("report", Form.REPORT),)

    def execute(self, work):
        kept = work.checkpoint()
        if kept is None:
            work.checkpoint(b"half: a word nobody else may read")
            os.kill(os.getpid(), signal.SIGKILL)
        work.write_bytes("report", kept + b", and whole")

    def examples(self):
        return ()
"""


def test_the_next_attempt_goes_on_from_it(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "halfway_kind.py").write_text(KIND)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(KINDS, "halfway", "halfway_kind:Halfway")
    with place.opened("provider") as house:
        who = signed_in(house)
        queued = submit.submit(house, who.actor, "halfway", {"data": "claims"})
        ended = run_to_end(house, queued.id)
        assert ended.state is RunState.DONE, ended.fault
        assert ended.attempt == 2
        with house.database.reading() as connection:
            made = datasets.find(connection, ended.outputs["report"])
        key = house.keyring.dataset_key(made.id)
        with house.objects.open(made.object_id, key, made.id) as stream:
            assert stream.read() == b"half: a word nobody else may read, and whole"
        assert not checkpoint_path(house, ended.id).exists()
    kind.cache_clear()
    sys.modules.pop("halfway_kind", None)
    check_whole(place)


def test_a_checkpoint_on_disk_is_sealed(place: Place, tmp_path: Path) -> None:
    from dalgubeol.kinds.adapt import Adapt
    from dalgubeol.verbs.runs.execute import StagedWork

    order = {
        "parameters": {"batch": "b"}, "seed": 0, "conditions": {}, "run": "run-1", "attempt": 1,
        "checkpoint": {"path": str(tmp_path / "checkpoint-run-1"), "key": "11" * 32},
    }  # fmt: skip
    work = StagedWork(Adapt(), order, lambda line: None)
    assert work.checkpoint() is None
    work.checkpoint(b"a word nobody else may read")
    assert b"nobody" not in (tmp_path / "checkpoint-run-1").read_bytes()
    assert StagedWork(Adapt(), order, lambda line: None).checkpoint() == b"a word nobody else may read"
