"""The words that Typer and argparse say themselves, in the reader's language.

Both ask gettext's global domain, so ours becomes that domain. Two words Typer writes without asking; those
are put in where it formats its help. `tools/catalogue.py` reads `BORROWED` into the catalogues.
"""

from __future__ import annotations

import gettext
import os
import re
from collections.abc import Sequence
from typing import Any

import typer

from ...language import DOMAIN, LOCALE_FOLDER, Message, reader_language, say

BORROWED = (
    "Usage: ", "Arguments", "Options", "Commands", "Show this message and exit.", "required",
    "default: {default}", "env var: {var}", "(dynamic)", "Aborted!", "Missing command.",
    "No such command {name!r}.",
    "usage: ", "positional arguments", "options", "show this help message and exit",
    "the following arguments are required: %s", "unrecognized arguments: %s", "expected one argument",
    "expected at least one argument", "argument %(argument_name)s: %(message)s",
    "invalid %(type)s value: %(value)r", "%(prog)s: error: %(message)s\n",
)  # fmt: skip

_ONE_OF = re.compile(r"is not one of (.+?)\.?$")
_SIMILAR = re.compile(r" Did you mean (.+)\?$")


def borrow() -> None:
    """Have the libraries speak Korean in this process, if its reader does."""
    language = reader_language()
    if language != "ko":
        return
    gettext.bindtextdomain(DOMAIN, str(LOCALE_FOLDER))
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = language  # where gettext looks first
    formatter: Any = typer.Context.formatter_class
    write_usage, write_rows = formatter.write_usage, formatter.write_dl

    def usage(self: Any, prog: str, args: str = "", prefix: str | None = None) -> None:
        write_usage(self, prog, args, _theirs("Usage: ") if prefix is None else prefix)

    def rows(self: Any, pairs: Sequence[tuple[str, str]], *layout: Any, **more: Any) -> None:
        write_rows(self, [(name, _theirs(text)) for name, text in pairs], *layout, **more)

    formatter.write_usage, formatter.write_dl = usage, rows


def misuse(error: typer.TyperException) -> Message:
    """What was wrong with the command line."""
    option, parameter = getattr(error, "option_name", None), getattr(error, "param", None)
    if option is not None:
        return say("There is no option {option}.", option=option)
    if parameter is None:
        return _with_suggestion(error.format_message())
    name = parameter.get_error_hint()
    if type(error).__name__ == "MissingParameter":
        return say("{name} is missing.", name=name)
    if choices := _ONE_OF.search(error.message):
        return say("{name} must be one of: {choices}.", name=name, choices=choices[1])
    return say("{name} does not fit: {said}", name=name, said=error.message)


def _with_suggestion(said: str) -> Message:
    if similar := _SIMILAR.search(said):
        return say("{said} Similar: {names}.", said=said[: similar.start()], names=similar[1])
    return Message("{said}", {"said": said})


def _theirs(text: str) -> str:
    return gettext.gettext(text) if text in BORROWED else text
