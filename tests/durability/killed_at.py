"""`python killed_at.py WHEN TALLY ROOT... -- ARGS`: `dalgu ARGS`, ended by SIGKILL just before a change it makes.

A change is anything that another process could see: a file under one of the roots opened for writing, moved,
linked, removed, a folder made or removed, or a commit of the database (before it and after it). WHEN is a number
(the n-th change), or `SEEN>NEXT`: the first change that begins with NEXT after one that begins with SEEN. With
0 nothing is killed and all changes are written to TALLY, so that a test can go through them.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
from pathlib import Path

_CHANGES = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Counter:
    def __init__(self, when: str, tally: Path, roots: tuple[str, ...]) -> None:
        self.when, self.tally, self.roots = when, tally, roots
        self.count = 0
        self.guard = threading.Lock()
        self.names: list[str] = []

    def change(self, name: str) -> None:
        with self.guard:
            self.count += 1
            self.names.append(name)
            if self.due(name):
                self.tally.write_text(name)
                os.kill(os.getpid(), signal.SIGKILL)

    def due(self, name: str) -> bool:
        seen, _, following = self.when.partition(">")
        if not following:
            return self.count == int(seen)
        return name.startswith(following) and any(n.startswith(seen) for n in self.names[:-1])

    def audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            if isinstance(arguments[2], int) and arguments[2] & _WRITING and self.ours(arguments[0]):
                self.change(f"open {Path(str(arguments[0])).name}")
        elif event in _CHANGES and self.ours(arguments[0]):
            self.change(f"{event} {Path(str(arguments[0])).name}")

    def ours(self, path: object) -> bool:
        name = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
        return name.startswith(self.roots) and not name.endswith(("-wal", "-shm", "wake"))


def main() -> None:
    split = sys.argv.index("--")
    counter = Counter(sys.argv[1], Path(sys.argv[2]), tuple(sys.argv[3:split]))
    sys.addaudithook(counter.audit)
    count_commits(counter)
    from dalgubeol.doors.cli.app import run_app

    code = run_app(sys.argv[split + 1 :])
    counter.tally.write_text("\n".join(counter.names))
    sys.exit(code)


def count_commits(counter: Counter) -> None:
    from sqlalchemy.engine.default import DefaultDialect

    plain = DefaultDialect.do_commit
    changed: dict[int, int] = {}

    def commit(self: DefaultDialect, connection: sqlite3.Connection) -> None:
        before, now = changed.get(id(connection), 0), connection.total_changes
        changed[id(connection)] = now
        if now != before:
            counter.change("before commit")
        plain(self, connection)  # type: ignore[arg-type]
        if now != before:
            counter.change("after commit")

    DefaultDialect.do_commit = commit  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
