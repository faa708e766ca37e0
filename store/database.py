"""The one SQLite file: opened, brought up to date, and written to in short transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from redraft.store.errors import StoreFull, StoreUnusable, translated
from redraft.store.migrations import MIGRATIONS
from redraft.store.models import Migration
from redraft.store.segment import segment

BUSY_MS = 10_000
"""How long a write waits for another process. Every transaction here is a few milliseconds: ten seconds is a fault."""


class Database:
    """Opens `path`, making it and its folder when they are missing, and runs the migrations it has not seen.

    Raises `StoreFull` or `StoreUnusable`, here and in every `session`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine = create_engine(f"sqlite:///{path}")
        event.listen(self.engine, "connect", _prepare)
        self._make_folder()
        with self._named_errors():
            _migrate(self.engine, path)

    @contextmanager
    def session(self, *, lock: bool = False) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back by any error. Rows stay readable after it.

        With `lock` it takes the write lock first: what is found in it stays true until it is over, whoever else writes.
        """
        with self._named_errors(), Session(self.engine, expire_on_commit=False) as session:
            if lock:
                session.connection().exec_driver_sql("BEGIN IMMEDIATE")
            yield session
            session.commit()

    def close(self) -> None:
        self.engine.dispose()

    def _make_folder(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"cannot make the folder {self.path.parent}: {error.strerror}"
            raise (StoreFull if error.errno == 28 else StoreUnusable)(message) from error

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise translated(error.orig, str(self.path)) or error from error


def _prepare(connection: Any, _record: object) -> None:
    connection.create_function("segment", 1, segment, deterministic=True)
    # WAL lets readers go on while a run writes; with it, NORMAL still loses nothing when the process is killed.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _migrate(engine: Engine, path: Path) -> None:
    with engine.connect() as connection:
        # A table that is built anew is gone for a moment: whatever points to its rows must not mind.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        # A write lock first: of two processes that open a new file at once, the second finds it finished.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        seen = _seen(connection)
        unknown = seen - {change.__name__ for change in MIGRATIONS}
        if unknown:
            message = f"{path} was written by a newer redraft ({min(unknown)}): update redraft to use it"
            raise StoreUnusable(message)
        for change in MIGRATIONS:
            if change.__name__ not in seen:
                change(connection)
                connection.execute(Migration.__table__.insert().values(name=change.__name__))  # type: ignore[attr-defined]
        connection.commit()
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")


def _seen(connection: Connection) -> set[str]:
    if not inspect(connection).has_table("migration"):
        Migration.__table__.create(connection)  # type: ignore[attr-defined]
    return set(connection.scalars(select(Migration.name)))  # type: ignore[call-overload]
