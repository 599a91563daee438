"""Resident registration numbers in two columns are found, by more than that a wage begins with 1."""

from __future__ import annotations

import random
from collections.abc import Callable

import pyarrow as pa
import pytest

from dalgubeol.errors import Refused
from dalgubeol.methods.privacy.columns.identify import propose_roles
from dalgubeol.methods.privacy.policy.plan import plan_of
from dalgubeol.methods.privacy.policy.policy_text import parsed

ROWS = 200
Cell = Callable[[str, str], object]


def numbers(first: int, last: int, *, drawn: bool = False, seed: int = 3) -> list[tuple[str, str]]:
    """(date of birth, the thirteen digits), the last one as the rule has it, or `drawn` at random."""
    chance, made = random.Random(seed), []
    for _ in range(ROWS):
        year, month, day = chance.randint(first, last), chance.randint(1, 12), chance.randint(1, 28)
        twelve = f"{year % 100:02}{month:02}{day:02}{chance.choice('12' if year < 2000 else '34')}{chance.randint(0, 99999):05}"
        check = (
            11
            - sum(int(d) * w for d, w in zip(twelve, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=True)) % 11
        ) % 10
        made.append((f"{year}-{month:02}-{day:02}", f"{twelve}{chance.randint(0, 9) if drawn else check}"))
    return made


def table(rows: list[tuple[str, str]], **columns: Cell) -> pa.Table:
    made = {name: [of(born, digits) for born, digits in rows] for name, of in columns.items()}
    return pa.table({"sex": ["m", "f"] * (ROWS // 2), **made})


def resident(given: pa.Table) -> list[str]:
    return [p.column for p in propose_roles(given) if p.type == "resident-registration-number"]


@pytest.mark.parametrize(
    "given",
    [
        table(numbers(1950, 1999), a=lambda b, d: d[:6], b=lambda b, d: d[6:]),
        table(numbers(1950, 2009), a=lambda b, d: int(d[:6]), b=lambda b, d: int(d[6:])),
        table(numbers(1950, 1999), born=lambda b, d: b, b=lambda b, d: int(d[6:])),
        table(numbers(1950, 1999), born=lambda b, d: int(b.replace("-", "")), b=lambda b, d: d[6:]),
        table(numbers(1960, 2019, drawn=True), born=lambda b, d: b, b=lambda b, d: d[6:]),
        table(numbers(1960, 2019), born=lambda b, d: b, b=lambda b, d: d[6] + "******"),
        table(numbers(1960, 2019, drawn=True), **{"주민번호 뒷자리": lambda b, d: int(d[6:])}),
    ],
)  # fmt: skip
def test_what_stands_behind_a_birthday_is_a_part_of_a_resident_number(given: pa.Table) -> None:
    assert resident(given) == [given.column_names[-1]]


@pytest.mark.parametrize("seed", range(8))
def test_wages_and_numbers_of_members_beside_birthdays_are_none(seed: int) -> None:
    chance, rows = random.Random(seed), numbers(1950, 1999, seed=seed)
    assert not resident(table(
        rows, born=lambda b, d: b, six=lambda b, d: d[:6], wage=lambda b, d: 1000 * chance.randint(1000, 2999),
        pay=lambda b, d: chance.randint(1_000_000, 2_999_999), member=lambda b, d: f"{chance.randint(0, 9_999_999):07}",
    ))  # fmt: skip


def test_such_a_part_is_deleted_and_neither_kept_nor_hashed() -> None:
    given = table(numbers(1950, 1999), birth=lambda b, d: b, no=lambda b, d: int(d[6:]))
    policy = 'project = "p"\n{}[columns.birth]\nrole = "quasi-identifier"\n'
    found = propose_roles(given)
    assert plan_of(parsed(policy.format("")), given.column_names, found).deleted == ("no",)
    hashed = '[columns.no]\nrole = "direct identifier"\nsteps = [{do = "pseudonym"}]\n'
    kept = '[columns.no]\nrole = "plain"\n'
    for more in (hashed, kept):
        with pytest.raises(Refused):
            plan_of(parsed(policy.format("") + more), given.column_names, found)
    with pytest.raises(Refused):
        plan_of(parsed(policy.format('person = "no"\n') + hashed), given.column_names, found)
