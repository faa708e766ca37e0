"""PDFs are written by hand here: as many bytes as a page of text needs, so that each test shows what it is about."""

import pytest

from redraft.tools.errors import PageFault
from redraft.tools.extract.fault import Fault
from redraft.tools.extract.pdf import MAX_PAGES, read_pdf
from redraft.tools.types import Content

ENCRYPTED = f"/ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'00' * 32}> /U <{'00' * 32}> >>"
FULL = "Trams have run through the middle of the town since the year 2010"


def pdf(*pages: list[str], info: str = "", outline: str = "", trailer: str = "") -> bytes:
    """A PDF with these lines on its pages; `info` fills its metadata, `outline` is the title of one bookmark."""
    kids = " ".join(f"{7 + 2 * number} 0 R" for number in range(len(pages)))
    marks = (
        f"/First 5 0 R /Last 5 0 R /Count 1 >>\nendobj\n5 0 obj\n<< /Title ({outline}) /Parent 4 0 R" if outline else ""
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R /Outlines 4 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
        f"<< /Type /Outlines {marks} >>",
    ]
    body = "%PDF-1.4\n" + "".join(f"{number} 0 obj\n{text}\nendobj\n" for number, text in enumerate(objects, start=1))
    body += f"6 0 obj\n<< {info} >>\nendobj\n"
    for number, lines in enumerate(pages):
        body += _page(7 + 2 * number, lines)
    return f"{body}trailer\n<< /Root 1 0 R /Info 6 0 R {trailer} >>\n%%EOF".encode("latin-1")


def _page(number: int, lines: list[str]) -> str:
    shown = " ".join(f"({line}) Tj T*" for line in lines)
    stream = f"BT /F 9 Tf 12 TL 40 780 Td {shown} ET"
    return (
        f"{number} 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {number + 1} 0 R"
        f" /Resources << /Font << /F 3 0 R >> >> >>\nendobj\n"
        f"{number + 1} 0 obj\n<< /Length {len(stream)} >>\nstream\n{stream}\nendstream\nendobj\n"
    )


def text(*pages: list[str], outline: str = "") -> str:
    return read_pdf(pdf(*pages, outline=outline)).text


def test_a_pdf_states_its_title_author_and_date() -> None:
    info = "/Title (Trams in Bergen) /Author (Ada Berg; Ole Dahl) /CreationDate (D:20230504120000Z)"

    content = read_pdf(pdf([FULL, "and they are cheap."], info=info))

    assert content == Content(
        text=f"{FULL} and they are cheap.", title="Trams in Bergen", author="Ada Berg, Ole Dahl", date="2023-05-04"
    )


@pytest.mark.parametrize("title", ["", "Microsoft Word - report.docx", "untitled", "report_final.tex"])
def test_a_title_that_only_a_program_gave_yields_to_the_first_line(title: str) -> None:
    content = read_pdf(pdf(["Trams in Bergen", FULL], info=f"/Title ({title}) /CreationDate (D:20231340)"))

    assert (content.title, content.date) == ("Trams in Bergen", None)


def test_lines_become_paragraphs_that_end_with_a_short_line() -> None:
    lines = ["Costs", FULL, FULL, "and on.", "The second", "one is short."]

    assert text(lines) == f"Costs\n\n{FULL} {FULL} and on.\n\nThe second one is short."


def test_words_divided_at_the_end_of_a_line_are_mended() -> None:
    lines = [
        f"{FULL} and the munici-",
        "pality pays for all of it, a well-known and long-",
        "lived fact of 2010-",
        "2020 and long-lived.",
    ]

    assert text(lines) == (
        f"{FULL} and the municipality pays for all of it, a well-known and long-lived fact of 2010-2020 and long-lived."
    )


def test_bullets_become_items() -> None:
    assert text([FULL, "\x95 one", "\x95 two"]) == f"{FULL}\n- one\n- two"


def test_chapters_of_the_outline_become_headings() -> None:
    pages = (["Contents", "1. Costs . . . . . . . . . 2", "Costs 2"], ["1. Costs", "They are high."])

    assert text(*pages, outline="Costs") == "Contents\n\n## 1. Costs\n\nThey are high."


def test_running_heads_and_page_numbers_are_dropped() -> None:
    pages = [
        ["The Tram Report", f"{FULL} {word}", f"Page {number} of 4"] for number, word in enumerate("abcd", start=1)
    ]

    assert text(*pages) == f"The Tram Report\n\n{FULL} a {FULL} b {FULL} c {FULL} d"


def test_a_book_is_read_up_to_a_limit() -> None:
    pages = [["Head", "tram", "Foot"]] * (MAX_PAGES + 1)

    assert text(*pages).count("tram") == MAX_PAGES
    assert read_pdf(pdf(*pages), 20).text.count("tram") == 20


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (pdf([]), "no_text_layer", "a PDF without a text layer, probably scanned"),
        (b"%PDF-1.4\nnothing else", "damaged", "a damaged or incomplete PDF"),
        (pdf([FULL])[:200], "damaged", "a damaged or incomplete PDF"),
        (pdf([FULL], trailer=ENCRYPTED), "damaged", "an encrypted PDF"),
    ],
)
def test_a_pdf_that_cannot_be_read_says_why(data: bytes, reason: PageFault, detail: str) -> None:
    with pytest.raises(Fault) as caught:
        read_pdf(data)

    assert (caught.value.reason, caught.value.detail) == (reason, detail)
