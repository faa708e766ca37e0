"""The store on a PostgreSQL server, which several machines share. Import it where one is named: psycopg is an extra."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import URL, Connection, Engine, MetaData, String, create_engine, event, func, inspect, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlmodel import AutoString, SQLModel

from redraft.store import index_postgres
from redraft.store.errors import StoreError, StoreFull, StoreUnusable
from redraft.store.migrations import MIGRATIONS
from redraft.store.models import Migration

WAIT_MS = 10_000
"""How long a write waits for another process. Every transaction here is a few milliseconds: ten seconds is a fault."""
CONNECTIONS = 5
"""Of one process at most. Its sessions are short and come one after the other, but for what is done in threads."""
_SILENCE = {"keepalives_idle": "20", "keepalives_interval": "10", "keepalives_count": "3"}
"""Seconds until a silent connection is asked whether it is there, between such questions, and how many may stay without
an answer: both ends notice within a minute that the other machine is gone. Starting points, not measured."""
_CONNECTION = _SILENCE | {
    "connect_timeout": "10",
    "options": " ".join(f"-c tcp_{name}={value}" for name, value in _SILENCE.items()) + f" -c lock_timeout={WAIT_MS}",
}
"""What every connection is opened with, where its URL says nothing else."""
_WRITER = "redraft writes"
"""What is locked while a session has to itself what it found."""


class PostgreSQL:
    """A backend as `redraft.store.database` describes it."""

    insert = staticmethod(insert)

    def __init__(self, url: URL) -> None:
        self.name = url.set(password=None).difference_update_query(["password"]).render_as_string()
        self._url = url.set(query=_CONNECTION | url.query)

    def engine(self) -> Engine:
        engine = create_engine(
            self._url,
            pool_size=1,
            max_overflow=CONNECTIONS - 1,
            pool_pre_ping=True,  # the server may have been started anew since
        )
        event.listen(engine, "connect", _prepare)
        return engine

    def lock(self, connection: Connection) -> None:
        connection.execute(select(func.pg_advisory_xact_lock(_key(_WRITER))))

    @contextmanager
    def migrating(self, connection: Connection) -> Iterator[None]:
        self.lock(connection)
        if not inspect(connection).has_table("migration"):
            _create(connection)
        yield

    @contextmanager
    def hold(self, engine: Engine, name: str) -> Iterator[bool]:
        # A connection of its own, which ends with the process; the lock goes with it.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.detach()
            taken = bool(connection.scalar(select(func.pg_try_advisory_lock(_key(_run(name))))))
            try:
                yield taken
            finally:
                with suppress(DBAPIError):  # a connection that was lost has let go
                    connection.execute(select(func.pg_advisory_unlock_all()))

    def is_held(self, engine: Engine, name: str) -> bool:
        # To look does not take it, not even for a moment in which another process would be refused.
        with engine.connect() as connection:
            return bool(connection.scalar(_HELD, {"name": _run(name)}))

    def translated(self, error: BaseException | None) -> StoreError | None:
        if not isinstance(error, psycopg.Error):
            return None
        state, said = error.sqlstate or "", " ".join(str(error).split())
        if state == _FULL:
            return StoreFull(f"no space left on the server of the database {self.name}: free some there, then resume")
        if state in (_LOCKED, _DEADLOCK):
            return StoreUnusable(f"the database {self.name} stays locked by another program: wait for it, then resume")
        if state.startswith(_OF_THE_WORLD) or (not state and isinstance(error, psycopg.OperationalError)):
            return StoreUnusable(f"the database {self.name} cannot be used ({said}): check its URL and its server")
        return None


_FULL, _LOCKED, _DEADLOCK = "53100", "55P03", "40P01"
_OF_THE_WORLD = ("08", "25006", "28", "3D", "42501", "53", "57P", "58", "F0", "XX001", "XX002")
"""Conditions of the server and not of what it was told (PostgreSQL's manual, appendix A), or how their classes begin:
no connection, read-only, a wrong password, no such database, no right, no resources, shut down, a failing disk."""


class _WithoutNul(StrDumperUnknown):
    """A server takes no U+0000 in a text. What stands for it has its length, as the HTML standard has it: places in a
    text stay what they are."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd"))


def _prepare(connection: Any, _record: object) -> None:
    connection.adapters.register_dumper(str, _WithoutNul)


def _create(connection: Connection) -> None:
    """All tables as they are now: no server has any of what earlier changes began with."""
    tables = MetaData()
    for table in SQLModel.metadata.sorted_tables:
        for column in table.to_metadata(tables).columns:
            if isinstance(column.type, AutoString):
                column.type = String(collation="C")  # compared by code point, as in SQLite, whatever the server's way
    tables.create_all(connection)
    index_postgres.create(connection)
    rows = [{"name": change.__name__} for change in MIGRATIONS]
    connection.execute(tables.tables[Migration.__tablename__].insert(), rows)  # type: ignore[index]


def _run(name: str) -> str:
    return f"redraft run {name}"


def _key(name: str) -> Any:
    """The number that PostgreSQL knows an advisory lock by."""
    return func.hashtextextended(name, 0)


_HELD = text(
    "SELECT EXISTS (SELECT FROM pg_locks, hashtextextended(:name, 0) AS key WHERE locktype = 'advisory' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND objsubid = 1 "
    "AND classid::bigint = (key >> 32) & 4294967295 AND objid::bigint = key & 4294967295)"
)
"""A lock's number is in two halves there."""
