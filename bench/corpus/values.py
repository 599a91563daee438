"""One made-up value of every type, with its check digit; each returns the text of it."""

from __future__ import annotations

from random import Random

from . import words


def digits(r: Random, count: int, first: str = "0123456789") -> str:
    return r.choice(first) + "".join(r.choice("0123456789") for _ in range(count - 1)) if count else ""


def name(r: Random, split: str) -> str:
    if r.random() < 0.004:
        surname = r.choice(["남궁", "황보", "제갈", "선우", "독고"])
    else:
        surname = r.choices(list(words.SURNAMES), list(words.SURNAMES.values()))[0]
    if r.random() < 0.025:
        return surname + r.choice(words.given_one(split))
    if r.random() < 0.05:
        return r.choice(words.word_names(split))
    return surname + r.choice(words.given(split))


_TITLES = {
    "tune": ["과장", "대리", "팀장", "부장", "선생", "기사", "원장"],
    "check": ["과장", "차장", "실장", "주임", "교수", "반장", "이사"],
    "trial": ["과장", "대리", "소장", "사장", "상무", "간호사", "계장"],
}


def surname_and_title(r: Random, split: str) -> str:
    surname = r.choices(list(words.SURNAMES), list(words.SURNAMES.values()))[0]
    return f"{surname}{r.choice([' ', ' ', ' ', ''])}{r.choice(_TITLES[split])}{r.choice(['님', '님', ''])}"


def foreign_name(r: Random, split: str) -> str:
    return r.choice(words.foreign(split))


def _born(r: Random, first: int = 1935, last: int = 2024) -> tuple[int, int, int]:
    return r.randint(first, last), r.randint(1, 12), r.randint(1, 28)


def _resident(r: Random, foreigner: bool) -> str:
    year, month, day = _born(r)
    century = (year // 100) % 2  # 1 for 19xx
    sex = r.randint(0, 1)
    seventh = (5 + sex if century else 7 + sex) if foreigner else (1 + sex if century else 3 + sex)
    body = f"{year % 100:02d}{month:02d}{day:02d}{seventh}" + digits(r, 5)
    drawn_at_random = (year, month) >= (2020, 10) or r.random() < 0.08
    total = sum(int(d) * w for d, w in zip(body, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5], strict=True))
    last = ((13 if foreigner else 11) - total % 11) % 10
    return body + (r.choice("0123456789") if drawn_at_random else str(last))


def resident(r: Random, foreigner: bool = False) -> str:
    number = _resident(r, foreigner)
    chance = r.random()
    if chance < 0.06:
        return f"{number[:6]}-{number[6]}******"
    if chance < 0.2:
        return number
    if chance < 0.24:
        return f"{number[:6]} - {number[6:]}"
    return f"{number[:6]}-{number[6:]}"


def business(r: Random) -> str:
    body = digits(r, 3, "123456") + digits(r, 2, "0123456789") + digits(r, 4)
    weights = [1, 3, 7, 1, 3, 7, 1, 3]
    total = sum(int(d) * w for d, w in zip(body, weights, strict=False))
    total += int(body[8]) * 5 + int(body[8]) * 5 // 10
    number = body + str(-total % 10)
    return number if r.random() < 0.1 else f"{number[:3]}-{number[3:5]}-{number[5:]}"


def corporate(r: Random) -> str:
    office = r.choice(["1101", "1701", "1801", "1201", "1601", "2001", "1311", "1615", "1341"])
    body = office + r.choice(["11", "11", "11", "14", "21", "22"]) + digits(r, 6, "0012345")
    total = sum(int(d) * (1 if i % 2 == 0 else 2) for i, d in enumerate(body))
    number = body + str(-total % 10)
    return f"{number[:6]}-{number[6:]}"


def licence(r: Random) -> str:
    region = r.choice(["11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "28"])  # fmt: skip
    if r.random() < 0.1:
        region = r.choice(["대구 ", "서울 ", "경북 ", "부산 "])
        return f"{region}{r.randint(70, 99)}-{digits(r, 6)}-{digits(r, 2)}"
    return f"{region}-{r.choice(['85', '92', '99', '03', '08', '15', '21'])}-{digits(r, 6)}-{digits(r, 2)}"


def passport(r: Random) -> str:
    if r.random() < 0.6:
        return f"M{digits(r, 3)}{r.choice('ABCDEFGHJKLMNPQRSTUVWXYZ')}{digits(r, 4)}"
    return r.choice("MMSR") + digits(r, 8)


def mobile(r: Random) -> str:
    chance, a, b = r.random(), digits(r, 4, "23456789"), digits(r, 4)
    if chance < 0.6:
        return f"010-{a}-{b}"
    if chance < 0.75:
        return f"010{a}{b}"
    if chance < 0.81:
        return f"010 {a} {b}"
    if chance < 0.86:
        return f"010.{a}.{b}"
    if chance < 0.92:
        return f"{r.choice(['011', '016', '017', '019'])}-{digits(r, 3, '23456789')}-{b}"
    return r.choice([f"+82-10-{a}-{b}", f"+82 10-{a}-{b}", f"+8210{a}{b}", f"+82 (0)10 {a} {b}"])


def landline(r: Random) -> str:
    area = r.choice(["02", "053", "051", "054", "031", "032", "042", "055", "062", "033", "064", "052"])
    middle, last = digits(r, r.choice([3, 3, 4]), "23456789"), digits(r, 4)
    return r.choice([f"{area}-{middle}-{last}", f"({area}){middle}-{last}", f"{area}) {middle}-{last}", f"{area}-{middle}-{last}"])  # fmt: skip


def phone(r: Random) -> str:
    chance = r.random()
    if chance < 0.6:
        return mobile(r)
    if chance < 0.85:
        return landline(r)
    if chance < 0.95:
        return (
            f"{r.choice(['070', '0507', '0504', '0502', '0505'])}-{digits(r, 4, '123456789')}-{digits(r, 4)}"
        )
    return f"{r.choice(['1588', '1577', '1544', '1644', '1666', '1899', '1661', '1833'])}-{digits(r, 4)}"


_ACCOUNTS = (
    ("국민은행", (6, 2, 6)), ("KB국민", (6, 2, 6)), ("신한은행", (3, 3, 6)), ("신한", (3, 3, 6)), ("우리은행", (4, 3, 6)),
    ("하나은행", (3, 6, 5)), ("농협", (3, 4, 4, 2)), ("NH농협은행", (3, 4, 4, 2)), ("기업은행", (3, 6, 2, 3)), ("IBK", (3, 6, 2, 3)),
    ("카카오뱅크", (4, 2, 7)), ("토스뱅크", (4, 4, 4)), ("케이뱅크", (3, 3, 6)), ("우체국", (6, 2, 6)), ("새마을금고", (4, 4, 4, 1)),
    ("대구은행", (3, 2, 6, 1)), ("iM뱅크", (3, 2, 6, 1)), ("부산은행", (3, 4, 4, 2)), ("수협", (3, 2, 6)), ("신협", (5, 2, 6)),
)  # fmt: skip


def account(r: Random) -> tuple[str, str]:
    """(bank, number)"""
    bank, groups = r.choice(_ACCOUNTS)
    parts = [digits(r, size, "123456789" if i == 0 else "0123456789") for i, size in enumerate(groups)]
    return bank, ("" if r.random() < 0.15 else "-").join(parts)


def _with_luhn(body: str) -> str:
    total = 0
    for i, d in enumerate(reversed(body)):
        v = int(d) * (2 if i % 2 == 0 else 1)
        total += v // 10 + v % 10
    return body + str(-total % 10)


def card(r: Random) -> str:
    if r.random() < 0.08:
        n = _with_luhn(r.choice(["34", "37"]) + digits(r, 12))
        return f"{n[:4]}-{n[4:10]}-{n[10:]}"
    n = _with_luhn(r.choice(["4", "51", "53", "55", "62", "94", "35", "65"]).ljust(2, "1") + digits(r, 13))
    return r.choice(
        [f"{n[:4]}-{n[4:8]}-{n[8:12]}-{n[12:]}"] * 4 + [n, f"{n[:4]} {n[4:8]} {n[8:12]} {n[12:]}"]
    )


def imei(r: Random) -> str:
    return _with_luhn("35" + digits(r, 12))


def email(r: Random, split: str) -> str:
    user = r.choice(
        [
            "kim",
            "lee.js",
            "park_mh",
            "choi99",
            "hello",
            "jhkim",
            "sales",
            "min-seo",
            "y.jung",
            "dg.cho",
            "abc",
        ]
    )
    user += r.choice(["", str(r.randint(1, 9999)), "." + r.choice(["kr", "work", "a"])])
    hosts = {"tune": ["naver.com", "gmail.com", "company.co.kr", "daegu.go.kr", "hanmail.net"], "check": ["daum.net", "nate.com", "corp.example.com", "univ.ac.kr"], "trial": ["outlook.kr", "kakao.com", "my-shop.co.kr", "mail.knu.ac.kr", "lab.re.kr"]}  # fmt: skip
    return f"{user}@{r.choice(hosts[split])}"


def plate(r: Random) -> str:
    letter = r.choice("가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자배허하호")
    if r.random() < 0.15:
        region = r.choice(["대구", "서울", "경북", "부산", "경기", "경남"])
        return f"{region}{r.choice(['', ' '])}{r.randint(10, 99)}{letter}{digits(r, 4)}"
    space = " " if r.random() < 0.15 else ""
    return f"{r.choice([r.randint(10, 99), r.randint(100, 699)])}{letter}{space}{digits(r, 4)}"


def postal(r: Random) -> str:
    return f"{r.randint(1000, 63999):05d}"


def address(r: Random, split: str) -> str:
    region, districts = r.choice(words.regions(split))
    district = r.choice(districts)
    chance = r.random()
    if chance < 0.72:
        road = r.choice(words.roads(split))
        if r.random() < 0.35:
            road += (
                r.choice([f"{r.randint(2, 99)}길", f"{r.randint(2, 180)}번길"]) if road[-1] == "로" else ""
            )
        place = f"{road} {r.randint(1, 999)}" + (f"-{r.randint(1, 40)}" if r.random() < 0.3 else "")
    else:
        town = r.choice(words.towns(split))
        place = f"{town} {r.randint(1, 1200)}" + (f"-{r.randint(1, 60)}" if r.random() < 0.6 else "")
        place += r.choice(["", "번지"])
    detail = r.choice([
        "", "", "", f", {r.randint(101, 130)}동 {r.randint(1, 30)}0{r.randint(1, 6)}호", f" {r.randint(2, 9)}층",
        f" {r.choice(words.buildings(split))} {r.randint(101, 120)}동 {r.randint(2, 25)}0{r.randint(1, 4)}호",
        f", {r.randint(1, 9)}0{r.randint(1, 9)}호", f" ({r.choice(words.towns(split)).split()[-1]})",
    ])  # fmt: skip
    front = r.choice([f"{region} {district}"] * 7 + [district] * 2 + [""])
    if not front and chance >= 0.72:
        front = district
    return f"{front} {place}{detail}".strip()


def birth(r: Random) -> str:
    y, m, d = _born(r, 1940, 2020)
    return r.choice([f"{y}-{m:02d}-{d:02d}", f"{y}.{m:02d}.{d:02d}", f"{y}년 {m}월 {d}일", f"{y % 100:02d}{m:02d}{d:02d}", f"{y}{m:02d}{d:02d}", f"{y}. {m}. {d}."])  # fmt: skip


def ip(r: Random) -> str:
    return ".".join(str(r.randint(1, 254)) for _ in range(4))


def mac(r: Random) -> str:
    return r.choice(":-").join(f"{r.randint(0, 255):02X}" for _ in range(6))


# ---- things that look like one and are none


def order(r: Random) -> str:
    return r.choice([
        f"2024{digits(r, 4, '01')}-{digits(r, 7)}", f"010{digits(r, 8)}", f"{digits(r, 3)}-{digits(r, 4)}-{digits(r, 4)}",
        f"{digits(r, 12)}", f"ORD-010-{digits(r, 4)}-{digits(r, 4)}", f"{digits(r, 4)}-{digits(r, 4)}-{digits(r, 4)}", digits(r, 13, "12345678"),
    ])  # fmt: skip


def invoice(r: Random) -> str:
    y, m, d = _born(r, 1960, 1999)
    return r.choice([digits(r, 13, "3456789"), f"{y % 100:02d}{m:02d}{d:02d}{digits(r, 7, '1234')}", f"INV{digits(r, 10)}", f"{digits(r, 4)}{digits(r, 12)}"])  # fmt: skip


def product(r: Random) -> str:
    return r.choice([f"KR-{r.randint(10, 99)}가{digits(r, 4)}", f"A{r.randint(100, 999)}-{digits(r, 4)}", f"M{digits(r, 8)}X", f"SUS304-{digits(r, 3)}", f"{digits(r, 3)}-{digits(r, 2)}-{digits(r, 4)}"])  # fmt: skip


def document(r: Random) -> str:
    return r.choice([f"제2024-{digits(r, 4)}호", f"제02-{r.randint(2000, 2024)}-{digits(r, 4)}호", f"총무과-{digits(r, 5)}", f"{r.randint(2015, 2024)}가합{digits(r, 5)}"])  # fmt: skip


def decimal(r: Random) -> str:
    return r.choice([f"{r.uniform(0, 99):.4f}", f"{r.uniform(0, 1):.8f}", f"0.{digits(r, 10)}", f"{r.randint(1, 999)},{digits(r, 3)},{digits(r, 3)}"])  # fmt: skip


def date(r: Random) -> str:
    y, m, d = r.randint(2019, 2025), r.randint(1, 12), r.randint(1, 28)
    return r.choice([f"{y}-{m:02d}-{d:02d}", f"{y}.{m:02d}.{d:02d}", f"{m}월 {d}일", f"{y % 100:02d}{m:02d}{d:02d}", f"{y}년 {m}월 {d}일"])  # fmt: skip


def clock(r: Random) -> str:
    return r.choice([f"{r.randint(0, 23):02d}:{r.randint(0, 59):02d}", f"오전 {r.randint(7, 11)}시 {r.randint(1, 59)}분", f"{r.randint(13, 22)}시"])  # fmt: skip


def money(r: Random) -> str:
    return r.choice([f"{r.randint(1, 999)},{digits(r, 3)}원", f"{r.randint(1, 90)}만원", f"{r.randint(1, 9)},{digits(r, 3)},000원"])  # fmt: skip
