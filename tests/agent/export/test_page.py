import re
from xml.etree.ElementTree import Element

import pytest
import tinyhtml5  # type: ignore[import-untyped]  # it ships no types
from hypothesis import given, settings
from hypothesis import strategies as st

from redraft.agent.export.page import MOST_WITHOUT_CONTENTS, article, html
from redraft.agent.render import Report
from redraft.tests.agent.export.reports import hostile, report, run

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
        "article",
        "aside",
        "footer",
    ),
    *(
        "h1",
        "h2",
        "h3",
        "h4",
        "p",
        "ul",
        "ol",
        "li",
        "blockquote",
        "pre",
        "code",
        "hr",
        "br",
        "em",
        "strong",
        "bdi",
        "a",
    ),
    *("time", "table", "thead", "tbody", "tr", "th", "td"),
}
OWN_ATTRIBUTES = {
    *("lang", "dir", "charset", "http-equiv", "content", "name", "class", "id", "href", "rel", "datetime", "start"),
    "style",
}


def parsed(page: str) -> tuple[Element, list[object]]:
    """The tree that a browser makes of a page, and what it has to forgive."""
    parser = tinyhtml5.parser.HTMLParser(namespace_html_elements=False)
    tree = parser.parse(page)
    return tree, parser.errors


def words(element: Element | None) -> str:
    return " ".join("".join(element.itertext() if element is not None else ()).split())


def test_a_citation_links_to_its_entry_and_the_entry_back_to_the_first_mention() -> None:
    tree, errors = parsed(html(report("Both move [e1, e2].", "Trams stop [e3]."), run()))

    assert errors == []
    assert words(tree.find(".//section[@id='section-0']/p")) == "Both move [1, 2]."
    links = [(link.get("href"), link.get("id")) for link in tree.iterfind(".//p/a")]
    assert links == [("#reference-1", "mention-1"), ("#reference-2", "mention-2"), ("#reference-1", None)]
    entries = tree.findall(".//section[@id='references']/ol/li")
    assert [(entry.get("id"), words(entry)) for entry in entries] == [
        ("reference-1", "[1] Trams. cities, 2024-05-01. file:///library/1.md ↑"),
        ("reference-2", "[2] Buses. cities, 2024-05-01. file:///library/2.md ↑"),
    ]
    assert [link.get("href") for link in entries[1].iterfind("a")] == ["file:///library/2.md", "#mention-2"]


def test_limits_and_disagreements_are_boxes() -> None:
    tree, _ = parsed(html(report("Both move [e1].", disputed=True), run()))

    assert words(tree.find(".//section[@id='section-0']/aside[@class='dispute']")) == (
        "Where sources disagree: rails There are 2 [1]. There are none [2]."
    )
    assert words(tree.find(".//main/article/aside[@class='limits']")) == "Limits of this report. Written offline."


def test_what_is_new_comes_first_and_is_cited_like_any_text() -> None:
    tree, errors = parsed(html(report("Both move [e2, e1].", updated=True), run()))

    first = tree.find(".//main/article/section")
    assert errors == []
    assert words(first) == (
        "What is new New or updated sources since the report of 2025-03-02: 1. Added Trams stop [1]. And 2 more. "
        "Changed Before: They ran [1]. — Now: Trams run [1]."
    )
    assert [link.get("id") for link in tree.iterfind(".//li/a[@href='#reference-1']")] == ["mention-1", None, None]


def test_markdown_of_a_text_is_shown_as_what_it_means_but_for_headings_and_links() -> None:
    text = "*Trams* run:\n\n- on `rails`\n- [by night](https://a.org)\n\n# Twice\n\n> “Slowly.” [e1]"

    tree, _ = parsed(html(report(text), run()))

    part = tree.find(".//section[@id='section-0']")
    assert part is not None
    assert [element.tag for element in part] == ["h2", "p", "ul", "p", "blockquote"]
    assert words(part).endswith("on rails [by night](https://a.org) # Twice “Slowly.” [1]")


def test_a_text_that_leaves_its_code_open_does_not_swallow_what_follows() -> None:
    tree, errors = parsed(html(report("Trams:\n\n```\nrails", "Buses run [e2]."), run()))

    assert errors == []
    assert words(tree.find(".//section[@id='section-1']/p")) == "Buses run [1]."


@pytest.mark.parametrize(("language", "way"), [("en", "ltr"), ("ar", "rtl"), ("zh", "ltr")])
def test_the_language_of_the_run_is_that_of_the_page(language: str, way: str) -> None:
    tree, _ = parsed(html(report("Both move [e1].", language=language), run(language)))

    assert (tree.get("lang"), tree.get("dir")) == (language, way)


@pytest.mark.parametrize(("text", "way"), [("Spårvagnar går [e1].", "ltr"), ("רכבות נוסעות על מסילה [e1].", "rtl")])
def test_a_report_in_a_language_that_is_not_known_is_read_as_most_of_its_letters(text: str, way: str) -> None:
    tree, _ = parsed(html(report(text), run(None)))

    assert (tree.get("lang"), tree.get("dir")) == ("und", way)


def test_only_a_long_report_has_a_table_of_contents() -> None:
    short, long = (html(report(*["Trams run [e1]."] * n), run()) for n in (MOST_WITHOUT_CONTENTS, 7))

    assert parsed(short)[0].find(".//nav") is None
    links = parsed(long)[0].findall(".//nav//a")
    assert [link.get("href") for link in links] == [*(f"#section-{n}" for n in range(7)), "#references"]


def test_the_footer_says_which_run_wrote_it_and_when() -> None:
    tree, _ = parsed(html(report("Trams run [e1]."), run()))

    assert words(tree.find(".//footer")) == "Run 0a1b2c3d · 2025-03-09 · written by redraft"


def test_the_article_alone_is_what_the_page_has_around_no_more() -> None:
    made = report("Trams run [e1].", disputed=True)

    inner = article(made, run())
    assert inner in html(made, run())
    assert inner.startswith('<article lang="en" dir="ltr">')
    assert "<style" not in inner
    assert "<h1" not in inner


def assert_inert(tree: Element, made: Report) -> None:
    """Nothing runs, nothing is fetched, and links lead to anchors that are there or to a source of the report."""
    anchors = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(anchors) == len(set(anchors))
    for element in tree.iter():
        assert element.tag in OWN_TAGS
        assert set(element.keys()) <= OWN_ATTRIBUTES
        assert element.get("style") in (None, "text-align:left", "text-align:right")
        address = element.get("href")
        if address is not None and address.startswith("#"):
            assert address[1:] in anchors
        elif address is not None:
            assert re.match("(?i:https?|file)://", address)
            assert element.get("rel") == "noopener noreferrer nofollow"
    assert len(tree.findall(".//style")) == 1
    assert len(tree.findall(".//section")) == len(made.parts) + 1 + bool(made.changes)


@given(hostile(), st.sampled_from(["en", "ar", "zh", None]))
@settings(max_examples=150)
def test_whatever_a_model_or_a_page_writes_the_page_is_valid_and_inert(made: Report, language: str | None) -> None:
    tree, errors = parsed(html(made, run(language)))

    assert errors == []
    assert_inert(tree, made)


def test_a_browser_is_told_to_run_and_to_fetch_nothing() -> None:
    tree, _ = parsed(html(report("Trams run [e1]."), run()))

    policy = tree.find(".//meta[@http-equiv='Content-Security-Policy']")
    assert policy is not None
    assert "default-src 'none'" in policy.get("content", "")
    style = words(tree.find(".//style"))
    assert "url(" not in style
    assert "@import" not in style
