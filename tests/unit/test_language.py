from __future__ import annotations

import gettext
import json
from enum import StrEnum
from typing import ClassVar

import pytest

from dalgubeol import language
from dalgubeol.errors import Invalid
from dalgubeol.language import Message, phrase, reader_language, restored, say, with_particles, word
from dalgubeol.nouns.project import Basis


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("달구벌은(는)", "달구벌은"),
        ("대구은(는)", "대구는"),
        ("대구이(가) 벌이(가)", "대구가 벌이"),
        ("대구을(를) 벌을(를)", "대구를 벌을"),
        ("대구과(와) 벌과(와)", "대구와 벌과"),
        ("대구(으)로 벌(으)로 산(으)로", "대구로 벌로 산으로"),
        ("'claims'을(를)", "'claims'를"),
        ("'달구벌'은(는)", "'달구벌'은"),
        ("“산”(으)로", "“산”으로"),
        ("파일 (1)이(가)", "파일 (1)이"),
        ("3은(는) 4은(는) 10은(는)", "3은 4는 10은"),
        ("1(으)로 7(으)로 6(으)로 2(으)로", "1로 7로 6으로 2로"),
        ("Kim은(는)", "Kim은"),
        ("", ""),
        ("은(는)", "은(는)"),
    ],
)
def test_the_particle_fits_what_is_read_before_it(written: str, read: str) -> None:
    assert with_particles(written) == read


def test_a_message_is_read_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    class Korean(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return {"{name} is full.": "{name}이(가) 가득 찼습니다.", "the disk": "디스크"}.get(
                message, message
            )

    catalogues = {"ko": Korean(), "en": gettext.NullTranslations()}
    monkeypatch.setattr(language, "_catalogue", catalogues.__getitem__)
    message = say("{name} is full.", name=say("the disk"))
    assert message.text("ko") == "디스크가 가득 찼습니다."
    assert message.text("en") == str(message) == "the disk is full."


@pytest.mark.parametrize("unknown", ["fr", "", "../../etc", "ko_KR", "\0"])
def test_an_unknown_language_reads_english_and_is_not_remembered(unknown: str) -> None:
    say("x").text("en")
    before = language._catalogue.cache_info().currsize
    assert say("{n} rows", n=3).text(unknown) == "3 rows"
    assert language._catalogue.cache_info().currsize == before


def test_a_value_with_braces_is_a_value() -> None:
    assert str(say("{a}", a="{b} {0} {a.__class__}")) == "{b} {0} {a.__class__}"


def test_an_empty_message_is_empty_in_every_language() -> None:
    assert Message("").text("ko") == Message("").text("en") == ""


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "DALGU_LANG": "KO"}, "ko"),
        ({"LC_ALL": "", "LC_MESSAGES": "ko"}, "ko"),
    ],
)
def test_the_language_of_the_reader(environment: dict[str, str], expected: str) -> None:
    assert reader_language(environment) == expected


class Door(StrEnum):
    HELD = "held"


@pytest.fixture
def korean(monkeypatch: pytest.MonkeyPatch) -> None:
    class Korean(gettext.NullTranslations):
        known: ClassVar = {
            ("", "held"): "잡힌", ("Door", "held"): "심사 대기", ("", "It is {state}."): "{state}입니다.",
            ("", "a {b}"): "쓰이면 안 됨", ("", "a {{b}}"): "중괄호 {{b}}", ("got", "none"): "없음", ("", "file"): "파일",
        }  # fmt: skip

        def gettext(self, message: str) -> str:
            return self.pgettext("", message)

        def pgettext(self, context: str, message: str) -> str:
            return self.known.get((context, message), message)

    catalogues = {"ko": Korean(), "en": gettext.NullTranslations()}
    monkeypatch.setattr(language, "_catalogue", catalogues.__getitem__)


@pytest.mark.usefixtures("korean")
def test_a_member_of_an_enumeration_is_read_as_its_word_and_a_text_as_itself() -> None:
    assert say("It is {state}.", state=Door.HELD).text("ko") == "심사 대기입니다."
    assert say("It is {state}.", state=(Door.HELD, Door.HELD)).text("ko") == "심사 대기, 심사 대기입니다."
    assert say("It is {state}.", state="held").text("ko") == "held입니다."
    assert say("It is {state}.", state=Door.HELD).text("en") == "It is held."
    assert word(Door.HELD, "fr") == "held"
    assert word(Basis.WITHOUT_CONSENT, "en") == "PIPA art. 28-2", "an article of the law keeps its dash"


@pytest.mark.usefixtures("korean")
def test_a_phrase_is_looked_up_whole_and_its_braces_are_braces() -> None:
    assert phrase("a {b}").text("ko") == "중괄호 {b}"
    assert phrase("a {b}").text("en") == "a {b}"
    assert phrase("none", "got").text("ko") == "없음"
    assert phrase("none").text("ko") == "none"


@pytest.mark.usefixtures("korean")
def test_a_stored_message_is_read_in_the_language_of_whoever_opens_it() -> None:
    message = say("It is {state}.", state=say("held"), n=3, many=(1, Door.HELD))
    plain = json.loads(json.dumps(message.stored()))
    assert plain == ["It is {state}.", {"state": {"say": ["held", {}]}, "n": "3", "many": "1, held"}]
    assert restored(plain).text("ko") == message.text("ko") == "잡힌입니다."
    assert restored(phrase("none", "got").stored()).text("ko") == "없음"
    assert restored(["It is {state}.", {"state": "kept before"}]).text() == "It is kept before."


@pytest.mark.usefixtures("korean")
def test_what_was_got_is_a_name_of_somebodys_unless_the_catalogue_knows_it_as_got() -> None:
    assert "file" in Invalid.field("f", expected="file", got="file").detail.text("ko")
    values = Invalid.field("f", expected="file", got="file").detail.values
    assert [str_in_korean(values[name]) for name in ("expected", "got")] == ["파일", "file"]
    assert str_in_korean(Invalid.field("f", expected=say("file"), got="none").detail.values["got"]) == "없음"
    assert str(Invalid.field("f", expected="a {b}", got=3).detail) == "f must be a {b}, but is 3."


def str_in_korean(value: object) -> str:
    assert isinstance(value, Message)
    return value.text("ko")
