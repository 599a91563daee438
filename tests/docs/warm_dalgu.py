"""`dalgu`, warm: a process that has imported what the commands need and forks a child for each command line.

    python warm_dalgu.py serve SOCKET          in the background
    python -S -E warm_dalgu.py SOCKET ARGS...  instead of `python -m dalgubeol ARGS...`

The child gets the client's folder, environment and standard files, so that a shell notices no difference but
the second that a cold start takes; a test compares the two.
"""

import json
import os
import signal
import socket
import sys


def serve(path: str) -> None:
    import numpy  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import rich.console
    import rich.progress
    import rich.table  # noqa: F401

    from dalgubeol import kinds
    from dalgubeol.doors.cli.app import run_app
    from dalgubeol.verbs.airlock import review  # noqa: F401
    from dalgubeol.verbs.datasets import register  # noqa: F401
    from dalgubeol.verbs.history import prove  # noqa: F401
    from dalgubeol.verbs.people import people  # noqa: F401
    from dalgubeol.verbs.permits import grant  # noqa: F401
    from dalgubeol.verbs.runs import conduct, submit  # noqa: F401

    for name in kinds.names():
        kinds.kind(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen()
        while True:
            line, _ = door.accept()
            order, files, _, _ = socket.recv_fds(line, 1 << 20, 3)
            if os.fork() == 0:
                _carry_out(run_app, line, json.loads(order), files)
            line.close()
            for file in files:
                os.close(file)


def _carry_out(run_app, line: socket.socket, order: dict, files: list[int]) -> None:  # type: ignore[no-untyped-def, type-arg]
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 1
    try:
        for place, file in enumerate(files):
            os.dup2(file, place)
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environment"])
        code = run_app(order["arguments"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        line.send(str(code).encode())
        os._exit(0)


def ask(path: str, arguments: list[str]) -> int:
    order = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        socket.send_fds(line, [json.dumps(order).encode()], [0, 1, 2])
        return int(line.recv(16) or b"1")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    sys.exit(ask(sys.argv[1], sys.argv[2:]))
