"""One Korean word for one thing: no text that people read has another word for what GLOSSARY.md names."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "dalgubeol"

SYNONYMS = {
    "정책": "처리기준",
    "운영자": "운영기관",
    "제공자|제공기관": "데이터 제공기관",
    "분석가|연구자": "이용자(분석가)",
    "심사자|검토자": "심사위원",
    "책임자": "소유자",
    "추가정보 보관자|보관소 담당자": "추가정보 관리자",
    "이용 승인|허가": "이용승인",
    "데이터세트|데이터 셋": "데이터셋",
    "작업종류": "작업 종류",
    "준식별자|식별 가능": "식별가능정보(준식별자)",
    "범주화": "일반화",
    "동질 집합|동치류": "동질집합",
    "추가 정보": "추가정보",
    "가명 정보": "가명정보",
    "익명 정보": "익명정보",
    "적정성검토": "적정성 검토",
    "위험성검토": "위험성 검토",
    "의사록": "회의록",
    "(프라이버시|세는|있는) 모형": "프라이버시 모델",
    "레시피": "처리 레시피",
    "열쇠": "키",
    "관리 대장": "파기 관리대장",
    "공개 등록부": "공개 대장",
    "반출 심사|반출입심사": "반출입 심사",
    "반출 거절": "반려",
    "최소셀": "최소 셀",
    "(작은|이|다른) 칸": "셀",
    "(이번|다른|내|모든|끝난) 접속|로그인 시간": "세션",
    "2차 인증": "2단계 인증",
    r"(백업|폴더|보관소|사이트)[^.\n]*복원": "복구",
    r"dalgu 판|새로운 판에서": "버전",
    "결합 키": "결합키",
    "결합 신청자|신청인": "결합신청자",
    "일련 번호": "일련번호",
    "모의 결합": "모의결합",
    "결합율": "결합률",
    "오경보률": "오경보율",
    "협약서": "합의서",
    "페이로드": "결합대상정보",
    "당사자": "참여기관",
}
"""What is not said (a pattern): the word of GLOSSARY.md that is said instead."""

ALLOWED = {
    "로그인 제공자": "the sign-in provider is no provider of data; GLOSSARY.md has it",
    "데이터 책임자": "the steward decides on Permits and owns nothing; GLOSSARY.md has it",
    "한 레시피|레시피 단계": "a plant's recipe, by which a batch is made",
    "당사자와 (업무|대상)": "the parties to a contract",
    "청구의 당사자": "whom a claim is about",
}
"""What a pattern above finds and may be said (a pattern): why."""


def catalogue() -> Iterator[tuple[str, str]]:
    """The Korean of every message, under its English."""
    with (SOURCE / "locale" / "ko" / "LC_MESSAGES" / "dalgubeol.po").open("rb") as file:
        for message in read_po(file, locale="ko"):
            if message.id:
                yield f"catalogue: {message.id}", str(message.string)


def pages() -> Iterator[tuple[str, str]]:
    """Every line of the Korean pages."""
    for path in [ROOT / "README.ko.md", *sorted((ROOT / "docs" / "ko").rglob("*.md"))]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            yield f"{path.relative_to(ROOT)}:{number}", line


def papers() -> Iterator[tuple[str, str]]:
    """The Korean of the forms and pledges, and what the program writes into papers, reports and the story."""
    for path in sorted((SOURCE / "methods").glob("*/editions/**/*.toml")):
        for text in strings(tomllib.loads(path.read_text(encoding="utf-8"))):
            yield str(path.relative_to(ROOT)), text
    for folder in ("methods/papers", "methods/report", "doors/demo"):
        for path in sorted((SOURCE / folder).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value


def strings(value: object) -> Iterator[str]:
    """All texts inside of what a TOML file says."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inside in value.values():
            yield from strings(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from strings(inside)


def struck(text: str) -> str:
    """The text without what may be said, and without the settled words that have a synonym in them."""
    for word in SYNONYMS.values():
        if any(re.search(pattern, word) for pattern in SYNONYMS):
            text = text.replace(word, "|")
    return re.sub("|".join(ALLOWED), "|", text)


def other_words(text: str) -> list[str]:
    """Each synonym in the text, and the word for it."""
    left = struck(text)
    return [
        f"{found[0]} -> {word}" for pattern, word in SYNONYMS.items() if (found := re.search(pattern, left))
    ]


@pytest.mark.parametrize("texts", [catalogue, pages, papers])
def test_one_thing_has_one_korean_word(texts) -> None:  # type: ignore[no-untyped-def]
    every = list(texts())
    assert sum(bool(re.search("[가-힣]", text)) for _, text in every) > 100
    assert [(place, wrong) for place, text in every if (wrong := other_words(text))] == []


def test_the_words_that_are_said_are_those_of_the_glossary() -> None:
    rows = [line.split(" | ") for line in (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").splitlines()]
    settled = {row[1] for row in rows if len(row) > 2}
    assert set(SYNONYMS.values()) - settled == set()


@pytest.mark.parametrize("pattern", ALLOWED)
def test_an_exception_is_in_use(pattern: str) -> None:
    assert any(re.search(pattern, text) for texts in (catalogue, pages, papers) for _, text in texts())


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("운영자에게 알리십시오.", ["운영자 -> 운영기관"]),
        ("제공기관의 열쇠", ["제공기관 -> 데이터 제공기관", "열쇠 -> 키"]),
        ("데이터 제공기관과 이용자(분석가)", []),
        ("백업에서 사이트를 복원하십시오.", ["백업에서 사이트를 복원 -> 복구"]),
        ("사이트가 바뀌었습니다. 가명을 복원합니다.", []),
        ("다른 로그인 제공자가 응답했습니다", []),
        ("결합 키와 결합키", ["결합 키 -> 결합키"]),
    ],
)
def test_another_word_is_found(text: str, wrong: list[str]) -> None:
    assert other_words(text) == wrong
