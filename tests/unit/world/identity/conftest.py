from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt as RealScrypt
from sqlalchemy import Connection

from dalgubeol.world.identity import signing
from dalgubeol.world.store.database import Database, prepare_schema


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scrypt with little memory: its strength is not what is tested here."""
    monkeypatch.setattr(signing, "Scrypt", lambda salt, length, n, r, p: RealScrypt(salt, length, 2**4, r, p))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = Database(f"sqlite:///{tmp_path / 'site.db'}")
    prepare_schema(database, fresh=True)
    with database.reading() as opened:
        yield opened
    database.close()
