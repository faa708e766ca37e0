"""The user's documents: kept once, searched by words, and never taken from under a report that cites them."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Update, delete, func, insert, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from redraft.store import index
from redraft.store.database import Database
from redraft.store.errors import NoSuchSource
from redraft.store.models import Evidence, Page, Passage, Source, now

COPIES = 3
"""Of one text, as many as a search looks past before it looks again: a document, its backup, and one more."""
MOST_VALUES = 10_000
"""Values put into one statement: SQLite takes 32,766, PostgreSQL 65,535."""


class Match(NamedTuple):
    """A passage that a search found."""

    passage: Passage
    source: Source


class Holding(NamedTuple):
    """A document of a library and the number of its passages."""

    source: Source
    passages: int


class Span(Protocol):
    """A passage on its way into a library: where it stands in the text, and below which heading."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def heading(self) -> str: ...


class Entry(NamedTuple):
    """A document on its way into a library. `source.page_digest` is filled in when it is kept."""

    source: Source
    text: str
    spans: Sequence[Span]


class Stamp(NamedTuple):
    """How the file of a document looked when it was last found to say what the library holds."""

    url: str
    size: int
    modified_ns: int


@dataclass(frozen=True)
class Changes:
    """What happens to a library at once."""

    entries: list[Entry] = field(default_factory=list)
    """Documents to keep, each in place of an earlier state of it."""
    stamps: list[Stamp] = field(default_factory=list)
    """Documents whose files are there and say what they said."""
    missing: list[str] = field(default_factory=list)
    """Documents, by URL, whose files are gone."""
    removed: list[str] = field(default_factory=list)
    """Documents, by URL, to take out."""

    def __len__(self) -> int:
        return len(self.entries) + len(self.stamps) + len(self.missing) + len(self.removed)


def documents(database: Database, library: str) -> Sequence[Source]:
    """What the library holds, by URL."""
    with database.session() as session:
        return session.exec(_active(library).order_by(col(Source.url))).all()


def add(database: Database, source: Source, page_text: str, spans: Sequence[Span]) -> Source:
    """Keeps one document, as `save` does."""
    save(database, source.library, Changes(entries=[Entry(source, page_text, spans)]))
    return source


def save(database: Database, library: str, changes: Changes) -> None:
    """Makes the changes in one transaction, durable against the end of the process once this returns."""
    with database.session(lock=True) as session:
        _retire(session, library, [*changes.removed, *(entry.source.url for entry in changes.entries)])
        keep(session, library, changes.entries)
        for stamp in changes.stamps:
            seen = {"size": stamp.size, "modified_ns": stamp.modified_ns, "missing_since": None}
            session.exec(_update(library, [stamp.url]).values(seen))
        for urls in _chunks(changes.missing):
            session.exec(_update(library, urls).where(col(Source.missing_since).is_(None)).values(missing_since=now()))


def remove(database: Database, library: str, prefix: str) -> int:
    """Takes out the document with this URL, or all below it; how many went. Raises `NoSuchSource` for none."""
    below = prefix.rstrip("/") + "/"
    there = (col(Source.url) == prefix) | col(Source.url).startswith(below, autoescape=True)
    with database.session(lock=True) as session:
        removed = _retire(session, library, session.exec(_urls(library).where(there)).all())
    if not removed:
        message = f"the library {library!r} holds nothing at {prefix}: `redraft library list` shows what it holds"
        raise NoSuchSource(message)
    return removed


def remove_missing(database: Database, library: str) -> int:
    """Takes out the documents whose files are gone; how many went."""
    with database.session(lock=True) as session:
        gone = session.exec(_urls(library).where(col(Source.missing_since).is_not(None))).all()
        return _retire(session, library, gone)


def holdings(database: Database, library: str) -> list[Holding]:
    """What the library holds, by URL."""
    passages = select(func.count(col(Passage.id))).where(Passage.source_id == Source.id).scalar_subquery()
    statement = select(Source, passages).where(Source.library == library, col(Source.active).is_(True))
    with database.session() as session:
        return [Holding(*row) for row in session.exec(statement.order_by(col(Source.url)))]


def libraries(database: Database) -> dict[str, int]:
    """Every library of the user's that holds something, with the number of its documents."""
    statement = (
        select(Source.library, func.count())
        .where(col(Source.active).is_(True), col(Source.library).not_like("@%"))
        .group_by(Source.library)
    )
    with database.session() as session:
        return dict(session.exec(statement.order_by(Source.library)).all())


def search(database: Database, library: str, words: Sequence[str], *, limit: int) -> list[Match]:
    """The passages that say most about the words, best first; `store.index` says how they are ranked.

    A passage need not hold all words, and one text comes once, however many copies of it there are. Ties are broken by
    place, so that equal libraries give equal answers.
    """
    depth = limit * COPIES
    with database.session() as session:
        while True:
            ranked = index.search(session.connection(), library, words, depth)
            scores = {hit.passage_id: hit.score for hit in ranked}
            found = _distinct(_matches(session, scores), scores)
            # Who else scores as the last one does is not known yet: only what is better has its final place.
            settled = sum(scores[match.passage.id or 0] < ranked[-1].score for match in found)
            if len(ranked) < depth or settled >= limit:
                return found[:limit]
            depth *= 4


def matches(database: Database, passage_ids: Sequence[int]) -> list[Match]:
    """The passages with these ids, in their order."""
    with database.session() as session:
        found = {match.passage.id: match for match in _matches(session, passage_ids)}
    return [found[passage_id] for passage_id in passage_ids if passage_id in found]


def page_digest(text: str) -> str:
    """What a page is kept under."""
    return hashlib.sha256(text.encode()).hexdigest()


def page_text(database: Database, digest: str) -> str:
    """The whole text of a page."""
    with database.session() as session:
        return zlib.decompress(session.get_one(Page, digest).data).decode()


def _matches(session: Session, passage_ids: Iterable[int]) -> list[Match]:
    statement = select(Passage, Source).join(Source).where(col(Passage.id).in_(passage_ids))
    return [Match(passage, source) for passage, source in session.exec(statement)]


def _distinct(matches: Iterable[Match], scores: Mapping[int, float]) -> list[Match]:
    """By score and place, each text once."""
    by_text: dict[str, Match] = {}
    for match in sorted(matches, key=lambda m: (scores[m.passage.id or 0], m.source.url, m.passage.start)):
        by_text.setdefault(match.passage.text, match)
    return list(by_text.values())


def _active(library: str) -> SelectOfScalar[Source]:
    return select(Source).where(Source.library == library, col(Source.active).is_(True))


def _urls(library: str) -> SelectOfScalar[str]:
    return select(Source.url).where(Source.library == library, col(Source.active).is_(True))


def _update(library: str, urls: Sequence[str]) -> Update:
    mine = update(Source).where(col(Source.library) == library, col(Source.active).is_(True))
    return mine.where(col(Source.url).in_(urls))


def keep(session: Session, library: str, entries: Sequence[Entry]) -> None:
    """Puts documents into the library, in the caller's transaction. No other may stand at their URLs."""
    if not entries:
        return
    index.make(session.connection(), library)
    _keep_pages(session, entries)
    session.add_all(entry.source for entry in entries)
    session.flush()
    rows = [_passage(entry, span) for entry in entries for span in entry.spans]
    if rows:
        session.connection().execute(insert(Passage), rows)
    index.fill(session.connection(), library, [entry.source.id or 0 for entry in entries])


def _passage(entry: Entry, span: Span) -> dict[str, Any]:
    # A dict and no `Passage`: making ten of those takes as long as all else that is done for a document.
    text = entry.text[span.start : span.end]
    return {"source_id": entry.source.id, "start": span.start, "end": span.end, "heading": span.heading, "text": text}


def _keep_pages(session: Session, entries: Sequence[Entry]) -> None:
    texts: dict[str, bytes] = {}
    for entry in entries:
        entry.source.page_digest = page_digest(entry.text)
        texts[entry.source.page_digest] = entry.text.encode()
    kept = set(session.exec(select(Page.digest).where(col(Page.digest).in_(texts))))
    rows = [{"digest": digest, "data": zlib.compress(data)} for digest, data in texts.items() if digest not in kept]
    if rows:
        session.connection().execute(insert(Page), rows)


def _retire(session: Session, library: str, urls: Sequence[str]) -> int:
    """Passages that a run cites stay, and their source and page with them; the rest goes. How many documents went."""
    went = 0
    for chunk in _chunks(urls):
        active = select(Source.id, Source.page_digest).where(
            Source.library == library, col(Source.active).is_(True), col(Source.url).in_(chunk)
        )
        digests = {source_id or 0: digest for source_id, digest in session.exec(active)}
        if digests:
            _drop_uncited(session, digests)
        went += len(digests)
    return went


def _drop_uncited(session: Session, digests: Mapping[int, str]) -> None:
    """Of these sources, and of the pages with these digests, what no report needs."""
    connection = session.connection()
    cited = select(Evidence.passage_id).join(Passage).where(col(Passage.source_id).in_(digests))
    of_these = col(Passage.source_id).in_(digests)
    connection.execute(update(Source).where(col(Source.id).in_(digests)).values(active=False))
    connection.execute(delete(Passage).where(of_these, col(Passage.id).not_in(cited)))
    needed = select(Passage.source_id).where(of_these)
    connection.execute(delete(Source).where(col(Source.id).in_(digests), col(Source.id).not_in(needed)))
    used = select(Source.page_digest).where(col(Source.page_digest).in_(set(digests.values())))
    connection.execute(delete(Page).where(col(Page.digest).in_(set(digests.values())), col(Page.digest).not_in(used)))


def _chunks(urls: Sequence[str]) -> Iterator[Sequence[str]]:
    return (urls[start : start + MOST_VALUES] for start in range(0, len(urls), MOST_VALUES))
