"""Marks by which equal contents know each other: who brings the same file in twice has one account of the privacy budget.

A mark is the digest of the plain content under a key of the site. It is made with the Dataset; those of before schema
0005 get theirs by the upgrade, and at the latest before somebody pays for a noisy answer or their key is destroyed.
It stays when a Dataset is destroyed, for what was made of it may live on; nothing of the content can be had from it.
"""

from __future__ import annotations

from sqlalchemy import Connection

from ...errors import Missing, Tampered
from ...nouns.dataset import Dataset
from ...world.store import datasets
from ..house.house import House


def keep(house: House, connection: Connection, dataset: Dataset, plain_digest: str) -> None:
    """Enter a Dataset, with the digest of its plain content (hex), readable only with its own key where it has one.
    Raises Conflict where the name is taken."""
    raw = bytes.fromhex(plain_digest)
    sealed = house.keyring.seal(dataset.id, raw) if dataset.protected else raw
    datasets.add(connection, dataset, sealed, house.keyring.mark(raw))


def completed(house: House, connection: Connection) -> None:
    """Give every Dataset that lives a mark. One whose key is missing or damaged stays without: `dalgu site check` says
    so."""
    for dataset, protected, digest in datasets.unmarked(connection):
        try:
            raw = house.keyring.unseal(dataset, digest) if protected else digest
        except (Missing, Tampered):
            continue
        datasets.mark(connection, dataset, house.keyring.mark(raw))
