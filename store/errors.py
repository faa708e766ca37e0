"""What the store can say no to.

StoreError
├── StoreFull        the disk, or the space allowed to the database, is used up
├── StoreUnusable    locked for too long, damaged, read-only, or written by a newer redraft
├── NoSuchRun        no run, or more than one, has this id
└── NoSuchSource     the library holds no such document
"""

import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path


class StoreError(Exception):
    """The message is one line a user can act on."""


class StoreFull(StoreError):
    pass


class StoreUnusable(StoreError):
    pass


class NoSuchRun(StoreError):
    pass


class NoSuchSource(StoreError):
    pass


def translated(error: BaseException | None, path: str) -> StoreError | None:
    """The store's own error for one of SQLite's, or None where the fault is in the program."""
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the extended codes keep the primary one in the low byte
    if code == sqlite3.SQLITE_FULL or (code in _WRITING_FAILED and _is_full(path)):
        return StoreFull(f"no space left for the database {path}: free some, then resume")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreUnusable(f"the database {path} stays locked by another program: wait for it or end it, then resume")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreUnusable(f"{path} is damaged or no redraft database ({error}): move it away to start afresh")
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return StoreUnusable(f"the database {path} cannot be read or written ({error}): check the folder and the disk")
    return None


_WRITING_FAILED = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
"""What SQLite says instead of "full" when there is no room for the files that it keeps beside the database."""
ROOM = 100_000
"""Bytes: less than these files need at their smallest."""


def _is_full(path: str) -> bool:
    with suppress(OSError):
        return shutil.disk_usage(Path(path).parent).free < ROOM
    return False
