"""Builds the documentation into build/docs: a site in English and Korean that can be opened from the disk.

    python -m docs.build [FOLDER]

Fails, naming every place, where an internal link leads nowhere, a page is in no menu, a kind, parameter,
command, error, setting or route is not described, no hand-written page speaks of a kind, a Korean page is
not in step with the English one, or what was built asks for a foreign host.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from dalgubeol import kinds

from . import built, pages, reference, site, translated

ROOT = pages.ROOT


def sources() -> dict[str, str]:
    """All pages, written and generated: path in the repository to Markdown."""
    found = pages.written()
    found.update({f"docs/reference/{name}": text for name, text in reference.pages("en").items()})
    found.update({f"docs/ko/reference/{name}": text for name, text in reference.pages("ko").items()})
    return found


def problems(written: dict[str, str]) -> list[str]:
    """Everything that is wrong with the documentation; empty when it may be built."""
    return [
        *pages.broken_links(written),
        *site.problems(written),
        *translated.problems(written),
        *reference.gaps(),
        *_kinds_nobody_speaks_of(written),
    ]


def build(folder: Path) -> int:
    """Write the site; returns the number of pages. Raises SystemExit with every problem."""
    written = sources()
    _stop_on(problems(written))
    count = site.made(written, folder)
    _stop_on(built.problems(folder))
    return count


def _stop_on(wrong: list[str]) -> None:
    if wrong:
        raise SystemExit("The documentation is not whole:\n" + "\n".join(f"  {line}" for line in wrong))


def _kinds_nobody_speaks_of(written: dict[str, str]) -> Iterator[str]:
    said = "\n".join(
        text for name, text in written.items() if name.startswith(("docs/how-to/", "docs/explanation/"))
    )
    for name in kinds.names():
        if f"`{name}`" not in said:
            yield f"kind {name}: no page of docs/how-to or docs/explanation speaks of `{name}`"


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "docs"
    print(f"{build(place)} pages in {place}/index.html and {place}/ko/index.html")
