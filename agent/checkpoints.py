"""Where LangGraph notes how far each run has come: in a file beside the store's, or on the store's server."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, LiteralString

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from redraft.store.database import Database
from redraft.store.errors import StoreUnusable
from redraft.store.sqlite import SQLite

if TYPE_CHECKING:
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from psycopg import AsyncConnection

RETRY_SECONDS = 0.05
"""Between two looks whether another process has made the tables, which takes it less than a second."""


@asynccontextmanager
async def open_checkpoints(database: Database) -> AsyncIterator[BaseCheckpointSaver[str]]:
    """Raises `StoreFull` or `StoreUnusable`, also for what goes wrong while it is used."""
    opened = _in_file if isinstance(database.backend, SQLite) else _on_server
    async with opened(database) as saver:
        yield saver


@asynccontextmanager
async def _in_file(database: Database) -> AsyncIterator[BaseCheckpointSaver[str]]:
    path = database.folder / "checkpoints.db"
    try:
        async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
            yield saver
    except sqlite3.Error as error:
        raise SQLite(path).translated(error) or error from error


@asynccontextmanager
async def _on_server(database: Database) -> AsyncIterator[BaseCheckpointSaver[str]]:
    try:
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415 - comes with an extra
        from psycopg import AsyncConnection, Error  # noqa: PLC0415
        from psycopg.rows import dict_row  # noqa: PLC0415
    except ImportError as error:
        message = f"runs on a PostgreSQL database need one more package ({error}): pip install 'redraft[postgres]'"
        raise StoreUnusable(message) from error
    _, arguments = database.engine.dialect.create_connect_args(database.engine.url)
    try:
        opened = AsyncConnection.connect(**arguments, autocommit=True, prepare_threshold=0, row_factory=dict_row)
        async with await opened as connection:
            saver = AsyncPostgresSaver(connection)
            await _make_tables(saver, connection)
            yield saver
    except Error as error:
        raise database.backend.translated(error) or error from error


async def _make_tables(saver: "AsyncPostgresSaver", connection: "AsyncConnection[dict[str, Any]]") -> None:
    # Tried, and not waited for in the server: indexes are made CONCURRENTLY, which waits for all who wait there.
    while not await _yes(connection, "SELECT pg_try_advisory_lock(hashtextextended('redraft checkpoints', 0)) AS yes"):
        await asyncio.sleep(RETRY_SECONDS)
    await saver.setup()
    await _yes(connection, "SELECT pg_advisory_unlock(hashtextextended('redraft checkpoints', 0)) AS yes")


async def _yes(connection: "AsyncConnection[dict[str, Any]]", question: LiteralString) -> bool:
    row = await (await connection.execute(question)).fetchone()
    return bool(row and row["yes"])
