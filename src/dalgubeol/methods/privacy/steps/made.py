"""The technique for each step of a policy: the one table that knows them all."""

from __future__ import annotations

from typing import Any

from .step import Technique


def technique(step: Any, column: str, key: bytes) -> Technique:
    """What does `step` (of policy.py) of `column`; `key` is its own. Only what is asked for is imported."""
    match step.do:
        case "top" | "bottom":
            from .coding import Coding

            return Coding(column, step.do, step.value, step.percentile)
        case "round":
            from .rounding import Rounding

            return Rounding(column, step.base, step.random, key)
        case "noise":
            from .noise import Noise

            return Noise(column, step.sd, step.shape, step.multiplied, key)
        case "microaggregate":
            from .microaggregation import Microaggregation

            return Microaggregation(column, step.k)
        case "pram":
            from .pram import Pram

            return Pram(column, step.stay, step.matrix, step.invariant, key)
        case "age":
            from .age import Age

            return Age(column, step.on)
        case "mask":
            from .mask import Mask

            return Mask(column, step.how, step.types or None)
        case other:
            raise RuntimeError(f"no technique for the step '{other}'")
