"""The second corpus, by another hand: well made, and the detector keeps the bars on a part of what it was mended on."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import bench
import pytest
from bench.trial import texts
from bench.trial.columns import WITH_COLUMNS, columns
from bench.trial.scoring import NAMES, score

from dalgubeol.methods.privacy.text import find

FOLDER = Path(bench.__file__).parent / "trial"
SPLITS = ("tune", "trial2", "trial3", "trial4", "trial5", "trial6", "trial7", "tune3")


def test_it_knows_nothing_of_the_detector() -> None:
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else []  # fmt: skip
            assert not any(name.startswith("dalgubeol") for name in names), path.name


@pytest.mark.parametrize("split", SPLITS)
def test_labels_lie_where_the_value_stands_and_every_type_occurs(split: str) -> None:
    made = texts(split, 1_500, seed=9)
    assert all(
        0 <= label.start <= label.core[0] < label.core[1] <= label.end <= len(text.text)
        for text in made
        for label in text.labels
    )
    assert not any("{" in text.text for text in made)
    assert {label.type for text in made for label in text.labels} == set(NAMES)
    assert texts(split, 20, 3) == texts(split, 20, 3)
    assert split not in WITH_COLUMNS or any(not column.types for column in columns(split, 40, 3))


def test_no_sentence_is_shared_by_two_splits() -> None:
    lines = [
        line.lstrip("~")
        for split in (*SPLITS, "tune2", "tune4", "tune5")
        for line in dict.fromkeys((FOLDER / f"{split}.txt").read_text("utf-8").splitlines())
        if "{" in line
        and len(re.sub(r"^[a-z]+: (?=\{)|\{\w+\}|\W", "", line)) > 3  # the shares of a slot are no sentence
    ]
    assert len(lines) == len(set(lines))


def test_a_part_of_the_tune_split_keeps_its_bars() -> None:
    figures = score(
        texts("tune", 800, 4), lambda text: [(s.start, s.end, s.type) for s in find(text)]
    ).as_json()
    for type_, found in figures.items():
        assert found["recall"] >= (0.93 if type_ == "person-name" else 0.95), type_
        assert found["precision"] >= 0.95, type_


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("담당자김민수 통화함", ["김민수"]),
        ("지훈씨가 보냈고 서연이가 받음", ["지훈", "서연"]),
        ("출장자: 김민수, 박솔", ["김민수", "박솔"]),
        ("외국인 근로자 Nguyen Van Tuan 접수", ["Nguyen Van Tuan"]),
        ("응우옌 반 투안님 방문", ["응우옌 반 투안"]),
        ("발의자 : 김정훈ㆍ박영아", ["김정훈", "박영아"]),
        ("문자열 구현은 정규식으로 정의하는 함수이다", []),
        ("원인 조사중, 담당자 미정, 조치원 물류창고", []),
    ],
)
def test_names_are_told_from_words(text: str, names: list[str]) -> None:
    assert [text[s.start : s.end] for s in find(text) if s.type == "person-name"] == names
