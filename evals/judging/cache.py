"""What judges have said: a SQLite file of its own, so that no question is asked, or paid for, twice."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redraft.agent.llm import Reply
from redraft.store.sqlite import BUSY_MS, SQLite

_TABLE = """
CREATE TABLE IF NOT EXISTS reply (
    key TEXT, attempt INTEGER, prompt TEXT, value TEXT, problem TEXT,
    text TEXT, reasoning TEXT, finish_reason TEXT, prompt_tokens INTEGER, cached_tokens INTEGER, output_tokens INTEGER,
    ms INTEGER, model TEXT,
    PRIMARY KEY (key, attempt)
) STRICT
"""
_FIELDS = tuple(Reply.__dataclass_fields__)
_GET = f"SELECT {', '.join(_FIELDS)} FROM reply WHERE key = ? AND attempt = ?"  # noqa: S608 - names of our own
_COLUMNS = ("key", "attempt", "prompt", "value", "problem", *_FIELDS)
_PUT = f"INSERT OR IGNORE INTO reply ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608


class Cache:
    """Opens `path`, making it when it is missing. Several processes may have it open at once.

    Raises `StoreFull` or `StoreUnusable`, as the project's database does.
    """

    def __init__(self, path: Path | str) -> None:
        self._file = SQLite(Path(path))
        with self._named_errors():
            self._connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute(_TABLE)

    def get(self, key: str, attempt: int) -> Reply | None:
        with self._named_errors():
            row = self._connection.execute(_GET, (key, attempt)).fetchone()
        return Reply(**dict(zip(_FIELDS, row, strict=True))) if row else None

    def put(self, key: str, attempt: int, prompt: str, reply: Reply, *, value: str | None, problem: str) -> Reply:
        """Keeps a reply with what was read from it; the one that stands there now, where another process was first."""
        row = (key, attempt, prompt, value, problem, *(getattr(reply, name) for name in _FIELDS))
        with self._named_errors():
            self._connection.execute(_PUT, row)
        return self.get(key, attempt) or reply

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._file.translated(error) or error from error
