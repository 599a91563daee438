"""Markup that is safe by construction: every text is escaped unless it came out of `element` itself.

The rules: `Markup` is a string that is already HTML or SVG; anything else that is put into an element is text
and is escaped (WHATWG HTML, 13.3). `Markup + str` is a plain string again and would be escaped: forgetting
something shows as visible tags and never as a hole. `Words` is one sentence in both languages of the portal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from ...language import with_particles

_PERCENT = "\u00a0%"  # a number and its unit stay on one line
_VOID = frozenset({"br", "hr", "input", "meta", "link", "img", "col"})


class Markup(str):
    """Text that is already markup. Only `element` and `joined` should make it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Words:
    """The same thing said in Korean and in English."""

    ko: str
    en: str

    def said(self, language: str) -> str:
        return self.ko if language == "ko" else self.en

    def filled(self, **values: object) -> Words:
        """With `{names}` replaced (a value may be `Words`) and the Korean particles chosen: 은(는), 이(가), ..."""
        ko = with_particles(self.ko.format(**_for_language(values, "ko")))
        en = self.en.format(**_for_language(values, "en"))
        return Words(ko.replace(" %", _PERCENT), en.replace(" %", _PERCENT))


Content = Markup | Words | str | int | float | None


def element(tag: str, *content: Content, **attributes: str | int | float | bool | None) -> Markup:
    """`<tag ...>content</tag>`. `class_` gives class, `aria_label` aria-label; None and False leave one out.

    `Words` become one `<span lang>` per language (see `pages.STYLE` for which of them is seen).
    """
    opening = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Markup(f"<{tag}{opening}>")
    return Markup(f"<{tag}{opening}>{joined(content)}</{tag}>")


def joined(content: Iterable[Content]) -> Markup:
    """Parts one after the other, each escaped unless it is markup."""
    return Markup("".join(_markup(part) for part in content))


def in_both(words: Words, tag: str = "span", **attributes: str | None) -> Markup:
    """One element per language, each with its `lang`."""
    return joined(element(tag, words.said(each), lang=each, **attributes) for each in ("ko", "en"))


def _markup(part: Content) -> str:
    if part is None:
        return ""
    if isinstance(part, Markup):
        return part
    if isinstance(part, Words):
        return in_both(part) if part.ko != part.en else escape(part.en)
    return escape(str(part))


def _attribute(name: str, value: str | int | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    written = name.rstrip("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{escape(str(value))}"'


def _for_language(values: dict[str, object], language: str) -> dict[str, object]:
    return {k: v.said(language) if isinstance(v, Words) else v for k, v in values.items()}
