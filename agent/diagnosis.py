"""What is wrong with a report, as far as it can be computed: no model is asked. Pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from redraft.agent import tree
from redraft.agent.citations import cited
from redraft.agent.coverage import Covered
from redraft.agent.gaps import Kind
from redraft.store.drafts import Exhibit
from redraft.store.models import Section, Version
from redraft.tools.retrieve import terms
from redraft.tools.sentences import sentence_spans

FEW_SOURCES = 2
"""A section of several sentences that rests on fewer is one author's view."""
SEVERAL_SENTENCES = 4
UNCITED_SHARE = 0.34
"""Of a section's sentences. Two sentences in a row may link or conclude; where a third of all go without evidence, the
section claims more than it shows. Starting point, not measured on an 8B model."""
OLD_YEARS = 5
"""Where every dated source of a section is older, what it says may have changed. Starting point, not measured."""


class Measured(NamedTuple):
    """A section by what can be counted."""

    section: Section
    sentences: int
    uncited: int
    """Sentences that cite nothing."""
    sources: int
    """Different ones that it cites."""
    newest: int | None
    """The year of the youngest of them; None where no date is known."""
    quoted: bool
    """No draft of it passed: it quotes its evidence."""


class Finding(NamedTuple):
    """Something that the report lacks, to be noted as a gap."""

    kind: Kind
    section: str
    question: str
    """In the words of the brief or the outline, so that it can be searched for and shown."""
    priority: str


def measured(section: Section, version: Version, evidence: Mapping[int, Exhibit]) -> Measured:
    spans = [version.text[span.start : span.end] for span in sentence_spans(version.text)]
    sources = {evidence[number].source.id: evidence[number].source for number in cited(version.text)}
    years = [int(source.date[:4]) for source in sources.values() if source.date and source.date[:4].isdecimal()]
    return Measured(
        section=section,
        sentences=len(spans),
        uncited=sum(not cited(sentence) for sentence in spans),
        sources=len(sources),
        newest=max(years, default=None),
        quoted=version.op == "quote",
    )


def findings(sections: Sequence[Measured], uncovered: Sequence[Covered], this_year: int) -> list[Finding]:
    """Everything that is wrong, by section; a point that nobody answers is given to the section closest to it."""
    return [*(f for m in sections for f in _of_section(m, this_year)), *_unanswered(sections, uncovered)]


def weakest(sections: Sequence[Measured]) -> list[str]:
    """The numbers of all sections, those first that rest on the fewest sources and the fewest sentences."""
    return [m.section.number for m in sorted(sections, key=lambda m: (not m.quoted, m.sources, m.sentences))]


def _of_section(m: Measured, this_year: int) -> Iterator[Finding]:
    section = m.section
    if m.quoted:
        yield Finding(Kind.THIN, section.number, section.purpose, "high")
    elif m.sentences >= SEVERAL_SENTENCES and m.uncited > UNCITED_SHARE * m.sentences:
        yield Finding(Kind.UNSUPPORTED, section.number, section.purpose, "medium")
    elif m.sentences >= SEVERAL_SENTENCES and m.sources < FEW_SOURCES:
        yield Finding(Kind.THIN, section.number, section.purpose, "medium")
    if m.newest is not None and m.newest < this_year - OLD_YEARS:
        yield Finding(Kind.OUTDATED, section.number, section.purpose, "low")


def _unanswered(sections: Sequence[Measured], uncovered: Sequence[Covered]) -> Iterator[Finding]:
    for entry in uncovered:
        if sections and entry.place is None:
            number = closest([m.section for m in sections], entry.item.text)
            yield Finding(Kind.MISSING, number, entry.item.text, "high" if entry.item.weight > 2 else "medium")


def closest(sections: Sequence[Section], text: str) -> str:
    """The number of the section whose plan shares most words with a text; of equals the first of the highest level."""
    wanted = terms(text)

    def rank(section: Section) -> tuple[int, int]:
        return -len(wanted & terms(f"{section.title} {section.purpose}")), tree.depth(section.number)

    return min(sections, key=rank).number
