"""The database under everything: opened, brought up to date, and written to in short transactions."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import URL, Connection, Engine, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlmodel import Session

from redraft.store.errors import StoreError, StoreUnusable
from redraft.store.migrations import MIGRATIONS
from redraft.store.models import Migration
from redraft.store.sqlite import SQLite

DRIVER = "postgresql+psycopg"
"""How the URL of a database on a server begins."""


class Backend(Protocol):
    """What differs between the databases that the store can be kept in."""

    name: str
    """How messages name the database: a path, or a URL without its password."""

    def engine(self) -> Engine: ...

    def insert(self, table: Any, /) -> Any:
        """An insertion that can say what to do `on_conflict`."""

    def lock(self, connection: Connection) -> None:
        """Lets no other locking transaction in before this one is over."""

    def migrating(self, connection: Connection) -> AbstractContextManager[None]:
        """The same, while the schema changes. A new database may get its tables here."""

    def hold(self, engine: Engine, name: str) -> AbstractContextManager[bool]: ...

    def is_held(self, engine: Engine, name: str) -> bool: ...

    def translated(self, error: BaseException | None) -> StoreError | None:
        """The store's own error for one of the driver's, or None where the fault is in the program."""


class Database:
    """Opens a SQLite file, or with a URL a PostgreSQL database, makes what is missing of it, and runs the migrations it
    has not seen.

    `folder` is where files of this machine go that belong beside it: for a file its own, whatever is given. Raises
    `StoreFull` or `StoreUnusable`, here and in everything it does.
    """

    def __init__(self, place: Path | str, folder: Path = Path()) -> None:
        self.folder = place.parent if isinstance(place, Path) else folder
        self.backend: Backend = SQLite(place) if isinstance(place, Path) else _on_server(place)
        self.engine = self.backend.engine()
        try:
            with self._named_errors():
                self._migrate()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def session(self, *, lock: bool = False) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back by any error. Rows stay readable after it.

        With `lock` it takes the write lock first: what is found in it stays true until it is over, whichever other
        locking session there is. In a file that is whoever else writes.
        """
        with self._named_errors(), Session(self.engine, expire_on_commit=False) as session:
            if lock:
                self.backend.lock(session.connection())
            yield session
            session.commit()

    @contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        """Holds `name` against all other processes that share the database, if none holds it: whether that is so.

        The system lets go of it however the process ends: on a server within a minute after its machine is gone.
        """
        with self._named_errors(), self.backend.hold(self.engine, name) as mine:
            yield mine

    def is_held(self, name: str) -> bool:
        with self._named_errors():
            return self.backend.is_held(self.engine, name)

    def close(self) -> None:
        self.engine.dispose()

    def _migrate(self) -> None:
        # Locked: of two processes that open a new database at once, the second finds it finished.
        with self.engine.connect() as connection, self.backend.migrating(connection):
            seen = _seen(connection)
            unknown = seen - {change.__name__ for change in MIGRATIONS}
            if unknown:
                name = self.backend.name
                message = f"{name} was written by a newer redraft ({min(unknown)}): update redraft to use it"
                raise StoreUnusable(message)
            for change in MIGRATIONS:
                if change.__name__ not in seen:
                    change(connection)
                    connection.execute(Migration.__table__.insert().values(name=change.__name__))  # type: ignore[attr-defined]
            connection.commit()

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self.backend.translated(error.orig) or error from error


def _on_server(url: str) -> Backend:
    parsed = _parsed(url)
    try:
        from redraft.store.postgres import PostgreSQL  # noqa: PLC0415 - psycopg is needed where a server is named
    except ImportError as error:
        message = f"psycopg is needed for a PostgreSQL database ({error}): pip install 'redraft[postgres]'"
        raise StoreUnusable(message) from error
    return PostgreSQL(parsed)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername != DRIVER:
        # Without what it is: there may be a password in it.
        message = f"the URL of the database cannot be used: one is needed like {DRIVER}://user:password@host/name"
        raise StoreUnusable(message)
    return parsed


def _seen(connection: Connection) -> set[str]:
    if not inspect(connection).has_table("migration"):
        Migration.__table__.create(connection)  # type: ignore[attr-defined]
    return set(connection.scalars(select(Migration.name)))  # type: ignore[call-overload]
