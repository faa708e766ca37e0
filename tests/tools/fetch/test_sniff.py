import io
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tools.fetch.sniff import HEAD, kind

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def zipped(*names: str, first: tuple[str, str] | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if first:
            archive.writestr(*first)
        for name in names:
            archive.writestr(name, "x" * 200)
    return buffer.getvalue()


DOCX = zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml")
EPUB = zipped("META-INF/container.xml", first=("mimetype", "application/epub+zip"))


@pytest.mark.parametrize(
    ("data", "declared", "expected"),
    [
        (b"<p>Trams", "text/html", "html"),
        (b"\0\0\0", "text/html", "html"),  # so it says, and its size is looked at like that of any page
        (b"<!DOCTYPE html><p>", "text/plain", "html"),
        (b"\xef\xbb\xbf <?xml version='1.0'?>\n<!-- a -->\n<html>", "application/xml", "html"),
        (b"<html>Not found", "application/pdf", "html"),
        (b"%PDF-1.7", "text/html", "pdf"),
        (b"\n%PDF-1.7", "", "pdf"),
        (b"junk" * 9 + b"%PDF-1.7", "application/pdf", "pdf"),
        (b"junk %PDF-1.7", "text/plain", "text"),
        (DOCX, WORD, "docx"),
        (DOCX, "application/zip", "docx"),
        (EPUB, "application/octet-stream", "epub"),
        (b"# Trams", "text/markdown", "markdown"),
        (b"Trams", "text/plain", "text"),
        (b"Trams", "", "text"),
        (b"Trams", "application/octet-stream", "text"),
        (b"\xff\xfeT\0r\0a\0m\0", "text/plain", "text"),
        (zipped("xl/workbook.xml"), "application/zip", None),
        (b"\x89PNG\r\n\x1a\n", "image/png", None),
        (b"\x89PNG\r\n\x1a\n", "text/html", None),
        (b"\xff\xd8\xff\xe0", "", None),
        (b"\0\0\0\x18ftypmp42", "video/mp4", None),
        (b"\0\1\2", "text/plain", None),
        (b"GIF89a", "image/gif", None),
        (b"<svg xmlns=''/>", "image/svg+xml", None),
        (b"<rss/>", "application/rss+xml", None),
        (b"{}", "application/json", None),
        (b"p {}", "text/css", None),
    ],
)
def test_the_beginning_counts_and_then_what_the_server_says(data: bytes, declared: str, expected: str | None) -> None:
    assert kind(data, declared) == expected


@given(
    st.sampled_from([b"", b"%PDF-", b"PK\x03\x04", b"<html>", b"<!--", b"\x89PNG"]),
    st.binary(max_size=50).map(lambda seed: seed * 200),
    st.sampled_from(["", "text/html", "text/plain", "application/pdf", WORD, "image/png"]),
)
def test_the_first_bytes_of_a_page_tell_as_much_as_all_of_it(start: bytes, rest: bytes, declared: str) -> None:
    assert kind(start + rest, declared) == kind((start + rest)[:HEAD], declared)


def test_comments_without_end_do_not_take_time() -> None:
    began = time.process_time()

    assert kind(b"<!---->" * 500 + b"x", "text/plain") == "text"
    assert kind(b"<!-- " * 800, "text/plain") == "text"
    assert time.process_time() - began < 1
