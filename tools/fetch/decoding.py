"""The bytes of a body, whatever it was compressed with for the way, a small piece at a time."""

import zlib
from collections.abc import AsyncGenerator, Iterator

import httpx

ACCEPTED = "gzip, deflate"
"""Codings that are asked for. The decoders for brotli and zstd in wide use make far more of a few bytes at once."""
PIECE = 65536
"""Bytes that one step makes at most: httpx's own decoder makes up to 64 MB of one 64 KB chunk."""
_GZIP, _ZLIB, _BARE = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS


async def decoded(response: httpx.Response) -> AsyncGenerator[bytes]:
    """The body in pieces of at most `PIECE` bytes, or of what the network hands over where it is not compressed.

    Raises `httpx.DecodingError` for a coding that was not asked for and for a body that is damaged or cut short.
    """
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity"):
        async for chunk in response.aiter_raw():
            yield chunk
        return
    inflater = Inflater(coding)
    async for chunk in response.aiter_raw():
        for piece in inflater.pieces(chunk):
            yield piece
    inflater.finish()


class Inflater:
    """Undoes `gzip` (RFC 1952) or `deflate`: the zlib format (RFC 1950), or bare as some servers send it (RFC 1951).

    What follows the compressed data is dropped, as browsers do. Raises `httpx.DecodingError`.
    """

    def __init__(self, coding: str) -> None:
        if coding not in ("gzip", "x-gzip", "deflate"):
            message = f"compressed with {coding[:40]!r}, which was not asked for"
            raise httpx.DecodingError(message)
        self._gzip = coding != "deflate"
        self._head = b""
        self._zlib: zlib._Decompress | None = None

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What `data`, the next part of the body, stands for."""
        if self._zlib is None:
            data = self._head = self._head + data
            if len(data) < 2:
                return
            self._zlib = zlib.decompressobj(_GZIP if self._gzip else _ZLIB if _is_zlib(data) else _BARE)
        yield from _inflated(self._zlib, data)

    def finish(self) -> None:
        """To be called after the last part."""
        if not self._zlib.eof if self._zlib else self._head:
            raise httpx.DecodingError("the compressed body is cut short")


def _is_zlib(head: bytes) -> bool:
    return head[0] & 0x0F == zlib.DEFLATED and int.from_bytes(head[:2], "big") % 31 == 0


def _inflated(decompressor: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    piece = b""
    while (data or len(piece) == PIECE) and not decompressor.eof:
        try:
            piece = decompressor.decompress(data, PIECE)
        except zlib.error as error:
            message = f"the compressed body is damaged: {error}"
            raise httpx.DecodingError(message) from error
        data = decompressor.unconsumed_tail
        if piece:
            yield piece
