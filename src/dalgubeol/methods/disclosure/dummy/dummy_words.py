"""The form of a text, and made-up texts of that form.

A form says how a text is built and nothing that it says: runs of digits, letters and syllables with their
lengths, the signs between them, or for running text its script and a class of length. `d6-d7` is what a resident
registration number looks like.

What is made up is easily seen to be so. Digits are a running number with zeros before it: a resident number
gets the date 00-00-00, a telephone number the prefix 000, a business number the tax office 000, none of which
exists. Letters are X. Addresses of e-mail end in `.invalid` (RFC 2606).
"""

from __future__ import annotations

import re
from hashlib import blake2b

LENGTHS = (20, 50, 200, 1000)
"""Upper ends of the classes of length of running text, in characters."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TOKEN = re.compile(r"[0-9A-Za-z]+|[가-힣]+|.", re.DOTALL)
_LETTERS_FIRST = re.compile(r"([A-Za-z]{1,8})([0-9]+)")
_PART = re.compile(r"([dhmUlak])([0-9]+)|(.)", re.DOTALL)
_KOREAN = (
    "더미",
    "자료",
    "예시",
    "문장",
    "시험",
    "내용",
    "기록",
    "항목",
    "설명",
    "확인",
    "참고",
    "비고",
    "작업",
    "결과",
)
_ENGLISH = ("dummy", "text", "for", "a", "test", "of", "this", "field", "with", "made", "up", "words", "only")
_SYLLABLES = "가나다라마바사아자차카타파하"
_SIGNS = "-_./:@#+()[]"
_LONGEST_TOKEN = 40


def form_of(text: str) -> str:
    """
    >>> form_of("900101-1234567"), form_of("P00123"), form_of("김철수"), form_of("넘어져 다침, 왼쪽 손목")
    ('d6-d7', 'U1d5', 'k3', 'text ko 20')
    """
    if _EMAIL.fullmatch(text):
        return "email"
    if _UUID.fullmatch(text):
        return "uuid"
    if len(text) > _LONGEST_TOKEN and re.fullmatch(r"[0-9a-f]{40,128}", text):
        return f"h{len(text)}"
    if len(text) > _LONGEST_TOKEN or any(c.isspace() for c in text):
        script = "ko" if any("가" <= c <= "힣" for c in text) else "en"
        return f"text {script} {next((n for n in LENGTHS if len(text) <= n), LENGTHS[-1])}"
    return "".join(_token_form(token) for token in _TOKEN.findall(text))


def _token_form(token: str) -> str:
    length = len(token)
    if token.isascii() and token.isdigit():
        return f"d{length}"
    if "가" <= token[0] <= "힣":
        return f"k{length}"
    if not (token.isascii() and token.isalnum()):
        return token if token in _SIGNS else "-"
    if split := _LETTERS_FIRST.fullmatch(token):
        return _token_form(split[1]) + f"d{len(split[2])}"
    if not token.isalpha():
        return f"{'h' if re.fullmatch('[0-9a-f]+', token) and length >= 8 else 'm'}{length}"
    return f"{'U' if token.isupper() else 'l' if token.islower() else 'a'}{length}"


def made_text(form: str, number: int, salt: str) -> str:
    """The `number`-th text of that form: texts of other numbers are others, as far as the form has room."""
    if form == "email":
        return f"dummy{number}@example.invalid"
    digest = blake2b(f"{salt} {number}".encode(), digest_size=64).hexdigest()
    if form == "uuid":
        return f"00000000-0000-0000-{digest[:4]}-{digest[4:16]}"
    if form.startswith("text "):
        _, script, length = form.split()
        return _running(script, int(length), number, digest)
    parts = _PART.findall(form)
    digits = sum(int(size) for kind, size, _ in parts if kind == "d")
    left = str(number % 10**digits).zfill(digits) if digits else ""
    made = []
    for kind, size, sign in parts:
        if kind == "d":
            made.append(left[: int(size)])
            left = left[int(size) :]
        else:
            made.append(sign or _letters(kind, int(size), number, digest, alone=not digits))
    return "".join(made)


def _letters(kind: str, size: int, number: int, digest: str, *, alone: bool) -> str:
    if kind in "hm":
        filled = (digest * (size // len(digest) + 1))[:size]
        return filled if kind == "h" else filled.upper()
    if kind == "k":
        return "더미가"[:size] if size < 3 else "더미" + _counted(number, _SYLLABLES, size - 2)
    made = _counted(number, "XABCDEFGHIJKLMNOPQRSTUVWYZ", size) if alone and size > 3 else "X" * size
    return made if kind == "U" else made.lower() if kind == "l" else made.capitalize()


def _counted(number: int, alphabet: str, size: int) -> str:
    made = ""
    for _ in range(size):
        number, rest = divmod(number, len(alphabet))
        made = alphabet[rest] + made
    return made


def _running(script: str, length: int, number: int, digest: str) -> str:
    words = _KOREAN if script == "ko" else _ENGLISH
    shortest = max([5, *(n for n in LENGTHS if n < length)])
    wanted = shortest + int(digest[:6], 16) % (length - shortest + 1)
    text, at = words[0], number
    while True:
        longer = f"{text} {words[at % len(words)]}"
        if len(longer) > wanted:
            return text
        text, at = longer, at + 1 + int(digest[at % 64], 16) % 3
