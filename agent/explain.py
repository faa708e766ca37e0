"""Why a text stands in a report: its plan, what was refused before it, who wrote it, and the evidence under it."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from redraft.agent import archive, tree
from redraft.agent.account import claim_data, rounds_data
from redraft.agent.citations import cited
from redraft.agent.errors import UserError
from redraft.agent.history import Chapter, as_data, chapter, chapters
from redraft.agent.trails import trails
from redraft.store import calls, claims, drafts, pages, runs
from redraft.store.database import Database
from redraft.store.drafts import Exhibit
from redraft.store.models import Section, Version
from redraft.tools.sentences import sentence_spans

MOST_CANDIDATES = 5
"""Sentences that an error names: more do not fit on a line."""
CANDIDATE = 80
"""Characters of each."""
_PLAN = {"number", "title", "purpose", "origin", "words", "wave", "locked", "stale", "hypotheses"}
_MARK = re.compile(r"[\[【]\s*(?:e\s?)?\d+(?:\s*[,;]\s*(?:e\s?)?\d+)*\s*[\]】]", re.IGNORECASE)


class Found(NamedTuple):
    """A sentence of a report."""

    section: str
    text: str


def explain_section(database: Database, run_id: str, number: str) -> dict[str, Any]:
    """Everything behind a section, ready for JSON. Raises `UserError` where there is none.

    `standing` is None before it is written, and `proposed` unless a version waits for the user. After an undo, `origin`
    is the version it went back to, and `call` wrote that one; None where no model did, or where it was written in the
    run `carried_from`. `evidence` has an entry for each id that the sentences cite, `claims` one for each that was
    verified, and `rounds` those that worked on the section or asked about it.
    """
    entry = chapter(database, run_id, number)
    text = entry.newest.text if entry.newest else ""
    return _explained(database, entry, _sentences(text)) | {"claims": _claims(database, entry)}


def explain_sentence(database: Database, run_id: str, words: str, section: str | None = None) -> dict[str, Any]:
    """The same for one sentence: `sentences` holds it alone, and `evidence` what it cites.

    It is found by its words, whatever their case, the white space and the marks between them: by all of them, else by
    some that follow one another. Raises `UserError` that names candidates for none and for several.
    """
    told = [entry for entry in chapters(database, run_id) if section in (None, entry.section.number)]
    known = [Found(e.section.number, text) for e in told if e.newest for text in _sentences(e.newest.text)]
    found = _only(_matching(words, known), words, known)
    entry = chapter(database, run_id, found.section)
    mine = [claim for claim in _claims(database, entry) if _words(claim["claim"]) == _words(found.text)]
    return _explained(database, entry, [found.text]) | {"claims": mine}


def _explained(database: Database, entry: Chapter, sentences: Sequence[str]) -> dict[str, Any]:
    run_id, section, standing = entry.section.run_id, entry.section, entry.newest
    line = drafts.lineage(entry.versions)
    numbers = dict.fromkeys(number for sentence in sentences for number in cited(sentence))
    queries = drafts.queries(database, section.id or 0)
    return {
        "run": run_id,
        "section": section.model_dump(include=_PLAN),
        "queries": [query.model_dump(include={"text", "hits"}) for query in queries],
        "standing": as_data(entry, standing) if standing else None,
        "origin": line[-1].number if line else None,
        "call": _call(database, run_id, _author(line)) if line else None,
        "carried_from": _carried_from(database, run_id, _author(line)) if line else None,
        "proposed": as_data(entry, entry.offered) if entry.offered else None,
        "before": [as_data(entry, v) for v in entry.versions if standing and v.number < standing.number],
        "sentences": [{"text": sentence, "evidence": cited(sentence)} for sentence in sentences],
        "evidence": _evidence(database, run_id, list(numbers)),
        "rounds": _rounds(database, section),
    }


def _claims(database: Database, entry: Chapter) -> list[dict[str, Any]]:
    """The verdicts on the text that stands; where it has none, as a text that was mended, on the one before it."""
    exhibits = drafts.by_number(database, entry.section.run_id)
    for version in reversed(drafts.lineage(entry.versions)):
        if found := claims.of_version(database, version.id or 0):
            return [claim_data(claim, version, entry.section, exhibits) for claim in found]
    return []


def _rounds(database: Database, section: Section) -> list[dict[str, Any]]:
    """Those that looked at it, worked on it, or added it."""
    above = tree.parent(section.number)

    def concerns(row: dict[str, Any]) -> bool:
        asked = section.number in (row["focus"], row["gap"] and row["gap"]["section"], row["worked_on"])
        return asked or (row["wave"] == section.wave and row["worked_on"] == above is not None)

    return [row for row in rounds_data(database, section.run_id) if concerns(row)]


def _author(line: Sequence[Version]) -> Version:
    """The version that the words which stand were written in: to shorten a text or to bring one back is no writing."""
    standing = line[-1]
    first = next(at for at, version in enumerate(line) if version.text == standing.text)
    if standing.op == "restore" and first < len(line) - 1:
        return _author(line[: first + 1])
    return _author(line[:-1]) if standing.op == "trim" and len(line) > 1 else standing


def _carried_from(database: Database, run_id: str, version: Version) -> str | None:
    """The run that this one follows, where the version is older than this one."""
    run = runs.get(database, run_id)
    return run.follows if version.created_at < run.created_at else None


def _call(database: Database, run_id: str, version: Version) -> dict[str, Any] | None:
    kept = {"node", "attempt", "model", "prompt_tokens", "cached_tokens", "output_tokens", "ms", "finish_reason"}
    made = (call for call in calls.of_run(database, run_id) if call.id == version.call_id)
    return next((call.model_dump(include=kept) | {"version": version.number} for call in made), None)


def _evidence(database: Database, run_id: str, numbers: Sequence[int]) -> list[dict[str, Any]]:
    references = {
        exhibit.evidence.number: reference.number
        for reference in archive.report(database, run_id).references
        for exhibit in reference.exhibits
    }
    exhibits = drafts.by_number(database, run_id)
    ways = _ways(database, run_id)
    nowhere: dict[str, str | None] = {"query": None, "trail": None}
    return [
        {"evidence": number, "reference": references[number]}
        | _cited(exhibits[number])
        | ways.get(exhibits[number].source.id, nowhere)
        for number in numbers
    ]


def _cited(exhibit: Exhibit) -> dict[str, Any]:
    source = exhibit.source.model_dump(include={"title", "author", "site", "date", "url"})
    return source | exhibit.passage.model_dump(include={"start", "end", "heading", "text"})


def _ways(database: Database, run_id: str) -> dict[int | None, dict[str, str | None]]:
    """How each page of the web came into the run, by the id of its source: the query, and the links from there."""
    visited = pages.visited(database, run_id)
    trail = trails(visited)
    queries = {entry.fetch.url: entry.visit.via for entry in visited}
    return {
        entry.source.id: {"query": queries[way.page], "trail": str(way)}
        for entry in reversed(visited)  # of two ways to one page the first counts
        if entry.source is not None and (way := trail[entry.visit.url_key])
    }


def _sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentence_spans(text)]


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", _MARK.sub(" ", text).casefold()))


def _matching(words: str, known: Sequence[Found]) -> list[Found]:
    wanted = _words(words)
    if not wanted:
        raise UserError("there are no words to look for: give a sentence of the report, or the number of a section")
    same = [found for found in known if _words(found.text) == wanted]
    return list(dict.fromkeys(same or [found for found in known if wanted in _words(found.text)]))


def _only(matching: Sequence[Found], words: str, known: Sequence[Found]) -> Found:
    if len(matching) == 1:
        return matching[0]
    if matching:
        narrower = "name the --section" if len({found.section for found in matching}) > 1 else "give more of them"
        message = f"{len(matching)} sentences have these words, so {narrower}: {_listed(matching)}"
        raise UserError(message)
    by_words = {_words(found.text): found for found in known}
    close = [by_words[near] for near in get_close_matches(_words(words), by_words, MOST_CANDIDATES, cutoff=0.4)]
    nearest = f"; the nearest: {_listed(close)}" if close else ""
    message = f"no sentence of the report has these words{nearest}"
    raise UserError(message)


def _listed(found: Sequence[Found]) -> str:
    return "; ".join(f"section {n} “{text[:CANDIDATE]}”" for n, text in found[:MOST_CANDIDATES])
