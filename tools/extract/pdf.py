"""PDF into paragraphs. A PDF knows glyphs and places, no text: lines, hyphens and running heads are undone here."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from redraft.tools.extract.fault import Fault
from redraft.tools.labels import authors, first_short_line, given_title, iso_date
from redraft.tools.sanitize import visible
from redraft.tools.types import Content

# Longer ones are books: minutes of work, and far more passages than a report can draw on.
MAX_PAGES = 500

# A running head stands first or last on a page and comes back; a title that is quoted once stays.
_REPEATED = 3
# A line below this share of the usual width ends its paragraph. Measured on two specifications of 17 and 36 pages, at
# steps of a tenth: below, a heading sticks to the text under it; above, more paragraphs break off in mid-sentence.
_FULL = 0.6

_PAGE_NUMBER = re.compile(r"\W*(?:page\s+)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:of|/)\s*\d{1,4})?\W*", re.IGNORECASE)
_LEADER = re.compile(r"(?:\s?\.){5,}\s*\d*$")
_PAGE = re.compile(r"^\d{1,4}\s+|\s+\d{1,4}$")
_DATE = re.compile(r"(?:D:)?(\d{4})(\d{2})(\d{2})")
_BULLET = re.compile(r"^[•▪◦●‣∙]\s*")
# PDFium joins the two halves of a word with one of these where a line ended in a hyphen.
_DIVIDED = re.compile(r"(\w+)[\x02\xad\ufffe]\s*(\w+)")
_COMPOUND = re.compile(r"\w+-\w+")
_OPEN_COMPOUND = re.compile(r"\w-$")
_NUMBERING = re.compile(
    r"(?:(?:chapter|section|appendix|part)\s+)?(?:(?:\d{1,3}|[A-Z]|[IVX]{1,5})(?:\.\d{1,3})*[.:)]?\s+)?", re.IGNORECASE
)


class _Stated(NamedTuple):
    """What the file says about its own text."""

    title: str | None = None
    date: str | None = None
    author: str | None = None
    chapters: frozenset[str] = frozenset()


def read_pdf(data: bytes, max_pages: int = MAX_PAGES) -> Content:
    """The text of the first `max_pages` pages; lines that the outline names become headings.

    Raises `Fault`. PDFium is not thread-safe: call this from one thread at a time.
    """
    try:
        with pypdfium2.PdfDocument(data) as document:
            pages = [_page_text(document, number) for number in range(min(len(document), max_pages))]
            stated = _stated(document)
    except pypdfium2.PdfiumError as error:
        raise _fault(error) from error
    lines = _without_contents(_without_furniture(_mended(pages)), stated.chapters)
    text = "\n\n".join(_paragraphs(lines, stated.chapters)).replace("\n\n- ", "\n- ")
    if not text:
        raise Fault("no_text_layer", "a PDF without a text layer, probably scanned", "run it through OCR first")
    return Content(text=text, title=stated.title or first_short_line(text), date=stated.date, author=stated.author)


def _page_text(document: pypdfium2.PdfDocument, number: int) -> str:
    page = document[number]
    try:
        return str(page.get_textpage().get_text_bounded())
    finally:
        page.close()  # and with it the text page


def _stated(document: pypdfium2.PdfDocument) -> _Stated:
    try:
        title, author = document.get_metadata_value("Title"), document.get_metadata_value("Author")
        created = _DATE.match(document.get_metadata_value("CreationDate"))
        chapters = frozenset(_plain(mark.get_title()) for mark in document.get_toc())
    except UnicodeDecodeError:  # a garbled label must not cost the text
        return _Stated()
    date = iso_date(*created.groups()) if created else None
    return _Stated(given_title(title), date, authors(author), chapters - {""})


def _fault(error: pypdfium2.PdfiumError) -> Fault:
    if error.err_code == pdfium.FPDF_ERR_PASSWORD:
        return Fault("damaged", "an encrypted PDF", "save a copy without the password")
    if error.err_code == pdfium.FPDF_ERR_SECURITY:
        return Fault("damaged", "a PDF with an unsupported kind of encryption", "save a copy without it")
    return Fault("damaged", "a damaged or incomplete PDF", "fetch or export it again")


def _mended(pages: list[str]) -> list[str]:
    """Words divided between lines made whole; the hyphen stays where the text elsewhere has it within a line."""
    compounds = frozenset(compound for page in pages for compound in _COMPOUND.findall(page))

    def mend(word: re.Match[str]) -> str:
        compound = f"{word[1]}-{word[2]}"
        return compound if compound in compounds or not word[2][0].islower() else word[1] + word[2]

    return [_DIVIDED.sub(mend, page) for page in pages]


def _without_furniture(pages: list[str]) -> list[str]:
    """All lines in order, without page numbers and without first and last lines that come back on other pages.

    The first page keeps its first line: many a running head is the title.
    """
    split = [lines for page in pages if (lines := _lines(page))]
    shapes = Counter(shape for lines in split for shape in {_shape(lines[0]), _shape(lines[-1])})
    kept: list[str] = []
    for lines in split:
        start = int(bool(kept) and shapes[_shape(lines[0])] >= _REPEATED)
        kept += lines[start : len(lines) - int(shapes[_shape(lines[-1])] >= _REPEATED)]
    return kept


def _without_contents(lines: list[str], chapters: frozenset[str]) -> list[str]:
    """No lines of a table of contents, and no chapter's title with a page number beside it."""
    return [
        line
        for line in lines
        if _plain(line) in chapters or not (_LEADER.search(line) or _plain(_PAGE.sub("", line)) in chapters)
    ]


def _lines(page: str) -> list[str]:
    lines = [joined for line in visible(page).split("\n") if (joined := " ".join(line.split()))]
    while lines and _PAGE_NUMBER.fullmatch(lines[0]):
        lines.pop(0)
    while lines and _PAGE_NUMBER.fullmatch(lines[-1]):
        lines.pop()
    return lines


def _shape(line: str) -> str:
    return re.sub(r"\d+", "0", line.casefold())


def _paragraphs(lines: list[str], chapters: frozenset[str]) -> Iterator[str]:
    """Lines joined into paragraphs: a short line ends one, a bullet or a chapter's title begins one."""
    usual = sorted([0, *map(len, lines)])[-1 - len(lines) // 10]
    paragraph = ""
    for line, following in zip_longest(lines, lines[1:], fillvalue=""):
        if _plain(line) in chapters:
            yield from filter(None, (paragraph.rstrip(), f"## {line}"))
            paragraph = ""
            continue
        paragraph = f"{paragraph}{_BULLET.sub('- ', line, count=1)}"
        short = len(line) < usual * _FULL and not following[:1].islower()
        if short or not following or _BULLET.match(following):
            yield paragraph
            paragraph = ""
        elif not _OPEN_COMPOUND.search(paragraph[-2:]):
            paragraph += " "


def _plain(title: str) -> str:
    """A chapter's title as outline and page have it in common."""
    return _NUMBERING.sub("", " ".join(visible(title).split()), count=1).casefold()
