"""The pledge (서약) of those who work in the zone: a text in both languages, held as data with the date of its edition.

A pledge that was signed is of one edition and one language; its digest stands in what was signed. A text that has
been signed is never changed: what is to be said otherwise is a new file, `editions/YYYY-MM.toml`. The wording is
the project's own.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from ...digest import sha256_hex
from ...errors import Missing
from ...language import say
from ..report.markup import Words

_SHIPPED = Path(__file__).parent / "editions"


@dataclass(frozen=True, slots=True)
class PledgeText:
    edition: str
    title: Words
    clauses: tuple[Words, ...]
    footer: Words

    def text(self, language: str) -> str:
        """What is read and signed: the title and the numbered clauses, one a line."""
        lines = (f"{n}. {clause.said(language)}" for n, clause in enumerate(self.clauses, 1))
        return "\n".join((self.title.said(language), *lines)) + "\n"

    def digest(self, language: str) -> str:
        """SHA-256 of `text` in UTF-8, hex."""
        return sha256_hex(self.text(language).encode())


def editions() -> tuple[str, ...]:
    """Those that there are, the oldest first."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.toml")))


def newest(on: date) -> str:
    """The edition that holds on a day; before the first one, the first."""
    held = [each for each in editions() if each <= f"{on:%Y-%m}"]
    return held[-1] if held else editions()[0]


@cache
def pledge(edition: str) -> PledgeText:
    """Raises Missing."""
    if edition not in editions():
        raise Missing(
            "pledge.missing",
            say("There is no pledge of the edition {edition}.", edition=edition),
            say("Editions here: {editions}.", editions=", ".join(editions())),
        )
    raw = tomllib.loads((_SHIPPED / f"{edition}.toml").read_text(encoding="utf-8"))
    words = [Words(**each) for each in (raw["title"], *raw["clauses"], raw["footer"])]
    return PledgeText(edition, words[0], tuple(words[1:-1]), words[-1])
