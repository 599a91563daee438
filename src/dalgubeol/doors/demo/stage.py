"""The demo's stage: people with their own sessions who type public commands, and what is shown of it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from ...errors import Conflict, Unavailable
from ...language import Message, say

MARK = ".dalgubeol-demo"


@dataclass
class Stage:
    """`site` is the demo's site; everything that must lie apart from a site lies in `files`."""

    site: Path
    files: Path
    language: str
    console: Console = field(default_factory=lambda: Console(highlight=False))
    passwords: dict[str, str] = field(default_factory=dict)
    steps: int = 0

    @classmethod
    def cleared(cls, site: Path, language: str) -> Stage:
        """Remove what an earlier demo left, and nothing else. Raises Conflict where the folder is not a demo's."""
        site = site.absolute()
        files = site.with_name(f"{site.name}-files")
        for folder in (site, files):
            if folder.exists() and any(folder.iterdir()) and not (files / MARK).exists():
                raise Conflict(
                    "demo.folder",
                    say("{folder} exists and was not made by the demo.", folder=folder),
                    say("Name another folder: `dalgu demo FOLDER`. Nothing was touched."),
                )
        for folder in (site, files):
            shutil.rmtree(folder, ignore_errors=True)
        for folder in (files, files / "sessions", files / "input"):
            folder.mkdir(mode=0o700, parents=True)
        (files / MARK).touch()
        return cls(site, files, language)

    def step(self, title: Message) -> None:
        self.steps += 1
        self.console.print()
        self.console.rule(f"[bold]{self.steps}. {title.text(self.language)}", align="left")

    def line(self, message: Message, good: bool = True) -> None:
        sign = "[green]✓[/]" if good else "[yellow]■[/]"
        self.console.print(f"  {sign} {message.text(self.language)}", soft_wrap=True)

    def detail(self, text: str) -> None:
        self.console.print(f"      [dim]{text}[/]", soft_wrap=True)

    def password(self, login: str) -> str:
        return self.passwords.setdefault(login, secrets.token_urlsafe(16))

    def does(self, login: str, *command: str, typed: str | None = None) -> dict[str, Any]:
        """`login` types a command and it works; its JSON answer. Raises Unavailable where it does not."""
        code, answer = self.tries(login, *command, typed=typed)
        if code != 0:
            said = answer.get("error", {}).get("detail", "") or json.dumps(answer.get("fault") or {})
            raise Unavailable(
                "demo.command",
                say(
                    "`dalgu {command}` ended with {code}: {said}",
                    command=" ".join(command),
                    code=code,
                    said=said,
                ),
                say("Run `dalgu doctor`; if it finds nothing, report this line."),
            )
        return answer

    def tries(self, login: str, *command: str, typed: str | None = None) -> tuple[int, dict[str, Any]]:
        """`login` types a command; its exit code and JSON answer, whatever they are."""
        shown = " ".join(
            part if len(part) < 60 else part[:57] + "..." for part in command if part != "--json"
        )
        with self.console.status(f"[dim]{login}$ dalgu {shown}[/]"):
            done = subprocess.run(
                [sys.executable, "-m", "dalgubeol", *command], env=self.environment(login), input=typed,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        self.console.print(f"    [dim]{login}$[/] dalgu {shown}", soft_wrap=True)
        return done.returncode, _answer(done.stdout)

    def environment(self, login: str) -> dict[str, str]:
        return {
            **os.environ, "DALGU_SITE": str(self.site), "DALGU_KEYS": str(self.files / "keys"),
            "DALGU_SESSION": str(self.files / "sessions" / f"{login}.json"), "DALGU_LANG": self.language,
        }  # fmt: skip

    def joins(self, inviter: str, login: str, name: str, organisation: str, roles: Sequence[str]) -> None:
        """Invited, joined and signed in, each with a password and a key of their own."""
        options = [part for role in roles for part in ("--role", role)]
        invited = self.does(
            inviter,
            "person",
            "invite",
            login,
            "--name",
            name,
            "--organisation",
            organisation,
            *options,
            "--json",
        )
        password = self.password(login) + "\n"
        self.does(login, "join", invited["code"], "--password-stdin", "--json", typed=password)
        self.does(login, "login", login, "--password-stdin", typed=password)


def _answer(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {"items": value}


def percent(share: float) -> str:
    return f"{100 * share:.1f}"
