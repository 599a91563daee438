"""Passwords: asked without echo, or read from standard input by programs; never an argument."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ...language import say
from .shown import told

PasswordFromStdin = Annotated[
    bool, typer.Option("--password-stdin", help=told(say("Read the password from standard input.")))
]
CodeFromStdin = Annotated[
    bool, typer.Option("--code-stdin", help=told(say("Read the code from standard input, the line after.")))
]


def given_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt(told(say("Password")), hide_input=True))


def chosen_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt(told(say("New password")), hide_input=True, confirmation_prompt=True))


def given_code(from_stdin: bool) -> str:
    """A code of the second factor; of use for seconds, so it may be seen."""
    if from_stdin:
        return sys.stdin.readline().strip()
    return str(typer.prompt(told(say("Code"))))
