"""Generated values of every type and of the traps. Forms: public rules of the issuing offices (see `GUIDELINE.md`).

A function takes a `random.Random` and gives a string. Numbers are drawn, so that a value which belongs to somebody
is a coincidence; names are drawn from surnames by their published share and from syllables or a split's own list.
"""

from __future__ import annotations

from random import Random

SURNAMES = [
    "김",
    "215",
    "이",
    "147",
    "박",
    "84",
    "최",
    "47",
    "정",
    "43",
    "강",
    "24",
    "조",
    "21",
    "윤",
    "21",
    "장",
    "20",
    "임",
    "17",
    "한",
    "15",
    "오",
    "15",
    "서",
    "15",
    "신",
    "15",
    "권",
    "14",
    "황",
    "14",
    "안",
    "14",
    "송",
    "14",
    "전",
    "11",
    "홍",
    "11",
    "유",
    "13",
    "고",
    "9",
    "문",
    "9",
    "양",
    "9",
    "손",
    "9",
    "배",
    "8",
    "백",
    "8",
    "허",
    "7",
    "류",
    "5",
    "남",
    "5",
    "심",
    "5",
    "노",
    "5",
    "하",
    "5",
    "곽",
    "4",
    "성",
    "4",
    "차",
    "4",
    "주",
    "4",
    "우",
    "4",
    "구",
    "4",
    "민",
    "3",
    "진",
    "3",
    "지",
    "3",
    "엄",
    "3",
    "나",
    "3",
    "채",
    "3",
    "원",
    "3",
    "천",
    "2",
    "방",
    "2",
    "공",
    "2",
    "현",
    "2",
    "함",
    "2",
    "변",
    "2",
    "염",
    "2",
    "여",
    "2",
    "추",
    "2",
    "도",
    "2",
    "소",
    "1",
    "석",
    "1",
    "선",
    "1",
    "설",
    "1",
    "마",
    "1",
    "길",
    "1",
    "연",
    "1",
    "위",
    "1",
    "표",
    "1",
    "명",
    "1",
    "기",
    "1",
    "반",
    "1",
    "왕",
    "1",
    "금",
    "1",
    "옥",
    "1",
    "육",
    "1",
    "인",
    "1",
    "맹",
    "1",
    "제",
    "1",
    "모",
    "1",
    "탁",
    "1",
    "국",
    "1",
    "어",
    "1",
    "은",
    "1",
    "편",
    "1",
    "남궁",
    "1",
    "황보",
    "1",
    "제갈",
    "1",
    "선우",
    "1",
    "사공",
    "1",
]
_FIRST = "민지서현수영은정준승성재동태상경유하예소도시윤주진혜미연희우건찬기병용광종선세다가나보효규한창인형해명석원"
_SECOND = "민지서현수영은정준승훈호진희경숙자철우연아윤미주혁석원환식섭규빈율람솔나라온림란옥순례배범균엽완국태택일열"


def digits(rng: Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def surname(rng: Random) -> str:
    return rng.choices(SURNAMES[::2], [int(n) for n in SURNAMES[1::2]])[0]


def given(rng: Random, known: list[str]) -> str:
    """Three in four from the split's own list of usual given names, the rest from syllables; now and then one syllable."""
    draw = rng.random()
    if draw < 0.72:
        return rng.choice(known)
    if draw < 0.76:
        return rng.choice(
            ["준", "민", "현", "건", "훈", "솔", "율", "찬", "진", "철", "웅", "은", "혁", "별", "산", "결"]
        )
    return rng.choice(_FIRST) + rng.choice(_SECOND)


def name(rng: Random, known: list[str]) -> str:
    return surname(rng) + given(rng, known)


def birth(rng: Random, first: int = 1938, last: int = 2023) -> tuple[int, str]:
    year = rng.randint(first, last)
    return year, f"{year % 100:02d}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"


def _written(rng: Random, front: str, back: str) -> str:
    return front + rng.choices(["-", "", " - ", " ", "–"], [70, 17, 5, 5, 3])[0] + back


def _citizen(rng: Random, foreign: bool) -> str:
    year, front = birth(rng)
    century = (5 if foreign else 1) + (0 if year < 2000 else 2) + rng.randint(0, 1)
    body = front + str(century) + digits(rng, 5)
    total = sum(int(d) * w for d, w in zip(body, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=True))
    check = ((13 if foreign else 11) - total % 11) % 10
    if year >= 2020 or rng.random() < 0.12:
        check = rng.randint(0, 9)
    return body + str(check)


def rrn(rng: Random) -> str:
    whole = _citizen(rng, False)
    return _written(rng, whole[:6], whole[6:])


def frn(rng: Random) -> str:
    whole = _citizen(rng, True)
    return _written(rng, whole[:6], whole[6:])


def brn(rng: Random) -> str:
    body = f"{rng.randint(101, 899)}{rng.choice([*range(1, 80), *range(81, 89)]):02d}{digits(rng, 4)}"
    total = (
        sum(int(d) * w for d, w in zip(body, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=True))
        + int(body[8]) * 5 // 10
    )
    body += str((10 - total % 10) % 10)
    if rng.random() < 0.2:
        return body
    return f"{body[:3]}-{body[3:5]}-{body[5:]}"


def crn(rng: Random) -> str:
    body = rng.choice(["1101", "1201", "1301", "1701", "1744", "1801", "2001", "1501", "1601"]) + rng.choice(
        ["11", "14", "21", "22"]
    )
    body += rng.choices("0123456789", [50, 8, 8, 8, 6, 5, 5, 4, 3, 3])[0] + digits(rng, 5)
    total = sum(int(d) * (1 + i % 2) for i, d in enumerate(body))
    body += str((10 - total % 10) % 10)
    return _written(rng, body[:6], body[6:]) if rng.random() < 0.3 else f"{body[:6]}-{body[6:]}"


def licence(rng: Random) -> str:
    code, region = rng.choice(
        [("11", "서울"), ("12", "부산"), ("13", "경기"), ("14", "강원"), ("15", "충북"), ("16", "충남"), ("17", "전북"),
         ("18", "전남"), ("19", "경북"), ("20", "경남"), ("21", "제주"), ("22", "대구"), ("23", "인천"), ("24", "광주"),
         ("25", "대전"), ("26", "울산"), ("28", "경기")]
    )  # fmt: skip
    rest = (f"{rng.randint(0, 99):02d}", digits(rng, 6), digits(rng, 2))
    draw = rng.random()
    if draw < 0.72:
        return "-".join((code, *rest))
    if draw < 0.84:
        return region + rng.choice([" ", "", "-"]) + "-".join(rest)
    if draw < 0.92:
        return " ".join((code, *rest))
    return code + "".join(rest)


def passport(rng: Random) -> str:
    letter = rng.choices("MSRGD", [80, 8, 5, 2, 5])[0]
    if letter == "G":
        letter = "M"
    if rng.random() < 0.5:
        whole = f"{letter}{digits(rng, 3)}{rng.choice('ABCDEFGHJKLMNPQRSTUVWXYZ')}{digits(rng, 4)}"
    else:
        whole = letter + digits(rng, 8)
    return whole.lower() if rng.random() < 0.05 else whole


def mobile(rng: Random) -> str:
    if rng.random() < 0.04:
        parts = [rng.choice(["011", "016", "017", "018", "019"]), str(rng.randint(200, 9999)), digits(rng, 4)]
    else:
        parts = ["010", str(rng.randint(2000, 9999)), digits(rng, 4)]
    draw = rng.random()
    if draw < 0.5:
        return "-".join(parts)
    if draw < 0.7:
        return "".join(parts)
    return rng.choices([" ", ".", " - "], [60, 35, 5])[0].join(parts)


_AREAS = [
    "02",
    "031",
    "032",
    "033",
    "041",
    "042",
    "043",
    "044",
    "051",
    "052",
    "053",
    "053",
    "053",
    "054",
    "054",
    "055",
    "061",
    "062",
    "063",
    "064",
]


def landline(rng: Random) -> str:
    draw = rng.random()
    if draw < 0.12:
        parts = ["070", str(rng.randint(2000, 8999)), digits(rng, 4)]
    elif draw < 0.18:
        parts = [
            rng.choice(["0502", "0503", "0504", "0505", "0507"]),
            str(rng.randint(1000, 9999)),
            digits(rng, 4),
        ]
    else:
        parts = [
            rng.choice(_AREAS),
            str(rng.randint(200, 999) if rng.random() < 0.7 else rng.randint(2000, 8999)),
            digits(rng, 4),
        ]
    draw = rng.random()
    if draw < 0.66:
        return "-".join(parts)
    if draw < 0.76:
        return f"{parts[0]}){parts[1]}-{parts[2]}"
    if draw < 0.84:
        return f"({parts[0]}){rng.choice(['', ' '])}{parts[1]}-{parts[2]}"
    if draw < 0.92:
        return ".".join(parts)
    return rng.choice(["", " "]).join(parts)


def intl(rng: Random) -> str:
    parts = ["10", str(rng.randint(2000, 9999)), digits(rng, 4)]
    if rng.random() < 0.3:
        parts = [rng.choice(["2", "53", "54", "31"]), str(rng.randint(200, 999)), digits(rng, 4)]
    lead = rng.choices(["+82-", "+82 ", "(+82) ", "+82", "82-", "+82-(0)"], [30, 34, 10, 14, 6, 6])[0]
    return lead + ("".join(parts) if lead == "+82" else rng.choice(["-", " "]).join(parts))


def phone(rng: Random) -> str:
    return rng.choices([mobile, landline, intl], [66, 26, 8])[0](rng)


BANKS = {
    "국민은행": (6, 2, 6), "신한은행": (3, 3, 6), "우리은행": (4, 3, 6), "하나은행": (3, 6, 5), "농협": (3, 4, 4, 2),
    "기업은행": (3, 6, 2, 3), "iM뱅크": (3, 2, 6, 1), "대구은행": (3, 2, 6, 1), "카카오뱅크": (4, 2, 7), "토스뱅크": (4, 4, 4),
    "새마을금고": (4, 4, 4, 1), "우체국": (6, 2, 6), "부산은행": (3, 4, 4, 2), "신협": (3, 3, 6), "수협": (4, 4, 4),
}  # fmt: skip


def account(rng: Random, bank: str | None = None) -> str:
    shape = BANKS[bank] if bank in BANKS else rng.choice(list(BANKS.values()))
    parts = [digits(rng, size) for size in shape]
    parts[0] = {"카카오뱅크": "3333", "토스뱅크": "1000"}.get(
        bank or "", str(rng.randint(1, 9)) + parts[0][1:]
    )
    return rng.choices(["-", "", " "], [76, 18, 6])[0].join(parts)


def _luhn(body: str) -> str:
    total = 0
    for index, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if index % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str((10 - total % 10) % 10)


def card(rng: Random) -> str:
    if rng.random() < 0.06:
        body = rng.choice(["34", "37"]) + digits(rng, 12)
        whole = body + _luhn(body)
        return f"{whole[:4]}-{whole[4:10]}-{whole[10:]}"
    head = rng.choice(
        ["4", "4", "51", "53", "54", "55", "3560", "9410", "9490", "9445", "6210", "6250", "2221"]
    )
    body = head + digits(rng, 15 - len(head))
    whole = body + _luhn(body)
    return rng.choices(["-", " ", "", "."], [62, 16, 19, 3])[0].join(
        whole[i : i + 4] for i in range(0, 16, 4)
    )


_LOCALS = [
    "minsu",
    "jykim",
    "hslee",
    "choi77",
    "park.js",
    "sales01",
    "qa.team",
    "as_center",
    "help",
    "kdh1985",
    "sunny",
    "jihoon.oh",
    "purchase",
    "yjlim",
    "mskang",
    "master",
    "hong99",
    "lovely2",
    "dkpark",
    "se-young",
]
_DOMAINS = [
    "naver.com",
    "gmail.com",
    "daum.net",
    "hanmail.net",
    "nate.com",
    "kakao.com",
    "outlook.com",
    "example.co.kr",
    "gaon-tech.co.kr",
    "mirae.or.kr",
    "mail.nuri.ac.kr",
    "iroom.kr",
    "corp.hanbit.io",
    "dg.go.kr",
]


def email(rng: Random) -> str:
    local = rng.choice(_LOCALS) + rng.choice(["", "", digits(rng, 2), digits(rng, 4), "+as", ".kr"])
    whole = f"{local}@{rng.choice(_DOMAINS)}"
    return rng.choice([whole, whole, whole, whole, whole.capitalize(), whole.upper()])


_PLATE = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주아바사자배하허호"


def plate(rng: Random) -> str:
    kana, last = rng.choice(_PLATE), str(rng.randint(1000, 9999))
    gap = rng.choices(["", " "], [68, 32])[0]
    if rng.random() < 0.13:
        region = rng.choice(["서울", "대구", "경북", "부산", "경기", "인천", "경남", "울산"])
        return f"{region}{rng.choice(['', ' '])}{rng.randint(1, 99):02d}{rng.choice('가나다라마바사아자')}{gap}{last}"
    front = str(rng.randint(100, 899)) if rng.random() < 0.5 else f"{rng.randint(1, 79):02d}"
    return f"{front}{kana}{gap}{last}"


def postal(rng: Random) -> str:
    if rng.random() < 0.06:
        return f"{rng.randint(100, 799)}-{rng.randint(10, 999):03d}"
    return f"{rng.randint(1000, 63644):05d}"


FOREIGN_HANGUL = [
    "응우옌 반 투안",
    "쩐 티 흐엉",
    "팜민득",
    "레 티 마이",
    "리우웨이",
    "왕샤오밍",
    "장리",
    "아흐메드 카림",
    "모하마드 라힘",
    "마리아 산토스",
    "존 스미스",
    "안나 페트로바",
    "수레쉬 타파",
    "라메쉬 구릉",
    "다나카 히로시",
    "스즈키 유미",
    "바트바야르",
    "간볼드",
    "솜차이 분미",
    "로웰 크루즈",
    "제임스 밀러",
    "에밀리 왓슨",
]
FOREIGN_LATIN = [
    "Nguyen Van Tuan",
    "Tran Thi Huong",
    "John Smith",
    "Maria Santos",
    "Liu Wei",
    "Wang Xiaoming",
    "Tanaka Hiroshi",
    "Anna Petrova",
    "Suresh Thapa",
    "Ahmed Karim",
    "Emily Watson",
    "James Miller",
    "Pham Minh Duc",
    "Somchai Boonmee",
    "Rowel Cruz",
    "David Brown",
    "Sarah Johnson",
    "LE THI MAI",
]
_ROMAN_SURNAME = [
    "Kim",
    "Lee",
    "Park",
    "Choi",
    "Jung",
    "Kang",
    "Cho",
    "Yoon",
    "Jang",
    "Lim",
    "Han",
    "Oh",
    "Seo",
    "Shin",
    "Kwon",
    "Hwang",
    "Ahn",
    "Song",
    "Hong",
    "Yoo",
]
_ROMAN = [
    "Min",
    "Ji",
    "Seo",
    "Hyun",
    "Soo",
    "Young",
    "Eun",
    "Jun",
    "Seung",
    "Sung",
    "Jae",
    "Dong",
    "Tae",
    "Sang",
    "Kyung",
    "Ha",
    "Ye",
    "Jin",
    "Hye",
    "Mi",
    "Hee",
    "Woo",
]


def roman(rng: Random) -> str:
    family, first, second = rng.choice(_ROMAN_SURNAME), rng.choice(_ROMAN), rng.choice(_ROMAN)
    tail = rng.choice([f"{first}{second.lower()}", f"{first}-{second.lower()}", f"{first} {second}"])
    whole = rng.choice([f"{family} {tail}", f"{tail} {family}", f"{family}, {tail}"])
    return whole.upper() if rng.random() < 0.25 else whole


# Traps: what looks like one of the above and is none.


def order(rng: Random) -> str:
    year = rng.randint(22, 26)
    day = f"{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    return rng.choice(
        [f"20{year}{day}-{digits(rng, 7)}", f"{year}{day}-{digits(rng, 7)}", f"20{year}-{day}-{digits(rng, 4)}", f"ORD-010-{digits(rng, 4)}-{digits(rng, 4)}",
         f"A010-{digits(rng, 4)}-{digits(rng, 4)}", f"{digits(rng, 4)}-{digits(rng, 4)}-{digits(rng, 4)}", f"010{digits(rng, 9)}", f"PO{year}{day}{digits(rng, 4)}", f"{year}-{digits(rng, 3)}-{digits(rng, 5)}"]
    )  # fmt: skip


def serial(rng: Random) -> str:
    return rng.choice(
        [digits(rng, 16), f"{digits(rng, 4)}-{digits(rng, 4)}-{digits(rng, 4)}-{digits(rng, 4)}", f"SN{digits(rng, 9)}", f"{digits(rng, 6)}-{digits(rng, 7)}",
         f"R{digits(rng, 2)}K{digits(rng, 5)}", digits(rng, 13), f"{digits(rng, 3)}-{digits(rng, 2)}-{digits(rng, 5)}", f"{rng.choice('ABCDEFHKTW')}{digits(rng, 8)}", digits(rng, 10)]
    )  # fmt: skip


def lot(rng: Random) -> str:
    day = f"{rng.randint(22, 26)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    return rng.choice(
        [
            f"{day}-{rng.randint(1, 9)}{digits(rng, 3)}",
            f"L{day}{digits(rng, 3)}",
            f"{day}{rng.choice('ABCD')}{digits(rng, 2)}",
            f"{day}-{digits(rng, 2)}",
            f"20{day}-{digits(rng, 3)}",
            f"{day}{digits(rng, 7)}",
        ]
    )


def model(rng: Random) -> str:
    return rng.choice(
        [f"{rng.randint(10, 99)}MA{digits(rng, 4)}", f"KX-{digits(rng, 3)}-{digits(rng, 4)}", f"GT{digits(rng, 2)}가{digits(rng, 2)}", f"SPM-{digits(rng, 3)}A", f"M{digits(rng, 2)}x{digits(rng, 2)}",
         f"{digits(rng, 3)}B{digits(rng, 4)}", f"DN{digits(rng, 3)}-{digits(rng, 2)}", f"S{digits(rng, 3)}A{digits(rng, 3)}"]
    )  # fmt: skip


def date(rng: Random) -> str:
    year, month, day = rng.randint(2019, 2026), rng.randint(1, 12), rng.randint(1, 28)
    return rng.choice(
        [
            f"{year}-{month:02d}-{day:02d}",
            f"{year}.{month}.{day}",
            f"{month}월 {day}일",
            f"{year % 100:02d}{month:02d}{day:02d}",
            f"{year}년 {month}월 {day}일",
            f"{month}/{day}",
            f"{year}{month:02d}{day:02d}",
        ]
    )


def time(rng: Random) -> str:
    hour, minute = rng.randint(0, 23), rng.choice([0, 10, 15, 20, 30, 40, 45])
    return rng.choice(
        [
            f"{hour}:{minute:02d}",
            f"{hour}시",
            f"{hour % 12 or 12}시 {minute}분",
            f"{hour:02d}:{minute:02d}:{digits(rng, 1)}7",
        ]
    )


def amount(rng: Random) -> str:
    value = rng.randint(3, 99999) * 100
    return rng.choice([f"{value:,}원", f"{value}원", f"{rng.randint(1, 900)}만원", f"{value:,}"])


def ip(rng: Random) -> str:
    return ".".join(str(rng.randint(1, 254)) for _ in range(4))


def isbn(rng: Random) -> str:
    body = f"97{rng.choice('89')}89{digits(rng, 7)}"
    body += str(-sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body)) % 10)
    return rng.choice([body, f"{body[:3]}-{body[3:5]}-{body[5:9]}-{body[9:12]}-{body[12]}"])


def version(rng: Random) -> str:
    return rng.choice(
        [
            f"v{rng.randint(1, 12)}.{rng.randint(0, 30)}.{rng.randint(0, 99)}",
            f"{rng.randint(1, 9)}.{rng.randint(0, 20)}.{digits(rng, 4)}",
            f"pandas@{rng.randint(1, 3)}.{rng.randint(0, 9)}.0",
            f"FW {digits(rng, 3)}.{digits(rng, 4)}",
        ]
    )


def coord(rng: Random) -> str:
    return f"{rng.uniform(33.1, 38.5):.{rng.choice([4, 5, 6])}f}, {rng.uniform(126, 129.5):.{rng.choice([4, 5, 6])}f}"


def tracking(rng: Random) -> str:
    whole = digits(rng, rng.choice([10, 12, 12, 13]))
    return rng.choice([whole, "-".join(whole[i : i + 4] for i in range(0, len(whole), 4))])


def masked(rng: Random) -> str:
    return rng.choice(
        [
            f"{surname(rng)}*{rng.choice(_SECOND)}",
            f"{surname(rng)}○○",
            f"{birth(rng)[1]}-{rng.randint(1, 4)}******",
            f"010-****-{digits(rng, 4)}",
            f"{surname(rng)}모씨",
        ]
    )


def hotline(rng: Random) -> str:
    return rng.choice(
        [
            f"{rng.choice(['1588', '1577', '1544', '1600', '1899', '1666'])}-{digits(rng, 4)}",
            f"080-{digits(rng, 3)}-{digits(rng, 4)}",
        ]
    )


def qty(rng: Random) -> str:
    return f"{rng.randint(1, 60000)}{rng.choice(['개', 'EA', '대', '박스', '매', 'kg', 'mm', '건', '회', 'pcs'])}"


def n(rng: Random) -> str:
    return str(rng.randint(2, 99))
