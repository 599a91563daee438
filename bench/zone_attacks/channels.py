"""How a script ends as a message: in its time, its processor time, its memory. Whoever wrote it is told of these in
tenths of the limits only. (How many bits that is, and that the times of a Run show to the millisecond, the threat model
states; `tests/attack/test_bounded_channels.py` counts them. The exit status is among `scripts`.)"""

from __future__ import annotations

from collections.abc import Callable

from bench.zone_attacks.harness import MIB, Attack, Trial, told_of
from dalgubeol.world.sandbox.limits import Limits
from dalgubeol.world.sandbox.script import Outcome, run_script

_LIMITS = Limits(wall_s=30, cpu_s=30, memory_bytes=1024 * MIB)


def _ended(trial: Trial, body: str) -> list[Outcome]:
    """Of a script that fails, for either value of a bit that it read."""
    scripts = (f"import time\nbit = {bit}\n{body}\nraise ValueError\n" for bit in (0, 1))
    return [run_script(each.encode(), {}, _LIMITS, 1, backend=trial.backend) for each in scripts]


def _attack(id_: str, body: str, measured: Callable[[Outcome], float], apart: float) -> Attack:
    def prove(trial: Trial) -> bool:
        nothing, something = map(measured, _ended(trial, body))
        return something - nothing > apart

    def succeeds(trial: Trial) -> bool:
        return len({told_of(each, _LIMITS) for each in _ended(trial, body)}) > 1

    return Attack(f"channel: {id_}", "channels", "limits told in tenths", prove, succeeds)


CHANNELS = (
    _attack("a bit of the data in the time that a script takes (timing)", "time.sleep(0.6 * bit)", lambda ended: ended.wall_s, 0.3),
    _attack("a bit of the data in the processor time of a script", "while time.process_time() < 0.6 * bit: pass", lambda ended: ended.cpu_s, 0.3),
    _attack("a bit of the data in the memory of a script", "held = bytearray(b'x') * (bit << 24)\ntime.sleep(0.2)", lambda ended: ended.peak_bytes, 8 * MIB),
)  # fmt: skip
