"""Migrations: from nothing they make exactly the tables that the code declares."""

from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text

from storage.database import Database, upgrade
from storage.tables import metadata


def shape(connection: Connection) -> dict[str, Any]:
    """Tables with their columns, keys, indices and strictness, as SQLite tells them."""
    tables = connection.execute(text("PRAGMA table_list")).mappings().all()
    found: dict[str, Any] = {}
    for table in (row for row in tables if not row["name"].startswith(("sqlite_", "alembic_"))):
        asked = ("table_info", "foreign_key_list", "index_list")
        answers = {pragma: connection.execute(text(f"PRAGMA {pragma}({table['name']})")).all() for pragma in asked}
        details = {pragma: sorted(tuple(row)[1:] for row in rows) for pragma, rows in answers.items()}  # the first is a count
        found[table["name"]] = (table["strict"], details)
    return found


def test_migrations_make_the_declared_tables(tmp_path: Path) -> None:
    """An empty database, migrated, equals one made from the tables, down to keys, indices and STRICT."""
    migrated, made = (create_engine(f"sqlite:///{tmp_path / name}") for name in ("migrated.db", "made.db"))
    with migrated.begin() as connection:
        upgrade(connection)
    metadata.create_all(made)
    with migrated.connect() as one, made.connect() as other:
        assert shape(one) == shape(other)
        assert {strict for strict, _ in shape(one).values()} == {1}
    migrated.dispose()
    made.dispose()


def test_nothing_is_left_to_migrate(tmp_path: Path) -> None:
    """Alembic sees no difference between the migrated database and the tables."""
    engine = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    with engine.begin() as connection:
        upgrade(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


async def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    """A server that starts again on its data finds it as it was; the folder is made when it is missing."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'new' / 'folder' / 'x.db'}")
    await database.migrate()
    async with database.write() as db:
        await db.execute(text("INSERT INTO workspaces VALUES ('w', 'name', 1, 1)"))
    await database.migrate()
    async with database.read() as db:
        assert await db.scalar(text("SELECT count(*) FROM workspaces")) == 1
    await database.aclose()


def test_every_row_has_an_owner() -> None:
    """Every table but the workspaces themselves has a column for the workspace, which may not be empty."""
    for table in metadata.sorted_tables:
        if table.name != "workspaces":
            assert not table.c.workspace_id.nullable, table.name
