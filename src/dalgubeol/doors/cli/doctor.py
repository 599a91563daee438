"""Findings on a terminal: `dalgu doctor`, `dalgu site check`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from .shown import as_json, out, told

if TYPE_CHECKING:
    from ...verbs.house.finding import Finding


def show(found: Sequence[Finding], json: bool) -> None:
    """Each with its next step where it is not as it should be; ends with 1 if something is broken."""
    if json:
        as_json(
            [
                {
                    "code": f.code, "check": told(f.check), "ok": f.ok, "grave": f.grave, "detail": told(f.detail),
                    "next_step": told(f.next_step) if f.next_step is not None else "",
                }
                for f in found
            ]
        )  # fmt: skip
    else:
        for each in found:
            out(f"{'✓' if each.ok else '✗' if each.grave else '!'} {told(each.check)}: {told(each.detail)}")
            if not each.ok and each.next_step is not None:
                out(f"    → {told(each.next_step)}")
    if not all(f.ok or not f.grave for f in found):
        raise typer.Exit(1)
