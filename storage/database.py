"""The database: one engine, and two ways into it - :meth:`Database.read` and :meth:`Database.write`.

On SQLite a writer takes the write lock when it begins (``BEGIN IMMEDIATE``), so that what it reads stays true until it commits;
without that, two writers that both read and then write lose updates silently. Elsewhere the database's own transactions do.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

WRITES = "stemwire_writes"
"""The execution option that marks a connection whose transaction will write."""

PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000", "foreign_keys=ON", "temp_store=MEMORY")


class Database:
    """One database, given by its SQLAlchemy URL."""

    def __init__(self, url: str, connections: int = 5) -> None:
        self._sqlite = make_url(url).get_backend_name() == "sqlite"
        self._engine = create_async_engine(url, pool_size=connections, max_overflow=0, pool_timeout=15)
        self._writer = asyncio.Lock()
        if self._sqlite:
            _tame_sqlite(self._engine)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one moment of the database and is rolled back at the end."""
        async with self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that commits when the block ends well; SQLite's writers of this process take turns here, fairly."""
        async with AsyncExitStack() as stack:
            if self._sqlite:
                await stack.enter_async_context(self._writer)
            connection = await stack.enter_async_context(self._engine.connect())
            await connection.execution_options(**{WRITES: True})
            await stack.enter_async_context(connection.begin())
            yield connection

    async def migrate(self) -> None:
        """Bring the tables up to date; SQLite's file and folder are made when they are missing."""
        if self._sqlite and (file := self._engine.url.database):
            Path(file).parent.mkdir(parents=True, exist_ok=True)
        async with self.write() as connection:
            await connection.run_sync(upgrade)

    async def alive(self) -> None:
        """Raise unless the database answers."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def migrations(connection: Connection) -> Config:
    """Alembic's configuration for this package's migrations, run on ``connection``."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(connection: Connection) -> None:
    """Run the migrations that ``connection`` has not seen, in its transaction."""
    command.upgrade(migrations(connection), "head")


def _tame_sqlite(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: DBAPIConnection, _record: Any) -> None:
        connection.isolation_level = None  # the driver would otherwise begin transactions of its own, and late
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
