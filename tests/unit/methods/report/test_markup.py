"""Nothing becomes markup by accident."""

from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.methods.report.markup import Markup, Words, element, in_both, joined


@given(st.text())
def test_text_and_attributes_come_out_as_they_went_in_and_hold_no_tag(text):
    made = element("p", text, title=text)
    assert "<" not in made.removeprefix("<p").removesuffix("</p>")
    opening, content = made.removeprefix('<p title="').removesuffix("</p>").split('">', 1)
    assert unescape(opening) == unescape(text) or "&" in text
    assert unescape(content) == unescape(text) or "&" in text


def test_markup_is_not_escaped_twice_and_loses_its_trust_when_text_is_added():
    inner = element("b", "x")
    assert element("p", inner) == "<p><b>x</b></p>"
    assert not isinstance(inner + "<i>", Markup)
    assert element("p", inner + "<i>") == "<p>&lt;b&gt;x&lt;/b&gt;&lt;i&gt;</p>"


def test_attributes_that_are_false_are_left_out_and_true_stands_alone():
    assert element("input", id="a", checked=True, disabled=False, title=None) == '<input id="a" checked>'


def test_words_are_said_in_both_languages_each_with_its_lang():
    made = element("p", Words("예", "yes"))
    assert made == '<p><span lang="ko">예</span><span lang="en">yes</span></p>'
    assert in_both(Words("예", "yes"), "p") == '<p lang="ko">예</p><p lang="en">yes</p>'
    assert joined([Words("Tag04", "Tag04")]) == "Tag04"


def test_words_are_filled_with_the_right_particles_and_with_words():
    words = Words("{who}이(가) 왔습니다", "{who} came")
    assert words.filled(who=Words("분석가", "the analyst")) == Words("분석가가 왔습니다", "the analyst came")
    assert words.filled(who=Words("심사위원", "a reviewer")).ko == "심사위원이 왔습니다"


def test_words_that_hold_tags_are_escaped():
    assert "<script" not in element("p", Words("<script>", "<script >"))
