"""Hierarchies made of what values look like: dates, codes cut short, and the regions of Korea.

Regions come in two forms. A *code* of the legal districts (법정동코드, ten digits, Ministry of the Interior and
Safety) is cut after 8 digits (eup, myeon, dong: 읍면동), 5 (si, gun, gu: 시군구) and 2 (si, do: 시도). An *address*
is read from its left: the first word is the province or metropolitan city, whatever it is called (대구, 대구시,
대구광역시), the next one or two end in 시, 군 or 구 (성남시 분당구), and the one after is the eup, myeon, dong, or
the road of a road-name address. Sejong has no si, gun or gu. What cannot be read is one group of its own.

Provinces that were renamed (강원도 in 2023, 전라북도 in 2024) have one name here, the new one: a table that spans
the change is one table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import pyarrow as pa

from ...errors import Invalid
from ...language import say
from .hierarchy import ANY, Hierarchy, present_texts, with_column
from .reading import read_day

UNREAD = "(?)"
_SIDO = {
    "서울": "서울특별시", "부산": "부산광역시", "대구": "대구광역시", "인천": "인천광역시", "광주": "광주광역시",
    "대전": "대전광역시", "울산": "울산광역시", "세종": "세종특별자치시", "경기": "경기도", "강원": "강원특별자치도",
    "충북": "충청북도", "충남": "충청남도", "전북": "전북특별자치도", "전남": "전라남도", "경북": "경상북도", "경남": "경상남도",
    "제주": "제주특별자치도", "전라북": "전북특별자치도", "전라남": "전라남도", "충청북": "충청북도", "충청남": "충청남도",
    "경상북": "경상북도", "경상남": "경상남도",
}  # fmt: skip
_SIDO_END = re.compile(r"(특별자치시|특별자치도|특별시|광역시|시|도)$")
_DONG = re.compile(r".+(읍|면|동|가|리|로|길)\d*$|.+(로|길)\d+번?길$")


def dates(name: str, values: pa.Array | pa.ChunkedArray, units: Sequence[str]) -> Hierarchy:
    """Labels such as "2024-05", "2024-Q2", "2024", "[2020, 2030)", then `*`; `units` grow coarser.

    Days are read as `reading` says. Raises `Invalid` where a value is no date, or the units do not grow.
    """
    order = ["month", "quarter", "year", "decade"]
    ranks = [order.index(unit) for unit in units]
    if ranks != sorted(set(ranks)) or not ranks:
        raise Invalid.field(f"{name}.dates", expected="units that grow coarser: month, quarter, year, decade", got=", ".join(units))  # fmt: skip
    texts = present_texts(values, name)
    read = [year_and_month(text) for text in texts]
    unread = sum(each is None for each in read)
    if unread:
        raise Invalid(
            "invalid.dates",
            say("{count} distinct values of column {column} are no dates.", count=unread, column=name),
            say("Write days as 2024-05-03, or make column {column} coarser in another way.", column=name),
        )
    whole = [each for each in read if each is not None]
    levels = [tuple(_dated(unit, year, month) for year, month in whole) for unit in units]
    return with_column(Hierarchy(name, (texts, *levels, (ANY,) * len(texts))), values)


def year_and_month(text: str) -> tuple[int, int] | None:
    """Of a date or a month; None where the text is neither."""
    found = read_day(text)
    return None if found is None else found[:2]


def _dated(unit: str, year: int, month: int) -> str:
    if unit == "month":
        return f"{year:04d}-{month:02d}"
    if unit == "quarter":
        return f"{year:04d}-Q{(month + 2) // 3}"
    decade = year // 10 * 10
    return f"{year:04d}" if unit == "year" else f"[{decade}, {decade + 10})"


def prefixes(name: str, values: pa.Array | pa.ChunkedArray, lengths: Sequence[int]) -> Hierarchy:
    """The first characters, fewer and fewer, and a `*` where something was cut off; then `*` alone."""
    if not lengths or min(lengths) < 1 or any(b >= a for a, b in pairwise(lengths)):
        raise Invalid.field(f"{name}.prefixes", expected="lengths of at least 1, each shorter than the one before", got=list(lengths))  # fmt: skip
    texts = present_texts(values, name)
    levels = [tuple(t if len(t) <= n else t[:n] + ANY for t in texts) for n in lengths]
    return with_column(Hierarchy(name, (texts, *levels, (ANY,) * len(texts))), values)


def regions(name: str, values: pa.Array | pa.ChunkedArray, form: str) -> Hierarchy:
    """Eup-myeon-dong, si-gun-gu, si-do, then `*`; `form` is "address" or "code"."""
    texts = present_texts(values, name)
    cut: Callable[[str], tuple[str, str, str]] = _of_code if form == "code" else of_address
    finest, middle, coarsest = zip(*(cut(text) for text in texts), strict=True)
    return with_column(Hierarchy(name, (texts, finest, middle, coarsest, (ANY,) * len(texts))), values)


def _of_code(text: str) -> tuple[str, str, str]:
    text = text.strip()
    if not (text.isdecimal() and len(text) in (2, 5, 8, 10)):
        return UNREAD, UNREAD, UNREAD
    finest, middle, coarsest = (text[:n].ljust(10, "0") for n in (8, 5, 2))
    return finest, middle, coarsest


def of_address(text: str) -> tuple[str, str, str]:
    """(to the eup, myeon or dong; to the si, gun or gu; the si or do) of a Korean address.

    >>> of_address("대구 수성구 범어동 123-4")
    ('대구광역시 수성구 범어동', '대구광역시 수성구', '대구광역시')
    """
    words = text.replace(",", " ").split()
    first = words[0] if words else ""
    sido = _SIDO.get(_SIDO_END.sub("", first)) or _SIDO.get(first)
    if sido is None:
        return UNREAD, UNREAD, UNREAD
    rest, district = words[1:], []
    if rest and rest[0].endswith(("시", "군", "구")):
        district.append(rest.pop(0))
        if district[0].endswith("시") and rest and rest[0].endswith("구"):
            district.append(rest.pop(0))
    middle = " ".join([sido, *district])
    dong = rest[0] if rest and _DONG.fullmatch(rest[0]) else None
    return (f"{middle} {dong}" if dong else middle), middle, sido
