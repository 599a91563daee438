"""Makes `bench` importable: agreement with ACRO is measured there and asserted here."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
