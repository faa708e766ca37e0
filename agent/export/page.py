"""A report as one HTML file that needs nothing else: no script, no font, no picture, no network."""

import re
import unicodedata
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, NamedTuple

from markupsafe import Markup

from redraft.agent import tree
from redraft.agent.citations import numbered
from redraft.agent.export.marked import Marked
from redraft.agent.export.templates import templates
from redraft.agent.languages import language_of_run
from redraft.agent.prose import one_line
from redraft.agent.render import Part, Reference, Report, news
from redraft.store.models import Dispute, Run

MOST_WITHOUT_CONTENTS = 6
"""Sections of a report that needs no table of contents. Starting point, not measured."""
_RIGHT_TO_LEFT = {"ar"}
"""Of the languages that reports have."""
_LINKABLE = re.compile(r"(?:https?|file)://", re.IGNORECASE)
"""What a reference may lead to: never `javascript:` or `data:`, which run where they are opened."""


class _Box(NamedTuple):
    """Two sides of a matter."""

    topic: str
    sides: list[Markup]


class _Section(NamedTuple):
    number: str
    depth: int
    title: str
    text: Markup
    boxes: list[_Box]


class _Entry(NamedTuple):
    """A line of the reference list."""

    number: int
    title: str
    origin: str
    url: str
    linkable: bool
    mentioned: bool
    """Whether there is a place to lead back to."""


def html(report: Report, run: Run) -> str:
    """The report as a document of HTML5. Equal reports of a run give equal documents.

    Whatever stands in texts, titles and addresses shows as text: the tags and the links are the program's own, and a
    Content-Security-Policy keeps a browser from running or fetching anything all the same.
    """
    return _render(
        "page.html",
        title=one_line(report.title) or run.id,
        run=run,
        written=(run.finished_at or run.created_at).date(),
        style=Markup((files(__package__) / "page.css").read_text("utf-8")),  # noqa: S704  # our own
        contents=len(report.parts) > MOST_WITHOUT_CONTENTS,
        **_article(report, run),
    )


def article(report: Report, run: Run) -> str:
    """The same without what surrounds it: no head, no style, no title. For an entry of a feed."""
    return _render("article.html", **_article(report, run))


def _article(report: Report, run: Run) -> dict[str, Any]:
    known, marked = report.numbers, Marked(len(report.references))
    # In the order in which they are read: a reference leads back to its first mention.
    fresh = marked.blocks(numbered("\n\n".join(news(report)[1:]), known))
    sections = _sections(report, known, marked)
    entries = [_entry(reference, marked) for reference in report.references]
    language = language_of_run(run)
    return {
        "language": language or "und",  # BCP 47 for a language that is not known
        "direction": _direction(language, "".join(part.version.text for part in report.parts)),
        "report": report,
        "news": fresh,
        "sections": sections,
        "entries": entries,
    }


def _sections(report: Report, known: Mapping[int, int], marked: Marked) -> list[_Section]:

    def section(part: Part) -> _Section:
        number, title = part.section.number, one_line(part.section.title)
        text = marked.blocks(numbered(part.version.text, known))
        boxes = [box(dispute) for dispute in report.disputes if dispute.section == number]
        return _Section(number, tree.depth(number), title, text, boxes)

    def box(dispute: Dispute) -> _Box:
        sides = [marked.line(numbered(side, known)) for side in (dispute.one, dispute.other)]
        return _Box(report.labels.disagreement.format(topic=one_line(dispute.topic)), sides)

    return [section(part) for part in report.parts]


def _entry(reference: Reference, marked: Marked) -> _Entry:
    source, number = reference.source, reference.number
    origin = ", ".join(part for part in (one_line(source.site), source.date) if part)
    linkable = bool(_LINKABLE.match(source.url))
    return _Entry(number, one_line(source.title), origin, source.url, linkable, number in marked.mentioned)


def _direction(language: str | None, text: str) -> str:
    """Which way a report is read; where its language is not known, by most of its letters."""
    if language:
        return "rtl" if language in _RIGHT_TO_LEFT else "ltr"
    ways = [unicodedata.bidirectional(character) for character in text]
    return "rtl" if ways.count("R") + ways.count("AL") > ways.count("L") else "ltr"


def _render(name: str, **values: Any) -> str:
    return templates(__package__).get_template(name).render(**values)
