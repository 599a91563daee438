"""How a text is written: what a reader sees must be what a machine reads."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ...language import say
from ..disclosure.finding import Finding
from ..privacy.text.spans import ACCOUNT, CARD, FOREIGNER, LICENCE, PASSPORT, PHONE, RESIDENT

LONGEST_READ = 20_000
"""Signs that a person reads through with care; beyond it she is told how much it is."""
LONGEST_RUN = 1_000
_MOST_LINES = 10
_RUN = re.compile(rf"[A-Za-z0-9+/=_-]{{{LONGEST_RUN},}}")
_MISLEADING = ("Cf", "Co", "Cn", "Zl", "Zp")
_MARKS = frozenset({RESIDENT, FOREIGNER, LICENCE, PASSPORT, CARD, ACCOUNT, PHONE})
"""Not e-mail addresses: authors of code sign it."""
_MOST_SEARCHED = 200_000


def decoded(content: bytes) -> str | None:
    """UTF-8, a mark of byte order allowed; None for anything else."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def not_utf8() -> Finding:
    return Finding("encoding", None, None, say("This is not text in UTF-8."))


def misleading(text: str) -> tuple[Finding, ...]:
    """Signs that nobody sees or that turn the direction of text: what is read is then not what runs
    (CVE-2021-42574, Unicode Technical Standard 55)."""
    lines = [n for n, line in enumerate(text.splitlines(), 1) if any(unicodedata.category(s) in _MISLEADING for s in line)]  # fmt: skip
    if not lines:
        return ()
    return (Finding("hidden_text", lines[0], None, say("Signs that nobody sees or that turn the direction of the text, in lines: {lines}.", lines=told(lines))),)  # fmt: skip


def unreadable_runs(text: str) -> tuple[Finding, ...]:
    """Long runs of letters and digits, as encoded bytes are: nobody can say what they are."""
    lines = [n for n, line in enumerate(text.splitlines(), 1) if _RUN.search(line)]
    if not lines:
        return ()
    return (Finding("encoded", lines[0], None, say("Long encoded text that nobody can read, in lines: {lines}.", lines=told(lines))),)  # fmt: skip


def personal_marks(text: str) -> tuple[Finding, ...]:
    """Numbers and addresses that name a person: no code and no reference table needs them."""
    from ..privacy.text import find

    found = find(text[:_MOST_SEARCHED], _MARKS, at_least=0.8)
    if not found:
        return ()
    lines = sorted({text.count("\n", 0, span.start) + 1 for span in found})
    return (Finding("identifier", lines[0], None, say("What looks like a number or an address of a person, in lines: {lines}.", lines=told(lines))),)  # fmt: skip


def much_to_read(text: str) -> tuple[Finding, ...]:
    if len(text) <= LONGEST_READ:
        return ()
    count = text.count("\n") + 1
    return (Finding("much", None, None, say("{count} lines: more than a person reads through at once.", count=f"{count:,}")),)  # fmt: skip


def told(lines: Iterable[int]) -> str:
    """Some lines by number, the first of them."""
    every = sorted(set(lines))
    more = f" (+{len(every) - _MOST_LINES})" if len(every) > _MOST_LINES else ""
    return ", ".join(map(str, every[:_MOST_LINES])) + more
