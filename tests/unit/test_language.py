from __future__ import annotations

import gettext

import pytest

from dalgubeol import language
from dalgubeol.language import Message, reader_language, say, with_particles


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
