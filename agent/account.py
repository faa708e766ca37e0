"""How a report came about, as plain data: what was asked of it, what each round did, and what became of every claim."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from redraft.agent import archive, coverage, history, snapshots
from redraft.agent.checklist import items
from redraft.agent.citations import cited
from redraft.agent.events import RoundRouted
from redraft.agent.prose import word_count
from redraft.store import calls, claims, drafts, gaps, rounds, runs
from redraft.store import snapshots as kept
from redraft.store.database import Database
from redraft.store.drafts import Exhibit
from redraft.store.models import Brief, Call, Claim, Dispute, Gap, Round, Section, Version

Data = dict[str, Any]


def account(database: Database, run_id: str) -> Data:
    """The whole of it, ready for JSON. Texts cite evidence ids. What a run has not come to yet is empty or None."""
    run = runs.get(database, run_id)
    exhibits = drafts.by_number(database, run.id)
    return {
        "run": run.id,
        "question": run.question,
        "status": archive.status(database, run),
        "brief": _brief(database, run.id),
        "outline": [_section(chapter) for chapter in history.chapters(database, run.id)],
        "rounds": rounds_data(database, run.id),
        "claims": _claims(database, run.id, exhibits),
        "disputes": [_dispute(row, exhibits) for row in claims.disputes(database, run.id)],
        "snapshots": [snapshots.as_data(row) for row in kept.of_run(database, run.id)],
        "stopped": run.stopped,
        "open_gaps": [_gap(gap) for gap in gaps.of_run(database, run.id) if gap.state == "open"],
        "cost": _cost(calls.of_run(database, run.id)),
    }


def _brief(database: Database, run_id: str) -> Data | None:
    """The brief, with where each point of it is covered: `place` is None for a point that no section covers.

    No words tell whether a point is covered that is not `measured`. The points of a specification stand by themselves.
    """
    brief = runs.brief(database, run_id)
    if brief is None:
        return None
    covered = coverage.of_run(database, run_id)
    points = _points(brief, covered)
    written = sum(word_count(version.text) for version in drafts.accepted(database, run_id).values())
    return {
        **brief.model_dump(include={"title", "intent", "audience", "constraints", "style"}),
        "words": {"wanted": brief.words, "from": brief.words_from, "written": written},
        "specification": [point for point in points if point["origin"] == "spec"],
        "checklist": [point for point in points if point["origin"] != "spec"],
        "covered": round(coverage.share(covered), 3),
    }


def _points(brief: Brief, covered: Iterable[coverage.Covered]) -> list[Data]:
    places = {entry.item: entry.place for entry in covered}
    return [
        item.to_dict()
        | {"measured": item in places, "place": place._asdict() if (place := places.get(item)) is not None else None}
        for item in items(brief)
    ]


def _section(chapter: history.Chapter) -> Data:
    section, newest = chapter.section, chapter.newest
    kept = {"number", "title", "purpose", "origin", "wave", "locked", "stale", "hypotheses"}
    written = word_count(newest.text) if newest else 0
    return section.model_dump(include=kept) | {
        "words": {"wanted": section.words, "written": written},
        "versions": [_version(version, stands=version is newest) for version in chapter.versions],
    }


def _version(version: Version, *, stands: bool) -> Data:
    kept = {"number", "op", "accepted", "proposed", "wave", "reason", "problems"}
    return version.model_dump(include=kept) | {"stands": stands, "words": word_count(version.text)}


def rounds_data(database: Database, run_id: str) -> list[Data]:
    """Every round, by number. `worked_on` is the section that was divided or written anew, None where none was."""
    noted = {gap.id: gap for gap in gaps.of_run(database, run_id)}
    routed = [event.data for event in runs.events(database, run_id, kind=RoundRouted.__name__)]
    worked_on = {data["round"]: data["section"] for data in routed if data["route"] != "none"}
    return [
        _round(database, row, noted.get(row.gap_id)) | {"worked_on": worked_on.get(row.number)}
        for row in rounds.of_run(database, run_id)
    ]


def _round(database: Database, row: Round, gap: Gap | None) -> Data:
    found = rounds.found(database, row.id or 0)
    kept = {"number", "wave", "focus", "question", "parts", "queries", "answer", "novelty"}
    return row.model_dump(include=kept | {"route", "outcome", "reason"}) | {
        "gap": _gap(gap) if gap else None,
        "passages": len(found),
        "fresh": sum(is_fresh for _, is_fresh in found),
        "sources": len({exhibit.source.id for exhibit, _ in found}),
    }


def _gap(gap: Gap) -> Data:
    kept = {"number", "kind", "section", "question", "priority", "opened_by", "opened_in", "state", "closing"}
    return gap.model_dump(include=kept)


def _claims(database: Database, run_id: str, exhibits: Mapping[int, Exhibit]) -> list[Data]:
    """By section and version. A claim of a section that was dropped with a worse state of the report has no section."""
    versions = {version.id: version for version in drafts.versions(database, run_id)}
    sections = {section.id: section for section in runs.outline(database, run_id)}

    def told(claim: Claim) -> Data:
        version = versions[claim.version_id]
        return claim_data(claim, version, sections.get(version.section_id), exhibits)

    return [told(claim) for claim in claims.of_run(database, run_id)]


def claim_data(claim: Claim, version: Version, section: Section | None, exhibits: Mapping[int, Exhibit]) -> Data:
    """One claim with what became of it."""
    return {
        "section": section.number if section else None,
        "version": version.number,
        "claim": claim.text,
        **claim.model_dump(include={"question", "answer", "verdict", "action", "detail"}),
        "sources": _sources(claim.evidence, exhibits),
    }


def _dispute(row: Dispute, exhibits: Mapping[int, Exhibit]) -> Data:
    sides = [{"text": side, "sources": _sources(cited(side), exhibits)} for side in (row.one, row.other)]
    return row.model_dump(include={"number", "section", "topic"}) | {"sides": sides}


def _sources(numbers: Iterable[int], exhibits: Mapping[int, Exhibit]) -> list[Data]:
    known = [exhibits[number] for number in numbers if number in exhibits]
    return [{"evidence": e.evidence.number} | e.source.model_dump(include={"title", "url"}) for e in known]


def _cost(made: Sequence[Call]) -> Data:
    nodes = {node: [call for call in made if call.node == node] for node in sorted({call.node for call in made})}
    return {"nodes": {node: _taken(group) for node, group in nodes.items()}, "total": _taken(made)}


def _taken(made: Sequence[Call]) -> Data:
    """`cached` is the share of the prompt tokens that the server had computed before."""
    prompt, cached = sum(call.prompt_tokens for call in made), sum(call.cached_tokens for call in made)
    return {
        "calls": len(made),
        "prompt_tokens": prompt,
        "output_tokens": sum(call.output_tokens for call in made),
        "cached": round(cached / prompt, 3) if prompt else 0.0,
    }
