from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, create_engine, event

from dalgubeol.digest import canonical, commitment
from dalgubeol.world.ledger.entry import Entry
from dalgubeol.world.ledger.log import LEDGER, Log

ORIGIN = "ledger.example/site"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

MakeEntry = Callable[..., Entry]


def entry_of(number: int, payload: Any = None, retain_until: str | None = None) -> Entry:
    """An entry with a payload when one is given, else a public one."""
    if payload is None:
        return Entry(canonical({"commitment": None, "number": number, "what": "registered"}))
    salt = bytes([number % 256]) * 32
    leaf = {"commitment": commitment(payload, salt), "number": number, "what": "ran"}
    return Entry(canonical(leaf), canonical(payload), salt, retain_until)


@pytest.fixture(scope="session")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)


@pytest.fixture
def log(key: Ed25519PrivateKey) -> Log:
    return Log(ORIGIN, key, clock=lambda: NOON)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'ledger.db'}")

    @event.listens_for(engine, "connect")
    def durable(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    LEDGER.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def make_entry() -> MakeEntry:
    return entry_of
