"""A report as a page: valid, whole in itself, and safe whatever stands in it."""

import re
from base64 import b64decode
from xml.etree import ElementTree as ET

import tinyhtml5  # type: ignore[import-untyped]  # it ships no types
from hypothesis import given, settings

from redraft.evals.report.findings import find
from redraft.evals.report.html import html
from redraft.evals.report.sections import document
from redraft.evals.report.subjects import Subject
from redraft.tests.evals.report.given import COMMAND, hostile, raced

OWN_TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "nav",
        "main",
        "section",
        "h1",
        "h2",
        "p",
        "ul",
        "li",
    ),
    *("a", "div", "details", "summary", "figure", "figcaption", "img"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
OWN_ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "src", "alt", "scope"),
    *("tabindex", "role", "aria-label"),
}
TEN = [1.0, 2.0, 3.0, 2.0, 1.0, 3.0, 2.0, 1.0, 2.0, 3.0]


def parsed(page: str) -> ET.Element:
    """The tree that a browser makes of a page; it has nothing to forgive."""
    parser = tinyhtml5.parser.HTMLParser(namespace_html_elements=False)
    tree: ET.Element = parser.parse(page)
    assert parser.errors == []
    return tree


def words(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def page(*subjects: Subject) -> str:
    return html(document(find(subjects), COMMAND))


def test_every_table_says_what_it_is_and_every_cell_what_it_is_of() -> None:
    tree = parsed(page(raced("base", *TEN), raced("up", *[value + 1 for value in TEN])))
    tables = list(tree.iter("table"))
    assert tables
    for table in tables:
        assert words(table[0])
        assert table[0].tag == "caption"
        columns = [cell.get("scope") for cell in table.iterfind("thead/tr/th")]
        for row in table.iterfind("tbody/tr"):
            assert row[0].get("scope") == "row"
            assert len(row) == len(columns)
        assert set(columns) == {"col"}
    assert [words(cell) for cell in tables[2].iterfind("tbody/tr/th")] == ["↑ overall", "up"]


def test_headings_go_down_one_level_and_links_lead_somewhere() -> None:
    tree = parsed(page(raced("base", 1.0)))
    assert [words(heading) for heading in tree.iter("h1")] == ["Evaluation of base on drb"]
    titles = [words(heading) for heading in tree.iter("h2")]
    assert titles == [words(link) for link in tree.iter("a")]
    ids = {section.get("id") for section in tree.iter("section")}
    assert {(link.get("href") or "").removeprefix("#") for link in tree.iter("a")} == ids


def test_each_plot_is_an_image_within_the_page_with_words_in_its_place() -> None:
    tree = parsed(page(raced("base", *TEN), raced("up", *[value + 1 for value in TEN])))
    images = list(tree.iter("img"))
    assert len(images) == 3
    for image in images:
        kind, _, data = (image.get("src") or "").partition(",")
        assert kind == "data:image/svg+xml;base64"
        assert ET.fromstring(b64decode(data)).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314  # our own
    assert images[0].get("alt") == "↑ overall up +1: better"


def test_nothing_is_fetched_and_nothing_runs() -> None:
    shown = page(raced("base", *TEN), raced("up", *TEN))
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in shown
    assert not re.search(r"""<script|<link|@import|url\(|(?:src|href)=["'](?!data:image/svg|#)""", shown)


def test_equal_reports_are_equal_bytes() -> None:
    pair = raced("base", *TEN), raced("up", *[value + 1 for value in TEN])
    assert page(*pair) == page(*pair)


@given(hostile())
@settings(max_examples=50)  # each takes thousands of samples for its intervals
def test_nothing_in_a_report_becomes_markup(subjects: list[Subject]) -> None:
    made = document(find(subjects), COMMAND)
    tree = parsed(html(made, draw=lambda plot: "<svg/>"))
    assert {element.tag for element in tree.iter()} <= OWN_TAGS
    assert {name for element in tree.iter() for name in element.keys()} <= OWN_ATTRIBUTES  # noqa: SIM118  # no mapping
    assert len(list(tree.iter("h2"))) == len(made.sections)
    assert len(list(tree.iter("img"))) == len(made.plots)
