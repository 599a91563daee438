"""Privacy loss: what noisy answers tell about one person, and how it adds up.

An answer is (epsilon, delta)-differentially private if whether one person is in the data changes the chance of any
answer by a factor of at most exp(epsilon), but for a chance of delta (Dwork and Roth 2014, definition 2.4). Over
several answers epsilons and deltas add up (basic composition, theorem 3.16), whoever chooses the next question.

Losses are kept as whole numbers, so that sums are exact and one statement of the store can compare and add them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

_EPSILON, _DELTA = Decimal(10) ** 6, Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Loss:
    """`epsilon_millionths` and `delta_trillionths`: 0.5 is 500000, 1e-6 is 1000000."""

    epsilon_millionths: int = 0
    delta_trillionths: int = 0

    @classmethod
    def of(cls, epsilon: float, delta: float = 0.0) -> Loss:
        """What an answer costs, rounded up. The decimal that a number is written as counts, not its binary nearest."""
        return cls(_whole(epsilon, _EPSILON, ROUND_CEILING), _whole(delta, _DELTA, ROUND_CEILING))

    @classmethod
    def allowed(cls, epsilon: float, delta: float = 0.0) -> Loss:
        """What answers may cost, rounded down."""
        return cls(_whole(epsilon, _EPSILON, ROUND_FLOOR), _whole(delta, _DELTA, ROUND_FLOOR))

    @property
    def epsilon(self) -> float:
        return float(self.epsilon_millionths / _EPSILON)

    @property
    def delta(self) -> float:
        return float(self.delta_trillionths / _DELTA)

    def __add__(self, other: Loss) -> Loss:
        return Loss(
            self.epsilon_millionths + other.epsilon_millionths,
            self.delta_trillionths + other.delta_trillionths,
        )

    def within(self, most: Loss) -> bool:
        """Whether neither part is more than in `most`."""
        return (
            self.epsilon_millionths <= most.epsilon_millionths
            and self.delta_trillionths <= most.delta_trillionths
        )

    def left_of(self, most: Loss) -> Loss:
        """What is left of `most`, never less than nothing."""
        return Loss(
            max(0, most.epsilon_millionths - self.epsilon_millionths),
            max(0, most.delta_trillionths - self.delta_trillionths),
        )


def _whole(number: float, unit: Decimal, rounding: str) -> int:
    return int((Decimal(repr(float(number))) * unit).to_integral_value(rounding=rounding))
