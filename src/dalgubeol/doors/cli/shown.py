"""How things are shown on a terminal: plain words, quiet tables, JSON on request."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Annotated, Any

import typer

from ...language import Message, reader_language, restored, say, word
from ..plain import harmless, unknown_to_json


def told(message: Message) -> str:
    """A message in the reader's language."""
    return message.text(reader_language())


AsJson = Annotated[bool, typer.Option("--json", help=told(say("JSON for programs")))]


def named(member: Enum) -> str:
    """The word for a state, a role, a sensitivity ... in the reader's language; JSON keeps the code."""
    return word(member, reader_language())


def listed(members: Iterable[Enum]) -> str:
    return ", ".join(named(member) for member in sorted(members, key=lambda m: str(m.value)))


def complain(line: str) -> None:
    print(line, file=sys.stderr)


def out(line: str) -> None:
    print(harmless(line))


def as_json(value: Any) -> None:
    """Print a value, dataclasses included, as JSON."""
    print(json.dumps(value, ensure_ascii=False, default=unknown_to_json))


def table(headers: Sequence[Message], rows: Iterable[Sequence[object]]) -> None:
    """A table for people; says so where it is empty. Members of enumerations are shown as their words."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    filled = [[_cell(cell) for cell in row] for row in rows]
    if not filled:
        out(told(say("Nothing here yet.")))
        return
    grid = Table(box=box.SIMPLE, header_style="bold")
    for header in headers:
        grid.add_column(told(header), overflow="fold")
    for row in filled:
        grid.add_row(*(Text(harmless(cell)) for cell in row))  # text, not markup: [bar] is a unit
    console = Console()
    if not console.is_terminal:
        console.width = 160
    console.print(grid)


def _cell(value: object) -> str:
    if isinstance(value, Enum):
        return named(value)
    return told(value) if isinstance(value, Message) else "" if value is None else str(value)


def stored_message(text: str) -> Message:
    """A message that was stored as [template, values] JSON (stages, faults)."""
    if not text:
        return Message("")
    try:
        return restored(json.loads(text))
    except ValueError:
        return Message("{text}", {"text": text})
