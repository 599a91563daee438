"""Registers one file and says what memory that took: `python -m bench.registrar FILE SENSITIVITY`."""

import json
import os
import sys
import time
from pathlib import Path

from bench.spine import _house, fresh_peak_mb, peak_mb
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.verbs.datasets import register
from dalgubeol.world.engine import reading, tables  # noqa: F401 - imported before the measurement begins

folder = Path(os.environ["DALGU_SITE"]).parent
house, who = _house(folder)
small = folder / "small.csv"
small.write_text("a\n1\n")
register.add(house, who, small, name="small", sensitivity=Sensitivity(sys.argv[2]))
before, begun = fresh_peak_mb(), time.perf_counter()
register.add(house, who, Path(sys.argv[1]), name="large", sensitivity=Sensitivity(sys.argv[2]))
print(json.dumps({"added_mb": round(peak_mb() - before, 1), "wall_s": round(time.perf_counter() - begun, 2)}))
