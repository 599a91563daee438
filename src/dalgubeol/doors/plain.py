"""Values as plain JSON, for programs at any door."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from ..language import harmless as harmless
from ..language import restored


def plain(value: Any) -> Any:
    """A value, dataclasses and enumerations included, as plain JSON values."""
    return json.loads(json.dumps(value, ensure_ascii=False, default=unknown_to_json))


def stored_text(stored: str, language: str) -> str:
    """What a message reads that was stored as JSON of `Message.stored` (stages, faults)."""
    try:
        return restored(json.loads(stored)).text(language) if stored else ""
    except (ValueError, TypeError, KeyError, IndexError):
        return stored


def unknown_to_json(value: Any) -> Any:
    """What the encoder does not know, in what it knows: called once for each such value, so lists stay fast."""
    if is_dataclass(value):
        return {name: getattr(value, name) for name in _fields(value.__class__)}
    if isinstance(value, set | frozenset):
        return sorted(value)
    return dict(value) if isinstance(value, Mapping) else str(value)


@cache
def _fields(type_: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(type_))
