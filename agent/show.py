"""A report as plain data: every number traced to its passages, every section to the texts that were refused."""

from typing import Any

from redraft.agent.changes import Changes
from redraft.agent.render import Part, Reference, Report
from redraft.agent.trails import trails
from redraft.store import calls, drafts, pages, searches
from redraft.store.database import Database
from redraft.store.models import Search, Version
from redraft.store.pages import Visited

_PLAN = {"number", "title", "purpose", "words", "origin", "wave", "locked", "stale"}


def as_data(database: Database, run_id: str, report: Report) -> dict[str, Any]:
    """The report, ready for JSON. A section's text cites evidence ids; `references` say which number each became."""
    versions = drafts.versions(database, run_id)
    return {
        "title": report.title,
        "news": _news(report.changes) if report.changes else None,
        "sections": [_section(part, [v for v in versions if v.section_id == part.section.id]) for part in report.parts],
        "references": [_reference(reference) for reference in report.references],
        "limits": list(report.limits),
        "searches": [_search(row) for row in searches.of_run(database, run_id)],
        "pages": _pages(pages.visited(database, run_id)),
        "calls": [
            call.model_dump(mode="json", exclude={"run_id", "messages", "text", "reasoning"})
            for call in calls.of_run(database, run_id)
        ],
    }


def _news(changes: Changes) -> dict[str, Any]:
    """Since the report of the run that this one follows. Of `old` and `new` one is empty where nothing stands there."""
    sources = [source.model_dump(include={"title", "url"}) for source in changes.sources]
    groups = {
        kind: {"shown": [change._asdict() for change in group.shown], "more": group.more}
        for kind, group in changes.by_kind.items()
    }
    return {"since": changes.date, "sources": sources, **groups}


def _section(part: Part, versions: list[Version]) -> dict[str, Any]:
    fields = part.section.model_dump(include=_PLAN)
    kept = {"number", "op", "text", "accepted", "proposed", "wave", "reason", "problems", "invented", "unsupported"}
    return fields | {"text": part.version.text, "versions": [version.model_dump(include=kept) for version in versions]}


def _reference(reference: Reference) -> dict[str, Any]:
    source = reference.source.model_dump(include={"title", "author", "site", "date", "url"})
    passages = [
        {"evidence": exhibit.evidence.number, "passage": exhibit.passage.id}
        | exhibit.passage.model_dump(include={"start", "end", "heading", "text"})
        for exhibit in reference.exhibits
    ]
    return {"number": reference.number, **source, "passages": passages}


def _search(row: Search) -> dict[str, Any]:
    return {"query": row.text, "hits": len(row.hits)} | row.model_dump(
        include={"provider", "note", "failure", "detail"}
    )


def _pages(visited: list[Visited]) -> list[dict[str, Any]]:
    trail = trails(visited)
    return [
        entry.fetch.model_dump(include={"url", "final_url", "status", "failure", "detail"})
        | {"title": entry.source.title if entry.source else None, "trail": str(trail[entry.visit.url_key])}
        | entry.visit.model_dump(include={"via", "depth"})
        for entry in visited
    ]
