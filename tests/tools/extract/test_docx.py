import pytest

from redraft.tests.tools.extract import zips
from redraft.tools.extract.archive import MAX_BYTES, MAX_ENTRIES
from redraft.tools.extract.docx import read_docx
from redraft.tools.extract.fault import Fault
from redraft.tools.types import Content


def paragraph(text: str, style: str = "") -> str:
    styled = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{styled}<w:r><w:t>{text}</w:t></w:r></w:p>"


def row(*cells: str) -> str:
    return f"<w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in cells)}</w:tr>"


def test_a_word_document_keeps_headings_and_tables_and_states_what_it_is() -> None:
    body = (
        paragraph("Costs", "Heading1")
        + paragraph("They are *high* &amp; rise.")
        + f"<w:tbl>{row('Year', 'Cost')}{row('2010', '1.8')}</w:tbl>"
    )
    properties = (
        "<dc:title>Trams in Bergen</dc:title><dc:creator>Ada Berg;Ole Dahl</dc:creator>"
        "<dcterms:created>2023-05-04T10:00:00Z</dcterms:created>"
    )

    assert read_docx(zips.docx(body, properties)) == Content(
        text="# Costs\n\nThey are *high* & rise.\n\n| Year | Cost |\n| ---- | ---- |\n| 2010 | 1.8  |",
        title="Trams in Bergen",
        author="Ada Berg, Ole Dahl",
        date="2023-05-04",
    )


def test_properties_that_a_program_filled_in_say_nothing() -> None:
    properties = "<dc:title>Word Document</dc:title><dc:creator>python-docx</dc:creator>"

    content = read_docx(zips.docx(paragraph("Costs", "Heading1") + paragraph("High."), properties))

    assert (content.title, content.author, content.date) == ("Costs", None, None)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04 cut off", "damaged"),
        (zips.docx(paragraph("They run."))[:-40], "damaged"),
        (zips.packed({"word/media.txt": "no document"}), "damaged"),
        (zips.docx("<w:p>not closed"), "damaged"),
        (zips.docx(""), "empty"),
        (zips.docx("", **{"word/bomb.xml": " " * (MAX_BYTES + 1)}), "damaged"),
        (zips.packed({f"{number}.xml": "" for number in range(MAX_ENTRIES + 1)}), "damaged"),
    ],
)
def test_a_word_document_that_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(Fault) as caught:
        read_docx(data)

    assert caught.value.reason == reason
