"""`dalgu`: the command line.

Every command calls one verb and shows what it answers: for people as text in their language, for programs
with `--json`. Errors go to standard error with their next step; the exit code tells the family.
"""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Entry point. Imports only what the command needs."""
    # A command lives for a moment: tracing cycles would cost a fifth of its time. `gc.freeze` and on again
    # where a command stays (`conduct`, `run`).
    gc.disable()
    from .app import run_app

    sys.exit(run_app(sys.argv[1:]))
