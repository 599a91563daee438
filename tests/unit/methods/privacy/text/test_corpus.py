"""The labelled corpus is written apart from the detector, and the detector keeps its bars on a part of it."""

from __future__ import annotations

import ast
from pathlib import Path

import bench
import pytest
from bench.corpus import SPLITS, columns, texts
from bench.corpus.scoring import score
from bench.privacy_identify import FORMED, NAME

from dalgubeol.methods.privacy.text import TYPES, find, mask

FOLDER = Path(bench.__file__).parent / "corpus"


def test_the_corpus_knows_nothing_of_the_detector() -> None:
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else []  # fmt: skip
            assert not any(name.startswith("dalgubeol") for name in names), path.name


@pytest.mark.parametrize("split", SPLITS)
def test_labels_lie_where_the_value_stands_and_every_type_occurs(split: str) -> None:
    made = list(texts(split, 1500, seed=9))
    assert all(0 <= g.start < g.end <= len(text.text) for text in made for g in text.gold)
    assert {gold.type for text in made for gold in text.gold} == set(TYPES)
    assert list(texts(split, 20)) == list(texts(split, 20))
    assert any(column.type is None for column in columns(split, rows=5))


def test_no_template_is_shared_by_two_splits() -> None:
    from bench.corpus import making

    seen = [
        template
        for split in SPLITS
        for register in making._TEMPLATES[split].values()
        for template in register
    ]
    assert len(seen) == len(set(seen))


def test_the_bars_hold_on_a_part_of_the_check_split() -> None:
    made = score(texts("check", 1200, seed=5), lambda text: [(s.start, s.end, s.type) for s in find(text)])
    for type_, found in made.scores().items():
        recall, precision = (0.85, 0.85) if type_ == NAME else (0.95, 0.95)
        assert found.recall >= recall, type_
        assert found.precision >= precision, type_
    assert set(FORMED) | {NAME} == set(TYPES)


def test_hardly_anything_is_left_to_find_in_what_was_masked() -> None:
    """A tag leaves nothing of a value; what a second look finds is a word that stood beside one."""
    left = found = 0
    for text in texts("check", 400, seed=6):
        spans = find(text.text)
        found += len(spans)
        left += len(find(mask(text.text, spans)))
    assert found > 500
    assert left <= 0.01 * found
