"""The contract of `kinds.contract`, held against every kind that can be run here, unasked."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest

from dalgubeol.errors import Invalid, Refused
from dalgubeol.kinds import kind as kind_named
from dalgubeol.kinds import names
from dalgubeol.kinds.contract import Example, Form, Grant, Kind, Lifetime, Port
from dalgubeol.language import Message
from dalgubeol.nouns.dataset import Dataset, Sensitivity
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.rules.granting import CARRYING_ON
from dalgubeol.verbs.airlock import letting_out
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house.house import wake
from dalgubeol.verbs.projects import restoring
from dalgubeol.verbs.runs import submit
from dalgubeol.verbs.runs.conduct import run_to_end
from dalgubeol.verbs.runs.parameters import checked_parameters
from dalgubeol.verbs.runs.recover import output_id
from dalgubeol.world.store import datasets, runs

from .conftest import Scene

ALL = [pytest.param(name, example, id=f"{name}: {example.summary}") for name in names() for example in kind_named(name).examples()]  # fmt: skip
_OFFERED = frozenset({"bring-in", "make-safe"})
"""Kinds that a verb queues, for whoever offers files or has chosen a safe version."""
_number = count(1)
_made_first: list[tuple[Scene, str, Run]] = []
_LOOPBACK_UP = """
import fcntl, socket, struct
with socket.socket() as line:  # netdevice(7): SIOCSIFFLAGS with IFF_UP | IFF_RUNNING
    fcntl.ioctl(line, 0x8914, struct.pack("16sH14x", b"lo", 0x41))
"""


def _unique(prefix: str) -> str:
    return f"{prefix}-{next(_number)}"


def _brought_in(scene: Scene, kind: Kind, example: Example, folder: Path) -> dict[str, str]:
    """The example's inputs as Datasets of the provider: slot to name."""
    inputs: dict[str, str] = {}
    slots = {slot.name: slot for slot in kind.slots}
    for slot, content in example.inputs.items():
        keeping = slots[slot].forms & {Form.TABLE, Form.SERIES}
        form = sorted(keeping)[0] if keeping else sorted(slots[slot].forms)[0]
        source = folder / f"{slot}{'.csv' if keeping else '.bin'}"
        source.write_bytes(content)
        name = _unique(f"{kind.name}-{slot}")
        register.add(
            scene.house, scene.provider, source, name=name, form=form, sensitivity=example.sensitivity
        )
        inputs[slot] = name
    for slot, (first, parameters) in example.runs_first.items():
        theirs = {
            s.name: inputs[s.name] for s in kind_named(first).slots if s.name in inputs or not s.optional
        }
        _clear_away(scene, first)
        made = _run(scene, first, theirs, {**parameters, "name": _unique(f"{first}-output")})
        _made_first.append((scene, first, made))
        inputs[slot] = _output(scene, made, slot).name
    return inputs


def _clear_away(scene: Scene, first: str) -> None:
    """What earlier tests let run first is destroyed: two deliveries of a table are not searched anew side by side."""
    for there, kind, made in [each for each in _made_first if each[:2] == (scene, first)]:
        _destroyed(scene, made)
        _made_first.remove((there, kind, made))


def _destroyed(scene: Scene, run: Run) -> None:
    """All that it made; a recipe before the table that it would end with."""
    for name in sorted(run.outputs, reverse=True):
        register.destroy(scene.house, scene.provider, run.outputs[name])


def _run(
    scene: Scene, kind: str, inputs: dict[str, str], parameters: dict[str, object], seed: int = 7
) -> Run:
    """As the provider, who owns the inputs. A kind that exports, scans what is offered or makes a safe version is queued as the airlock
    queues it, one that restores by two people of the provider."""
    if kind == "restore":
        asked = restoring.ask(scene.house, scene.provider, inputs["data"], "an example of a kind")
        return run_to_end(scene.house, restoring.confirm(scene.house, scene.operator, asked.id).id)
    if Grant.EXPORT not in kind_named(kind).grants and kind not in _OFFERED:
        queued = submit.submit(scene.house, scene.provider.actor, kind, inputs, parameters, seed)
        return run_to_end(scene.house, queued.id)
    from dalgubeol.digest import fresh_id, fresh_salt
    from dalgubeol.verbs.house.clock import now

    with scene.house.database.reading() as connection:
        ids = {slot: datasets.find(connection, name).id for slot, name in inputs.items()}
    checked = checked_parameters(kind_named(kind), parameters)
    run = Run(fresh_id("run"), kind, ids, (), checked, seed, scene.provider.actor.id, RunState.QUEUED, now())
    scene.house.write(lambda connection: runs.add(connection, run, fresh_salt().hex()))
    wake(scene.house)
    return run_to_end(scene.house, run.id)


def _first_output(scene: Scene, run: Run) -> Dataset:
    return _output(scene, run, next(iter(run.outputs), ""))


def _output(scene: Scene, run: Run, name: str) -> Dataset:
    """The output of that name, else the first."""
    assert run.state in (RunState.DONE, RunState.HELD), run.fault
    with scene.house.database.reading() as connection:
        return datasets.find(connection, run.outputs.get(name, next(iter(run.outputs.values()))))


def _plain_digests(scene: Scene, run: Run) -> dict[str, str]:
    found = {}
    for output, id_ in run.outputs.items():
        with scene.house.database.reading() as connection:
            stored = datasets.plain_digest(connection, id_)
            dataset = datasets.find(connection, id_)
        assert stored is not None
        found[output] = (scene.house.keyring.unseal(id_, stored) if dataset.protected else stored).hex()
    return found


@pytest.fixture
def no_review(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release that no vote has queued has no review to settle."""

    monkeypatch.setattr(letting_out, "released", lambda *given: None)
    monkeypatch.setattr(letting_out, "release_failed", lambda *given: None)


@pytest.mark.parametrize("name", names())
def test_declares_what_the_contract_asks(name: str) -> None:
    kind = kind_named(name)
    assert kind.name == name
    assert isinstance(kind.summary, Message)
    assert kind.summary.text("en").endswith(".")
    assert kind.grants
    assert kind.grants <= set(Grant)
    assert kind.ports <= set(Port)
    assert kind.lifetime in Lifetime
    assert kind.slots
    assert len({slot.name for slot in kind.slots}) == len(kind.slots)
    assert all(field.description for field in kind.Parameters.model_fields.values()), (
        "a parameter without a description"
    )
    assert list(kind.examples()), "no example"


@pytest.mark.parametrize("name", names())
def test_has_a_command_line_made_from_its_parameters(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    from dalgubeol.doors.cli.runs import parser

    kind = kind_named(name)
    with pytest.raises(SystemExit) as ended:
        parser(kind).parse_args(["--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(f"--{field.replace('_', '-')}" in shown for field in kind.Parameters.model_fields)


@pytest.mark.parametrize(("name", "example"), ALL)
def test_is_refused_without_a_permit_with_all_reasons(
    scene: Scene, tmp_path: Path, name: str, example: Example
) -> None:
    kind = kind_named(name)
    inputs = _brought_in(scene, kind, example, tmp_path)
    before = prove.self_check(scene.house)
    with pytest.raises(Refused) as refused:
        submit.submit(scene.house, scene.analyst.actor, name, inputs, example.parameters)
    codes = [reason.code for reason in refused.value.reasons]
    assert codes.count("permit.none") == len(set(inputs.values()))
    assert "grant.none" in codes
    recorded = prove.records(scene.house, after=before - 1)
    assert [record["event"] for record in recorded] == ["refused"]
    assert set(recorded[0]["payload"]["reasons"]) == set(codes)


@pytest.mark.usefixtures("no_review")
@pytest.mark.parametrize(("name", "example"), ALL)
def test_keeps_its_promises_on_its_own_example(
    scene: Scene, tmp_path: Path, name: str, example: Example
) -> None:
    kind = kind_named(name)
    inputs = _brought_in(scene, kind, example, tmp_path)
    objects_before = _object_digests(scene)
    run = _run(scene, name, inputs, dict(example.parameters))
    assert run.state in (RunState.DONE, RunState.HELD), run.fault
    declared = {o.name: o for o in kind.outputs(kind.Parameters.model_validate(dict(example.parameters)))}
    assert set(run.outputs) == set(declared), "writes what it declared and nothing else"
    after = _object_digests(scene)
    assert {k: v for k, v in after.items() if k in objects_before} == objects_before, "inputs are unchanged"
    for output, id_ in run.outputs.items():
        _check_output(scene, declared[output], id_, inputs)
    recorded = prove.records(scene.house, about=run.id)
    assert [record["event"] for record in recorded] == ["ran"]
    assert prove.self_check(scene.house) > recorded[0]["record"]


def _check_output(scene: Scene, declared: object, id_: str, inputs: dict[str, str]) -> None:
    with scene.house.database.reading() as connection:
        made = datasets.find(connection, id_)
        sources = [datasets.find(connection, name) for name in inputs.values()]
    assert made.form == declared.form  # type: ignore[attr-defined]
    lowers = declared.lowers  # type: ignore[attr-defined]
    highest = max(source.sensitivity.rank for source in sources)
    assert made.sensitivity is lowers if lowers else made.sensitivity.rank >= highest
    assert set(made.sources) == {source.id for source in sources}
    scene.house.objects.check(made.object_id)


@pytest.mark.usefixtures("no_review")
@pytest.mark.parametrize(("name", "example"), [p for p in ALL if kind_named(str(p.values[0])).deterministic])
def test_is_deterministic_as_declared(scene: Scene, tmp_path: Path, name: str, example: Example) -> None:
    inputs = _brought_in(scene, kind_named(name), example, tmp_path)
    first = _run(scene, name, inputs, dict(example.parameters))
    made = _plain_digests(scene, first)
    if name == CARRYING_ON:  # a recipe is gone on with once, unless what came of it is gone
        _destroyed(scene, first)
    second = _run(scene, name, inputs, dict(example.parameters))
    assert made == _plain_digests(scene, second)


def test_works_with_the_network_off() -> None:
    """The promises above once more, for all kinds, in a network namespace of its own with only a loopback."""
    if any(kind_named(name).ports & {Port.PEER_SITE, Port.SOURCE, Port.PLANT} for name in names()):
        pytest.fail("a kind declares a port to the outside: leave it out of this run by name")
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    if shutil.which("unshare") is None or subprocess.run([*unshare, "true"], check=False).returncode != 0:
        pytest.skip("this machine lets nobody make a network namespace")
    alone = _LOOPBACK_UP + "socket.create_connection(('192.0.2.1', 9), 1)"  # TEST-NET-1: nobody lives there
    without = subprocess.run(
        [*unshare, sys.executable, "-c", alone], capture_output=True, text=True, check=False
    )
    assert "Network is unreachable" in without.stderr, "there is a network in here"
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", __file__, "-k", "keeps_its_promises"]
    run_again = _LOOPBACK_UP + f"import sys, pytest; sys.exit(pytest.main({arguments!r}))"
    again = [*unshare, sys.executable, "-c", run_again]
    done = subprocess.run(again, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stdout[-6000:]
    assert f"{len(ALL)} passed" in done.stdout


@pytest.mark.parametrize(("name", "example"), ALL)
def test_a_wrong_parameter_is_invalid_before_anything_runs(
    scene: Scene, tmp_path: Path, name: str, example: Example
) -> None:
    inputs = _brought_in(scene, kind_named(name), example, tmp_path)
    with pytest.raises(Invalid) as wrong:
        submit.submit(
            scene.house, scene.provider.actor, name, inputs, {**example.parameters, "no_such_thing": 1}
        )
    assert "no_such_thing" in str(wrong.value.detail)


@pytest.mark.parametrize(("name", "example"), ALL)
def test_cancelling_leaves_nothing(scene: Scene, tmp_path: Path, name: str, example: Example) -> None:
    """Cancelled while queued or running, whichever it is by then: no output, no staging, one Record."""
    kind = kind_named(name)
    if Grant.EXPORT in kind.grants or name in _OFFERED:
        pytest.skip("queued by the airlock only; its author cannot stop it")
    inputs = _brought_in(scene, kind, example, tmp_path)
    queued = submit.submit(scene.house, scene.provider.actor, name, inputs, dict(example.parameters))
    try:
        submit.cancel(scene.house, scene.provider.actor, queued.id)
    except Exception as error:  # it was faster: then it has ended
        assert type(error).__name__ == "Conflict"  # noqa: PT017
    ended = run_to_end(scene.house, queued.id)
    assert len(prove.records(scene.house, about=queued.id)) == 1
    assert not _staging_of(scene, queued.id), "cleared last: what the Run has no use for goes before it"
    if ended.state is RunState.CANCELLED:
        assert not ended.outputs
        for output in kind.outputs(kind.Parameters.model_validate(dict(example.parameters))):
            path = scene.house.keyring.folder / "data" / f"{output_id(queued.id, output.name)}.key"
            assert not path.exists()


@pytest.mark.parametrize("name", names())
def test_broken_content_is_a_fault_on_the_run_and_not_a_traceback(
    scene: Scene, tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    kind = kind_named(name)
    if Grant.EXPORT in kind.grants:
        pytest.skip("queued by the airlock only")
    example = next(iter(kind.examples()))
    inputs = _brought_in(scene, kind, example, tmp_path)
    slot = kind.slots[0]
    odd = tmp_path / "odd.csv"
    odd.write_text("nothing,fits\nx,1\ny,2\n")
    name_of_odd = _unique("odd")
    if not slot.forms & {Form.TABLE, Form.SERIES}:
        odd = tmp_path / "odd.bin"
        odd.write_bytes(b"not a model")
        register.add(scene.house, scene.provider, odd, name=name_of_odd, form=sorted(slot.forms)[0])
    else:
        form = sorted(slot.forms & {Form.TABLE, Form.SERIES})[0]
        register.add(
            scene.house, scene.provider, odd, name=name_of_odd, form=form, sensitivity=Sensitivity.PERSONAL
        )
    inputs[slot.name] = name_of_odd
    run = _run(scene, name, inputs, dict(example.parameters))
    if name == "analyse":
        assert run.state is RunState.HELD  # its example script fits any table
        return
    assert run.state is RunState.FAILED, run.fault
    assert run.fault is not None
    assert run.fault.next_step
    assert "Traceback" not in capfd.readouterr().err
    assert not _staging_of(scene, run.id)
    assert [record["payload"]["outcome"] for record in prove.records(scene.house, about=run.id)] == ["failed"]


def test_every_kind_has_an_example_so_nothing_here_runs_over_nothing() -> None:
    assert {str(p.values[0]) for p in ALL} == set(names())


def _object_digests(scene: Scene) -> dict[str, str]:
    files = [p for p in (scene.house.folder / "objects").rglob("*") if p.is_file()]
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def _staging_of(scene: Scene, run: str) -> list[str]:
    """What is left of a Run in staging, once its lane has had a moment to clear up."""
    for _ in range(100):
        left = [p.name for p in (scene.house.folder / "staging").iterdir() if run in p.name]
        if not left:
            return []
        time.sleep(0.05)
    return left
