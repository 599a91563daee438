"""What is answered in reviews of these tests: by whoever asks for one of the risk, and by its members."""

from __future__ import annotations

RISK: dict[str, object] = {
    "use": "inside", "place": "zone", "items": [{"item": "age", "role": "quasi", "why": "known to others", "plan": "five years"}],
    "environment": dict.fromkeys(("other_data", "motive", "access", "apart", "contract", "trained"), "no"),
    "data_risk": dict.fromkeys(("direct", "quasi", "outliers", "sensitive", "repeated", "text", "whole"), ("no", "looked at")),
}  # fmt: skip
"""Everything that a risk review is not opened without."""

ITEMS = ("papers", "purpose", "minimum", "techniques", "risk", "useful")
CHECKS: dict[str, tuple[str, str]] = dict.fromkeys(ITEMS, ("adequate", ""))
"""Every item of an adequacy review, without which nobody finds it adequate."""
