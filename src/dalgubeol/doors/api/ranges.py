"""Byte ranges (RFC 9110, 14): one range of a content whose length is known.

Several ranges at once are answered with the whole, as the standard allows. A validator that is not ours
(`If-Range`) makes the range void.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPEC = re.compile(r"(\d*)-(\d*)", re.ASCII)
_LONGEST = 18
"""Digits of a position; nothing is longer than that."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `start` up to, without, `stop`."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.stop - 1}/{size}"


class Unsatisfiable(Exception):
    """No byte of the content is in the range (416)."""


def wanted(header: str | None, size: int, if_range: str | None = None, etag: str = "") -> Span | None:
    """The span that is asked for; None for the whole. Raises Unsatisfiable."""
    if header is None or (if_range is not None and if_range != etag):
        return None
    unit, _, specs = header.partition("=")
    found = _SPEC.fullmatch(specs.strip())
    if unit.strip().lower() != "bytes" or found is None:
        return None  # another unit, several ranges, or no range at all: as if it were not there
    first, last = found.groups()
    if max(len(first), len(last)) > _LONGEST or not (first or last):
        return None
    if not first:
        if int(last) == 0 or size == 0:
            raise Unsatisfiable
        return Span(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise Unsatisfiable
    return Span(int(first), min(size, int(last) + 1) if last else size)
