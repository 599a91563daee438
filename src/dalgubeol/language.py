"""What people read, in Korean and English.

A `Message` is a sentence with its values kept apart, so that it can be decided in one place (a rule, a
method) and read in another (a terminal, a page) in the reader's language. `say()` makes one; its English
template is the key into the gettext catalogues under `locale/`, which `tools/catalogue.py` keeps. A member
of an enumeration is shown as the word for it; its code stays what programs read.

Values go into messages only if a person may read them anywhere: names, counts, ids, never a data value.
"""

from __future__ import annotations

import gettext
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

LANGUAGES = ("ko", "en")
DOMAIN = "dalgubeol"
LOCALE_FOLDER = Path(__file__).parent / "locale"

_PARTICLES = {
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
}

_LAST_READ = r"""(.)(['"’”`)\]}」』》〉]*)"""  # closing marks are not read aloud


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for people: an English template with `{names}` and the values for them.

    A value may itself be a Message, a member of an enumeration, or a tuple of such: those are read in the
    reader's language too. `context` tells two meanings of one English text apart (gettext's msgctxt).
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    context: str = ""

    def text(self, language: str = "en") -> str:
        """The sentence in `language` ("ko" or "en"); an unknown language reads English."""
        language = language if language in LANGUAGES else "en"  # whatever a request header says
        shown = {name: _shown(value, language) for name, value in self.values.items()}
        sentence = _looked_up(self.template, self.context, language).format(**shown)
        return with_particles(sentence) if language == "ko" else sentence

    def stored(self) -> list[object]:
        """Plain JSON of it: `[template, values]`, and the context where there is one. `restored` reads it."""
        values = {
            k: {"say": v.stored()} if isinstance(v, Message) else str(_shown(v, "en"))
            for k, v in self.values.items()
        }
        return [self.template, values, *([self.context] if self.context else [])]

    def __str__(self) -> str:
        return self.text("en")


def harmless(text: str) -> str:
    """A stranger's text without what a terminal would obey or what turns the reading direction."""
    return "".join(c if c in "\n\t" or c.isprintable() else "\ufffd" for c in text)


def say(template: str, /, **values: object) -> Message:
    """A message to be read later. `template` must be a literal, or the catalogues cannot know it."""
    return Message(template, MappingProxyType(values))


def phrase(text: str, context: str = "") -> Message:
    """A fixed English text, without any names in it, to be looked up as a whole; braces are only braces."""
    return Message(text.replace("{", "{{").replace("}", "}}"), {}, context)


def word(member: Enum, language: str) -> str:
    """The word for a member of an enumeration; the catalogue knows it by the enumeration's name. Programs read
    `in-force`, people `in force`."""
    language = language if language in LANGUAGES else "en"
    found = _looked_up(str(member.value), type(member).__name__, language)
    if language != "en":
        return found
    return f"PIPA art. {found}" if found[:1].isdigit() else found.replace("-", " ")  # an article of the law


def restored(plain: Sequence[Any]) -> Message:
    """The message that `Message.stored` made `plain` of."""
    template, values, *context = plain
    whole = {k: restored(v["say"]) if isinstance(v, dict) and "say" in v else v for k, v in values.items()}
    return Message(template, whole, *context)


def reader_language(environment: Mapping[str, str] | None = None) -> str:
    """The language of whoever sits at this terminal: `DALGU_LANG`, then the locale; English otherwise."""
    environment = os.environ if environment is None else environment
    for name in ("DALGU_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            return "ko" if value.lower().startswith("ko") else "en"
    return "en"


def with_particles(sentence: str) -> str:
    """Choose the Korean particle that fits the syllable before it.

    >>> with_particles("달구벌은(는) 대구을(를)")
    '달구벌은 대구를'
    """
    if "(" not in sentence:  # most have none to choose, and are read many times a page
        return sentence
    for written, (after_consonant, after_vowel) in _PARTICLES.items():
        pattern = re.compile(_LAST_READ + re.escape(written))

        def chosen(match: re.Match[str], pair: tuple[str, str] = (after_consonant, after_vowel)) -> str:
            final = _final_sound(match[1])
            takes_vowel_form = final == "" or (final == "ㄹ" and pair[0] == "으로")
            return match[1] + match[2] + (pair[1] if takes_vowel_form else pair[0])

        sentence = pattern.sub(chosen, sentence)
    return sentence


def _final_sound(character: str) -> str:
    """'' after a vowel, 'ㄹ' after ㄹ, 'x' after any other consonant, as the character is read in Korean."""
    if "가" <= character <= "힣":
        final = (ord(character) - ord("가")) % 28
        return "" if final == 0 else "ㄹ" if final == 8 else "x"
    if character in "178lLrR":
        return "ㄹ"
    return "x" if character in "036mnMNbkptBKPT" else ""


def _shown(value: object, language: str) -> object:
    if isinstance(value, Message):
        return value.text(language)
    if isinstance(value, Enum):
        return word(value, language)
    return ", ".join(str(_shown(each, language)) for each in value) if isinstance(value, tuple) else value


def _looked_up(text: str, context: str, language: str) -> str:
    if not text:
        return ""  # gettext's empty msgid is the catalogue's header
    catalogue = _catalogue(language)
    return catalogue.pgettext(context, text) if context else catalogue.gettext(text)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE_FOLDER, languages=[language], fallback=True)
