"""What goes into the log, and what comes out of it.

An entry's leaf is canonical JSON of fields that anybody may read. Its field `commitment` is null, or binds it
to a payload (canonical JSON too) and a salt that are kept beside the leaf and may be erased later: the leaf,
and with it every proof, stays as it was. Nothing can be corrected once it is appended, so an entry that could
not be proven later is refused when it is made.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ...digest import SALT_BYTES, canonical, opens
from ...errors import Invalid
from ...language import say

COMMITMENT = "commitment"
BYTES_AT_MOST = 1 << 20
"""Of a leaf and of a payload: what a verifier must be able to hold."""
_HEX_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One record to append. Raises Invalid naming the field unless

    - `leaf` is a canonical JSON object with the field `commitment`, and no part is over `BYTES_AT_MOST`,
    - `payload` (canonical JSON) and `salt` (32 bytes) open that commitment, or all three are absent,
    - `retain_until` is an instant in UTC, before which nothing is erased; None means never erased.
    """

    leaf: bytes
    payload: bytes | None = None
    salt: bytes | None = None
    retain_until: str | None = None

    def __post_init__(self) -> None:
        for name, part in (("leaf", self.leaf), ("payload", self.payload or b"")):
            if len(part) > BYTES_AT_MOST:
                raise Invalid.field(
                    name, expected=say("at most {count} bytes", count=BYTES_AT_MOST), got=len(part)
                )
        check_leaf(self.leaf, self.payload, self.salt)
        if self.retain_until is not None:
            instant(self.retain_until)


@dataclass(frozen=True, slots=True, repr=False)
class StoredEntry:
    """One record of the log. `erased_at` is set, and payload and salt are None, once it was erased."""

    index: int
    leaf: bytes
    leaf_hash: bytes
    payload: bytes | None
    salt: bytes | None
    retain_until: str | None
    erased_at: str | None


def check_leaf(leaf: bytes, payload: bytes | None, salt: bytes | None) -> None:
    """Raises Invalid naming the field unless `payload` and `salt` are what the leaf commits to."""
    fields = canonical_json(leaf)
    if not isinstance(fields, dict) or not is_commitment(fields.get(COMMITMENT, "")):
        raise Invalid.field(
            "leaf", expected="a canonical JSON object with a commitment or null", got="something else"
        )
    claimed = fields[COMMITMENT]
    if claimed is None:
        if payload is not None or salt is not None:
            raise Invalid.field("payload", expected="absent, as the commitment is", got="present")
        return
    if payload is None or salt is None or len(salt) != SALT_BYTES:
        raise Invalid.field("salt", expected="32 bytes, with the payload", got="absent or of another length")
    value = canonical_json(payload)
    if value is INVALID or not opens(claimed, value, salt):
        raise Invalid.field("payload", expected="what the leaf commits to", got="something else")


def is_commitment(value: object) -> bool:
    """Whether `value` may stand in a leaf's field `commitment`: null, or a hash in lower-case hex."""
    return value is None or (isinstance(value, str) and bool(_HEX_HASH.fullmatch(value)))


INVALID = object()


def canonical_json(raw: bytes) -> Any:
    """The value that `raw` spells in canonical JSON; `INVALID` if it is anything else."""
    try:
        value = json.loads(raw)
        return value if canonical(value) == raw else INVALID
    except (ValueError, RecursionError):  # not UTF-8, not JSON, NaN, a lone surrogate, or nested without end
        return INVALID


def instant(text: str) -> datetime:
    """An ISO-8601 instant in UTC. Raises Invalid for any other text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - has no zone, so it is refused below
    if moment.utcoffset() != timedelta(0):
        raise Invalid.field("retain_until", expected="an ISO-8601 instant in UTC", got="something else")
    return moment


def written(moment: datetime) -> str:
    """`moment` as ISO-8601 text in UTC. Raises Invalid for a moment without a zone."""
    if moment.utcoffset() is None:
        raise Invalid.field("now", expected="an instant with a zone", got="one without")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
