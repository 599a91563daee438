"""What somebody offers to bring into the zone, while it is scanned: sealed, and gone when the scan has ended, however it
ended."""

from __future__ import annotations

from sqlalchemy import Connection

from ...nouns.dataset import DatasetState
from ...nouns.run import Run
from ...world.store import datasets
from ..house.house import House
from ..projects.destruction import dataset_gone

SCANNED = "its files were scanned"
NOT_SCANNED = "its files were not scanned"


def offered_gone(house: House, connection: Connection, run: Run, reason: str) -> None:
    """What was offered is destroyed once the scan has ended: the airlock holds its own copy, or nothing came of it."""
    for id_ in run.inputs.values():
        dataset = datasets.find(connection, id_)
        if dataset.state is not DatasetState.DESTROYED:
            dataset_gone(house, connection, dataset, house.facts.id, None, reason)
