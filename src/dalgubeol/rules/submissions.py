"""What changed between two submissions: files by digest, text and tables line by line, bounded."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from ..digest import sha256_hex

MOST_LINES = 2000
"""A file with more lines is compared by its digest alone: line by line takes time in the square of them."""
MOST_SHOWN = 200
_TEXT = ("csv", "txt", "json")


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class FileChange:
    name: str
    change: Change
    lines: tuple[str, ...] = ()
    """Of a changed text or table: the lines that differ, with `+` and `-` before them; at most MOST_SHOWN."""


def changes(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[FileChange, ...]:
    """Every file of either, in the order of their names."""
    return tuple(_change(name, before.get(name), after.get(name)) for name in sorted({*before, *after}))


def _change(name: str, old: bytes | None, new: bytes | None) -> FileChange:
    if old is None or new is None:
        return FileChange(name, Change.ADDED if old is None else Change.REMOVED)
    if sha256_hex(old) == sha256_hex(new):
        return FileChange(name, Change.SAME)
    return FileChange(name, Change.CHANGED, _lines(name, old, new))


def _lines(name: str, old: bytes, new: bytes) -> tuple[str, ...]:
    if name.rpartition(".")[2].lower() not in _TEXT:
        return ()
    texts = [each.decode("utf-8", "replace").splitlines() for each in (old, new)]
    if max(map(len, texts)) > MOST_LINES:
        return ()
    found = islice(
        difflib.unified_diff(texts[0], texts[1], n=0, lineterm=""), 2, None
    )  # without its two headers
    return tuple(islice((line for line in found if not line.startswith("@@")), MOST_SHOWN))
