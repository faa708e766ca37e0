from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser  # type: ignore[import-untyped]  # it ships no types
import pytest
from hypothesis import given, settings
from lxml import etree

from redraft.agent.export import article
from redraft.agent.jobs.channels import DeliveryFailed
from redraft.agent.jobs.feed import ATOM, MOST_ENTRIES, Entry, feed, write
from redraft.agent.render import Report
from redraft.tests.agent.export.reports import ANY_TEXT, hostile, run

MONDAY = datetime(2025, 3, 10, 7, tzinfo=UTC)


def entry(number: int = 0, title: str = "Trams", text: str = "Fares rose.", html: str = "<p>Fares rose.</p>") -> Entry:
    return Entry(f"{number:08x}", title, MONDAY + timedelta(number), text, html)


def read(entries: Sequence[Entry], job: str = "trams", question: str = "How do trams run?") -> Any:
    parsed = feedparser.parse(feed(job, question, entries))
    assert not parsed.bozo, parsed.bozo_exception
    return parsed


def test_a_reader_sees_the_reports_of_a_job_newest_first() -> None:
    parsed = read([entry(1, "Old"), entry(3, "New"), entry(2)])

    assert parsed.version == "atom10"
    assert (parsed.feed.title, parsed.feed.subtitle) == ("trams", "How do trams run?")
    assert parsed.feed.updated == parsed.entries[0].updated == "2025-03-13T07:00:00+00:00"
    assert [(each.title, each.summary) for each in parsed.entries] == [
        (title, "Fares rose.") for title in ("New", "Trams", "Old")
    ]
    assert parsed.entries[0].content[0].type == "text/html"
    assert parsed.entries[0].content[0].value == "<p>Fares rose.</p>"


def test_the_feed_has_what_the_rfc_demands_of_a_feed_and_of_an_entry() -> None:
    root = etree.fromstring(feed("trams", "How?", [entry(1), entry(2)]))

    for element in (root, *root.iterfind(f"{{{ATOM}}}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{{{ATOM}}}{name}")) == 1
    assert root.findtext(f"{{{ATOM}}}author/{{{ATOM}}}name") == "redraft"


def test_ids_stay_the_same_for_a_run_whatever_else_is_in_the_feed() -> None:
    one, other = read([entry(1)]), read([entry(2), entry(1, "Trams, corrected")])

    assert one.feed.id == other.feed.id != read([entry(1)], job="buses").feed.id
    assert one.entries[0].id == other.entries[1].id != other.entries[0].id
    assert one.entries[0].id.startswith("urn:uuid:")


def test_only_the_newest_entries_are_kept() -> None:
    parsed = read([entry(number, f"Day {number}") for number in range(MOST_ENTRIES + 5)])

    assert [each.title for each in parsed.entries] == [f"Day {number}" for number in range(MOST_ENTRIES + 4, 4, -1)]


def test_files_below_the_feed_are_linked_from_there_and_others_by_their_uri(tmp_path: Path) -> None:
    files = [tmp_path / "all" / "a b.html", Path("/elsewhere/t#1.pdf")]

    write(tmp_path / "trams.xml", "trams", "How?", [entry()._replace(files=files)])

    links = etree.fromstring((tmp_path / "trams.xml").read_bytes()).iter(f"{{{ATOM}}}link")
    assert [(link.get("href"), link.get("type")) for link in links] == [
        ("all/a%20b.html", "text/html"),
        ("file:///elsewhere/t%231.pdf", "application/pdf"),
    ]


def test_a_feed_that_cannot_be_written_is_a_failed_delivery_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DeliveryFailed, match=r"^the feed cannot be written to .*/file/trams.xml: "):
        write(tmp_path / "file" / "trams.xml", "trams", "How?", [entry()])


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_whatever_stands_in_a_report_the_feed_is_well_formed_and_shows_it_as_text(
    title: str, text: str, question: str
) -> None:
    root = etree.fromstring(feed(title, question, [entry(1, title, text)]))

    for path, written in (("title", title), ("subtitle", question), (f"entry/{{{ATOM}}}summary", text)):
        read = root.findtext(f"{{{ATOM}}}{path}") or ""
        assert all(sign in read for sign in written if sign.isprintable() and sign != "\U000e0041")
        assert len(read) <= len(written)


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("قطارات المدينة", "قطارات المدينة"),
        ("东京的电车", "东京的电车"),
        ("<b>Trams</b> & 'buses'", "<b>Trams</b> & 'buses'"),
        ("Tr\x00a\x0bms\ufffe", "Trams"),
    ],
)
def test_a_title_is_text_in_any_script(title: str, shown: str) -> None:
    assert read([entry(1, title)]).entries[0].title == shown


@given(hostile())
@settings(max_examples=40)
def test_a_report_is_content_that_a_reader_gets_as_it_was_written(made: Report) -> None:
    root = etree.fromstring(feed("trams", "How?", [entry(1, html=article(made, run()))]))

    content = root.find(f"{{{ATOM}}}entry/{{{ATOM}}}content")
    assert content is not None
    assert content.get("type") == "html"
    assert content.text == article(made, run())
