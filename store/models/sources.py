"""Documents and pages of the web, in passages that can be found."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from redraft.store.models.columns import moment

WEB = "@web"
"""The library that holds the pages of the web. No user's library can have this name."""


class Page(SQLModel, table=True):
    """The text of a document, kept once however often it is met."""

    digest: str = Field(primary_key=True)
    """SHA-256 of the text."""
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """The text as UTF-8, compressed with zlib."""


class Source(SQLModel, table=True):
    """A document of a library, or a page of the web, as it was when it was read. The web is the library `WEB`."""

    __table_args__ = (
        Index(
            "ux_source_active",
            "library",
            "url",
            unique=True,
            sqlite_where=text("active"),
            postgresql_where=text("active"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    library: str = Field(index=True)
    url: str = Field(index=True)
    title: str
    site: str
    date: str | None = None
    author: str | None = None
    digest: str
    """SHA-256 of the file's bytes: the same bytes need not be read again."""
    page_digest: str = Field(foreign_key="page.digest", index=True)
    active: bool = True
    """False once removed or replaced: searches pass it by, and reports that cite it still resolve."""
    added_at: datetime = moment()
    size: int | None = Field(default=None, sa_type=BigInteger)
    """Bytes of the file when it was read; with the next, tells an untouched file without opening it."""
    modified_ns: int | None = Field(default=None, sa_type=BigInteger)
    """The file's time stamp in nanoseconds when it was read."""
    missing_since: datetime | None = moment(nullable=True)
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
