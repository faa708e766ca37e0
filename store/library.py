"""The user's documents: kept once, searched by words, and never taken from under a report that cites them."""

import hashlib
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, text
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from redraft.store.database import Database
from redraft.store.errors import NoSuchSource
from redraft.store.models import Evidence, Page, Passage, Source

COPIES = 3
"""Of one text, as many as a search looks past: a document, its backup, and one more."""


class Match(NamedTuple):
    """A passage that a search found."""

    passage: Passage
    source: Source


class Holding(NamedTuple):
    """A document of a library and the number of its passages."""

    source: Source
    passages: int


def current(database: Database, library: str, url: str) -> Source | None:
    """The document as the library holds it now."""
    with database.session() as session:
        return _current(session, library, url)


def copies(database: Database, source: Source) -> Sequence[Source]:
    """The other documents of the same library that have the same text."""
    same = _active(source.library).where(Source.page_digest == source.page_digest, Source.url != source.url)
    with database.session() as session:
        return session.exec(same).all()


def add(database: Database, source: Source, page_text: str, passages: Sequence[Passage]) -> Source:
    """Puts a document into its library, in place of an earlier state of it.

    `source.page_digest` is filled in here. Each passage's `text` must be the page's characters from `start` to `end`.
    """
    data = page_text.encode()
    source.page_digest = hashlib.sha256(data).hexdigest()
    with database.session() as session:
        earlier = _current(session, source.library, source.url)
        if earlier is not None:
            _retire(session, earlier)
        if session.get(Page, source.page_digest) is None:
            session.add(Page(digest=source.page_digest, data=zlib.compress(data)))
        session.flush()
        session.add(source)
        session.flush()
        for passage in passages:
            passage.source_id = source.id or 0
        session.add_all(passages)
    return source


def remove(database: Database, library: str, prefix: str) -> int:
    """Takes out the document with this URL, or all below it; how many went. Raises `NoSuchSource` for none."""
    below = prefix.rstrip("/") + "/"
    with database.session() as session:
        mine = _active(library).where((col(Source.url) == prefix) | col(Source.url).startswith(below, autoescape=True))
        found = session.exec(mine).all()
        for source in found:
            _retire(session, source)
    if not found:
        message = f"the library {library!r} holds nothing at {prefix}: `redraft library list` shows what it holds"
        raise NoSuchSource(message)
    return len(found)


def holdings(database: Database, library: str) -> list[Holding]:
    statement = (
        select(Source, func.count(col(Passage.id)))
        .outerjoin(Passage, col(Passage.source_id) == col(Source.id))
        .where(Source.library == library, col(Source.active).is_(True))
        .group_by(col(Source.id))
        .order_by(col(Source.url))
    )
    with database.session() as session:
        return [Holding(*row) for row in session.exec(statement)]


def libraries(database: Database) -> dict[str, int]:
    """Every library that holds something, with the number of its documents."""
    statement = select(Source.library, func.count()).where(col(Source.active).is_(True)).group_by(Source.library)
    with database.session() as session:
        return dict(session.exec(statement.order_by(Source.library)).all())


def search(database: Database, library: str, words: Sequence[str], *, limit: int) -> list[Match]:
    """The passages that hold most of the words, best first, by BM25 (Robertson and Zaragoza 2009).

    A passage need not hold them all, and one text comes once, however many copies of it there are. Ties are broken by
    place, so that equal libraries give equal answers.
    """
    if not words:
        return []
    # A heading that names the matter says more than a word in passing; twice is the usual weight for a title field.
    ranked = text(
        "SELECT f.rowid FROM passage_fts f JOIN passage p ON p.id = f.rowid JOIN source s ON s.id = p.source_id "
        "WHERE passage_fts MATCH :words AND s.library = :library AND s.active "
        "ORDER BY bm25(passage_fts, 2.0, 1.0), s.url, p.start LIMIT :limit"
    )
    # Quoted, each word is data to FTS5 whatever characters it holds; only NUL would end the query.
    asked = " OR ".join('"' + word.replace('"', '""').replace("\0", " ") + '"' for word in words)
    with database.session() as session:
        connection = session.connection()
        values = {"words": asked, "library": library, "limit": limit * COPIES}
        ids = list(connection.scalars(ranked, values))
        statement = select(Passage, Source).join(Source).where(col(Passage.id).in_(ids))
        found = {passage.id: Match(passage, source) for passage, source in session.exec(statement)}
    by_text: dict[str, Match] = {}
    for passage_id in ids:
        by_text.setdefault(found[passage_id].passage.text, found[passage_id])
    return list(by_text.values())[:limit]


def page_text(database: Database, digest: str) -> str:
    """The whole text of a page."""
    with database.session() as session:
        return zlib.decompress(session.get_one(Page, digest).data).decode()


def _active(library: str) -> SelectOfScalar[Source]:
    return select(Source).where(Source.library == library, col(Source.active).is_(True))


def _current(session: Session, library: str, url: str) -> Source | None:
    return session.exec(_active(library).where(Source.url == url)).first()


def _retire(session: Session, source: Source) -> None:
    """Passages that a run cites stay, and their source and page with them; the rest goes."""
    cited = select(Evidence.passage_id).join(Passage).where(Passage.source_id == source.id)
    session.exec(delete(Passage).where(col(Passage.source_id) == source.id, col(Passage.id).not_in(cited)))
    source.active = False
    session.add(source)
    session.flush()
    if session.exec(select(Passage.id).where(Passage.source_id == source.id).limit(1)).first() is None:
        session.delete(source)
        session.flush()
        _drop_unused_page(session, source.page_digest)


def _drop_unused_page(session: Session, digest: str) -> None:
    if session.exec(select(Source.id).where(Source.page_digest == digest).limit(1)).first() is None:
        session.exec(delete(Page).where(col(Page.digest) == digest))
