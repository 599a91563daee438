"""The conductor: the loop that moves Runs along their table: lease, execute, settle.

On SQLite exactly one conductor works on a site (a lock of the operating system, which ends with its process).
Several lanes in it each lease one Run at a time, hand it to a child process, keep the lease alive, and settle
what comes back. Settling is one transaction: the end of the attempt (compare and set), the outputs in their
place, the allowance, the airlock and the Record. A lane whose lease was taken over settles nothing.
"""

from __future__ import annotations

import json
import os
import select
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ..digest import canonical, derived_id, fresh_id
from ..errors import Conflict, DalguError
from ..kinds import kind as kind_named
from ..kinds import path_of
from ..kinds.contract import Kind, Output, Port
from ..language import say
from ..logs import log
from ..nouns.dataset import Dataset, is_protected
from ..nouns.permit import Conditions
from ..nouns.run import Fault, Run, RunState
from ..rules.lifecycle import RUN_MOVES, moved
from ..traces import span
from ..world import identity
from ..world.engine.workers import Worker, Workers
from ..world.store import datasets, runs
from ..world.store.files import FileLock, listening
from ..world.store.objects import Staged, Staging
from . import notify, review
from .clock import later, now
from .execute import papers
from .house import House
from .outcome import (
    MOST_DEATHS,
    RELEASING,
    conditions,
    inherited,
    made,
    permits_ended,
    ran,
    refund,
    sealed_digest,
    unsettled,
    worker_died,
)
from .recover import checkpoint_aside, checkpoint_path, discard, forget, output_id, outputs_of, recover
from .submit import sandbox_backend
from .transition import record

MOST_ATTEMPTS = 500
"""Leases in all: even a Run that takes the whole machine down with it ends."""
_TARGET = "dalgubeol.verbs.execute:serve"
_PRELOAD = ("numpy", "pyarrow.parquet", "dalgubeol.world.engine.tables", "dalgubeol.world.engine.reading")
_TICK_S = 0.25
_LANES = 2


class LeaseLost(Exception):
    """Another conductor has the Run now; this attempt counts for nothing."""


class Conductor:
    """Use as a context: takes the site's lock (Conflict where another has it), cleans up, works, lets go."""

    def __init__(self, house: House, lanes: int = _LANES) -> None:
        self._house, self._lanes = house, lanes
        self._lock = FileLock(house.folder / "conductor.lock")
        self._workers = Workers(_TARGET, _PRELOAD, house.settings.warm_children)
        self._name = fresh_id("conductor")
        self._stop = threading.Event()
        self._work = threading.Condition()
        self._told = 0
        self._threads: list[threading.Thread] = []
        self._fifo = -1
        self._deaths: Counter[str] = Counter()
        self._held: set[str] = set()  # the Runs that a lane of ours works on, whatever the clock says

    def __enter__(self) -> Conductor:
        if not self.try_enter():
            raise Conflict(
                "conductor.second",
                say("Another conductor works on this site already."),
                say("Hand it your Runs with `dalgu run`; one conductor is enough."),
            )
        return self

    def try_enter(self) -> bool:
        """Begin if no other conductor is at work here."""
        if not self._lock.acquire():
            return False
        try:
            self._workers.start()
            recover(self._house)
            self._fifo = listening(self._house.folder / "wake")
            for target in (self._listen, *([self._lane] * self._lanes)):
                thread = threading.Thread(target=target, daemon=True)
                thread.start()
                self._threads.append(thread)
        except BaseException:
            self.__exit__()
            raise
        return True

    def __exit__(self, *failure: object) -> None:
        self._stop.set()
        self.nudge()
        if self._fifo >= 0:
            os.write(self._fifo, b"!")  # the listener need not wait out its second
        for thread in self._threads:
            thread.join()
        self._workers.close()
        if self._fifo >= 0:
            os.close(self._fifo)
        self._lock.release()

    def nudge(self) -> None:
        with self._work:
            self._told += 1
            self._work.notify_all()

    def _listen(self) -> None:
        """Pass on who knocks at the door; look around each second for leases that ran out."""
        while not self._stop.is_set():
            ready, _, _ = select.select([self._fifo], [], [], 1.0)
            if ready:
                os.read(self._fifo, 4096)
            self.nudge()

    def _lane(self) -> None:
        while not self._stop.is_set():
            told = self._told
            try:
                worked = self._one()
            except Exception as error:  # a full disk, a locked database, a bug: say so, wait, go on
                log("conductor").error("lane", code=_code(error))
                worked = False
                time.sleep(1)
            if not worked:
                self._workers.refill()
                with self._work:
                    if self._told == told and not self._stop.is_set():
                        self._work.wait(5)

    def _one(self) -> bool:
        """Take the next Run to its end. False if none waits."""
        with self._house.database.reading() as connection:
            if runs.next_waiting(connection, now(), self._name, tuple(self._held)) is None:
                return False
        taken: list[str] = []
        try:
            run = self._house.write(lambda connection: self._leased(connection, taken))
            if run is None:
                return True  # another lane was faster: look again
            with span("attempt", run=run.id, kind=run.kind, attempt=run.attempt):
                Attempt(self._house, run, self._workers, self._stop, self._deaths).make()
            return True
        finally:
            self._held.difference_update(taken)

    def _leased(self, connection: Connection, taken: list[str]) -> Run | None:
        """Writes take turns, so that no two lanes take one Run."""
        held, until = tuple(self._held), later(self._house.settings.lease_s)
        run = runs.next_waiting(connection, now(), self._name, held)
        if run is None or not runs.lease(connection, run, self._name, now(), until, held):
            return None
        taken.append(run.id)
        self._held.add(run.id)
        return runs.find(connection, run.id)


class Attempt:
    """One lease of one Run, from staging to settling."""

    def __init__(
        self, house: House, run: Run, workers: Workers, stop: threading.Event, deaths: Counter[str]
    ) -> None:
        self._house, self._run, self._workers, self._stop, self._deaths = house, run, workers, stop, deaths
        self._staging: Staging | None = None

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
            log("conductor").error("attempt", run=run.id, code=_code(error))
            self._end("break", unsettled(error))
        finally:
            discard(house, self._staging)
            checkpoint_aside(house, run.id, run.attempt).unlink(missing_ok=True)

    @property
    def _kind(self) -> Kind:
        return kind_named(self._run.kind)

    def _order(self) -> dict[str, object]:
        house, run = self._house, self._run
        with house.database.reading() as connection:
            given = {slot: datasets.find(connection, id_) for slot, id_ in run.inputs.items()}
            allowed = conditions(connection, run)
            submitter = identity.find(connection, run.submitted_by)
        outputs = {output.name: self._ordered(output, given) for output in outputs_of(self._run)}
        vault = {}
        if Port.VAULT in self._kind.ports:
            project = str(run.parameters["project"])
            room = derived_id("org", submitter.organisation)  # no other can make its pseudonyms
            vault[project] = house.keyring.project_key(f"{room}.{project}").hex()
        assert self._staging is not None
        sandbox = sandbox_backend() if Port.SANDBOX in self._kind.ports else None
        return {
            "run": run.id, "attempt": run.attempt, "kind": path_of(run.kind), "parameters": dict(run.parameters),
            "seed": run.seed, "conditions": {n: getattr(allowed, n) for n in Conditions.__slots__},
            "inputs": {slot: self._opened(dataset) for slot, dataset in given.items()}, "outputs": outputs,
            "staging": str(self._staging.folder), "vault": vault, "sandbox": sandbox,
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
            worker.connection.send_bytes(json.dumps(order).encode())
            return self._attended(worker)
        except (EOFError, OSError):
            return {"died": True}
        finally:
            worker.close()

    def _attended(self, worker: Worker) -> dict[str, Any] | None:
        lease_s = self._house.settings.lease_s
        progress, stage, said, beat = 0.0, "", time.monotonic(), time.monotonic()
        while True:
            if worker.connection.poll(_TICK_S):
                line = json.loads(worker.connection.recv_bytes())
                if "progress" not in line:
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
            kept, cancelled = self._beat(later(lease_s), progress, stage)
            if not kept:
                raise LeaseLost
            if cancelled:
                return {"cancelled": True}

    def _beat(self, until: str, progress: float, stage: str) -> tuple[bool, bool]:
        run = self._run
        return self._house.write(
            lambda connection: runs.heartbeat(connection, run.id, run.attempt, until, progress, stage)
        )

    def _settle(self, answer: dict[str, Any]) -> None:
        if "done" in answer:
            self._finish(answer["done"])
        elif "cancelled" in answer:
            self._end("cancel", None)
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
            if run.kind == RELEASING:
                review.release_failed(connection, run)
            record(connection, ran(connection, run, state, {}, fault))
            if run.kind != RELEASING:
                notify.run_ended(connection, run, state)

        try:
            house.write(end)
        except LeaseLost:
            return  # the keys and the checkpoint are those of whoever has it now, or of what it made
        forget(house, run)

    def _finish(self, done: Mapping[str, Mapping[str, Any]]) -> None:
        house, run, outputs = self._house, self._run, outputs_of(self._run)
        held = any(output.held for output in outputs)
        state = moved(RUN_MOVES, RunState.RUNNING, "hold" if held else "finish")

        def finish(connection: Connection) -> None:
            ids = {output.name: output_id(run.id, output.name) for output in outputs}
            if not runs.settle(connection, run, state, now(), ids):
                raise LeaseLost
            given = {slot: datasets.find(connection, id_) for slot, id_ in run.inputs.items()}
            owner = identity.find(connection, run.submitted_by)
            results = [made(connection, run, output, given, owner, done[output.name]) for output in outputs]
            for dataset, output in zip(results, outputs, strict=True):
                written = done[output.name]
                house.objects.promote(
                    Staged(
                        Path(written["path"]),
                        written["object_id"],
                        written["size_bytes"],
                        written["plain_digest"],
                    )
                )
                datasets.add(connection, dataset, sealed_digest(house, dataset, written["plain_digest"]))
                if output.held:
                    review.opened(connection, run, dataset, owner)
            if run.kind == RELEASING:
                review.released(connection, run)
            record(connection, ran(connection, run, state, {d.name: d for d in results}, None))
            if run.kind != RELEASING:  # of a release the author is told by the review
                notify.run_ended(connection, run, state)

        house.write(finish)
        checkpoint_path(house, run.id).unlink(missing_ok=True)


def run_to_end(house: House, run_id: str, on_change: Callable[[Run], None] = lambda run: None) -> Run:
    """Wait until a Run has ended. With no conductor at work, be it for as long as that takes."""
    conductor: Conductor | None = None
    pause_s, last = 0.01, None
    try:
        while True:
            with house.database.reading() as connection:
                run = runs.find(connection, run_id)
            if (run.state, run.progress, run.stage) != last:
                last = (run.state, run.progress, run.stage)
                on_change(run)
            if run.state.ended:
                return run
            if conductor is None:
                candidate = Conductor(house)
                conductor = candidate if candidate.try_enter() else None
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.3, 0.1)
    finally:
        if conductor is not None:
            conductor.__exit__()


def _lease_ended(connection: Connection, run: Run) -> None:
    runs.end_lease(connection, run.id, run.attempt)


def _code(error: Exception) -> str:
    return error.code if isinstance(error, DalguError) else type(error).__name__
