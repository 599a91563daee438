"""Running text of a split: sentences with slots are filled, joined, and made as untidy as people write.

A split is a file `SPLIT.txt` beside this module: `[vocabulary]` blocks (`name: word|word`), then genres with a
sentence a line. `{slot}` is filled by a value; `이/가` right after a slot is the particle for its ending. A line that
begins with `~` has nothing to find (other than what its slots say). In the vocabulary and sentences of later splits a
`#` is a digit, `{word}` within a word is drawn from the vocabulary, and `mix` (`aliens`) says what a
`{name}` (`{alien}`: one whose papers are from abroad, many of them of Korean descent) may be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

from bench.trial import values as v

TYPES = {
    "rrn": "resident_number", "frn": "foreigner_number", "brn": "business_number", "crn": "corporate_number",
    "licence": "driver_licence", "passport": "passport", "mobile": "phone", "landline": "phone", "intl": "phone",
    "phone": "phone", "account": "account", "card": "card", "email": "email", "plate": "vehicle_plate",
    "postal": "postal_code", "road": "address", "lotaddress": "address", "address": "address",
    "name": "name", "full": "name", "given": "name", "foreign": "name", "roman": "name",
    "spaced": "name", "latinname": "name", "alien": "name",
}  # fmt: skip
_SLOT = re.compile(r"\{(\w+)\}(?:([가-힣]{1,3}/[가-힣]{1,2})(?![가-힣]))?")
_OFFICIAL = (
    "contract",
    "mail",
    "hr",
    "notice",
    "claim",
    "registry",
    "payroll",
    "petition",
    "obituary",
    "council",
    "letter",
    "minutes",
    "agreement",
    "billing",
    "personnel",
    "indemnity",
    "tender",
    "bankletter",
    "adjuster",
    "hiring",
    "writ",
    "circular",
    "firecheck",
    "labcert",
)
"""Genres whose writers are tidy."""
_SHORT = {
    "경상북도": "경북",
    "경상남도": "경남",
    "충청북도": "충북",
    "충청남도": "충남",
    "전라남도": "전남",
    "전북특별자치도": "전북",
    "강원특별자치도": "강원",
}


@dataclass(frozen=True)
class Label:
    """`start:end` is the whole, `core` what a report must cover; `kind` is the slot, for looking at classes of error."""

    type: str
    start: int
    end: int
    core: tuple[int, int]
    kind: str


@dataclass(frozen=True)
class Text:
    text: str
    genre: str
    labels: tuple[Label, ...]
    uncounted: tuple[tuple[int, int], ...] = ()


@dataclass
class Split:
    """What a split's file says."""

    words: dict[str, list[str]] = field(default_factory=dict)
    genres: dict[str, list[str]] = field(default_factory=dict)


@cache
def split(name: str) -> Split:
    found, block = Split(), ""
    for line in (Path(__file__).parent / f"{name}.txt").read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if re.fullmatch(r"\[[a-z]+\]", line):
            block = line.strip("[]")
        elif block == "vocabulary":
            key, _, rest = line.partition(": ")
            found.words.setdefault(key, []).extend(rest.split("|"))
        else:
            found.genres.setdefault(block, []).append(line)
    return found


def address(rng: Random, words: dict[str, list[str]], kind: str) -> tuple[str, tuple[int, int]]:
    """An address and its core (from the last district word to the number)."""
    province, district = rng.choice(words["district"]).split("/")
    lead = " ".join((rng.choice([province, _SHORT.get(province, province[:2]), ""]), district)).strip()
    if kind == "address":
        kind = rng.choice(["road", "lotaddress"])
    if kind == "road":
        way = rng.choice(words["road"])
        if way.endswith(("로", "대로")) and rng.random() < 0.4:
            way += rng.choice(["{}길", " {}길", "{}번길"]).format(rng.randint(1, 60))
        number = str(rng.randint(1, 480)) + (f"-{rng.randint(1, 40)}" if rng.random() < 0.25 else "")
        core = f"{way} {number}" if rng.random() < 0.93 else f"{way}{number}"
    else:
        number = (
            ("산 " if rng.random() < 0.06 else "")
            + str(rng.randint(1, 1800))
            + (f"-{rng.randint(1, 60)}" if rng.random() < 0.7 else "")
        )
        core = f"{rng.choice(words['dong'])} {number}" + rng.choice(["", "", "번지"])
        if rng.random() < 0.04:
            core = core.replace("-", "번지 ") + "호" if "-" in core and "번지" not in core else core
    lead = "" if rng.random() < 0.08 else lead + " "
    tail = rng.choices(
        ["", f" {rng.randint(101, 130)}동 {rng.randint(1, 25)}0{rng.randint(1, 8)}호", f", {rng.randint(1, 9)}층", f" {rng.randint(1, 5)}층 {rng.randint(101, 520)}호",
         f" ({rng.choice(words['dong']).split()[-1]})", f" {rng.choice(words['building'])}", f", {rng.randint(101, 120)}-{rng.randint(101, 1904)}"],
        [40, 20, 8, 8, 8, 10, 6],
    )[0]  # fmt: skip
    return lead + core + tail, (len(lead), len(lead) + len(core))


def expanded(rng: Random, words: dict[str, list[str]], word: str) -> str:
    """A word of the vocabulary with the words and digits it asks for."""
    word = re.sub(r"\{(\w+)\}", lambda m: expanded(rng, words, rng.choice(words[m[1]])), word)
    return re.sub("#", lambda _: rng.choice("0123456789"), word)


def _mixed(rng: Random, words: dict[str, list[str]], mix: str) -> str:
    """What a name is that may be anybody's, by the shares that the split lays down."""
    if mix not in words:
        return rng.choices(["full", "foreign", "roman"], [88, 9, 3])[0]
    shares = [share.split() for share in words[mix]]
    return rng.choices([slot for slot, _ in shares], [float(share) for _, share in shares])[0]


def value(
    rng: Random, words: dict[str, list[str]], slot: str, bank: str | None
) -> tuple[str, tuple[int, int] | None, str]:
    """The text of a slot, its core where it is not the whole, and the kind under which it is counted."""
    if slot in ("road", "lotaddress", "address"):
        whole, core = address(rng, words, slot)
        return whole, core, slot
    if slot in ("name", "alien"):
        slot = _mixed(rng, words, "mix" if slot == "name" else "aliens")
    if slot == "full":
        return v.name(rng, words["given"]), None, "full"
    if slot == "given":
        return rng.choice(words["given"]), None, "given"
    if slot == "foreign":
        usual = v.FOREIGN_HANGUL if rng.random() < 0.6 else v.FOREIGN_LATIN
        return expanded(rng, words, rng.choice(words.get("foreign", usual))), None, "foreign"
    if slot == "latinname":
        return expanded(rng, words, rng.choice(words["latin"])), None, "foreign"
    if slot == "spaced":
        family, own = v.surname(rng), v.given(rng, words["given"])
        return family + " " + (" ".join(own) if rng.random() < 0.5 else own), None, "spaced"
    if slot == "account":
        return v.account(rng, bank), None, slot
    if slot == "bank":
        return rng.choice(list(v.BANKS)), None, slot
    if slot in words:
        return expanded(rng, words, rng.choice(words[slot])), None, slot
    return getattr(v, slot)(rng), None, slot


def _closed(text: str) -> bool:
    """Whether it ends in a consonant as it is read."""
    last = text.rstrip(")")[-1]
    if "가" <= last <= "힣":
        return (ord(last) - 0xAC00) % 28 > 0
    return last.lower() in "013678lmnr"


def _untidy(rng: Random, piece: str, rate: float) -> str:
    """A literal piece with words run together and mistypes, as in chat and memos."""
    out = []
    for index, letter in enumerate(piece):
        inside = 0 < index < len(piece) - 1
        if (
            letter == " "
            and inside
            and rng.random() < rate
            and "가" <= piece[index - 1] <= "힣"
            and "가" <= piece[index + 1] <= "힣"
        ):
            continue
        if inside and "가" <= letter <= "힣" and rng.random() < rate / 25:
            letter = rng.choice(["", letter + letter, chr(ord(letter) ^ 1) if ord(letter) % 28 else letter])
        out.append(letter)
    return "".join(out)


def fill(
    rng: Random, sentence: str, words: dict[str, list[str]], rate: float
) -> tuple[str, list[Label], list[tuple[int, int]]]:
    """One sentence filled; `rate` is how untidy its writer is."""
    text, labels, uncounted, at, bank = "", [], [], 0, None
    for match in _SLOT.finditer(sentence):
        literal = _untidy(rng, sentence[at : match.start()], rate)
        if (
            literal.endswith(" ")
            and rng.random() < rate * 0.8
            and len(literal) > 1
            and "가" <= literal[-2] <= "힣"
        ):
            literal = literal[:-1]
        text += literal
        slot = match[1]
        found, core, kind = value(rng, words, slot, bank)
        bank = found if slot == "bank" else bank
        start = len(text)
        text += found
        if slot in TYPES:
            inner = (start + core[0], start + core[1]) if core else (start, len(text))
            labels.append(Label(TYPES[slot], start, len(text), inner, kind))
        elif slot in ("masked", "hotline", "surname", "ownshop"):
            uncounted.append((start, len(text)))
        if match[2]:
            closed, open_ = match[2].split("/")
            right = _closed(found)
            text += closed if right != (rng.random() < 0.03) else open_
        at = match.end()
        if (
            sentence[at : at + 1] == " "
            and rng.random() < rate * 0.4
            and not match[2]
            and found[-1].isdigit()
            and "가" <= sentence[at + 1 : at + 2] <= "힣"
            and sentence[at + 1] not in "가나다라마바사아자호동층번길로"
        ):
            at += 1
    return text + _untidy(rng, sentence[at:], rate), labels, uncounted


def _ready(rng: Random, line: str) -> str:
    line = line.replace("\\n", "\n").replace("\\t", "\t")
    return re.sub("#", lambda _: rng.choice("0123456789"), line)


def texts(name: str, count: int, seed: int) -> list[Text]:
    """`count` texts of a split: one to four sentences of one genre, some of them with nothing to find."""
    chosen, rng, made = split(name), Random(seed), []
    genres = list(chosen.genres)
    for index in range(count):
        genre = genres[index % len(genres)]
        rate = rng.choice([0.0, 0.02, 0.06]) if genre in _OFFICIAL else rng.choice([0.0, 0.04, 0.12, 0.3])
        telling = [line for line in chosen.genres[genre] if not line.startswith("~")]
        plain = [line[1:] for line in chosen.genres[genre] if line.startswith("~")]
        lines = rng.sample(telling, k=min(len(telling), rng.choices([0, 1, 2, 3], [12, 44, 30, 14])[0]))
        lines += rng.sample(plain, k=min(len(plain), rng.choices([0, 1, 2], [35, 45, 20])[0])) or (
            [] if lines else [rng.choice(plain)]
        )
        rng.shuffle(lines)
        text, labels, uncounted = "", [], []
        for line in lines:
            part, found, left = fill(rng, _ready(rng, line), chosen.words, rate)
            if text:
                text += rng.choice([" ", " ", "\n", ". ", " / "])
            at = len(text)
            labels += [
                Label(f.type, f.start + at, f.end + at, (f.core[0] + at, f.core[1] + at), f.kind)
                for f in found
            ]
            uncounted += [(start + at, end + at) for start, end in left]
            text += part
        made.append(Text(text, genre, tuple(labels), tuple(uncounted)))
    return made
