"""Dalgubeol (달구벌): one shared foundation for a region of manufacturers.

Everything is one of four nouns: a **Dataset** is measured, made or learnt; a **Permit** says who may run what
on it; a **Run** is one execution of a kind; a **Record** is a line of the history that nobody can change.

Where to start reading: `nouns/` (what there is), `kinds/contract.py` (what can be run), `verbs/` (what one
can do), `doors/` (how one comes in). Imports go down only: doors, verbs, kinds, world, rules, methods, nouns,
ground (errors, settings, logs, digest, language).

    site = dalgubeol.open("mysite")
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .doors.python import Site

__all__ = ["open"]


def open(site: str | Path | None = None) -> Site:  # noqa: A001 - dalgubeol.open(...) reads well
    """Open a site: a folder, or `DALGU_SITE`, or `./site`. Raises Missing where there is none."""
    from .doors.python import open_site

    return open_site(site)
