"""How much may leave under a Permit: releases and files, taken off its allowance in the transaction that lets them out.

A release that does not come to be gives back what it took. Why files and not epsilon: decision 0028.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from ...errors import Reason, Refused
from ...language import say
from ...nouns.dataset import Dataset
from ...nouns.permit import Permit
from ...nouns.run import Run
from ...rules.granting import reasons_not_to_export
from ...world.store import datasets, permits


def take(connection: Connection, under: Sequence[Permit], held: Dataset) -> None:
    """Reserve one release of the files that are `held`. Raises Refused with every reason."""
    files = file_count(held)
    lacking = tuple(reason for permit in under for reason in reasons_not_to_export(permit, files))
    if not lacking:
        limited = (permit for permit in under if permit.application is not None)
        lacking = tuple(_gone(p) for p in limited if not permits.take_export(connection, p, files))
    if lacking:
        raise Refused(
            "release.allowance",
            say("The author's Permit lets no more leave."),
            say("The author asks for a new Permit that follows it and allows more."),
            lacking,
        )


def give_back(connection: Connection, release: Run) -> None:
    """What a release took that did not come to be."""
    files = file_count(datasets.find(connection, release.inputs["held"]))
    for permit in release.permits:
        permits.give_export_back(connection, permit, files)


def file_count(held: Dataset) -> int:
    """How many files wait in an archive of the airlock."""
    listed = held.about.get("files")
    return max(len(listed), 1) if isinstance(listed, Sequence) else 1


def _gone(permit: Permit) -> Reason:
    return Reason("permit.exports", say("Permit {permit} allows {allowed} releases, and all are used.", permit=permit.id, allowed=permit.conditions.exports))  # fmt: skip
