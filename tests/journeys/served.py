"""A real `dalgu serve` process on a free port, for tests; it is told to stop at the end."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[str]
    url: str


@contextmanager
def serving(environment: Mapping[str, str], folder: Path, *options: str) -> Iterator[Server]:
    """`environment` names the site, its keys and a session. Stops with SIGTERM; a server that does not stop
    within ten seconds fails the test."""
    with open(folder / "serve.err", "a") as complaints:
        process = subprocess.Popen(
            [sys.executable, "-m", "dalgubeol", "serve", "--port", "0", *options],
            env={**environment, "DALGU_LANG": "en"}, cwd=folder, stdout=subprocess.PIPE, stderr=complaints, text=True,
        )  # fmt: skip
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"https?://[^ ]+?(?=\. )", line)
        assert found, (line, (folder / "serve.err").read_text())
        yield Server(process, found[0])
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(10)
        process.stdout.close()
