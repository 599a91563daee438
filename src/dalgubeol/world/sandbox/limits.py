"""What one script may use. Each limit is enforced by the kernel or by process 1 of the sandbox.

| limit | enforced by |
|---|---|
| wall_s | the host, which kills the sandbox, and process 1 inside |
| cpu_s | RLIMIT_CPU per process; process 1 sums the whole tree |
| memory_bytes | RLIMIT_DATA per process; process 1 sums anonymous and shared memory of the tree every 50 ms |
| processes | RLIMIT_NPROC (threads count); process 1 counts |
| file_bytes | size of /tmp and of /dev/shm, and RLIMIT_FSIZE |
| output_bytes, output_files | size of /out; count and total again by process 1 and by the host |

The host's memory is bounded by `memory_bytes + 2 * file_bytes + 2 * output_bytes` and the inputs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from ...errors import Invalid
from ...language import say

_KIB = 1 << 10
_MIB = 1 << 20

_RANGES: dict[str, tuple[float, float]] = {
    "wall_s": (0.1, 30 * 86_400),
    "cpu_s": (1, 30 * 86_400),
    "memory_bytes": (32 * _MIB, 1 << 44),
    "processes": (1, 4096),
    "file_bytes": (4 * _KIB, 1 << 44),
    "output_bytes": (4 * _KIB, 1 << 32),
    "output_files": (1, 1000),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings for one script. Raises Invalid, naming the field, for a value that cannot be enforced."""

    wall_s: float = 600.0
    cpu_s: int = 600
    memory_bytes: int = 2048 * _MIB
    processes: int = 32
    file_bytes: int = 512 * _MIB
    output_bytes: int = 64 * _MIB
    output_files: int = 100

    def __post_init__(self) -> None:
        for each in fields(self):
            value, (least, most) = getattr(self, each.name), _RANGES[each.name]
            whole = each.name == "wall_s" or (isinstance(value, int) and not isinstance(value, bool))
            if not whole or not least <= value <= most:
                raise Invalid.field(
                    f"limits.{each.name}",
                    expected=say("a number from {least} to {most}", least=f"{least:g}", most=f"{most:g}"),
                    got=value,
                )

    @property
    def threads(self) -> int:
        """How many threads a numerical library is told to use: a quarter of the processes, 1 to 4."""
        return max(1, min(4, self.processes // 4))
