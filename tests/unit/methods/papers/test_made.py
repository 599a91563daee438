"""One document as a page, as PDF and as DOCX: the same words in each, and nothing that was typed is markup."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import date

import pytest

from dalgubeol.errors import Unavailable
from dalgubeol.methods.papers import form as forms
from dalgubeol.methods.papers.document import LANGUAGES, Document, Signature
from dalgubeol.methods.papers.docx import docx
from dalgubeol.methods.papers.html import html
from dalgubeol.methods.papers.pdf import pdf, source
from dalgubeol.methods.report.markup import Words

TODAY = date(2026, 11, 27)
NASTY = '<b>#read("/etc/hostname")</b> $x$ "quoted" \\ *bold* {x} [y] // @me'


@pytest.fixture
def review() -> Document:
    answers = {
        "project": "p1", "purpose": "통계 작성", "environment": NASTY, "dataset": "claims-p", "minutes": "첫째\n둘째",
        "items": [{"item": "age", "role": Words("식별가능정보", "quasi-identifier")}], "decision": "adequate",
        "measured": [{"measure": "k", "before": "1", "after": "5"}], "left": ["하나", "둘"],
        "members": [Signature(Words("위원", "Member"), "이영희", Words("적정", "adequate"), "2026-11-27", "rec-12")],
    }  # fmt: skip
    return forms.fill(forms.form("adequacy-review", TODAY), answers, number="a-7", on=TODAY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_shows_what_was_typed_as_it_was_typed(review: Document, language: str) -> None:
    made = html(review, language)
    assert "<b>#read" not in made
    assert "&lt;b&gt;#read" in made
    for seen in ("적정성 검토 결과서", "Adequacy review", "이영희", "rec-12", "☑", "☐"):
        assert seen in made


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_docx_holds_the_same_words(review: Document, language: str) -> None:
    import docx as library

    made = library.Document(io.BytesIO(docx(review, language)))
    text = "\n".join(p.text for p in made.paragraphs)
    cells = {cell.text for table in made.tables for row in table.rows for cell in row.cells}
    assert NASTY in cells
    assert ("적정성 검토 결과서" in text) is (language != "en")
    assert ("Adequacy review" in text) is (language != "ko")
    assert "이영희" in cells


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pdf_is_tagged_and_what_was_typed_is_never_markup(review: Document, language: str) -> None:
    made = pdf(review, language)
    assert made.startswith(b"%PDF-")
    assert b"pdfuaid" in made  # declares PDF/UA, which Typst checks while it writes
    typed = [line for line in source(review, language).splitlines() if "hostname" in line]
    assert typed
    assert all(r"#\"" not in line and r"#read(\"/etc/hostname\")" in line for line in typed)


def test_letters_that_cannot_be_printed_do_no_harm() -> None:
    answers = {"dataset": "d\x00\x1b[31m\u202e", "reporter": "r", "noticed": "n", "how": "h\u2028x"}
    document = forms.fill(forms.form("accident-report", TODAY), answers, number="x", on=TODAY)
    assert pdf(document, "ko").startswith(b"%PDF-")
    assert docx(document, "ko")
    assert html(document, "ko")


def test_without_the_extra_a_paper_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['typst'] = None\n"
        "from dalgubeol.methods.papers.pdf import pdf\n"
        "from dalgubeol.errors import Unavailable\n"
        "try:\n    pdf(None, 'en')\nexcept Unavailable as error:\n    print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "dalgubeol[reports]" in said


def test_without_a_font_for_hangul_a_korean_pdf_is_refused_and_an_english_one_made(
    review: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dalgubeol.methods.papers.pdf.FONTS", ("No Such Font",))
    with pytest.raises(Unavailable, match="Hangul"):
        pdf(review, "ko")
    assert pdf(review, "en").startswith(b"%PDF-")
