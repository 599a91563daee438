"""Texts from templates, and columns.

In a template `{NAME}` is a made-up value; `{NAME1}` keeps its value for the rest of the text; a particle behind it is
written with both forms (`은(는)`) and chosen by its last sound, or with one as people mistype it. Slots of
`LABELLED` give a gold span; the others are there to mislead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from . import check_templates, trial_templates, tune_templates, values, words

LABELLED = {
    "NAME": "person-name", "FOREIGN": "person-name", "RRN": "resident-registration-number",
    "FRN": "foreigner-registration-number", "BRN": "business-registration-number",
    "CRN": "corporate-registration-number", "LICENCE": "driver-licence-number", "PASSPORT": "passport-number",
    "PHONE": "phone", "MOBILE": "phone", "ACCOUNT": "account-number", "CARD": "card-number", "EMAIL": "email",
    "PLATE": "vehicle-plate", "POSTAL": "postal-code", "ADDRESS": "address", "BIRTH": "date-of-birth",
    "IP": "ip-address", "MAC": "mac-address", "IMEI": "imei", "GIVEN": "person-name", "SURTITLE": "person-name",
}  # fmt: skip
SPLITS = ("tune", "check", "trial")
SEEDS = {"tune": 1_000_003, "check": 7_777_777, "trial": 20_240_204}
_TEMPLATES = {
    "tune": tune_templates.TEMPLATES,
    "check": check_templates.TEMPLATES,
    "trial": trial_templates.TEMPLATES,
}
_SLOT = re.compile(
    r"\{([A-Z]+)(\d?)\}(은\(는\)|이\(가\)|을\(를\)|과\(와\)|\(으\)로|이랑|이며|아\(야\)|이가\(가\)|이는\(는\)|이한테\(한테\)|이도\(도\))?"
)
_FORMS = {"은(는)": ("은", "는"), "이(가)": ("이", "가"), "을(를)": ("을", "를"), "과(와)": ("과", "와"), "(으)로": ("으로", "로"), "이랑": ("이랑", "랑"), "이며": ("이며", "며"), "아(야)": ("아", "야"), "이가(가)": ("이가", "가"), "이는(는)": ("이는", "는"), "이한테(한테)": ("이한테", "한테"), "이도(도)": ("이도", "도")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gold:
    start: int
    end: int
    type: str


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    gold: tuple[Gold, ...]
    register: str


@dataclass(frozen=True, slots=True)
class Column:
    """`type` is what it holds, None where it holds no identifier."""

    name: str
    values: tuple[str, ...]
    type: str | None
    says: bool
    """Whether its name says so: the others must be told by their values."""


_MAKERS: dict[str, Callable[[Random, str], str]] = {
    "NAME": values.name, "FOREIGN": values.foreign_name, "RRN": lambda r, _: values.resident(r),
    "FRN": lambda r, _: values.resident(r, foreigner=True), "BRN": lambda r, _: values.business(r),
    "CRN": lambda r, _: values.corporate(r), "LICENCE": lambda r, _: values.licence(r),
    "PASSPORT": lambda r, _: values.passport(r), "PHONE": lambda r, _: values.phone(r),
    "MOBILE": lambda r, _: values.mobile(r), "CARD": lambda r, _: values.card(r), "EMAIL": values.email,
    "PLATE": lambda r, _: values.plate(r), "POSTAL": lambda r, _: values.postal(r), "ADDRESS": values.address,
    "BIRTH": lambda r, _: values.birth(r), "IP": lambda r, _: values.ip(r), "MAC": lambda r, _: values.mac(r),
    "IMEI": lambda r, _: values.imei(r), "ORDER": lambda r, _: values.order(r), "INVOICE": lambda r, _: values.invoice(r),
    "PRODUCT": lambda r, _: values.product(r), "DOC": lambda r, _: values.document(r),
    "DECIMAL": lambda r, _: values.decimal(r), "DATE": lambda r, _: values.date(r), "CLOCK": lambda r, _: values.clock(r),
    "MONEY": lambda r, _: values.money(r), "FIRM": lambda r, s: r.choice(words.firms(s)),
    "WORD": lambda r, s: r.choice(words.words_like_names(s)),
    "AGE": lambda r, _: str(r.randint(1, 95)), "SEX": lambda r, _: r.choice(["남", "여", "남성", "여성", "M", "F"]),
    "RELATION": lambda r, _: r.choice(["모", "배우자", "딸", "아들"]), "COUNT": lambda r, _: str(r.randint(2, 300)),
    "EXTENSION": lambda r, _: str(r.randint(1000, 9999)), "HEIGHT": lambda r, _: str(r.randint(140, 190)),
    "YEARS": lambda r, _: f"{r.randint(1990, 2015)}-{r.randint(2016, 2025)}",
    "SURTITLE": values.surname_and_title, "GIVEN": lambda r, s: r.choice(words.given(s)),
    "COURT": lambda r, _: f"대법원 {r.choice(['98', '99', '97'])}{r.choice('다도두')}{values.digits(r, 4)}",
}  # fmt: skip


def texts(split: str, count: int, seed: int = 0) -> Iterator[Text]:
    """`count` texts of one to three templates of one register."""
    r = Random(SEEDS[split] + seed)
    registers = list(_TEMPLATES[split].items())
    for _ in range(count):
        register, templates = r.choice(registers)
        chosen = r.sample(templates, r.choice([1, 1, 2, 3]))
        yield _filled(r, split, r.choice([" ", "\n", " "]).join(chosen), register)


def _filled(r: Random, split: str, template: str, register: str) -> Text:
    kept: dict[str, str] = {}
    parts: list[str] = []
    gold: list[Gold] = []
    place = done = 0
    bank, number = values.account(r)
    for slot in _SLOT.finditer(template):
        before = template[done : slot.start()]
        done = slot.end()
        parts.append(before)
        place += len(before)
        kind, key, particle = slot[1], slot[1] + slot[2], slot[3]
        if kind in ("BANK", "ACCOUNT"):
            value = bank if kind == "BANK" else number
        else:
            value = kept[key] if slot[2] and key in kept else _MAKERS[kind](r, split)
            kept[key] = value
        if kind in LABELLED:
            end = place + (
                1 if kind == "SURTITLE" else len(value)
            )  # as in a whole name, the title is none of it
            gold.append(Gold(place, end, LABELLED[kind]))
        parts.append(value)
        place += len(value)
        if particle:
            ending = _particle(value, particle)
            parts.append(ending)
            place += len(ending)
    parts.append(template[done:])
    return Text("".join(parts), tuple(gold), register)


def _particle(value: str, particle: str) -> str:
    after_consonant, after_vowel = _FORMS[particle]
    last = value.rstrip(")]")[-1]
    if "가" <= last <= "힣":
        final = (ord(last) - 0xAC00) % 28
        closed = final != 0 and not (final == 8 and particle == "(으)로")
    else:
        closed = last in ("036" if particle == "(으)로" else "0136780")
    return after_consonant if closed else after_vowel


_COLUMNS: tuple[tuple[str | None, tuple[str, ...], tuple[str, ...], str], ...] = (
    # type, names that say so, names that do not, slot
    ("resident-registration-number", ("주민번호", "주민등록번호", "rrn"), ("값1", "col_3", "고유식별"), "RRN"),
    ("resident-registration-number", ("외국인등록번호",), ("값2",), "FRN"),
    ("business-registration-number", ("사업자번호", "사업자등록번호"), ("거래처", "c7"), "BRN"),
    ("corporate-registration-number", ("법인번호", "법인등록번호"), ("필드5",), "CRN"),
    ("driver-licence-number", ("면허번호", "운전면허"), ("비고2", "f2"), "LICENCE"),
    ("passport-number", ("여권번호", "passport_no"), ("c9",), "PASSPORT"),
    ("phone", ("전화번호", "휴대폰", "tel"), ("비고", "c4"), "PHONE"),
    ("account-number", ("계좌번호", "급여계좌"), (), "ACCOUNT"),
    ("card-number", ("카드번호", "card_no"), ("결제", "c11"), "CARD"),
    ("email", ("이메일", "email"), ("회신처", "c2"), "EMAIL"),
    ("vehicle-plate", ("차량번호", "차번"), ("입차", "c1"), "PLATE"),
    ("postal-code", ("우편번호", "zip"), (), "POSTAL"),
    ("address", ("주소", "거주지", "address"), ("배송처", "c5"), "ADDRESS"),
    ("person-name", ("성명", "이름", "환자명"), ("담당", "c8"), "NAME"),
    ("date-of-birth", ("생년월일", "생일"), (), "BIRTH"),
    ("ip-address", ("접속IP", "ip"), ("출발지", "c12"), "IP"),
    ("mac-address", ("MAC", "장치주소"), ("c13",), "MAC"),
    ("imei", ("IMEI",), (), "IMEI"),
    (None, ("주문번호", "order_no"), ("c20",), "ORDER"),
    (None, ("송장번호", "invoice"), ("c21",), "INVOICE"),
    (None, ("품번", "product"), ("c22",), "PRODUCT"),
    (None, ("문서번호",), ("c23",), "DOC"),
    (None, ("측정값", "value"), ("c24",), "DECIMAL"),
    (None, ("작업일",), ("c25",), "DATE"),
    (None, ("업체", "거래처명"), ("c26",), "FIRM"),
    (None, ("품목", "자재명"), ("c27",), "WORD"),
    (None, ("금액",), ("c28",), "MONEY"),
)  # fmt: skip


def columns(split: str, rows: int = 300, seed: int = 0) -> Iterator[Column]:
    """Every kind of column under every name it has; a twentieth of the cells is empty or says 없음."""
    r = Random(SEEDS[split] + 31 + seed)
    for type_, said, silent, slot in _COLUMNS:
        for name in (*said, *silent):
            made = []
            for _ in range(rows):
                chance = r.random()
                value = values.account(r)[1] if slot == "ACCOUNT" else _MAKERS[slot](r, split)
                made.append("" if chance < 0.03 else "없음" if chance < 0.05 else value)
            yield Column(name, tuple(made), type_, name in said)
