"""A fresh database, as a site has it on its first day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from dalgubeol.world.store.database import Database, prepare_schema


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = Database(f"sqlite:///{tmp_path / 'site.db'}")
    prepare_schema(database, fresh=True)
    with database.reading() as opened:
        yield opened
    database.close()
