"""Files that come in, or try to."""

from __future__ import annotations

from bench.zone_attacks.bringing import REGIONS
from bench.zone_attacks.wheels import wheel

MODULE = b'"""Rates."""\n\n\ndef doubled(n):\n    return 2 * n\n'
PACKAGE = wheel({"tinyrates/__init__.py": b"from .deep import RATE\n", "tinyrates/deep.py": b"RATE = 7\n"})

__all__ = ["MODULE", "PACKAGE", "REGIONS", "wheel"]
