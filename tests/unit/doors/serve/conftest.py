from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dalgubeol.world.store.database import Database, prepare_schema


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'site.db'}")
    prepare_schema(made, fresh=True)
    yield made
    made.close()
