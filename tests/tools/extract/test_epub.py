from pathlib import Path

import pytest

from redraft.tests.tools.extract import zips
from redraft.tools.extract.archive import MAX_BYTES
from redraft.tools.extract.epub import read_epub
from redraft.tools.extract.fault import Fault
from redraft.tools.types import Content


def test_a_book_is_its_chapters_in_reading_order() -> None:
    metadata = (
        "<dc:title>Trams in Bergen</dc:title><dc:creator>Ada Berg</dc:creator><dc:creator>Ole Dahl</dc:creator>"
        "<dc:publisher>City Press</dc:publisher><dc:date>2023-05-04T00:00:00Z</dc:date>"
    )
    book = zips.epub(
        "<h1>One</h1><p>They\n   run <a href='x'>often</a>.</p><pre>a\n  b</pre>", "<h1>Two</h1>", metadata=metadata
    )

    assert read_epub(book) == Content(
        text="# One\n\nThey run often.\n\n```\na\n  b\n```\n\n# Two",
        title="Trams in Bergen",
        author="Ada Berg, Ole Dahl",
        date="2023-05-04",
        site="City Press",
    )


def test_a_book_that_states_nothing_has_no_labels() -> None:
    assert read_epub(zips.epub("<p>They run.</p>")) == Content(text="They run.")


def test_a_book_brings_in_nothing_from_elsewhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the key")
    package = (
        f'<!DOCTYPE package [<!ENTITY secret SYSTEM "{secret.as_uri()}">]><package xmlns="http://www.idpf.org/2007/opf">'
        "<metadata><title>&secret;</title></metadata><manifest>"
        '<item id="c" href="c.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="c"/></spine></package>'
    )
    chapter = (
        f'<!DOCTYPE html [<!ENTITY secret SYSTEM "{secret.as_uri()}">]><html><body>They run: &secret;</body></html>'
    )

    content = read_epub(
        zips.packed({"META-INF/container.xml": zips.CONTAINER, "OEBPS/book.opf": package, "OEBPS/c.xhtml": chapter})
    )

    assert "They run" in content.text
    assert "the key" not in f"{content.text} {content.title}"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04 cut off", "damaged"),
        (zips.packed({"META-INF/container.xml": "<container/>"}), "damaged"),
        (zips.packed({"META-INF/container.xml": ""}), "damaged"),
        (zips.packed({"META-INF/container.xml": zips.CONTAINER}), "damaged"),
        (zips.epub("<p> </p>", ""), "empty"),
        (zips.epub(), "empty"),
        (zips.epub("<p>a</p>", " " * (MAX_BYTES + 1)), "damaged"),
    ],
)
def test_a_book_that_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(Fault) as caught:
        read_epub(data)

    assert caught.value.reason == reason
