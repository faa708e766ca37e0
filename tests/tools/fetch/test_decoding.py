import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tests.tools.fetch.sites import Stream
from redraft.tools.fetch.decoding import PIECE, decoded

TEXT = b"Trams carry 250 passengers. " * 9000  # several pieces long


def bare(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "Deflate": zlib.compress,
    "deflate": bare,
}
PACKERS |= {"identity": bytes, "": bytes}


def response(coding: str, *parts: bytes) -> httpx.Response:
    return httpx.Response(200, headers={"content-encoding": coding}, stream=Stream(parts))


async def body(coding: str, *parts: bytes) -> bytes:
    return b"".join([piece async for piece in decoded(response(coding, *parts))])


@pytest.mark.parametrize("coding", PACKERS)
@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
async def test_what_was_packed_comes_out_whole_however_it_arrives(coding: str, size: int) -> None:
    packed = PACKERS[coding](TEXT)

    assert await body(coding, *(packed[at : at + size] for at in range(0, len(packed), size))) == TEXT


@given(st.binary(max_size=300), st.sampled_from(sorted(PACKERS)), st.integers(1, 50))
async def test_any_bytes_survive_the_way(data: bytes, coding: str, size: int) -> None:
    packed = PACKERS[coding](data)

    assert await body(coding, *(packed[at : at + size] for at in range(0, len(packed), size))) == data


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_body_of_no_bytes_is_empty_whatever_it_is_called(coding: str) -> None:
    assert await body(coding) == b""


async def test_what_follows_the_packed_bytes_is_dropped() -> None:
    assert await body("gzip", gzip.compress(TEXT) + b"\0\0", b"more") == TEXT


@pytest.mark.parametrize(
    ("coding", "parts"),
    [
        ("gzip", [b"<html>not packed at all</html>"]),
        ("gzip", [gzip.compress(TEXT)[:-9]]),
        ("gzip", [gzip.compress(TEXT)[:50] + b"\xff" * 50 + gzip.compress(TEXT)[100:]]),
        ("gzip", [b"\x1f"]),
        ("deflate", [b"\xff\xff\xff\xff"]),
        ("deflate", [b"x"]),
        ("br", [b"anything"]),
        ("zstd", [b"anything"]),
        ("gzip, gzip", [gzip.compress(gzip.compress(TEXT))]),
    ],
)
async def test_a_body_that_cannot_be_unpacked_is_an_error_not_a_text(coding: str, parts: list[bytes]) -> None:
    with pytest.raises(httpx.DecodingError):
        await body(coding, *parts)


async def test_one_small_chunk_never_becomes_much_at_once() -> None:
    bomb = gzip.compress(b"\0" * (64 << 20))
    assert len(bomb) < PIECE
    tracemalloc.start()

    sizes = [len(piece) async for piece in decoded(response("gzip", bomb))]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (sum(sizes), max(sizes)) == (64 << 20, PIECE)
    assert peak < 1 << 20
