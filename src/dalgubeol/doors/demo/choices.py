"""What the clerk of the story chose for the claims: which columns may stay, and how they may be made coarser."""

from __future__ import annotations

QUASI = ("male", "married", "age", "indust", "injtype", "prewage")
KEEP = ("durat", "totmed", "afchnge", "ky")
GENERALISE: dict[str, object] = {
    "age": {"widths": [5, 10, 20], "bottom": 20, "top": 60, "at_least": 1, "at_most": 3},
    "prewage": {"widths": [50, 100, 200, 400], "top": 800, "at_least": 1, "at_most": 4},
    "indust": {
        "groups": [
            {"1": "manufacturing", "2": "construction", "3": "other"},
            {"manufacturing": "manufacturing or construction", "construction": "manufacturing or construction", "other": "other"},
        ],
        "at_least": 1,
    },
    "injtype": {
        "groups": [
            {"1": "head or neck", "2": "head or neck", "3": "upper extremities", "4": "trunk or back", "5": "trunk or back", "6": "lower extremities", "7": "other", "8": "other"},
            {"head or neck": "body", "trunk or back": "body", "upper extremities": "extremities", "lower extremities": "extremities", "other": "other"},
        ],
        "at_least": 1,
    },
}  # fmt: skip
