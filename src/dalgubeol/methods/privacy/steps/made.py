"""The technique for each step of a policy: the one table that knows them all."""

from __future__ import annotations

from typing import Any

from .step import Technique


def technique(step: Any, column: str, key: bytes) -> Technique:
    """What does `step` of `column`; `key` is its own."""
    raise NotImplementedError(step.do)
