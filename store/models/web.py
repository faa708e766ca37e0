"""What was asked of the web, and what came of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from redraft.store.models.columns import moment


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
    at: datetime = moment()


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
    at: datetime = moment()


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
