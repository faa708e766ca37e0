"""The store in a file of its own, which the processes of one machine share."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects.sqlite import insert

from redraft.store.errors import StoreError, StoreFull, StoreUnusable
from redraft.store.segment import segment

BUSY_MS = 10_000
"""How long a write waits for another process. Every transaction here is a few milliseconds: ten seconds is a fault."""


class SQLite:
    """A backend as `redraft.store.database` describes it."""

    insert = staticmethod(insert)

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)

    def engine(self) -> Engine:
        self._make_folder()
        engine = create_engine(f"sqlite:///{self.path}")
        event.listen(engine, "connect", _prepare)
        return engine

    def lock(self, connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @contextmanager
    def migrating(self, connection: Connection) -> Iterator[None]:
        # A table that is built anew is gone for a moment: whatever points to its rows must not mind.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        self.lock(connection)
        yield
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")

    @contextmanager
    def hold(self, engine: Engine, name: str) -> Iterator[bool]:
        lock = self._file_lock(name)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def is_held(self, engine: Engine, name: str) -> bool:
        with self.hold(engine, name) as free:
            return not free

    def translated(self, error: BaseException | None) -> StoreError | None:
        if not isinstance(error, sqlite3.Error):
            return None
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the extended codes keep the primary one in the low byte
        if code == sqlite3.SQLITE_FULL or (code in _WRITING_FAILED and _is_full(self.path)):
            return StoreFull(f"no space left for the database {self.name}: free some, then resume")
        if code in _OF_THE_WORLD:
            return StoreUnusable(_OF_THE_WORLD[code].format(name=self.name, error=error))
        return None

    def _file_lock(self, name: str) -> FileLock:
        folder = self.path.with_name("locks")
        folder.mkdir(exist_ok=True)
        return FileLock(folder / f"{name}.lock")

    def _make_folder(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"cannot make the folder {self.path.parent}: {error.strerror}"
            raise (StoreFull if error.errno == 28 else StoreUnusable)(message) from error


def _prepare(connection: Any, _record: object) -> None:
    connection.create_function("segment", 1, segment, deterministic=True)
    # WAL lets readers go on while a run writes; with it, NORMAL still loses nothing when the process is killed.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")


_WRITING_FAILED = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
"""What SQLite says instead of "full" when there is no room for the files that it keeps beside the database."""
ROOM = 100_000
"""Bytes: less than these files need at their smallest."""
_LOCKED = "the database {name} stays locked by another program: wait for it or end it, then resume"
_DAMAGED = "{name} is damaged or no redraft database ({error}): move it away to start afresh"
_CLOSED = "the database {name} cannot be read or written ({error}): check the folder and the disk"
_OF_THE_WORLD = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_IOERR: _CLOSED,
    sqlite3.SQLITE_READONLY: _CLOSED,
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
    sqlite3.SQLITE_PERM: _CLOSED,
}


def _is_full(path: Path) -> bool:
    with suppress(OSError):
        return shutil.disk_usage(path.parent).free < ROOM
    return False
