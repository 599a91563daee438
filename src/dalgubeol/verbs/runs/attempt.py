"""One lease of one Run, from staging to settling.

Settling is one transaction: the end of the attempt (compare and set), the outputs in their place, the allowance,
the airlock and the Record. Whoever lost the lease settles nothing.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ...digest import canonical
from ...errors import DalguError, Refused
from ...kinds import kind as kind_named
from ...kinds import path_of
from ...kinds.contract import Kind, Output, Port
from ...logs import log
from ...nouns.dataset import Dataset, is_protected
from ...nouns.run import Fault, Run, RunState
from ...rules.lifecycle import RUN_MOVES, moved
from ...world import identity
from ...world.engine.workers import Worker, Workers
from ...world.store import datasets, projects, runs
from ...world.store.objects import Staged, Staging
from ...world.store.reviews import Review
from ..airlock import bringing, budget, earlier, letting_out, offered, review, script_logs
from ..datasets import marks
from ..house import notify
from ..house.clock import later, now
from ..house.house import House
from ..house.stops import UseStopped, check_not_stopped
from ..house.transition import record
from ..projects import restoring
from ..projects.carried_on import check_carried_on
from .execute import papers
from .outcome import (
    BRINGING,
    MAKING_SAFE,
    MOST_DEATHS,
    RELEASING,
    conditions,
    inherited,
    items_allowed,
    made,
    permits_ended,
    ran,
    refund,
    unsettled,
    worker_died,
)
from .recover import checkpoint_aside, checkpoint_path, discard, forget, output_id, outputs_of
from .submit import sandbox_backend

MOST_ATTEMPTS = 500
"""Leases in all: even a Run that takes the whole machine down with it ends."""
_TICK_S = 0.25


class LeaseLost(Exception):
    """Another conductor has the Run now; this attempt counts for nothing."""


class PermitOver(Exception):
    """A Permit ended while the Run was made: what it made does not come to be."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault


class ReleasedMeanwhile(Exception):
    """Something of the same data has left since this release was checked."""


class Attempt:
    """One lease of one Run, from staging to settling."""

    def __init__(
        self, house: House, run: Run, workers: Workers, stop: threading.Event, deaths: Counter[str]
    ) -> None:
        self._house, self._run, self._workers, self._stop, self._deaths = house, run, workers, stop, deaths
        self._staging: Staging | None = None
        self._silent = True
        """Whether it is certain that no noise was drawn."""
        self._beside: tuple[str, ...] = ()
        """Of what leaves: the Runs of which something had left when it was checked."""
        self._brought: tuple[Review, ...] = ()
        """What had come into the zone, and was there for a script."""

    def make(self) -> None:
        house, run = self._house, self._run
        self._staging = house.objects.stage(f"{run.id}.{run.attempt}")
        try:
            if run.attempt > MOST_ATTEMPTS:
                self._end("break", worker_died())
                return
            with house.database.reading() as connection:
                ended = permits_ended(connection, run)
            if ended is not None:
                self._end("fail", ended)
                return
            answer = self._carried_out(self._order())
            if answer is None:
                return  # we are stopping: the lease is let go, somebody takes it up again
            self._settle(answer)
        except LeaseLost:
            log("conductor").warning("lease lost", run=run.id, attempt=run.attempt)
        except Exception as error:  # whatever it is, the Run ends and the lane goes on
            log("conductor").error("attempt", run=run.id, code=error_code(error))
            self._end("break", unsettled(error))
        finally:
            discard(house, self._staging)
            checkpoint_aside(house, run.id, run.attempt).unlink(missing_ok=True)

    @property
    def _manifests(self) -> tuple[str, ...]:
        return tuple(each.manifest for each in self._brought)

    @property
    def _kind(self) -> Kind:
        return kind_named(self._run.kind)

    def _order(self) -> dict[str, object]:
        house, run = self._house, self._run
        with house.database.reading() as connection:
            given = {slot: datasets.find(connection, id_) for slot, id_ in run.inputs.items()}
            allowed, items = conditions(connection, run), items_allowed(connection, run)
            project = projects.of_run(connection, run.id)
            released: tuple[tuple[tuple[bytes, int], ...], ...] = ()
            fitted: tuple[tuple[int, bytes, bool], ...] = ()
            if run.kind == RELEASING or any(output.held for output in outputs_of(run)):
                self._beside = earlier.beside(connection, run)
                released = earlier.tables(connection, self._beside)
                fitted = earlier.models(connection, self._beside, run)
            if Port.SANDBOX in self._kind.ports:
                self._brought = bringing.for_run(house, connection, run)
            came_in = [datasets.find(connection, each.dataset) for each in self._brought]
        outputs = {output.name: self._ordered(output, given) for output in outputs_of(self._run)}
        vault = {}
        if Port.VAULT in self._kind.ports and project is not None:
            vault[project[0].name] = house.vault.key(project[0].id, project[1]).hex()
        mapping: dict[str, Any] = {"write": None, "read": None}
        if Port.VAULT in self._kind.ports and project is not None and project[0].keep_mapping:
            mapping["write"] = house.vault.mapping_key(project[0].id, project[1], run.id).hex()
        if Port.MAPPING in self._kind.ports:
            mapping["read"] = restoring.mapping_for(house, run)
        assert self._staging is not None
        sandbox = sandbox_backend() if Port.SANDBOX in self._kind.ports else None
        return {
            "run": run.id, "attempt": run.attempt, "kind": path_of(run.kind), "parameters": dict(run.parameters),
            "seed": run.seed, "conditions": allowed.plain(),
            "inputs": {slot: {**self._opened(dataset), "columns": items.get(dataset.id)} for slot, dataset in given.items()}, "outputs": outputs,
            "staging": str(self._staging.folder), "vault": vault, "basis": None if project is None else project[0].basis.value, "key_edition": None if project is None else project[1], "mapping": mapping, "sandbox": sandbox, "log": None if sandbox is None else script_logs.order(house, run),
            "earlier": [[[base64.b64encode(content).decode(), base] for content, base in tables] for tables in released],
            "earlier_models": [[number, base64.b64encode(content).decode(), same] for number, content, same in fitted],
            "brought": [{**self._opened(d), "manifest": r.manifest} for d, r in zip(came_in, self._brought, strict=True)],
            "checkpoint": {
                "path": str(checkpoint_path(house, run.id)),
                "key": house.keyring.working_key(f"checkpoint/{run.id}").hex(),
            },
        }  # fmt: skip

    def _opened(self, dataset: Dataset) -> dict[str, object]:
        key = self._house.keyring.dataset_key(dataset.id).hex() if dataset.protected else None
        self._house.objects.open(dataset.object_id).close()  # Missing here, rather than a riddle in the child
        path = self._house.objects.path(dataset.object_id)
        return {"dataset": papers(dataset), "path": str(path), "key": key}

    def _ordered(self, output: Output, given: Mapping[str, Dataset]) -> dict[str, object]:
        id_ = output_id(self._run.id, output.name)
        sensitivity, secret = inherited(output, given)
        protected = is_protected(sensitivity, secret)
        key = self._house.keyring.make_dataset_key(id_).hex() if protected else None
        return {"id": id_, "key": key}

    def _carried_out(self, order: dict[str, object]) -> dict[str, Any] | None:
        """What the child answered; None when we must stop. Raises LeaseLost."""
        worker = self._workers.take()
        try:
            self._silent = False
            worker.connection.send_bytes(json.dumps(order).encode())
            return self._attended(worker)
        except (EOFError, OSError):
            return {"died": True}
        finally:
            worker.close()

    def _attended(self, worker: Worker) -> dict[str, Any] | None:
        lease_s = self._house.settings.lease_s
        told, progress, stage, said, beat = False, 0.0, "", time.monotonic(), time.monotonic()
        while True:
            if worker.connection.poll(_TICK_S):
                line = json.loads(worker.connection.recv_bytes())
                if "telling" in line:
                    told = True
                    continue
                if "progress" not in line:
                    self._silent = "fault" in line and not told
                    return dict(line)
                progress, stage = float(line["progress"]), canonical(line["stage"]).decode()
            if self._stop.is_set():
                self._house.write(lambda connection: _lease_ended(connection, self._run))
                return None
            at = time.monotonic()
            changed = stage != "" and at - said >= 1.0
            if not changed and at - beat < min(lease_s / 3, 1.0):
                continue
            said = beat = at
            kept, cancelled, ended = self._beat(later(lease_s), progress, stage)
            if not kept:
                raise LeaseLost
            if cancelled:
                return {"cancelled": True}
            if ended is not None:  # its Permit is over: the child is ended with it
                return {"ended": ended}

    def _beat(self, until: str, progress: float, stage: str) -> tuple[bool, bool, Fault | None]:
        """Whether the lease is still ours, whether somebody asked to cancel, and what ends the Run."""
        run = self._run

        def beat(connection: Connection) -> tuple[bool, bool, Fault | None]:
            lives = runs.heartbeat(connection, run.id, run.attempt, until, progress, stage)
            return *lives, permits_ended(connection, run)

        return self._house.write(beat)

    def _settle(self, answer: dict[str, Any]) -> None:
        if "done" in answer:
            self._finish(answer["done"])
        elif "cancelled" in answer:
            self._end("cancel", None)
        elif "ended" in answer:
            self._end("fail", answer["ended"])
        elif "died" in answer:
            self._again()
        else:
            fault = answer["fault"]
            message, next_step = (canonical(fault[part]).decode() for part in ("message", "next_step"))
            self._end("break" if fault["ours"] else "fail", Fault(fault["code"], message, next_step))

    def _again(self) -> None:
        """The child died. Give the lease up: the next attempt begins at once, unless there were too many."""
        self._deaths[self._run.id] += 1
        if self._deaths[self._run.id] >= MOST_DEATHS:
            self._end("break", worker_died())
        else:
            self._house.write(lambda connection: _lease_ended(connection, self._run))

    def _end(self, move: str, fault: Fault | None) -> None:
        house, run = self._house, self._run
        state = moved(RUN_MOVES, RunState.RUNNING, move)

        def end(connection: Connection) -> None:
            if not runs.settle(connection, run, state, now(), fault=fault):
                raise LeaseLost
            if state in (RunState.CANCELLED, RunState.BROKEN):
                refund(connection, run)
            if self._silent and run.attempt == 1:  # what an earlier attempt did, nobody knows
                budget.give_back(connection, run)
            if run.kind == RELEASING:
                letting_out.release_failed(connection, run, fault)
            if run.kind == BRINGING:
                offered.offered_gone(house, connection, run, offered.NOT_SCANNED)
            record(connection, ran(connection, run, state, {}, fault, self._manifests))
            if run.kind != RELEASING:
                notify.run_ended(connection, run, state)

        try:
            house.write(end)
        except LeaseLost:
            return  # the keys and the checkpoint are those of whoever has it now, or of what it made
        assert self._staging is not None
        # the end is told by now: what fails from here on nobody tries again but `recover`
        with self._staging.clearing():
            forget(house, run)
        script_logs.forget(house, run)

    def _finish(self, done: Mapping[str, Mapping[str, Any]]) -> None:
        house, run, outputs = self._house, self._run, outputs_of(self._run)
        held = any(output.held for output in outputs)
        state = moved(RUN_MOVES, RunState.RUNNING, "hold" if held else "finish")
        staged = {output.name: _staged(done[output.name]) for output in outputs}
        for each in staged.values():
            house.objects.prepare(each)
        self._put_mapping()

        def finish(connection: Connection) -> None:
            check_not_stopped(connection, run.inputs.values())
            if (over := permits_ended(connection, run)) is not None:
                raise PermitOver(over)
            ids = {output.name: output_id(run.id, output.name) for output in outputs}
            if not runs.settle(connection, run, state, now(), ids):
                raise LeaseLost
            given = {slot: datasets.find(connection, id_) for slot, id_ in run.inputs.items()}
            check_carried_on(house, connection, run, given)
            owner = identity.find(connection, run.submitted_by)
            results = [made(connection, run, output, given, owner, done[output.name]) for output in outputs]
            for dataset, output in zip(results, outputs, strict=True):
                house.objects.promote(staged[output.name])
                marks.keep(house, connection, dataset, staged[output.name].plain_digest)
                if output.held:
                    review.opened(connection, run, dataset, owner)
            if run.kind == MAKING_SAFE:
                review.replaced(connection, run)
            if run.kind == RELEASING:
                if earlier.beside(connection, run) != self._beside:
                    raise ReleasedMeanwhile
                letting_out.released(house, connection, run, {d.name: d for d in results})
            record(
                connection, ran(connection, run, state, {d.name: d for d in results}, None, self._manifests)
            )
            if run.kind == BRINGING:
                offered.offered_gone(house, connection, run, offered.SCANNED)
            if run.kind != RELEASING:  # of a release the author is told by the review
                notify.run_ended(connection, run, state)

        try:
            house.write(finish)
        except UseStopped:  # while it was running
            self._end("cancel", None)
            return
        except PermitOver as over:
            self._end("fail", over.fault)
            return
        except (
            Refused
        ) as error:  # its recipe was gone on with meanwhile, or the Permit of what leaves has ended
            self._end("fail", unsettled(error))
            return
        except ReleasedMeanwhile:  # checked again, beside that too
            house.write(lambda connection: _lease_ended(connection, run))
            return
        checkpoint_path(house, run.id).unlink(missing_ok=True)
        script_logs.forget(house, run)

    def _put_mapping(self) -> None:
        """What the child has sealed for the vault. If this attempt counts for nothing, the next one's takes its place."""
        assert self._staging is not None
        sealed = self._staging.folder / "mapping"
        if sealed.exists():
            self._house.vault.put_mapping(self._run.id, sealed)


def _lease_ended(connection: Connection, run: Run) -> None:
    runs.end_lease(connection, run.id, run.attempt)


def error_code(error: Exception) -> str:
    """What a log may say of it."""
    return error.code if isinstance(error, DalguError) else type(error).__name__


def _staged(written: Mapping[str, Any]) -> Staged:
    return Staged(Path(written["path"]), written["object_id"], written["size_bytes"], written["plain_digest"])
