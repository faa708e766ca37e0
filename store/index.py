"""The word index of each library, in which only its own documents weigh.

It holds the passages of the documents that a library has now. What a report cites of a document that went stays in the
tables, and no search meets it.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from sqlalchemy import Connection

from redraft.store import index_postgres, index_sqlite
from redraft.store.ranking import Ranked


class _Index(Protocol):
    def make(self, connection: Connection, library: str) -> None: ...
    def fill(self, connection: Connection, library: str, source_ids: Iterable[int]) -> None: ...
    def search(self, connection: Connection, library: str, words: Sequence[str], limit: int) -> list[Ranked]: ...


_INDEXES: dict[str, _Index] = {"sqlite": index_sqlite, "postgresql": index_postgres}


def make(connection: Connection, library: str) -> None:
    """Makes the index of a library. One that is there stays as it is."""
    _INDEXES[connection.dialect.name].make(connection, library)


def fill(connection: Connection, library: str, source_ids: Iterable[int]) -> None:
    """Takes in the passages of documents that were added. They leave it by themselves."""
    _INDEXES[connection.dialect.name].fill(connection, library, source_ids)


def search(connection: Connection, library: str, words: Sequence[str], limit: int) -> list[Ranked]:
    """The passages that say most about the words, best first, by BM25.

    Of equals the first that was added comes first. A passage must hold one of the rarer words; see `POSTINGS`.
    """
    return _INDEXES[connection.dialect.name].search(connection, library, words, limit)
