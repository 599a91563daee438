"""The log file: whole lines of JSON, put aside in time, and no words but codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dalgubeol.logs import LEFT_OUT, RotatingFile

WRITING = """
import sys
from pathlib import Path
from dalgubeol.logs import log, to_file
log("early").error("to standard error")
to_file(Path(sys.argv[1]), 100_000, 3, sys.argv[2])
log("room").warning("kept", run="run-01", count=3, share=0.5, ok=True, none=None)
log("room").info("quiet", code="x.y")
log("room").error("careful", name="Kim Ga-ram", value="서울", note="a,b;c", path="/site/x.db")
"""


def logged(path: Path, level: str = "warning") -> tuple[list[dict[str, object]], str]:
    done = subprocess.run([sys.executable, "-c", WRITING, str(path), level], capture_output=True, text=True, check=True)  # fmt: skip
    return [json.loads(line) for line in path.read_text().splitlines()], done.stderr


def test_lines_are_json_with_codes_and_numbers_and_nobodys_words(tmp_path: Path) -> None:
    lines, stderr = logged(tmp_path / "log")
    assert [(line["event"], line["level"], line["room"]) for line in lines] == [("kept", "warning", "room"), ("careful", "error", "room")]  # fmt: skip
    assert {k: lines[0][k] for k in ("run", "count", "share", "ok", "none")} == {"run": "run-01", "count": 3, "share": 0.5, "ok": True, "none": None}  # fmt: skip
    assert [lines[1][k] for k in ("name", "value", "note", "path")] == [LEFT_OUT, LEFT_OUT, LEFT_OUT, "/site/x.db"]  # fmt: skip
    assert json.loads(stderr)["event"] == "to standard error"
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_a_lower_level_tells_more(tmp_path: Path) -> None:
    assert [line["event"] for line in logged(tmp_path / "log", "info")[0]] == ["kept", "quiet", "careful"]


def test_it_is_put_aside_before_it_is_too_large_and_the_oldest_goes(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "log", 100, 2)
    for number in range(50):
        file.write(f"line {number:04d} {'x' * 20}\n")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["log", "log.1", "log.2"]
    kept = [line for name in ("log.2", "log.1", "log") for line in (tmp_path / name).read_text().splitlines()]
    numbers = [int(line.split()[1]) for line in kept]
    assert numbers == list(range(50 - len(numbers), 50))
    assert all((tmp_path / name).stat().st_size <= 100 for name in names)


def test_what_is_there_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("before\n")
    RotatingFile(tmp_path / "log", 1000, 2).write("after\n")
    assert (tmp_path / "log").read_text() == "before\nafter\n"


def test_many_threads_write_whole_lines(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "log", 2000, 1000)

    def write(name: int) -> None:
        for number in range(200):
            file.write(f"{name}-{number}-end\n")

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    lines = [line for path in tmp_path.iterdir() for line in path.read_text().splitlines()]
    assert sorted(lines) == sorted(f"{n}-{m}-end" for n in range(4) for m in range(200))


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "log", 1000, 2)
    os.close(file._descriptor)
    assert file.write("lost\n") == 5
    with pytest.raises(OSError, match="log"):
        RotatingFile(tmp_path / "nowhere" / "log", 1000, 2)
