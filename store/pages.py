"""Pages of the web: every attempt to read one, what was read, and which run was given which attempt.

What was read is a source of the library `WEB`, as it was at that moment: a page that has changed is a new source, and
the old one stays as it was, so that old reports resolve and can be compared with new ones.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from redraft.store import library
from redraft.store.database import Database
from redraft.store.library import Match
from redraft.store.models import WEB, Fetch, Passage, Source, Visit


class Visited(NamedTuple):
    """A page that a run asked for; without a source where it could not be had."""

    visit: Visit
    fetch: Fetch
    source: Source | None


def keep(database: Database, fetch: Fetch, entry: library.Entry) -> Fetch:
    """Keeps a page that was read. The same text at the same address is the same source as before.

    `fetch.source_id` is filled in here.
    """
    source = entry.source
    source.page_digest = library.page_digest(entry.text)
    with database.session(lock=True) as session:
        standing = session.exec(_active(source.url)).first()
        if standing is None or not _says_the_same(standing, source):
            standing = _replace(session, standing, entry)
        fetch.source_id = standing.id
        session.add(fetch)
    return fetch


def keep_attempt(database: Database, fetch: Fetch) -> Fetch:
    """Keeps an attempt that brought nothing new: a failure, or a page that has not changed."""
    with database.session() as session:
        session.add(fetch)
    return fetch


def newest(database: Database, url_key: str, *, read: bool = False) -> Fetch | None:
    """The latest attempt to read this page; with `read`, the latest that succeeded, else what stands in for one."""
    statement = select(Fetch).where(Fetch.url_key == url_key)
    if read:
        statement = statement.where(col(Fetch.source_id).is_not(None)).order_by(col(Fetch.failure).is_not(None))
    with database.session() as session:
        return session.exec(statement.order_by(col(Fetch.id).desc()).limit(1)).first()


def before(database: Database, fetch: Fetch) -> Fetch | None:
    """The reading of the same page before this one."""
    earlier = select(Fetch).where(
        Fetch.url_key == fetch.url_key, col(Fetch.id) < fetch.id, col(Fetch.failure).is_(None)
    )
    with database.session() as session:
        return session.exec(earlier.order_by(col(Fetch.id).desc()).limit(1)).first()


def source(database: Database, fetch: Fetch) -> Source | None:
    """What an attempt brought."""
    with database.session() as session:
        return session.get(Source, fetch.source_id) if fetch.source_id else None


def save_visits(database: Database, visits: Sequence[Visit]) -> None:
    """Notes which attempts a run was given, in one transaction."""
    with database.session() as session:
        session.add_all(visits)


def visited(database: Database, run_id: str) -> list[Visited]:
    """The pages that a run asked for, in the order in which it chose them."""
    statement = (
        select(Visit, Fetch, Source)
        .join(Fetch, col(Fetch.id) == col(Visit.fetch_id))
        .outerjoin(Source, col(Source.id) == col(Fetch.source_id))
        .where(Visit.run_id == run_id)
        .order_by(col(Visit.number))
    )
    with database.session() as session:
        return [Visited(*row) for row in session.exec(statement)]


def passages(database: Database, run_id: str) -> list[Match]:
    """All passages of the pages that a run was given, by page and place; one source comes once."""
    order: dict[int, Source] = {}
    for entry in visited(database, run_id):
        if entry.source is not None:
            order.setdefault(entry.source.id or 0, entry.source)
    with database.session() as session:
        rows = session.exec(select(Passage).where(col(Passage.source_id).in_(order)).order_by(col(Passage.id))).all()
    by_source: dict[int, list[Match]] = {source_id: [] for source_id in order}
    for passage in rows:
        by_source[passage.source_id].append(Match(passage, order[passage.source_id]))
    return [match for matches in by_source.values() for match in matches]


def _active(url: str) -> SelectOfScalar[Source]:
    return select(Source).where(Source.library == WEB, Source.url == url, col(Source.active).is_(True))


def _says_the_same(earlier: Source, source: Source) -> bool:
    labels = ("page_digest", "title", "site", "date", "author")
    return all(getattr(earlier, name) == getattr(source, name) for name in labels)


def _replace(session: Session, earlier: Source | None, entry: library.Entry) -> Source:
    if earlier is not None:
        earlier.active = False
        session.add(earlier)
        session.flush()
    library.keep(session, WEB, [entry])
    return entry.source
