"""Models of the same records beside each other: what two of them tell by their difference.

A model is a function of its training records and of a description. Where two were trained on records of which few
differ, their difference tells of these few, as the difference of two sums does. Which records an earlier model was
trained on is worked out again from its description, on the table that it was made from:

| the earlier model is of | then |
|---|---|
| this table, the same records | told: each was attacked alone, both together tell more |
| this table, records of fewer than `least` persons differ | held, whatever its settings |
| this table, more differ | told, with how many |
| another table of the same persons, the same description | held: which records have changed cannot be seen from here |
| another table of the same persons, another description | told |

Models of different targets are not compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ....language import Message, say
from .. import dalgu_zone
from ..finding import Finding

if TYPE_CHECKING:
    import pyarrow as pa

_SETTINGS = ("estimator", "parameters", "steps")
_OF_RECORDS = ("features", "where", "person", "share", "split", "keep_missing", "least", "standardise")


@dataclass(frozen=True, slots=True)
class Other:
    """A model that has left, or another one of the same submission, as the world has (or would have) it."""

    content: bytes
    called: Message
    """What people know it by."""
    same_table: bool = True


def beside(content: bytes, others: Iterable[Other], source: pa.Table, least: int) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:  # fmt: skip
    """What holds the model, and what is told of it. `content` is what would leave of it."""
    holds, notes = list[Finding](), list[Finding]()
    mine = json.loads(content)
    for other in others:
        theirs = _read(other.content)
        if theirs is None or theirs["data"]["target"] != mine["data"]["target"] or other.content == content:
            continue
        held, message = _told(mine, theirs, other, source, least)
        (holds if held else notes).append(Finding("model_beside", None, None, message))
    return tuple(holds), tuple(notes)


def _told(mine: Mapping[str, Any], theirs: Mapping[str, Any], other: Other, source: pa.Table, least: int) -> tuple[bool, Message]:  # fmt: skip
    if not other.same_table:
        if _recipe(mine) == _recipe(theirs):
            return True, say("It is described as {other} is, which was trained on another table of the same persons: what differs between the two tells of the records that have changed, and how many have cannot be seen here.", other=other.called)  # fmt: skip
        return False, say("{other} was trained on another table of the same persons, by another description: each was attacked alone.", other=other.called)  # fmt: skip
    count = differing(mine["data"], theirs["data"], source)
    if count is None:
        return False, say("Which records {other} was trained on cannot be worked out any more.", other=other.called)  # fmt: skip
    if 0 < count < least:
        return True, say("It and {other} were trained on the same records but for those of fewer than {threshold} persons: their difference tells of these.", other=other.called, threshold=least)  # fmt: skip
    if count == 0:
        return False, say("It and {other} were trained on the same records: each was attacked alone, both together tell more than one.", other=other.called)  # fmt: skip
    return False, say("Records of {count} persons trained either it or {other}, not both: too many for the difference to tell of one.", other=other.called, count=count)  # fmt: skip


def differing(one: Mapping[str, Any], other: Mapping[str, Any], source: pa.Table) -> int | None:
    """How many persons have records that trained one of two models and not the other; None where it cannot be told."""
    try:
        rows = [set(dalgu_zone.made(source, dict(each)).trained.tolist()) for each in (one, other)]
    except (ValueError, KeyError):
        return None
    person = one["person"] or other["person"]
    apart = sorted(rows[0] ^ rows[1])
    if person is None:
        return len(apart)
    return len(set(source.column(person).take(np.array(apart, dtype=np.int64)).to_pylist()))


def _recipe(said: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*(said.get(name) for name in _SETTINGS), *(said["data"].get(name) for name in _OF_RECORDS))


def _read(content: bytes) -> Any | None:
    try:
        said = json.loads(content)
        return said if isinstance(said["data"]["target"], str) else None
    except (ValueError, KeyError, TypeError):
        return None
