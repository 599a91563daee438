"""`dalgu demo`: the whole story on real data, played through the public commands."""

from __future__ import annotations

from pathlib import Path


def play(folder: Path, language: str) -> None:
    """Play the story in `folder`, a site of its own. Raises Unavailable where the extra `demo` is missing."""
    from .story import tell

    tell(folder, language)
