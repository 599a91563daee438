"""The demo's report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write_report(facts: dict[str, Any], path: Path) -> Path:
    path.write_text(f"<pre>{json.dumps(facts, ensure_ascii=False, indent=1)}</pre>", encoding="utf-8")
    return path
