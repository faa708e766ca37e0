"""Every table. Rows only: the values that a run works with are defined where they are made."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, LargeBinary, UniqueConstraint
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept as UTC: SQLite itself forgets the zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


def now() -> datetime:
    return datetime.now(UTC)


def _moment(*, nullable: bool = False) -> Any:
    return Field(default=None if nullable else ..., sa_column=Column(UtcDateTime, nullable=nullable))


WEB = "@web"
"""The library that holds the pages of the web. No user's library can have this name."""


class Migration(SQLModel, table=True):
    """A change of the schema that this database has seen."""

    name: str = Field(primary_key=True)


class Run(SQLModel, table=True):
    """One question on its way to a report."""

    id: str = Field(primary_key=True)
    question: str
    status: str
    """`running` until it ends as `done` or `failed`. A running one that no process holds was interrupted."""
    settings: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """What the text depends on, as `Settings.snapshot` gives it."""
    failure: str | None = None
    created_at: datetime = _moment()
    finished_at: datetime | None = _moment(nullable=True)


class Brief(SQLModel, table=True):
    """What the question asks for."""

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    title: str
    intent: str
    points: list[str] = Field(sa_column=Column(JSON, nullable=False))


class Section(SQLModel, table=True):
    """A node of the outline. Number 0 is the summary, which stands first and is written last."""

    __table_args__ = (UniqueConstraint("run_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    parent_id: int | None = Field(default=None, foreign_key="section.id")
    number: int
    title: str
    purpose: str
    words: int
    """Wanted length."""
    origin: str
    """Who chose the title: `model`, or `code` where the model's were unusable. `plan` for the summary."""
    locked: bool = False
    """Nobody but the user writes it."""


class Version(SQLModel, table=True):
    """A text that a section has had, or was offered: what the guard refused is kept with its reasons."""

    __table_args__ = (UniqueConstraint("section_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    section_id: int = Field(foreign_key="section.id", index=True)
    number: int
    """Counts from 1 within the section."""
    op: str
    """What made it: `draft` by the model, `quote` from the evidence alone, `edit` or `undo` by the user."""
    text: str
    """Cites evidence by its id in the run, `[e12]`."""
    accepted: bool
    problems: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """What the guard found in it, as sentences."""
    invented: int
    """Citations and links without evidence that were taken out of the model's reply."""
    unsupported: int
    """Sentences that were taken out because the evidence they cite does not say them."""
    call_id: int | None = Field(default=None, foreign_key="call.id")
    created_at: datetime = _moment()


class Page(SQLModel, table=True):
    """The text of a document, kept once however often it is met."""

    digest: str = Field(primary_key=True)
    """SHA-256 of the text."""
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """The text as UTF-8, compressed with zlib."""


class Source(SQLModel, table=True):
    """A document of a library, or a page of the web, as it was when it was read. The web is the library `WEB`."""

    id: int | None = Field(default=None, primary_key=True)
    library: str = Field(index=True)
    url: str = Field(index=True)
    title: str
    site: str
    date: str | None = None
    author: str | None = None
    digest: str
    """SHA-256 of the file's bytes: the same bytes need not be read again."""
    page_digest: str = Field(foreign_key="page.digest")
    active: bool = True
    """False once removed or replaced: searches pass it by, and reports that cite it still resolve."""
    added_at: datetime = _moment()
    size: int | None = Field(default=None, sa_type=BigInteger)
    """Bytes of the file when it was read; with the next, tells an untouched file without opening it."""
    modified_ns: int | None = Field(default=None, sa_type=BigInteger)
    """The file's time stamp in nanoseconds when it was read."""
    missing_since: datetime | None = _moment(nullable=True)
    """When its file was first found gone. Its text stays and can be cited."""


class Passage(SQLModel, table=True):
    """A span of a source: `text` is the page's characters from `start` up to `end`."""

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id", index=True)
    start: int
    end: int
    heading: str
    text: str


class Embedding(SQLModel, table=True):
    """What a model makes of a passage, for finding it by its meaning. Goes with its passage."""

    passage_id: int = Field(primary_key=True, foreign_key="passage.id", ondelete="CASCADE")
    model: str = Field(primary_key=True)
    vector: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """Of length 1, as 16-bit floats, little-endian."""


class Evidence(SQLModel, table=True):
    """A passage taken into a run, under an id that never changes: number 12 is cited as `[e12]`."""

    __table_args__ = (UniqueConstraint("run_id", "number"), UniqueConstraint("run_id", "passage_id"))

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    number: int
    passage_id: int = Field(foreign_key="passage.id", index=True)


class SectionEvidence(SQLModel, table=True):
    """Which evidence a section may cite, best first."""

    __tablename__ = "section_evidence"

    section_id: int = Field(primary_key=True, foreign_key="section.id")
    evidence_id: int = Field(primary_key=True, foreign_key="evidence.id")
    rank: int


class Query(SQLModel, table=True):
    """A search for a section's evidence."""

    id: int | None = Field(default=None, primary_key=True)
    section_id: int = Field(foreign_key="section.id", index=True)
    text: str
    hits: int | None = None
    """Passages it brought; None until it was made."""


class Call(SQLModel, table=True):
    """A question to the model and its reply. The key is what was asked: the same key is never asked twice in a run."""

    __table_args__ = (UniqueConstraint("run_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    key: str
    node: str
    section: int | None = None
    """The number of the section it was made for."""
    attempt: int
    messages: list[dict[str, str]] = Field(sa_column=Column(JSON, nullable=False))
    text: str
    model: str
    finish_reason: str
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int
    ms: int
    created_at: datetime = _moment()


class Event(SQLModel, table=True):
    """Something that a run announced, in order."""

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    kind: str
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime = _moment()


class Search(SQLModel, table=True):
    """A question to a search provider and its answer: asked once in a run, and played back offline."""

    __table_args__ = (UniqueConstraint("run_id", "provider", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: str | None = Field(default=None, foreign_key="run.id", index=True)
    """None for a search made by hand."""
    provider: str
    key: str = Field(index=True)
    """What was asked, with its options, in one canonical line: equal asks have equal keys."""
    text: str
    """The words alone."""
    hits: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    note: str
    failure: str | None = None
    """Why there is no answer, as `SearchFault` names it."""
    detail: str
    """The failure in words."""
    ms: int
    at: datetime = _moment()


class Fetch(SQLModel, table=True):
    """An attempt to read a page of the web, and what came of it."""

    id: int | None = Field(default=None, primary_key=True)
    url_key: str = Field(index=True)
    """The canonical form of the address: equal pages have equal keys."""
    url: str
    """As it was asked for."""
    final_url: str | None = None
    """Where redirects led."""
    status: int | None = None
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    source_id: int | None = Field(default=None, foreign_key="source.id", index=True)
    """What was read; beside a failure what stands in for it: an earlier reading, or the abstract that a catalogue has.
    None for neither."""
    links: list[list[str]] = Field(sa_column=Column(JSON, nullable=False))
    """Where the page links to: address and words."""
    failure: str | None = None
    """Why it could not be had, as `PageFault` names it."""
    detail: str
    """The failure in words."""
    ms: int
    at: datetime = _moment()


class Visit(SQLModel, table=True):
    """A page that a run asked for: which attempt it was given, and what had named the page."""

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    url_key: str = Field(primary_key=True)
    fetch_id: int = Field(foreign_key="fetch.id", index=True)
    number: int
    """Counts from 1 in the order in which the run chose them."""
    via: str
    """The query that found it, or the address of the page that links to it."""
    depth: int
    """0 for a search result, else how many links lie between."""


class Pace(SQLModel, table=True):
    """When a search provider may be asked again, for all processes together."""

    provider: str = Field(primary_key=True)
    next_at: float
    """Seconds since the epoch at which the next request may start."""
    closed_until: float
    """Seconds since the epoch before which it is not asked at all."""
    reason: str
    """Why it is closed."""
