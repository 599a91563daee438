"""The pages and their code blocks, as the tests of this folder read them.

A fence says who runs it: ```` ```sh analyst exit=18 ````. ```` ```python file=x.py ```` (or json) is written
to that file before the next block; `of=` says of which file of the page a fragment could be more. `reader` is one who plays everybody in one terminal; what is marked `keep`
(names and helpers) holds for the blocks after it, and what is marked `serves` goes on in the background until
the page ends, or until a block that is marked `stopped`. Where a page says port 8080, a free one is used. A `sh` fence without a person, or another language, is not
run. Korean pages hold the same blocks (`docs/translated.py` sees to it), so only the English ones are run.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from docs.pages import ROOT

from docs import pages

PEOPLE = (
    "operator",
    "provider",
    "steward",
    "analyst",
    "reviewer1",
    "reviewer2",
    "reviewer3",
    "engineer",
    "nobody",
    "reader",
)


@dataclass(frozen=True, slots=True)
class Block:
    page: str
    language: str
    words: tuple[str, ...]
    text: str

    @property
    def person(self) -> str | None:
        return next((word for word in self.words if word in PEOPLE), None)

    @property
    def file(self) -> str | None:
        return self._value("file")

    @property
    def whole(self) -> str | None:
        """The file that a fragment could stand in."""
        return self._value("of")

    @property
    def exit_code(self) -> int:
        return int(self._value("exit") or 0)

    @property
    def kept(self) -> bool:
        return "keep" in self.words

    @property
    def serves(self) -> bool:
        return "serves" in self.words

    @property
    def stopped(self) -> bool:
        return "stopped" in self.words

    @property
    def runs(self) -> bool:
        return self.file is not None or (self.language == "sh" and self.person is not None)

    @property
    def name(self) -> tuple[str, str]:
        return self.page, self.text.splitlines()[0]

    def _value(self, key: str) -> str | None:
        return next((word.partition("=")[2] for word in self.words if word.startswith(f"{key}=")), None)


def hand_written() -> tuple[str, ...]:
    """The pages whose code is held to work."""
    found = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
    below = (page for page in found if not page.startswith("docs/ko/"))
    return ("README.md", "CONTRIBUTING.md", "SECURITY.md", *below)


@cache
def blocks(page: str) -> tuple[Block, ...]:
    fences = pages.fences((ROOT / page).read_text("utf-8"))
    return tuple(
        Block(page, *(lambda w: (w[0] if w else "", tuple(w[1:])))(f.info.split()), f.content) for f in fences
    )
