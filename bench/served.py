"""`dalgu serve` with the kind that does nothing among its kinds: `python -m bench.served [OPTIONS]`."""

import sys

from dalgubeol import kinds
from dalgubeol.doors.cli.app import run_app

if __name__ == "__main__":
    kinds.KINDS["empty"] = "bench.empty:Empty"
    sys.exit(run_app(["serve", *sys.argv[1:]]))
