from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table, Text

from dalgubeol.world.identity import IDENTITY
from dalgubeol.world.ledger.log import LEDGER
from dalgubeol.world.store import database as module
from dalgubeol.world.store.database import SCHEMA, Database, prepare_schema
from dalgubeol.world.store.schema import STORE

ALL = [STORE, LEDGER, IDENTITY]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'site.db'}")
    prepare_schema(made, fresh=True)
    yield made
    made.close()


def differences(connection: Connection, metadata: list[MetaData]) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    together = MetaData()
    for part in metadata:
        for table in part.sorted_tables:
            table.to_metadata(together)
    return list(compare_metadata(context, together))


def test_the_migrations_make_exactly_the_tables_of_the_code(site: Database) -> None:
    with site.reading() as connection:
        assert differences(connection, ALL) == []


def test_a_table_without_migration_would_be_found(site: Database) -> None:
    extra = MetaData()
    Table("forgotten", extra, Column("id", Text, primary_key=True))
    with site.reading() as connection:
        assert len(differences(connection, [*ALL, extra])) == 1
        assert len(differences(connection, [STORE, LEDGER])) >= 3


def test_the_newest_migration_is_the_schema_the_code_works_with() -> None:
    scripts = ScriptDirectory(str(Path(module.__file__).parent / "migrations"))
    assert scripts.get_heads() == [SCHEMA]


def test_a_migrated_database_also_keeps_what_alembic_does_not_compare(site: Database) -> None:
    with site.reading() as connection:
        made = dict(
            connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").all()
        )  # type: ignore[arg-type]
    assert "record IS NULL" in made["outbox_waiting"]
    assert "AUTOINCREMENT" in made["outbox"]
    assert "WITHOUT ROWID" in made["ledger_nodes"]
    assert made["permit_datasets"].count("FOREIGN KEY") == 2
