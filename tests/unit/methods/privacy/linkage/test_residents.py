"""Resident registration numbers in parts are found, and what only looks a little like them is not."""

from __future__ import annotations

import random
from collections.abc import Callable

import pyarrow as pa
import pytest

from dalgubeol.errors import Refused
from dalgubeol.methods.privacy.linkage import keys
from dalgubeol.methods.privacy.linkage.residents import parts_of_resident_numbers

ROWS = 300


def numbers(seed: int = 1) -> list[tuple[str, str]]:
    """(date of birth, the thirteen digits), with check digits that hold as rarely as chance has it."""
    chance = random.Random(seed)
    made = []
    for _ in range(ROWS):
        year, month, day = chance.randint(1940, 2020), chance.randint(1, 12), chance.randint(1, 28)
        sex = chance.choice("12" if year < 2000 else "34")
        made.append((f"{year}-{month:02}-{day:02}", f"{year % 100:02}{month:02}{day:02}{sex}{chance.randint(0, 999_999):06}"))  # fmt: skip
    return made


def table(**columns: Callable[[str, str], object]) -> pa.Table:
    rows = numbers()
    made = {name: [of(born, digits) for born, digits in rows] for name, of in columns.items()}
    return pa.table({"name": [f"사람{i}" for i in range(ROWS)], **made})


FRONT_BACK = table(front=lambda b, d: d[:6], back=lambda b, d: d[6:])


@pytest.mark.parametrize(
    ("given", "items", "found"),
    [
        (FRONT_BACK, ["front", "back"], ("front", "back")),
        (FRONT_BACK, ["back", "name", "front"], ("front", "back")),
        (FRONT_BACK, ["name", "back"], ("front", "back")),
        (FRONT_BACK, ["name", "front"], None),
        (table(front=lambda b, d: int(d[:6]), back=lambda b, d: int(d[6:])), ["front", "back"], ("front", "back")),
        (table(born=lambda b, d: b, back=lambda b, d: d[6:]), ["born", "back"], ("born", "back")),
        (table(born=lambda b, d: b.replace("-", ""), back=lambda b, d: f" {d[6:]} "), ["born", "back"], ("born", "back")),
        (table(front=lambda b, d: d[:7], back=lambda b, d: d[7:]), ["front", "back"], ("front", "back")),
        (table(a=lambda b, d: d[:6], b=lambda b, d: d[6], c=lambda b, d: d[7:]), ["c", "a", "b"], ("a", "b", "c")),
    ],
)  # fmt: skip
def test_a_number_in_parts_is_found_in_any_order_and_spelling(
    given: pa.Table, items: list[str], found: tuple[str, ...] | None
) -> None:
    assert parts_of_resident_numbers(given, items) == found


@pytest.mark.parametrize("seed", range(10))
def test_birthdays_beside_other_numbers_may_be_keys(seed: int) -> None:
    chance = random.Random(seed)
    rows = numbers(seed)
    given = pa.table({
        "born": [born for born, _ in rows],
        "member": [f"{chance.randint(0, 9_999_999):07}" for _ in rows],
        "phone": [f"010{chance.randint(0, 99_999_999):08}" for _ in rows],
        "sex": [chance.choice(["1", "2"]) for _ in rows],
        "postcode": [f"{chance.randint(1000, 63999):05}" for _ in rows],
    })  # fmt: skip
    assert parts_of_resident_numbers(given, given.column_names) is None


def test_keys_are_made_of_none_of_them_whatever_the_item_is_called() -> None:
    for how in ("digits", "text"):
        with pytest.raises(Refused) as error:
            keys.normalised_items(FRONT_BACK, [("name", "name"), ("member", how)], {"member": "back"})
        assert [reason.code for reason in error.value.reasons] == ["pipa.24-2"]
        assert not any(digits[6:] in str(error.value) for _, digits in numbers())


def test_a_number_among_other_words_is_found() -> None:
    given = pa.table({"note": [f"{d[:6]}-{d[6:]} 홍길동" for _, d in numbers()], "name": ["가"] * ROWS})
    with pytest.raises(Refused):
        keys.normalised_items(given, [("name", "name"), ("note", "text")], {})
    joined = pa.table({"note": [f"{d[:6]} {d[6:]}" for _, d in numbers()], "name": ["가"] * ROWS})
    with pytest.raises(Refused):
        keys.normalised_items(joined, [("name", "name"), ("note", "text")], {})
