"""What the secrets of a linkage are drawn from; apart from `keys`, as whoever hands them out reads no table."""

from __future__ import annotations

import hmac

SALT_BYTES = 32


def seed_for(seed: bytes, applicant: str) -> bytes:
    """The seed of one applicant's serial numbers, where one party makes them for all."""
    return hmac.digest(seed, b"dalgubeol/link-seed/v1\0" + applicant.encode(), "sha256")
