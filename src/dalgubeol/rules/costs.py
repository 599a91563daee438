"""What a Permit may come to, known before anybody decides on it (SATRE 2.3.01, 4.4.01): its conditions bound it."""

from __future__ import annotations

from ..language import Message, say
from ..nouns.permit import Conditions


def most_cpu_h(conditions: Conditions) -> float:
    """Processor hours, if every Run that is allowed takes all that it may."""
    return conditions.runs * conditions.cpu_s / 3600


def most_won(conditions: Conditions, won_per_cpu_h: int) -> int:
    """Won (원), rounded up."""
    return -(-conditions.runs * conditions.cpu_s * won_per_cpu_h // 3600)


def told(conditions: Conditions, won_per_cpu_h: int) -> Message:
    """A sentence for those who ask and those who decide; a price of 0 is none."""
    hours = f"{most_cpu_h(conditions):,.1f}"
    if not won_per_cpu_h:
        return say("at most {hours} processor hours and {memory} MB of memory at a time; this site asks for no money", hours=hours, memory=conditions.memory_mb)  # fmt: skip
    return say(
        "at most {hours} processor hours and {memory} MB of memory at a time, and so at most {won} won ({price} won an hour)",
        hours=hours, memory=conditions.memory_mb, won=f"{most_won(conditions, won_per_cpu_h):,}", price=f"{won_per_cpu_h:,}",
    )  # fmt: skip
