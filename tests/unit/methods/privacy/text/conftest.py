"""Makes the labelled corpus (`bench/corpus`) importable."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[5]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
