"""A script in the sandbox: what goes in, what comes out, how it ends."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import BinaryIO

import pytest

from dalgubeol.errors import Invalid, Unavailable
from dalgubeol.world.sandbox.bubblewrap import Backend
from dalgubeol.world.sandbox.limits import Limits
from dalgubeol.world.sandbox.script import Outcome, run_script
from dalgubeol.world.sandbox.selftest import choose_backend

QUICK = Limits(wall_s=20, cpu_s=20)


@pytest.fixture(scope="module")
def backend() -> Backend:
    return choose_backend()


def run(text: str, backend: Backend, limits: Limits = QUICK, **inputs: bytes) -> Outcome:
    sources = {name: lambda feed, data=data: feed.write(data) for name, data in inputs.items()}
    return run_script(text.encode(), sources, limits, 7, backend=backend)


def test_inputs_go_in_and_plain_files_come_out(backend: Backend) -> None:
    big = os.urandom(3 << 20)
    outcome = run(
        "import os\nopen('copy', 'wb').write(open('/data/big', 'rb').read())\n"
        "open('seed', 'w').write(os.environ['DALGU_SEED'])\nopen('where', 'w').write(__file__ + __name__)\n",
        backend,
        big=big,
    )
    assert (outcome.status, outcome.exception, outcome.limit) == ("ok", None, None)
    assert {each.name: each.data for each in outcome.outputs} == {
        "copy": big, "seed": b"7", "where": b"/code/script.py__main__",
    }  # fmt: skip
    assert 0 < outcome.cpu_s < 5
    assert 1 << 20 < outcome.peak_bytes < 1 << 30


def test_the_same_seed_gives_the_same_order_of_a_set(backend: Backend) -> None:
    text = "open('order', 'w').write(repr({chr(n) for n in range(65, 91)}))"
    assert run(text, backend).outputs == run(text, backend).outputs


def test_tables_can_be_read_with_pandas_pyarrow_and_duckdb(backend: Backend) -> None:
    pytest.importorskip("pandas", reason="the extra `zone` is not installed")
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table({"firm": ["a", "b", "a"], "n": [1, 2, 3]}), buffer)
    outcome = run(
        "import duckdb, numpy, pandas\n"
        "table = pandas.read_parquet('/data/table')\n"
        "numpy.linalg.svd(numpy.ones((200, 200)))\n"
        "duckdb.sql('select firm, sum(n)::int n from table group by firm order by firm').df()"
        ".to_csv('sums.csv', index=False)\n".replace("from table", "from frame").replace(
            "table =", "frame ="
        ),
        backend,
        table=buffer.getvalue(),
    )
    assert [each.data for each in outcome.outputs] == [b"firm,n\na,4\nb,2\n"], outcome.operator_log[-500:]


@pytest.mark.parametrize(
    ("text", "exception", "line"),
    [
        ("x = 1\nraise KeyError('secret')", "KeyError", 2),
        ("import json\njson.loads('{')", "ValueError", 2),
        ("x = 1\n\nx +", "SyntaxError", 3),
        ("import nothing_of_this_name", "ModuleNotFoundError", 1),
        ("def f():\n    1 / 0\nf()", "ZeroDivisionError", 2),
        ("import sys\nsys.exit('secret')", "SystemExit", 2),
        ("import os\nos._exit(3)", "SystemExit", None),
        ("import os\nos.kill(os.getpid(), 11)", "Killed", None),
        ("class Odd(BaseException): pass\nraise Odd", "BaseException", 2),
        ("def f(): f()\nf()", "RecursionError", 1),
    ],
)
def test_a_failure_is_told_as_a_builtin_class_and_a_line(
    text: str, exception: str, line: int | None, backend: Backend
) -> None:
    outcome = run(text + "\n", backend)
    assert (outcome.status, outcome.exception, outcome.line) == ("error", exception, line)
    assert outcome.outputs == ()


@pytest.mark.parametrize(
    "text", ["", "exit()", "import sys; sys.exit()", "import sys; sys.exit(0)", "quit(0)"]
)
def test_a_script_that_leaves_well_is_ok(text: str, backend: Backend) -> None:
    assert run(text, backend).status == "ok"


def test_a_failed_script_gives_no_output(backend: Backend) -> None:
    assert run("open('f', 'w').write('x')\n1 / 0\n", backend).outputs == ()


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("held = bytearray(300 << 20)", "memory"),
        ("open('big', 'wb').write(bytes(9 << 20))", "disk"),
        ("open('/tmp/big', 'wb').write(bytes(9 << 20))", "disk"),
        ("for n in range(9): open(f'f{n}', 'w')", "output_files"),
        ("while True: pass", "cpu"),
        ("import time; time.sleep(30)", "wall"),
    ],
)
def test_a_limit_is_named(text: str, limit: str, backend: Backend) -> None:
    tight = Limits(
        wall_s=1.5 if limit == "wall" else 30,
        cpu_s=1,
        memory_bytes=128 << 20,
        file_bytes=1 << 20,
        output_bytes=1 << 20,
        output_files=8,
    )
    outcome = run(text, backend, tight)
    assert (outcome.status, outcome.limit, outcome.outputs) == ("limit", limit, ())


def test_an_output_of_just_the_allowed_size_comes_out(backend: Backend) -> None:
    limits = Limits(wall_s=10, output_bytes=1 << 20, file_bytes=1 << 20, output_files=2)
    text = "for n in range(2): open(f'f{n}', 'wb').write(bytes(1 << 19))"
    assert [len(each.data) for each in run(text, backend, limits).outputs] == [1 << 19] * 2


def test_a_source_that_fails_halfway_is_raised_and_the_script_never_starts(backend: Backend) -> None:
    class Torn(Exception):
        pass

    def torn(feed: BinaryIO) -> None:
        feed.write(b"half")
        feed.flush()
        raise Torn

    started: list[bool] = []
    for _ in range(20):
        with pytest.raises(Torn):
            run_script(b"", {"x": torn}, QUICK, 1, backend=backend, on_started=lambda: started.append(True))
    assert started == []


def test_a_cancel_ends_the_script_soon_and_leaves_no_child(backend: Backend) -> None:
    cancel, began = threading.Event(), time.monotonic()
    outcome = run_script(
        b"import time; time.sleep(60)", {}, QUICK, 1, backend=backend, on_started=cancel.set, cancel=cancel
    )
    assert (outcome.status, outcome.outputs) == ("cancelled", ())
    assert time.monotonic() - began < 3
    children = [path.read_text() for path in Path("/proc/self/task").glob("*/children")]
    assert "".join(children).strip() == ""


def test_a_cancel_while_an_input_is_awaited_does_not_wait_for_it(backend: Backend) -> None:
    cancel, let_go, began = threading.Event(), threading.Event(), time.monotonic()

    def slow(feed: BinaryIO) -> None:
        feed.write(b"half")
        feed.flush()
        cancel.set()
        let_go.wait(0.5)

    assert run_script(b"", {"x": slow}, QUICK, 1, backend=backend, cancel=cancel).status == "cancelled"
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("delay_ms", [0, 1, 2, 3, 5, 8, 13, 21, 34])
def test_a_cancel_at_any_moment_of_the_start_leaves_no_process(backend: Backend, delay_ms: int) -> None:
    cancel = threading.Event()
    timer = threading.Timer(delay_ms / 1000, cancel.set)
    timer.start()
    outcome = run_script(b"import time; time.sleep(60)", {}, QUICK, 1, backend=backend, cancel=cancel)
    timer.join()
    assert outcome.status == "cancelled"
    left = [each for each in Path("/proc").glob("[0-9]*/cmdline") if b"/bwrap\0--unshare" in read(each)]
    assert [each for each in left if parent_of(each) in (1, os.getpid())] == []


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def parent_of(cmdline: Path) -> int:
    stat = read(cmdline.with_name("stat")).rpartition(b")")[2].split()
    return int(stat[1]) if stat else -1


def test_what_on_started_raises_ends_the_script(backend: Backend) -> None:
    def refuse() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        run_script(b"import time; time.sleep(60)", {}, QUICK, 1, backend=backend, on_started=refuse)


def test_no_descriptor_is_left_open(backend: Backend) -> None:
    run("", backend)
    before = sorted(os.listdir("/proc/self/fd"))
    for text in ("", "1 / 0", "import os; os.kill(os.getpid(), 9)"):
        run(text, backend, x=b"data")
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_sandboxes_beside_each_other_do_not_share_their_process_limit(backend: Backend) -> None:
    text = (
        "import os, signal, time\nchildren = []\n"
        "for _ in range(10):\n    pid = os.fork()\n    if pid == 0: time.sleep(1); os._exit(0)\n"
        "    children.append(pid)\nfor pid in children: os.waitpid(pid, 0)\n"
    )
    outcomes: list[Outcome] = []
    limits = Limits(wall_s=20, processes=12)
    threads = [threading.Thread(target=lambda: outcomes.append(run(text, backend, limits))) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [each.status for each in outcomes] == ["ok"] * 3


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".x", "a\n"])
def test_an_input_name_that_is_not_plain_is_invalid(name: str, backend: Backend) -> None:
    with pytest.raises(Invalid) as caught:
        run_script(b"", {name: lambda feed: None}, QUICK, 1, backend=backend)
    assert caught.value.code == "invalid.inputs"


def test_a_sandbox_that_cannot_be_set_up_is_unavailable_and_says_why(
    backend: Backend, tmp_path: Path
) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho no namespaces here >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(Unavailable, match="no namespaces here"):
        run_script(b"", {"x": lambda feed: feed.write(bytes(1 << 20))}, QUICK, 1,
                   backend=Backend("root", str(broken)))  # fmt: skip
