"""What is asked for with a Permit, as arguments and options of `dalgu permit request`."""

from __future__ import annotations

from typing import Annotated

import typer

from ...language import Message, say
from ...nouns.permit import Purpose
from .. import leaving
from .shown import told


def _said(help_: Message, least: int | None = None, most: float | None = None) -> typer.models.OptionInfo:
    made: typer.models.OptionInfo = typer.Option(min=least, max=most, help=told(help_))
    return made


Datasets = Annotated[list[str], typer.Argument(help=told(say("The Datasets it is for")))]
Kinds = Annotated[list[str], _said(say("What you want to run (again for more)"))]
PurposeOfLaw = Annotated[Purpose, _said(say("The purpose, out of the law's list"))]
Reason = Annotated[str, _said(say("What it is for, in a sentence"))]
Until = Annotated[str | None, _said(say("Last day, YYYY-MM-DD; else the site's usual period"))]
Evidence = Annotated[str, _said(say("For another basis: consent, contract or statute"))]
Runs = Annotated[int, _said(say("How many Runs in all"), 1)]
SmallestCell = Annotated[int, _said(say("Smallest cell that may leave"), 10)]
WallS = Annotated[int, _said(say("Seconds that a script may take"), 1)]
MemoryMb = Annotated[int, _said(say("Memory that a script may use, MB"), 64)]
OutputMb = Annotated[int, _said(say("Size of what a script may leave, MB"), 1)]
OutputFiles = Annotated[int, _said(say("How many files a script may leave"), 1)]
Processes = Annotated[int, _said(say("Processes and threads of a script at one time"), 8)]
ScratchMb = Annotated[int, _said(say("What a script may set aside while it runs, MB"), 1)]
Exports = Annotated[int, _said(say("How many releases in all"), 0)]
Files = Annotated[int, _said(say("How many files may leave in all"), 0)]
Epsilon = Annotated[float, _said(say("What noisy answers may tell of each Dataset in all, earlier Permits of your organisation included"), 0, 100)]  # fmt: skip
Delta = Annotated[float, _said(say("The same, of delta"), 0, 0.001)]
Persons = Annotated[list[str] | None, _said(say("Login of somebody who works under it too (again for more)"))]
Items = Annotated[
    list[str] | None, _said(say("Column asked for, as DATASET:COLUMN (again for more); else all"))
]
Environment = Annotated[str, _said(say("Where and with what the work is done"))]
Rules = Annotated[list[str] | None, _said(say("Stricter disclosure rule, as NAME=VALUE (again for more): {names}", names=", ".join(leaving.LABELS)))]  # fmt: skip
Renews = Annotated[str | None, _said(say("Id of the Permit that this one is to follow"))]
Pledge = Annotated[bool, typer.Option("--pledge", help=told(say("Sign the pledge with the request; you have read it")))]  # fmt: skip
