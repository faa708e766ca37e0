from pathlib import Path

import pytest

from redraft.tests.tools.extract import zips
from redraft.tools.errors import Unreadable
from redraft.tools.extract.local import extract
from redraft.tools.types import Content

ARTICLE = """<!doctype html>
<html><head>
<meta charset="utf-8"><title>Trams in Bergen | City Post</title>
<meta property="og:site_name" content="City Post"><meta name="date" content="2023-05-04">
<script>var tracking = "everything";</script>
</head><body>
<nav><a href="/">Home</a> <a href="/news">News</a></nav>
<article>
<h1>Trams in Bergen</h1>
<p>The <b>light rail</b> opened in 2010 and cost_more than [planned]. <a href="https://a.example">It runs</a> often.</p>
<h2>Costs</h2>
<table><tr><th>Year</th><th>Cost</th></tr><tr><td>2010</td><td>1.8</td></tr></table>
<ul><li>One line</li><li>Two lines</li></ul>
<pre><code>x = a_b * c
y = 2</code></pre>
<p>Riders are happy with it, says the council in its report about the first ten years of the line.</p>
</article>
<footer>Copyright, all rights reserved</footer>
</body></html>"""


def extracted(text: str, name: str) -> Content:
    return extract(text.encode(), Path(name))


def test_a_page_becomes_its_article_with_title_date_and_site() -> None:
    content = extracted(ARTICLE, "page.html")

    assert (content.title, content.date, content.site) == ("Trams in Bergen", "2023-05-04", "City Post")
    assert (
        content.text
        == """# Trams in Bergen

The light rail opened in 2010 and cost_more than [planned]. It runs often.

## Costs

| Year | Cost |
|---|---|
| 2010 | 1.8 |

- One line
- Two lines

```
x = a_b * c
y = 2
```
Riders are happy with it, says the council in its report about the first ten years of the line."""
    )


def test_a_page_is_known_by_its_first_bytes_too() -> None:
    assert extracted(ARTICLE, "download") == extracted(ARTICLE, "page.html")
    assert extracted(f"<?xml version='1.0'?>\n<!-- saved -->\n{ARTICLE}", "page.txt").title == "Trams in Bergen"


def test_a_page_without_an_article_yields_what_text_it_has() -> None:
    assert extracted("<html><body><div>Closed <b>today</b></div></body></html>", "page.html").text == "Closed today"
    assert extracted("<p>Closed today", "page.html").text == "Closed today"


def test_word_documents_and_books_are_read_too() -> None:
    assert extract(zips.docx("<w:p><w:r><w:t>They run.</w:t></w:r></w:p>"), Path("report.DOCX")).text == "They run."
    assert extract(zips.epub("<p>They run.</p>"), Path("book.epub")).text == "They run."


def test_a_page_that_scripts_fill_in_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="without text of its own"):
        extracted("<html><body><div id=app></div><script>render()</script></body></html>", "page.html")


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "utf-8", "nonsense"])
def test_a_page_may_declare_its_encoding(charset: str) -> None:
    page = f"<html><head><meta charset={charset}></head><body><p>Le café “Noël” coûte très cher.</p></body></html>"
    encoded = page.encode("utf-8" if charset == "utf-8" else "cp1252")

    assert extract(encoded, Path("page.html")).text == "Le café “Noël” coûte très cher."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Le café est situé près de la gare. Ça coûte très cher.", "utf-8"),
        ("Le café est situé près de la gare. Ça coûte très cher.", "utf-8-sig"),
        ("Le café est situé près de la gare. Ça coûte très cher.", "utf-16"),
        ("Le café est situé près de la gare. Ça coûte très cher.", "cp1252"),
        ("Die Straßenbahn fährt über die Brücke, “größere” Züge nicht.", "cp1252"),
        ("Трамвай идёт по мосту через реку каждый день.", "cp1251"),
        ("東京の路面電車は現在二系統が運行されている。", "shift_jis"),
    ],
)
def test_the_encoding_of_a_text_is_found(text: str, encoding: str) -> None:
    assert extract(text.encode(encoding), Path("notes.txt")).text == text


def test_one_broken_character_does_not_change_the_encoding_of_the_others() -> None:
    data = "Трамвай идёт по мосту".encode()[:-1]

    assert extract(data, Path("notes.txt")).text == "Трамвай идёт по мост\ufffd"


def test_plain_text_keeps_its_lines_but_nothing_invisible() -> None:
    content = extracted("Trams\r\n\r\n\r\n\r\n  run *often*\u200b here   \r\n10\u00a0000 a day\r\n", "notes.txt")

    assert content == Content(text="Trams\n\n  run *often* here\n10 000 a day")


def test_markdown_is_cleaned_and_its_front_matter_states_title_and_date() -> None:
    content = extracted(
        '---\ntitle: "Trams in Bergen"\ndate: 2023-05-04T10:00\ntags:\n  - rail\n---\n\nThey **run**.', "notes.md"
    )

    assert content == Content(text="They run.", title="Trams in Bergen", date="2023-05-04")
    assert extracted("---\ndate: 2023-13-04\n---\nThey run.", "notes.md").date is None
    assert extracted("Above.\n\n---\n\nBelow.", "notes.markdown").text == "Above.\n\nBelow."


def test_restructured_text_reads_like_markdown() -> None:
    assert (
        extracted("Trams\n=====\n\nThey ``run``::\n\n   ding()", "notes.rst").text
        == "# Trams\n\nThey `run`:\n\n```\nding()\n```"
    )


HEAD = "Metadata-Version: 2.4\nName: trams\nVersion: 3.1\nSummary: Rails for towns\n"


@pytest.mark.parametrize("name", ["METADATA", "PKG-INFO"])
def test_metadata_of_a_package_becomes_its_description(name: str) -> None:
    content = extracted(f"{HEAD}Description-Content-Type: text/markdown\n\n# Trams\n\n![CI](x)\n\nThey **run**.", name)

    assert content == Content(
        text="Rails for towns\n\n# Trams\n\nThey run.", title="trams: Rails for towns", site="trams 3.1"
    )


@pytest.mark.parametrize(
    ("rest", "text"),
    [
        ("Description: Trams\n        =====\n        \n        They run.\n", "Rails for towns\n\n# Trams\n\nThey run."),
        ("Description: Trams\n       |=====\n       |\n       |They run.\n", "Rails for towns\n\n# Trams\n\nThey run."),
        ("Description-Content-Type: text/x-rst; charset=UTF-8\n\n``They`` run.", "Rails for towns\n\n`They` run."),
        ("Description-Content-Type: text/plain\n\n``They`` run.", "Rails for towns\n\n``They`` run."),
        ("\n# Trams\n\nThey [run](x).", "Rails for towns\n\n# Trams\n\nThey run."),
        ("\nRails for towns. They run.", "Rails for towns. They run."),
        ("\nUNKNOWN\n", "Rails for towns"),
        ("", "Rails for towns"),
    ],
)
def test_a_description_is_found_wherever_metadata_keeps_it(rest: str, text: str) -> None:
    assert extracted(f"{HEAD}{rest}", "METADATA").text == text


def test_a_summary_that_names_the_package_is_title_enough() -> None:
    assert extracted(HEAD.replace("Rails", "Trams: rails"), "METADATA").title == "Trams: rails for towns"
    assert extracted("Metadata-Version: 2.4\nName: trams\nVersion: 1\n\nThey run.", "METADATA").title == "trams"


def test_a_file_called_metadata_may_be_an_ordinary_text() -> None:
    assert extracted("Kept by hand.", "METADATA").text == "Kept by hand."


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "chart.png", "a binary file: only text"),
        (b"PK\x03\x04\x14\x00", "table.xlsx", "an Office or ZIP file: export it"),
        (b"PK\x03\x04\x14\x00", "report.docx", "a damaged or incomplete document: fetch"),
        (b"PK\x03\x04\x14\x00", "book.epub", "a damaged or incomplete document: fetch"),
        (b"\x00\x00\x00", "report.pdf", "a damaged PDF"),
        (b"%PDF-1.7 cut off", "report", "a damaged or incomplete PDF"),
        (b"", "empty.txt", "an empty document"),
        (b" \n\xef\xbb\xbf", "blank.txt", "an empty document"),
        (b"<!-- only a comment -->", "notes.md", "an empty document"),
        (b"Metadata-Version: 2.4\nName: trams\nVersion: 1\n\nUNKNOWN\n", "METADATA", "an empty document"),
    ],
)
def test_what_is_no_text_says_so_in_one_line(data: bytes, name: str, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        extract(data, Path(name))

    assert caught.value.path == Path(name)
    assert caught.value.reason.startswith(reason)
    assert str(caught.value) == f"{name}: {caught.value.reason}"
    assert "\n" not in caught.value.reason
