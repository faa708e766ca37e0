"""The values that tools hand out. They know nothing of ids or rows: equal content is an equal value."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link of a page."""

    url: str
    """Absolute, http or https, without fragment."""
    text: str
    """The words that are linked, on one line. May be empty."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """What the bytes of a file say, before anybody asks where the file lies."""

    text: str
    """The text to quote from: never blank, without invisible characters, headings as Markdown `#` lines."""
    title: str | None = None
    """What the document calls itself, if it does."""
    date: str | None = None
    """The document's own date, `yyyy-mm-dd`, if its format states one."""
    site: str | None = None
    """Who publishes it, if the document says so."""
    author: str | None = None
    """Who wrote it, if the document says so; several joined by `, `."""
    links: tuple[Link, ...] = ()
    """Where an HTML page links to from its main text, in order, each address once. Empty for other kinds."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """One source, ready to be cut into passages and cited."""

    url: str
    """Where it lies: for a file the `file:` URI of its resolved path."""
    title: str
    """What to call it in a list of sources. Never blank."""
    site: str
    """Where it comes from, in a word or two: a site, a package with its version, else the name of the folder."""
    date: str | None
    """The document's own date, `yyyy-mm-dd`; the time stamp of a file is not one."""
    author: str | None = None
    """Who wrote it, if it says so; several joined by `, `."""
    text: str
    """The text that passages and quotations are taken from. Never blank."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """A passage: `text[start:end]` of one document."""

    start: int
    end: int
    heading: str
    """The headings that the passage stands below, without their marks, joined by ` > `. Empty above the first one."""
