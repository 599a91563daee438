"""Fitted models: what is left of their degrees of freedom."""

from __future__ import annotations

from ...language import say
from .finding import Finding

RESIDUAL_DEGREES_OF_FREEDOM = 10


def too_few_degrees_of_freedom(
    residual: float, least: float = RESIDUAL_DEGREES_OF_FREEDOM
) -> tuple[Finding, ...]:
    """A fitted model with fewer residual degrees of freedom than `least` may give its data back."""
    message = say("The model leaves fewer than {least} residual degrees of freedom.", least=least)
    return () if residual >= least else (Finding("degrees_of_freedom", None, None, message),)
