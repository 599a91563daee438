"""Everything that can be set from outside, in one frozen value.

Read once by a door (`Settings.from_environment`) and handed down; nothing else reads the environment.

| variable | means | default |
|---|---|---|
| `DALGU_SITE` | the site's folder | `site` in the current folder |
| `DALGU_KEYS` | the folder of the site's keys, apart from the site | named in `site.toml` |
| `DALGU_SESSION` | the file that holds who is signed in | one per site under the user's state folder |
| `DALGU_LANG` | `ko` or `en` | the locale's |
| `DALGU_DEBUG` | show the traceback of a fault of dalgu itself | not set |
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .language import reader_language


@dataclass(frozen=True, slots=True)
class Settings:
    """What a door knows before it opens a site."""

    site: Path = Path("site")
    keys: Path | None = None
    session: Path | None = None
    language: str = "en"
    lease_s: float = 15.0
    """How long a Run's lease holds without a heartbeat."""
    lock_timeout_s: float = 30.0
    """How long a write waits for another process before it says Unavailable."""
    warm_children: int = 1
    """Idle child processes that wait for the next Run."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        environment = os.environ if environment is None else environment

        def folder(name: str) -> Path | None:
            return Path(environment[name]).expanduser() if environment.get(name) else None

        return cls(
            site=folder("DALGU_SITE") or Path("site"),
            keys=folder("DALGU_KEYS"),
            session=folder("DALGU_SESSION"),
            language=reader_language(environment),
        )

    def at(self, site: Path | str) -> Settings:
        """The same settings for another site."""
        return replace(self, site=Path(site))


def user_data_folder() -> Path:
    """Where this user's own data lies (XDG base directory specification)."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "dalgubeol"


def user_state_folder() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "dalgubeol"
