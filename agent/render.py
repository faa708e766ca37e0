"""The report as Markdown, from the rows of a run. Pure: the same rows give the same report, byte for byte."""

from collections.abc import Sequence
from typing import NamedTuple

from redraft.agent.citations import cited, numbered
from redraft.agent.prose import one_line, word_count
from redraft.store.drafts import Exhibit
from redraft.store.models import Section, Source, Version

MOST_NAMES = 2
"""More titles in a sentence than these, and nobody reads it."""


class Part(NamedTuple):
    """A section and the text that stands in it."""

    section: Section
    version: Version


class Reference(NamedTuple):
    """An entry of the reference list."""

    number: int
    source: Source
    exhibits: Sequence[Exhibit]
    """The passages that the report cites of it."""


class Report(NamedTuple):
    """A report in its parts."""

    title: str
    parts: Sequence[Part]
    references: Sequence[Reference]
    limits: Sequence[str]
    """What the reader should know about how it came about, as sentences. Empty for a run without a fault."""

    @property
    def words(self) -> int:
        return sum(word_count(part.version.text) for part in self.parts)


def assemble(
    title: str,
    parts: Sequence[Part],
    exhibits: Sequence[Exhibit],
    versions: Sequence[Version],
    shortfalls: Sequence[str] = (),
) -> Report:
    """Numbers the sources by first mention and lists each that is cited, and no other.

    `exhibits` is all evidence of the run, `versions` every version of its sections, `shortfalls` what the web withheld.
    Raises `KeyError` for a text that cites anything else: the writers let none through.
    """
    references = _references([part.version.text for part in parts], exhibits)
    return Report(title, parts, references, [*_limits(parts, versions), *shortfalls])


def markdown(report: Report) -> str:
    numbers = {
        exhibit.evidence.number: reference.number for reference in report.references for exhibit in reference.exhibits
    }
    blocks = [f"# {one_line(report.title)}"]
    for part in report.parts:
        blocks += [f"## {one_line(part.section.title)}", numbered(part.version.text, numbers)]
    if report.limits:
        blocks.append("> **Limits of this report.** " + " ".join(report.limits))
    blocks += ["## References", "\n".join(_entry(reference) for reference in report.references)]
    return "\n\n".join(blocks) + "\n"


def _references(texts: Sequence[str], exhibits: Sequence[Exhibit]) -> list[Reference]:
    known = {exhibit.evidence.number: exhibit for exhibit in exhibits}
    of_source: dict[int, list[Exhibit]] = {}
    for number in dict.fromkeys(number for text in texts for number in cited(text)):
        of_source.setdefault(known[number].source.id or 0, []).append(known[number])
    return [Reference(n, group[0].source, group) for n, group in enumerate(of_source.values(), start=1)]


def _entry(reference: Reference) -> str:
    source = reference.source
    origin = ", ".join(part for part in (one_line(source.site), source.date) if part)
    named = [f"{part}." for part in (one_line(source.title), origin) if part]
    return " ".join([f"[{reference.number}]", *named, source.url])


def _limits(parts: Sequence[Part], versions: Sequence[Version]) -> list[str]:
    quoted = _names([part for part in parts if part.version.op == "quote"])
    unplanned = _names([part for part in parts if part.section.origin == "code"])
    invented = sum(version.invented for version in versions)
    unsupported = sum(version.unsupported for version in versions)
    limits = []
    if quoted:
        limits.append(f"No draft of {quoted} passed its checks: there the evidence is quoted instead.")
    if unplanned:
        limits.append(f"No usable title came from the model for {unplanned}: the question and the sources gave it.")
    if invented:
        limits.append(f"Citations and links without evidence that were taken out of the drafts: {invented}.")
    if unsupported:
        limits.append(f"Sentences taken out because the evidence they cited does not say them: {unsupported}.")
    return limits


def _names(parts: Sequence[Part]) -> str:
    """Some sections by name; many by their number."""
    if len(parts) > MOST_NAMES:
        return f"{len(parts)} sections"
    return " or ".join(f"“{one_line(part.section.title)}”" for part in parts)
