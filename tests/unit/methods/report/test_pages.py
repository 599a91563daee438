"""Pages are whole, safe, in both languages, and readable without script, mouse or network."""

import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.report import pages
from dalgubeol.methods.report.figures import Bar, Group, bars
from dalgubeol.methods.report.markup import Markup, Words, element, joined

CANARY = "<script>alert('달구벌')</script>"
EVIL = Words(CANARY, CANARY + " ")
VOID = {"meta", "input", "br", "hr", "link", "img"}


class Reader(HTMLParser):
    """Checks that tags balance, and collects ids, headings and references."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.headings, self.tags, self.text = [], [], [], Counter(), []
        self.referred, self.links = [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags[tag] += 1
        if tag not in VOID:
            self.open.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        for name in ("aria-labelledby", "aria-describedby"):
            self.referred += given.get(name, "").split()
        if given.get("href"):
            self.links.append(given["href"])

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def drawn(name="f"):
    return {
        each: bars(f"{name}-{each}", CANARY, CANARY, [Group("g", (Bar("b", 1, "1 %"),))], maximum=1)
        for each in ("ko", "en")
    }


def a_page(language="ko", extra=None):
    behind = pages.table("t", EVIL, [EVIL, "n"], [(CANARY, 1)], number_columns=(1,))
    content = joined(
        [
            pages.paragraph(EVIL), pages.callout(CANARY, loud=True), pages.tag(EVIL), pages.chip(CANARY),
            pages.figure(EVIL, drawn(), behind), pages.listed([CANARY]), pages.numbers([(EVIL, CANARY)]),
            pages.commands([CANARY]), pages.code(CANARY), extra,
        ]
    )  # fmt: skip
    section = pages.Section("one", EVIL, content)
    return pages.page(EVIL, pages.paragraph(EVIL), [section], language=language, footer=pages.paragraph(EVIL))


def test_a_script_in_any_text_stays_text():
    html = a_page()
    assert "<script" not in html
    assert read(html).tags["script"] == 0
    assert html.count("&lt;script&gt;") > 20


def test_tags_balance_and_references_lead_somewhere():
    reader = read(a_page())
    assert set(reader.referred) <= set(reader.ids)
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)


def test_ids_are_unique_and_a_page_with_a_double_one_is_refused():
    reader = read(a_page())
    assert max(Counter(reader.ids).values()) == 1
    with pytest.raises(Invalid) as refused:
        a_page(extra=element("p", "again", id="one"))
    assert "one" in str(refused.value)


def test_headings_come_in_order():
    headings = read(a_page(extra=element("h3", "x"))).headings
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(headings))


@pytest.mark.parametrize(
    ("language", "opened", "root"), [("ko", "ko", "ko"), ("en", "en", "en"), ("fr", "both", "ko")]
)
def test_the_page_opens_in_the_language_asked_for(language, opened, root):
    html = a_page(language)
    assert f'<html lang="{root}">' in html
    assert re.findall(r'id="read-(\w+)" checked', html) == [opened]
    assert html.count(" checked") == 1


def test_every_figure_has_title_description_and_a_table_behind_it():
    figure = pages.figure(EVIL, drawn(), pages.table("t", EVIL, ["a"], [("b",)]))
    tags = read(figure).tags
    assert (tags["svg"], tags["title"], tags["desc"]) == (2, 2, 2)
    assert (tags["details"], tags["table"], tags["figcaption"]) == (1, 1, 1)


def test_the_page_needs_no_host_and_forbids_script():
    html = a_page()
    assert not re.search(r"https?:|//\w|url\(|@import|src=", html)
    assert "default-src &#x27;none&#x27;" in html
    assert not re.search(r"<[^>]* on\w+=", html)


def test_there_is_a_skip_link_before_everything_else():
    html = a_page()
    assert read(html).links[0] == "#content"


def test_a_table_has_headings_for_columns_and_rows_and_can_be_scrolled_by_keyboard():
    html = pages.table("t", Words("표", "table"), ["a", "b"], [("x", 1), ("y", 2)], number_columns=(1,))
    assert html.count('scope="col"') == 2
    assert html.count('scope="row"') == 2
    assert html.count('class="number"') == 3
    assert 'tabindex="0"' in html


def test_a_row_of_another_length_than_the_heading_is_an_error():
    with pytest.raises((ValueError, IndexError)):
        pages.table("t", Words("표", "table"), ["a", "b"], [("x",)])


@pytest.mark.parametrize("sensitivity", list(pages.SENSITIVITIES))
def test_a_chip_names_its_sensitivity_in_both_languages_and_not_by_colour_alone(sensitivity):
    html = pages.chip(sensitivity)
    words = pages.SENSITIVITIES[sensitivity]
    assert words.ko in html
    assert words.en in html
    assert html.count("●") == list(pages.SENSITIVITIES).index(sensitivity) + 1


def test_an_unknown_sensitivity_looks_like_the_most_careful_one():
    assert pages.chip("odd").count("●") == len(pages.SENSITIVITIES)


def test_the_builders_give_markup_that_is_not_escaped_again():
    for made in (pages.chip("public"), pages.code("x"), pages.commands(["x"]), pages.listed(["x"])):
        assert isinstance(made, Markup)
