"""A report as data, for other programs. Its fields are in docs/usage.md: some may come, none is ever renamed."""

from collections.abc import Mapping
from typing import Any

from redraft.agent.changes import Changes, Group
from redraft.agent.citations import cited, numbered
from redraft.agent.languages import language_of_run
from redraft.agent.render import Part, Reference, Report
from redraft.store.models import Dispute, Run

Data = dict[str, Any]
VERSION = 1
"""Of the form. A field that goes or changes its meaning makes another."""


def data(report: Report, run: Run) -> Data:
    """What a reader of the report sees, ready for JSON. Texts are Markdown; `[3, 7]` in them are numbers of references,
    and `citations` has all of a text's in order.
    """
    known = report.numbers
    return {
        "version": VERSION,
        "run": run.id,
        "question": run.question,
        "language": language_of_run(run),
        "created_at": run.created_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "title": report.title,
        "news": _news(report.changes, known) if report.changes else None,
        "sections": [_section(part, known) for part in report.parts],
        "disputes": [_dispute(dispute, known) for dispute in report.disputes],
        "limits": list(report.limits),
        "references": [_reference(reference) for reference in report.references],
    }


def _news(changes: Changes, known: Mapping[int, int]) -> Data:
    """Since the report before. `old` and `new` stand for each other; one of them is None where nothing does."""
    sources = [source.model_dump(include={"title", "url"}) for source in changes.sources]
    groups = {kind: _group(group, known) for kind, group in changes.by_kind.items()}
    return {"since": changes.date, "sources": sources, **groups}


def _group(group: Group, known: Mapping[int, int]) -> Data:
    def told(text: str) -> Data | None:
        return _text(text, known) if text else None

    return {"shown": [{"old": told(old), "new": told(new)} for old, new in group.shown], "more": group.more}


def _section(part: Part, known: Mapping[int, int]) -> Data:
    return {"number": part.section.number, "title": part.section.title, **_text(part.version.text, known)}


def _dispute(dispute: Dispute, known: Mapping[int, int]) -> Data:
    sides = [_text(side, known) for side in (dispute.one, dispute.other)]
    return {"section": dispute.section, "topic": dispute.topic, "sides": sides}


def _text(text: str, known: Mapping[int, int]) -> Data:
    return {"text": numbered(text, known), "citations": sorted({known[number] for number in cited(text)})}


def _reference(reference: Reference) -> Data:
    source = reference.source.model_dump(include={"title", "author", "url", "site", "date"})
    passages = [exhibit.passage.model_dump(include={"heading", "text"}) for exhibit in reference.exhibits]
    return {"number": reference.number, **source, "passages": passages}
