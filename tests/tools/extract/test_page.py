import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

import pytest

from redraft.tests.tools.extract import zips
from redraft.tests.tools.extract.test_pdf import pdf
from redraft.tools.errors import PageFailed
from redraft.tools.extract.page import MAX_CHARS, MAX_PDF_PAGES, extract_in, extract_page
from redraft.tools.pool import Pool, TaskCrashed, TaskTimedOut

P = ParamSpec("P")
T = TypeVar("T")

URL = "https://www.example.org/docs/trams"
SENTENCE = "The light rail in Bergen opened in 2010 and carries forty thousand passengers on a working day. "
HTML = f"<!doctype html><html><body><article><h1>Trams</h1><p>{SENTENCE * 4}</p></article></body></html>"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("data", "content_type", "start"),
    [
        (HTML.encode(), "text/html", "# Trams"),
        (HTML.encode(), None, "# Trams"),
        (HTML.encode(), "text/plain", "# Trams"),
        (HTML.encode("utf-16"), "text/html", "# Trams"),
        (pdf(["They run."]), "text/html", "They run."),
        (pdf(["They run."]), "application/octet-stream", "They run."),
        (b"# Trams\n\nThey **run**.", "text/markdown", "# Trams\n\nThey run."),
        (b"They **run**.", "text/plain", "They **run**."),
        (zips.docx("<w:p><w:r><w:t>They run.</w:t></w:r></w:p>"), WORD, "They run."),
        (zips.epub("<p>They run.</p>"), "application/epub+zip", "They run."),
    ],
)
def test_every_kind_of_page_becomes_text_from_its_host(data: bytes, content_type: str | None, start: str) -> None:
    content = extract_page(data, URL, content_type)

    assert content.text.startswith(start)
    assert content.site == "example.org"


def test_the_declared_charset_counts() -> None:
    assert "路面電車" in extract_page("東京の路面電車".encode("euc_jp"), URL, "text/plain", "euc-jp").text


@pytest.mark.parametrize(
    ("data", "content_type", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png", "unsupported_type"),
        (b"\x89PNG\r\n\x1a\n\x00", "text/html", "unsupported_type"),
        (b"PK\x03\x04\x14\x00", "application/zip", "unsupported_type"),
        (b"body { color: red }", "text/css", "unsupported_type"),
        (b"", "text/html", "empty"),
        (b"", "text/plain", "empty"),
        (b"<!-- nothing -->", "text/markdown", "empty"),
        (pdf([]), "application/pdf", "no_text_layer"),
        (b"%PDF-1.7 cut off", "application/pdf", "damaged"),
        (b"PK\x03\x04\x14\x00", WORD, "damaged"),
    ],
)
def test_a_page_of_no_use_says_why(data: bytes, content_type: str, reason: str) -> None:
    with pytest.raises(PageFailed) as caught:
        extract_page(data, URL, content_type)

    assert (caught.value.reason, caught.value.url) == (reason, URL)
    assert caught.value.detail


def test_long_texts_end_with_a_paragraph() -> None:
    text = extract_page(f"{SENTENCE}\n\n".encode() * 6000, URL, "text/plain").text

    assert MAX_CHARS - 2 * len(SENTENCE) < len(text) <= MAX_CHARS
    assert text.endswith(SENTENCE.strip())
    assert len(extract_page(b"x" * 2 * MAX_CHARS, URL, "text/plain").text) == MAX_CHARS


def test_a_pdf_is_read_up_to_a_limit() -> None:
    pages = [["Head", "tram", "Foot"]] * (MAX_PDF_PAGES + 1)

    assert extract_page(pdf(*pages), URL, "application/pdf").text.count("tram") == MAX_PDF_PAGES


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(1) as pool:
        yield pool


async def test_a_page_is_read_in_a_process(pool: Pool) -> None:
    assert await extract_in(pool, HTML.encode(), URL, "text/html", None) == extract_page(
        HTML.encode(), URL, "text/html"
    )
    with pytest.raises(PageFailed) as caught:
        await extract_in(pool, b"\x89PNG\r\n\x1a\n", URL, "image/png", None)
    assert caught.value.reason == "unsupported_type"


async def test_a_page_that_takes_too_long_is_read_the_quick_way() -> None:
    rows = "".join(f"<tr><td>row {number}</td><td>{number * 7}</td></tr>" for number in range(30_000))
    html = HTML.replace("</body>", f"<table>{rows}</table></body>").encode()

    with Pool(1, deadline=1) as pool:
        began = time.monotonic()
        content = await extract_in(pool, html, URL, "text/html", None)

    assert time.monotonic() - began < 10
    assert content.text.startswith("# Trams")
    assert content.date is None


class Failing(Pool):
    """The first tasks end in these ways, the others as they would."""

    def __init__(self, *failures: Exception) -> None:
        super().__init__(1)
        self.failures = list(failures)

    def submit(self, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        if self.failures:
            future.set_exception(self.failures.pop(0))
        else:
            future.set_result(task(*args, **kwargs))
        return future


@pytest.mark.parametrize(
    "failure", [TaskTimedOut("late"), TaskCrashed("gone"), PageFailed(URL, "extraction_crashed", "")]
)
async def test_a_page_that_trafilatura_cannot_stand_is_read_the_quick_way(failure: Exception) -> None:
    with Failing(failure) as pool:
        assert (await extract_in(pool, HTML.encode(), URL, "text/html", None)).text.startswith("# Trams")


@pytest.mark.parametrize(
    ("failure", "reason"), [(TaskTimedOut("late"), "extraction_timeout"), (TaskCrashed("gone"), "extraction_crashed")]
)
@pytest.mark.parametrize(("data", "tries"), [(HTML.encode(), 2), (pdf(["They run."]), 1)])
async def test_a_page_that_nothing_can_read_is_given_up(
    data: bytes, tries: int, failure: Exception, reason: str
) -> None:
    with Failing(*[failure] * tries) as pool:
        with pytest.raises(PageFailed) as caught:
            await extract_in(pool, data, URL, None, None)
        assert (caught.value.reason, caught.value.url) == (reason, URL)
        assert pool.failures == []


async def test_a_page_that_is_none_is_not_read_twice() -> None:
    with Failing(PageFailed(URL, "paywall", "")) as pool, pytest.raises(PageFailed, match="paywall"):
        await extract_in(pool, HTML.encode(), URL, "text/html", None)
