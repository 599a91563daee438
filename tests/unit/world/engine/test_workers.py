from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dalgubeol.errors import Unavailable
from dalgubeol.world.engine.workers import Worker, Workers

HERE = Path(__file__).parent


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    monkeypatch.syspath_prepend(str(HERE))
    made = Workers("worker_targets:echo", warm=2)
    yield made
    made.close()


def ask(worker: Worker, word: bytes) -> bytes:
    worker.connection.send_bytes(word)
    assert worker.connection.poll(10)
    return worker.connection.recv_bytes()


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def gone(*pids: int) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end and any(alive(pid) for pid in pids):
        time.sleep(0.01)
    return not any(alive(pid) for pid in pids)


def test_a_child_answers_and_is_gone_when_it_is_closed(workers: Workers) -> None:
    worker = workers.take()
    assert ask(worker, b"hello") == b"hello"
    assert worker.alive
    worker.close()
    assert gone(worker.pid)


@pytest.mark.parametrize("word", [b"die", b"raise"])
def test_a_child_that_dies_gives_eof_and_the_next_works(
    workers: Workers, word: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    worker = workers.take()
    with pytest.raises(EOFError):
        ask(worker, word)
    assert gone(worker.pid)
    worker.close()
    other = workers.take()
    assert ask(other, b"x") == b"x"
    other.close()
    assert "canary" not in "".join(capfd.readouterr())


def test_a_child_can_be_killed_at_any_time(workers: Workers) -> None:
    worker = workers.take()
    worker.connection.send_bytes(b"sleep")
    worker.kill()
    with pytest.raises(EOFError):
        worker.connection.recv_bytes()
    worker.kill()
    worker.close()
    worker.close()


def test_each_child_is_fresh(workers: Workers) -> None:
    for _ in range(3):
        worker = workers.take()
        assert ask(worker, b"used") == b"1"
        worker.close()


def test_warm_children_wait_and_are_taken_first(workers: Workers) -> None:
    workers.start()
    workers.refill()
    warm = [worker.pid for worker in workers._ready]
    assert len(warm) == 2
    taken = [workers.take() for _ in range(3)]
    assert [worker.pid for worker in taken][:2] == warm
    assert ask(taken[2], b"x") == b"x"
    workers.refill()
    assert len(workers._ready) == 2
    for worker in taken:
        worker.close()


def test_a_warm_child_that_died_is_not_handed_out(workers: Workers) -> None:
    workers.refill()
    dead = workers._ready[0].pid
    os.kill(dead, signal.SIGKILL)
    assert gone(dead)
    worker = workers.take()
    assert ask(worker, b"x") == b"x"
    worker.close()


def test_work_goes_on_after_the_nursery_was_killed(workers: Workers) -> None:
    workers.refill()
    before = workers.take()
    nursery = int(ask(before, b"parent"))
    os.kill(nursery, signal.SIGKILL)
    assert gone(nursery, before.pid)
    before.close()
    after = workers.take()
    assert ask(after, b"x") == b"x"
    after.close()


def test_closing_ends_everything_and_may_be_said_twice(workers: Workers) -> None:
    workers.refill()
    pids = [worker.pid for worker in workers._ready]
    assert workers._nursery is not None
    pids.append(workers._nursery.pid)
    workers.close()
    workers.close()
    assert gone(*pids)


def test_a_target_that_can_not_be_imported_is_unavailable(capfd: pytest.CaptureFixture[str]) -> None:
    workers = Workers("no_such_module:f")
    with pytest.raises(Unavailable):
        workers.take()
    workers.close()
    assert "no_such_module" in capfd.readouterr().err


def test_nothing_is_imported_from_the_folder_one_stands_in(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ctypes.py").write_text("raise SystemExit('hostile')")
    monkeypatch.chdir(tmp_path)
    worker = workers.take()
    assert ask(worker, b"cwd") == b"False"
    worker.close()


_PARENT = """
import sys, time
sys.path.insert(0, sys.argv[1])
from dalgubeol.world.engine.workers import Workers
workers = Workers("worker_targets:echo", warm=2)
worker = workers.take()
workers.refill()
worker.connection.send_bytes(b"sleep")
print(workers._nursery.pid, worker.pid, *(w.pid for w in workers._ready), flush=True)
time.sleep(600)
"""


def test_a_parent_killed_with_9_leaves_no_child() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT, str(HERE)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 4
        assert all(alive(pid) for pid in pids)
        parent.kill()
        parent.wait()
        assert gone(*pids)


_SCRIPT = """
import sys
print("started", flush=True)
sys.path.insert(0, sys.argv[1])
from dalgubeol.world.engine.workers import Workers
workers = Workers("worker_targets:echo")
worker = workers.take()
worker.connection.send_bytes(b"x")
print(worker.connection.recv_bytes().decode(), flush=True)
worker.close()
workers.close()
"""


def test_a_script_without_a_main_guard_is_not_run_again(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(_SCRIPT)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "script.py"), str(HERE)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "started\nx\n"
    assert done.stderr == ""
