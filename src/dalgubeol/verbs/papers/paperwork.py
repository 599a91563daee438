"""The papers of the procedure, filled in from what happened here: what people typed, what was measured, and the
numbers of the Records that prove it.

| form | subject |
|---|---|
| risk-review, adequacy-review | a review |
| export-review | the linked Dataset that is to leave |
| register, destruction-register, entrustment-contract, provision-contract | a project |
| accident-report | an accident |

A paper is made when it is asked for and is not kept: its facts are in the house, and the same day's paper says the
same. What the site cannot know (who signs, where incidents are told) is given as answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import Invalid
from ...language import say
from ...world.identity import SignedIn
from ..house.clock import day, now
from ..house.house import House
from ..projects import panels
from .paper_projects import of_provision, providable
from .paper_subjects import KNOWN

if TYPE_CHECKING:
    from ...methods.papers.document import Document
    from ...methods.papers.fields import Field

FORMATS = ("html", "pdf", "docx")
MEDIA = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
PROVISION = "provision-contract"
_REVIEWS = frozenset({"risk-review", "adequacy-review", "export-review"})


@dataclass(frozen=True, slots=True)
class Paper:
    """A finished file."""

    name: str
    media: str
    content: bytes


def made(
    house: House, who: SignedIn, form: str, subject: str, *, file_type: str = "html", language: str = "ko",
    answers: Mapping[str, object] | None = None,
) -> Paper:  # fmt: skip
    """One paper. Raises Missing (form, subject, or not yours to see), Invalid (format, language, answers that lack
    or do not fit), Unavailable without the extra `reports`."""
    from ...methods.papers.document import LANGUAGES

    for name, value, known in (("format", file_type, FORMATS), ("language", language, LANGUAGES)):
        if value not in known:
            raise Invalid.field(name, expected=say("one of: {choices}", choices=", ".join(known)), got=value)
    document = filled(house, who, form, subject, answers or {})
    return Paper(f"{form}-{subject}.{file_type}", MEDIA[file_type], _drawn(document, file_type, language))


def filled(house: House, who: SignedIn, form: str, subject: str, answers: Mapping[str, object]) -> Document:
    """The document behind a paper. `answers` are what the site cannot know; the site's own facts stand above them.
    Raises as `made` does."""
    from ...methods.papers import form as forms

    today = _today()
    chosen = forms.form(form, today, *_own_editions(house))
    facts, answers = _facts(house, who, form, subject, answers)
    known = forms.fitting(chosen, facts)
    overlap = sorted(_fixed(form, {name: fact for name, fact in known.items() if fact}) & set(answers))
    if overlap:
        raise Invalid.field("answers", expected=say("what the site cannot know"), got=", ".join(overlap))
    return forms.fill(chosen, {**known, **answers}, number=f"{form}/{subject}", on=today)


def _facts(
    house: House, who: SignedIn, form: str, subject: str, answers: Mapping[str, object]
) -> tuple[dict[str, object], Mapping[str, object]]:
    """What the site knows, and the answers that are left: a contract of provision is of chosen Datasets."""
    if form not in KNOWN:
        return {}, answers
    if form != PROVISION or "dataset" not in answers:
        return KNOWN[form](house, who, subject), answers
    given = answers["dataset"]
    chosen = [given] if isinstance(given, str) else list(given) if isinstance(given, Sequence) else []
    return (
        of_provision(house, who, subject, [str(each) for each in chosen]),
        {name: answer for name, answer in answers.items() if name != "dataset"},
    )


def _today() -> date:
    """The day here: which edition holds, and what a paper is dated with."""
    return date.fromisoformat(day(now()))


def _fixed(form: str, known: Mapping[str, object]) -> frozenset[str]:
    """The fields that nobody answers: what the site knows, and of a review what only its panel says. Items may be
    told in better words than the names of columns, but not where a panel has judged what became of each. The
    committee of an export keeps its votes here and its minutes and checklist on paper."""
    asked = frozenset(known) - (frozenset() if form == "adequacy-review" else {"items"})
    if form == "export-review":
        return asked | (panels.FILLED_BY_THE_SITE - {"minutes", "checks"})
    return asked | (panels.FILLED_BY_THE_SITE if form in _REVIEWS else frozenset())


def lacking(house: House, who: SignedIn, form: str, subject: str) -> tuple[Field, ...]:
    """The fields that the site cannot fill, those that people can type; of a contract of provision also which Datasets
    it may be of. Raises Missing, Invalid where no Dataset may be provided yet."""
    from ...methods.papers import form as forms
    from ...methods.papers.fields import Option
    from ...methods.report.markup import Words

    chosen = forms.form(form, _today(), *_own_editions(house))
    facts = forms.fitting(chosen, KNOWN[form](house, who, subject) if form in KNOWN else {})
    asked = ("text", "date", "number", "list", "choice")
    fixed = _fixed(form, {name: fact for name, fact in facts.items() if fact})
    if form == PROVISION:
        may = tuple(Option(d.id, Words(d.name, d.name)) for d in providable(house, who, subject))
        of = tuple(replace(f, kind="choices", options=may) for f in chosen.fields() if f.name == "dataset")
        return (
            *of,
            *(f for f in chosen.fields() if f.kind in asked and f.name not in {*facts, "dataset", "items"}),
        )
    return tuple(
        f for f in chosen.fields() if f.kind in asked and not facts.get(f.name) and f.name not in fixed
    )


def forms(house: House) -> tuple[tuple[str, str], ...]:
    """The forms that there are today, each with its edition."""
    from ...methods.papers import form as all_forms

    own, today = _own_editions(house), _today()
    return tuple((name, all_forms.form(name, today, *own).edition) for name in all_forms.names(*own))


def _own_editions(house: House) -> tuple[Path, ...]:
    """A folder `forms` in the site's own: `forms/2027-01/register.toml` stands before the shipped one."""
    return (house.folder / "forms",)


def _drawn(document: Document, file_type: str, language: str) -> bytes:
    if file_type == "pdf":
        from ...methods.papers.pdf import pdf

        return pdf(document, language)
    if file_type == "docx":
        from ...methods.papers.docx import docx

        return docx(document, language)
    from ...methods.papers.html import html

    return html(document, language).encode()
