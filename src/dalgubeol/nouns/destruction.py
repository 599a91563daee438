"""Destruction: one entry of the register that says what was destroyed, how, by whom, and who confirmed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    KEY = "project-key"  # and with it every mapping that was sealed under it
    DATASET = "dataset"
    INTERMEDIATE = "intermediate"  # what a procedure made on its way, such as a linkage


class Method(StrEnum):
    KEY_DESTRUCTION = "key-destruction"  # encrypted content whose key was overwritten and removed
    DELETION = "deletion"  # content that was never encrypted


@dataclass(frozen=True, slots=True)
class Destruction:
    """One entry of the register."""

    id: str
    what: What
    subject: str
    """Id of the Dataset; PROJECT.EDITION of a key; what an intermediate was."""
    project: str | None
    accident: str | None
    method: Method
    reason: str
    destroyed_by: str
    """A person, or the site itself."""
    destroyed_at: str
    backups: Mapping[str, str]
    """When the backups that held it were brought up to date since: which backup, and when."""
    confirmed_by: str | None = None
    confirmed_at: str | None = None
