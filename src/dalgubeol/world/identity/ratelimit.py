"""How often one caller may knock: a token bucket for each (Turner 1986), in the memory of one process.

For what the doors do before anybody is known: sign-in, joining, tokens that are wrong. It is a brake, not a
lock: a restart forgets it, and who has many addresses has many buckets. What must hold is counted in
`failures`.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable


class RateLimit:
    """`burst` takes at once, `rate_per_s` after that, for each key; of the keys only the latest are remembered.

    >>> limit = RateLimit(rate_per_s=1, burst=2, clock=lambda: 0.0)
    >>> [limit.take("a") for _ in range(3)]
    [0.0, 0.0, 1.0]
    """

    def __init__(
        self, rate_per_s: float, burst: int, *, most_keys: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:  # fmt: skip
        if rate_per_s <= 0 or burst < 1 or most_keys < 1:
            raise ValueError("a rate, a burst and a number of keys are positive")
        self._rate, self._burst, self._most, self._clock = rate_per_s, burst, most_keys, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._guard = threading.Lock()

    def take(self, key: str) -> float:
        """0.0 and one taken; or how many seconds to wait, and none taken."""
        with self._guard:
            now = self._clock()
            left, seen = self._buckets.pop(key, (float(self._burst), now))
            left = min(left + (now - seen) * self._rate, float(self._burst))
            wait = 0.0 if left >= 1 else (1 - left) / self._rate
            self._buckets[key] = (left if wait else left - 1, now)
            while len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
            return wait

    def __len__(self) -> int:
        return len(self._buckets)


def caller(address: str) -> str:
    """The key for an address: an IPv6 caller has a whole /64 and counts as one (RFC 6177)."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known.packed, 64), strict=False))
