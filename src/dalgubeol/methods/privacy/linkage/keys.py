"""Linkage keys (결합키) and serial numbers (일련번호).

- A key is HMAC-SHA256 over the length-prefixed normalised items under a key of its own, derived from the salt
  and the agreement's digest. It tells nothing to whoever has not got the salt; whoever has it can try guesses,
  and so the agency that gets the keys never gets the salt.
- A serial number is 100 bits of HMAC-SHA256 over the row's number, under a seed of the applicant's own: it says
  nothing of the person, and the order of serial numbers nothing of the order of rows.
- Resident registration numbers are refused by what the values look like (PIPA art. 24-2), before and after
  normalisation, whole or in parts (`residents`).
- The check value is HMAC over fixed bytes and the digest of the normalisation: two applicants compare it, or
  have it compared, before anything is matched. A salt has 256 bits, so it cannot be guessed from it.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ....errors import Invalid, Reason, Refused
from ....language import Message, say
from ..columns.korean import look_like_resident_numbers
from ..tokens import KeyedHash
from ..values import column_of, distinct_texts
from .normalise import normaliser
from .residents import holds_resident_numbers_inside, parts_of_resident_numbers
from .seeds import SALT_BYTES

SERIAL_CHARACTERS = 20
_KEYS, _SERIALS, _CHECK = (
    b"dalgubeol/link-key/v1\0",
    b"dalgubeol/link-serial/v1\0",
    b"dalgubeol/link-check/v1\0",
)
_SAMPLE = 20_000

Texts = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Items:
    """The normalised key items of a table: per item the distinct values (the last is missing) and a code per row."""

    names: tuple[str, ...]
    values: tuple[list[str | None], ...]
    codes: tuple[npt.NDArray[np.int64], ...]

    @property
    def rows(self) -> int:
        return len(self.codes[0])

    def whole(self) -> npt.NDArray[np.bool_]:
        """Which rows miss none of the items."""
        found = np.ones(self.rows, np.bool_)
        for values, codes in zip(self.values, self.codes, strict=True):
            found &= np.array([value is not None for value in values])[codes]
        return found

    def texts(self, item: int) -> list[str | None]:
        """One item, row by row."""
        values = self.values[item]
        return [values[code] for code in self.codes[item].tolist()]


def normalised_items(table: pa.Table, items: Sequence[tuple[str, str]], columns: Mapping[str, str]) -> Items:
    """The items (name, normaliser) of a table, each out of the column that `columns` names for it, or of its own
    name. Raises Invalid for a column that is not there, Refused for resident registration numbers."""
    unknown = sorted(set(columns) - {name for name, _ in items})
    if unknown:
        raise Invalid.field("columns", expected=say("key items of the agreement: {names}", names=", ".join(name for name, _ in items)), got=say("another name"))  # fmt: skip
    lacking = [name for name, _ in items if table.column_names.count(columns.get(name, name)) != 1]
    if lacking:
        raise Invalid(
            "invalid.columns",
            say(
                "No one column of the table is known to hold these key items: {items}.",
                items=", ".join(lacking),
            ),
            say(
                "Say which column holds each of them: `columns` takes the name of an item to the name of a column, such as {example}.",
                example=f'{{"{lacking[0]}": "COLUMN"}}',
            ),
        )
    made, every = [], []
    for name, which in items:
        column = columns.get(name, name)
        values = column_of(table, column)
        texts, codes = distinct_texts(values, column)
        _refuse_resident_numbers(column, texts, pa.types.is_integer(values.type))
        spell = normaliser(which)
        spelt = [None if text is None else spell(text) for text in texts]
        _refuse_resident_numbers(column, spelt, False)
        made.append(spelt)
        every.append(codes)
    _refuse_split_numbers(table, [columns.get(name, name) for name, _ in items])
    return Items(tuple(name for name, _ in items), tuple(made), tuple(every))


def _refuse_resident_numbers(column: str, texts: Texts, integers: bool) -> None:
    sample = [text for text in texts[:: 1 + len(texts) // _SAMPLE] if text is not None]
    if look_like_resident_numbers(sample, integers=integers) or holds_resident_numbers_inside(sample):
        raise _resident_numbers(say("Column {column} holds resident registration numbers, which never become a key.", column=column))  # fmt: skip


def _refuse_split_numbers(table: pa.Table, columns: Sequence[str]) -> None:
    found = parts_of_resident_numbers(table, columns)
    if found:
        raise _resident_numbers(say("The columns {columns} together hold resident registration numbers, whose parts never become a key.", columns=", ".join(found)))  # fmt: skip


def _resident_numbers(detail: Message) -> Refused:
    return Refused(
        "link.resident-number", detail, say("Agree on other key items, such as name, date of birth and phone."),
        [Reason("pipa.24-2", say("PIPA art. 24-2 allows processing resident registration numbers only where a statute names them: they are deleted, never hashed, and never a key."))],
    )  # fmt: skip


def link_keys(items: Items, salt: bytes, agreement: str) -> list[bytes | None]:
    """A key per row, 32 bytes; None where an item is missing. Raises Invalid for a short salt."""
    keyed = KeyedHash(_derived(_KEYS, salt, agreement))
    encoded = [[None if v is None else _framed(v) for v in values] for values in items.values]
    whole = items.whole()
    rows = zip(*(codes.tolist() for codes in items.codes), strict=True)
    known: dict[tuple[int, ...], bytes] = {}
    keys: list[bytes | None] = []
    for present, row in zip(whole.tolist(), rows, strict=True):
        if not present:
            keys.append(None)
            continue
        key = known.get(row)
        if key is None:
            message = b"".join(encoded[place][code] for place, code in enumerate(row))
            key = known[row] = keyed.digest(message)
        keys.append(key)
    return keys


def item_lines(items: Items) -> list[str | None]:
    """The items of each row as one text, unambiguous; None where one is missing. For the oblivious mode."""
    framed = [[None if v is None else f"{len(v)}:{v}" for v in values] for values in items.values]
    rows = zip(*(codes.tolist() for codes in items.codes), strict=True)
    present = items.whole().tolist()
    return [
        "".join(framed[place][code] for place, code in enumerate(row)) if whole else None
        for whole, row in zip(present, rows, strict=True)
    ]


def serial_numbers(rows: int, seed: bytes, agreement: str) -> list[str]:
    """A serial number for each row, all different."""
    keyed = KeyedHash(_derived(_SERIALS, seed, agreement))
    return [
        base64.b32encode(keyed.digest(row.to_bytes(8)))[:SERIAL_CHARACTERS].decode().lower()
        for row in range(rows)
    ]


def check_value(salt: bytes, agreement: str, normalisation: str) -> str:
    """Hex; equal for two applicants exactly if salt, agreement and normalisation are."""
    return hmac.digest(_derived(_CHECK, salt, agreement), normalisation.encode(), "sha256").hex()


def _derived(label: bytes, secret: bytes, agreement: str) -> bytes:
    if len(secret) < SALT_BYTES:
        raise Invalid.field("salt", expected=say("at least {count} random bytes", count=SALT_BYTES), got=say("fewer"))  # fmt: skip
    return hmac.digest(secret, label + agreement.encode(), "sha256")


def _framed(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(4) + raw
