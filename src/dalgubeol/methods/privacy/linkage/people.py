"""Made-up people with names as frequent as in Korea: for rehearsals, and to measure a guess attack before data is
risked. No person is meant; what is real is how often a surname occurs (rounded shares of the 2015 census).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SURNAMES = {
    "김": 21.5, "이": 14.7, "박": 8.4, "최": 4.7, "정": 4.3, "강": 2.4, "조": 2.1, "윤": 2.1, "장": 2.0, "임": 1.7, "한": 1.6,
    "오": 1.5, "서": 1.5, "신": 1.5, "권": 1.4, "황": 1.4, "안": 1.4, "송": 1.4, "전": 1.1, "홍": 1.1, "유": 1.0, "고": 0.9,
    "문": 0.9, "양": 0.9, "손": 0.9, "배": 0.8, "백": 0.8, "허": 0.7, "남": 0.5, "심": 0.5, "노": 0.5, "하": 0.5, "곽": 0.4,
    "성": 0.4, "차": 0.4, "주": 0.4, "우": 0.4, "구": 0.4, "나": 0.3, "민": 0.3, "진": 0.3, "지": 0.3, "엄": 0.3, "채": 0.3,
    "원": 0.3, "천": 0.2, "방": 0.2, "공": 0.2, "현": 0.2, "함": 0.2, "여": 0.1, "염": 0.1, "추": 0.1, "도": 0.1,
}  # fmt: skip
FIRST = "지서민하예수현은도준유재영성우승정혜윤태동소시건연다채나미선경희진상기종가주가세인규원보아"
SECOND = "우준은현윤진영서연수빈아민호훈희원경숙자미정석철환규혁선주찬율온람솔결희재하나라이인유안"
_ROADS = ("국채보상로", "달구벌대로", "동대구로", "성서로", "중앙대로", "팔공로", "앞산순환로", "수성로", "명덕로", "신천대로", "테헤란로", "세종대로", "해운대로", "첨단로", "과학로", "시청로")  # fmt: skip
_PLACES = ("대구 중구", "대구 수성구", "대구 달서구", "대구 북구", "대구 동구", "경북 경산시", "경북 구미시", "경북 포항시", "서울 종로구", "부산 해운대구")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    born: str
    phone: str
    address: str


def people(count: int, seed: int) -> list[Person]:
    """`count` of them; the same for the same seed."""
    chance = np.random.default_rng(seed)
    surnames = chance.choice(list(SURNAMES), count, p=_shares(list(SURNAMES.values())))
    first = chance.choice(list(FIRST), count, p=_falling(len(FIRST)))
    second = chance.choice(list(SECOND), count, p=_falling(len(SECOND)))
    days = chance.integers(0, 365 * 70, count)
    born = np.datetime_as_string(np.datetime64("1940-01-01") + days)
    phones = chance.integers(10_000_000, 99_999_999, count)
    roads, places = chance.choice(_ROADS, count), chance.choice(_PLACES, count)
    numbers = chance.integers(1, 400, count)
    return [
        Person(f"{a}{b}{c}", str(day), f"010{phone}", f"{place} {road} {number}")
        for a, b, c, day, phone, place, road, number in zip(
            surnames, first, second, born, phones, places, roads, numbers, strict=True
        )
    ]


def name_shares(seed: int, sample: int = 200_000) -> dict[str, float]:
    """What is publicly known: how frequent each full name is, from a register of other people."""
    names = [person.name for person in people(sample, seed)]
    values, counts = np.unique(names, return_counts=True)
    return {str(v): int(c) / sample for v, c in zip(values, counts, strict=True)}


def _shares(weights: Sequence[float]) -> list[float]:
    whole = sum(weights)
    return [weight / whole for weight in weights]


def _falling(count: int) -> list[float]:
    return _shares([1 / (rank + 3) for rank in range(count)])
