"""What a page of the web says, whatever kind of document it is: read in a process of the pool."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from redraft.tools.errors import PageFailed
from redraft.tools.extract.charset import decode
from redraft.tools.extract.docx import read_docx
from redraft.tools.extract.epub import read_epub
from redraft.tools.extract.fault import Fault
from redraft.tools.extract.html import host, read_html
from redraft.tools.extract.pdf import read_pdf
from redraft.tools.extract.quality import check
from redraft.tools.extract.text import read_markdown, read_plain
from redraft.tools.fetch.sniff import Kind, kind
from redraft.tools.pool import Pool, TaskCrashed, TaskTimedOut
from redraft.tools.types import Content

MAX_CHARS = 400_000
"""Longer texts are cut at the end of a paragraph: 400 passages, where a report draws on a few of each page. Of 1,826
pages of documentation two are longer, both of them lists of changes."""
MAX_PDF_PAGES = 80
"""Of a PDF from the web. A paper has 10 to 40; what comes later in a book is rarely why it was found."""


def extract_page(
    data: bytes, url: str, content_type: str | None, charset: str | None = None, *, quick: bool = False
) -> Content:
    """What the bytes got from `url` say. Pure; may take seconds, and the libraries under it are not thread-safe.

    `content_type` and `charset` are as the server declares them. `site` is the host where the page names none. `quick`
    does without trafilatura. Raises `PageFailed`.
    """
    found = kind(data, content_type or "")
    try:
        content = _READERS[found](data, url, charset, quick) if found else _unsupported(content_type)
    except Fault as fault:
        raise PageFailed(url, fault.reason, fault.detail) from fault
    return replace(content, text=_capped(content.text), site=content.site or host(url))


async def extract_in(pool: Pool, data: bytes, url: str, content_type: str | None, charset: str | None) -> Content:
    """`extract_page` in a process; a page that is too much for trafilatura is read once more, the quick way.

    Raises `PageFailed`.
    """
    try:
        return await _extracted(pool, partial(extract_page, data, url, content_type, charset), url)
    except PageFailed as error:
        if error.reason not in ("extraction_timeout", "extraction_crashed") or kind(data, content_type or "") != "html":
            raise
    return await _extracted(pool, partial(extract_page, data, url, content_type, charset, quick=True), url)


async def _extracted(pool: Pool, task: Callable[[], Content], url: str) -> Content:
    try:
        return await asyncio.wrap_future(pool.submit(task))
    except TaskTimedOut as error:
        raise PageFailed(url, "extraction_timeout", f"reading it takes too long: {error}") from error
    except TaskCrashed as error:
        raise PageFailed(url, "extraction_crashed", f"reading it failed: {error}") from error


def _html(data: bytes, url: str, charset: str | None, quick: bool) -> Content:
    text = decode(data, charset)
    content = read_html(text, url, quick=quick)
    check(content, text)
    return content


def _plain(data: bytes, _url: str, charset: str | None, _quick: bool) -> Content:
    return _with_text(read_plain(decode(data, charset)))


def _markdown(data: bytes, _url: str, charset: str | None, _quick: bool) -> Content:
    return _with_text(read_markdown(decode(data, charset)))


def _with_text(content: Content) -> Content:
    if not content.text:
        raise Fault("empty", "without text")
    return content


_READERS: dict[Kind, Callable[[bytes, str, str | None, bool], Content]] = {
    "html": _html,
    "pdf": lambda data, *_: read_pdf(data, MAX_PDF_PAGES),
    "docx": lambda data, *_: read_docx(data),
    "epub": lambda data, *_: read_epub(data),
    "markdown": _markdown,
    "text": _plain,
}


def _unsupported(content_type: str | None) -> Content:
    raise Fault("unsupported_type", f"{content_type or 'an unknown type'} is not read")


def _capped(text: str) -> str:
    if len(text) <= MAX_CHARS:
        return text
    end = text.rfind("\n\n", MAX_CHARS // 2, MAX_CHARS)
    return text[: end if end > 0 else MAX_CHARS].rstrip()
