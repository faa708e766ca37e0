"""The report as Markdown, from the rows of a run. Pure: the same rows give the same report, byte for byte."""

from collections.abc import Sequence
from typing import NamedTuple

from redraft.agent import tree
from redraft.agent.changes import Change, Changes, Group
from redraft.agent.citations import cited, numbered
from redraft.agent.prose import one_line, word_count
from redraft.prompts.labels import Labels, labels
from redraft.store.drafts import Exhibit
from redraft.store.models import Dispute, Section, Source, Version
from redraft.store.runs import place

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
    labels: Labels
    disputes: Sequence[Dispute] = ()
    """Each stands under the text of its section."""
    changes: Changes | None = None
    """What is new since the report that this one follows; None for one that follows none."""

    @property
    def words(self) -> int:
        return sum(word_count(part.version.text) for part in self.parts)

    @property
    def numbers(self) -> dict[int, int]:
        """The number in the reference list of each piece of evidence that is cited, by its id."""
        return {exhibit.evidence.number: entry.number for entry in self.references for exhibit in entry.exhibits}


def assemble(
    title: str,
    parts: Sequence[Part],
    exhibits: Sequence[Exhibit],
    versions: Sequence[Version],
    shortfalls: Sequence[str] = (),
    said: Labels | None = None,
    disputes: Sequence[Dispute] = (),
    changes: Changes | None = None,
) -> Report:
    """Puts the parts into the order of the outline, numbers the sources by first mention and lists each that is cited,
    and no other.

    `exhibits` is all evidence of the run, `versions` every version of its sections, `shortfalls` what the web withheld;
    `said` are the wordings of the run's language, without them the English ones. Of `disputes` those of a section that
    is no part of the report are left out. `changes` stand first, so the references cover them, too.
    Raises `KeyError` for a text that cites anything else: the writers let none through.
    """
    said = said or labels("en")
    parts = sorted(parts, key=lambda part: place(part.section.number))
    body = [text for part in parts for text in (part.version.text, *_sides(part.section, disputes))]
    texts = [*(changes.texts if changes else ()), *body]
    limits = [*_limits(parts, versions, said), *shortfalls]
    return Report(title, parts, _references(texts, exhibits), limits, said, disputes, changes)


def markdown(report: Report) -> str:
    numbers = report.numbers
    blocks = [f"# {one_line(report.title)}", *(numbered(block, numbers) for block in news(report))]
    for part in report.parts:
        heading = "#" * (1 + tree.depth(part.section.number))
        blocks += [f"{heading} {one_line(part.section.title)}", numbered(part.version.text, numbers)]
        blocks += [numbered(_box(dispute, report.labels), numbers) for dispute in _of(part.section, report.disputes)]
    if report.limits:
        blocks.append(f"> **{report.labels.limits}** {report.labels.between.join(report.limits)}")
    blocks += [f"## {report.labels.references}", "\n".join(_entry(reference) for reference in report.references)]
    return "\n\n".join(blocks) + "\n"


def news(report: Report) -> list[str]:
    """What is new, as blocks of Markdown that cite evidence by its id; none for a report that follows no other."""
    changes, said = report.changes, report.labels
    if changes is None:
        return []
    since = said.since.format(date=changes.date, count=len(changes.sources))
    kinds = (said.added, said.changed, said.contradicted, said.withdrawn)
    groups = [(kind, group) for kind, group in zip(kinds, changes.groups, strict=True) if group.shown]
    lists = [block for kind, group in groups for block in (f"**{kind}**", _list(group, said))]
    return [f"## {said.news}", since if lists else f"{since}{said.between}{said.nothing_changed}", *lists]


def _list(group: Group, said: Labels) -> str:
    rest = [said.more.format(count=group.more)] if group.more else []
    return "\n".join(f"- {line}" for line in (*(_line(change, said) for change in group.shown), *rest))


def _line(change: Change, said: Labels) -> str:
    return said.before_now.format(old=change.old, new=change.new) if all(change) else change.old or change.new


def _of(section: Section, disputes: Sequence[Dispute]) -> list[Dispute]:
    return [dispute for dispute in disputes if dispute.section == section.number]


def _sides(section: Section, disputes: Sequence[Dispute]) -> list[str]:
    return [side for dispute in _of(section, disputes) for side in (dispute.one, dispute.other)]


def _box(dispute: Dispute, said: Labels) -> str:
    topic = said.disagreement.format(topic=one_line(dispute.topic))
    sides = (" ".join(side.split()) for side in (dispute.one, dispute.other))
    return "\n".join([f"> **{topic}**", ">", *(f"> - {side}" for side in sides)])


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


def _limits(parts: Sequence[Part], versions: Sequence[Version], said: Labels) -> list[str]:
    quoted = [part for part in parts if part.version.op == "quote"]
    unplanned = [part for part in parts if part.section.origin == "code"]
    invented = sum(version.invented for version in versions)
    unsupported = sum(version.unsupported for version in versions)
    limits = []
    if quoted:
        limits.append(said.quoted.format(sections=_names(quoted, said)))
    if unplanned:
        limits.append(said.unplanned.format(sections=_names(unplanned, said)))
    if invented:
        limits.append(said.invented.format(count=invented))
    if unsupported:
        limits.append(said.unsupported.format(count=unsupported))
    return limits


def _names(parts: Sequence[Part], said: Labels) -> str:
    """One section or two by name; more by their number."""
    names = [said.quote.format(title=one_line(part.section.title)) for part in parts]
    if len(names) > MOST_NAMES:
        return said.sections.format(count=len(names))
    return said.both.format(one=names[0], other=names[1]) if len(names) == MOST_NAMES else names[0]
