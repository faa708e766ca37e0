"""How much of a body is read: bounded while it arrives, so that memory is bounded too."""

from contextlib import aclosing

import httpx

from redraft.tools.errors import PageFailed
from redraft.tools.fetch.decoding import decoded
from redraft.tools.fetch.limits import Limits
from redraft.tools.fetch.sniff import HEAD, kind


async def whole_page(response: httpx.Response, url: str, limits: Limits) -> bytes:
    """A page that can be read, to its end.

    Raises `PageFailed` for `url`: `unsupported_type` as soon as the beginning is there, `too_big` as soon as that
    shows, `empty` for a body of no bytes. Raises `httpx.DecodingError`.
    """
    body, limit = bytearray(), 0
    async with aclosing(decoded(response)) as pieces:
        async for piece in pieces:
            body += piece
            if not limit and len(body) >= HEAD:
                limit = _limit(body, response, url, limits)
            if limit and len(body) > limit:
                raise PageFailed(url, "too_big", f"more than {limit:,} bytes")
    if not body:
        raise PageFailed(url, "empty", "the server sent a page of no bytes")
    _limit(body, response, url, limits)
    return bytes(body)


async def beginning(response: httpx.Response, limit: int) -> bytes:
    """The first `limit` bytes, or fewer if there are not so many. Raises `httpx.DecodingError`."""
    body = bytearray()
    async with aclosing(decoded(response)) as pieces:
        async for piece in pieces:
            body += piece
            if len(body) >= limit:
                break
    return bytes(body[:limit])


def content_type(headers: httpx.Headers) -> str:
    """As declared, in lower case, without parameters. Empty if it is not."""
    declared: str = headers.get("content-type", "")
    return declared.partition(";")[0].strip().lower()


def _limit(body: bytearray, response: httpx.Response, url: str, limits: Limits) -> int:
    """How large a body that begins so may be."""
    declared = content_type(response.headers)
    found = kind(bytes(body[:HEAD]), declared)
    if found is None:
        raise PageFailed(
            url, "unsupported_type", f"{declared[:80] or 'something undeclared'}, which cannot be read here"
        )
    limit = limits.document_bytes if found in ("pdf", "docx", "epub") else limits.text_bytes
    length = response.headers.get("content-length", "")
    if length.isdecimal() and len(length) < 20 and int(length) > limit:  # compressed it would be larger still
        raise PageFailed(url, "too_big", f"{int(length):,} bytes, more than {limit:,}")
    return limit
