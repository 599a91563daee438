"""What the fields of a kind's form are called: short, with the rest in the help text, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from dalgubeol import kinds
from dalgubeol.doors.portal.runs.asked import Ask, asks
from dalgubeol.doors.portal.runs.editor import Editor
from dalgubeol.doors.portal.visit import Visit
from dalgubeol.language import Message, say

_LONGEST = 110


class Reader:
    """As much of a visit as a label needs: who reads it."""

    def __init__(self, language: str) -> None:
        self.language = language

    def text(self, message: Message) -> str:
        return message.text(self.language)


def editor(language: str) -> Editor:
    return Editor(cast(Visit, Reader(language)), lambda slot: ())


def each_ask(of: tuple[Ask, ...]) -> Iterator[Ask]:
    for ask in of:
        yield ask
        yield from each_ask(ask.inside)


def asked(kind: str, name: str) -> Ask:
    found = each_ask(asks(kinds.kind(kind).Parameters.model_json_schema()))
    return next(ask for ask in found if ask.name == name)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("kind", kinds.names())
def test_no_label_of_a_kind_takes_three_lines(kind: str, language: str) -> None:
    built = editor(language)
    for ask in each_ask(asks(kinds.kind(kind).Parameters.model_json_schema())):
        label = built._label(ask)
        assert 0 < len(label) <= _LONGEST, label
        assert label.count("`") % 2 == 0, label


@pytest.mark.parametrize(
    ("kind", "name", "language", "label", "more"),
    [
        ("analyse", "context", "en", "What the files are, for the reviewers", "A sentence; of several files"),
        ("analyse", "context", "ko", "심사위원에게 알릴 파일의 내용", "한 문장, 파일이 여럿이면"),
        ("bring-in", "context", "ko", "파일이 무엇이고 왜 필요한지", "한 문장, 파일이 여럿이면"),
        ("analyse", "script", "en", "The script (Python, notebook, SQL or R)", ""),
        ("assess", "k", "en", "The threshold: the risk 1/k, and how few persons make a value rare", ""),
    ],
)
def test_what_is_too_long_for_a_label_stands_in_the_help_text(
    kind: str, name: str, language: str, label: str, more: str
) -> None:
    built, ask = editor(language), asked(kind, name)
    assert built._label(ask) == label
    hint = built._hint(ask)
    assert hint.text(language).startswith(more) if more and hint else hint is None
    besides = say("One a line")
    told = built._hint(ask, besides)
    assert told is not None
    assert told.text(language).endswith(besides.text(language))
    assert told.text(language).startswith(more)
