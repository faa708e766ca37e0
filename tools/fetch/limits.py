"""What a page may take of time and memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds and bytes. Starting points, near those of comparable programs; not measured."""

    total: float = 25
    """All requests for one page, redirects and robots.txt among them. Waiting for one's turn does not count."""
    connect: float = 5
    silence: float = 10
    """Between two parts of an answer."""
    robots: float = 10
    """Of `total`, what a robots.txt may take."""
    text_bytes: int = 5_000_000
    """Of HTML and plain text, decompressed, as all sizes here."""
    document_bytes: int = 30_000_000
    """Of PDF, Word and EPUB."""
    robots_bytes: int = 500 * 1024
    """The least that RFC 9309 asks for (section 2.5). What is beyond is not read."""
    redirects: int = 5
    """In a row; RFC 9309 asks for as many (section 2.3.1.2)."""


class Budget:
    """Seconds that are left for something made of many steps."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    @asynccontextmanager
    async def spending(self) -> AsyncIterator[None]:
        """Raises `TimeoutError` when what is inside takes more than is left."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout(self.left):
                yield
        finally:
            self.left -= clock() - began
