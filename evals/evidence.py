"""What the citations of reports are checked by: the pages of the run that wrote a report, or else the web."""

from collections.abc import Callable, Mapping, Sequence

from redraft.agent import archive
from redraft.agent.settings import Settings
from redraft.agent.web import Web
from redraft.evals.cited import read_cited
from redraft.evals.judged import Entry, Subject
from redraft.evals.judging.citing import own_citations
from redraft.evals.judging.fact import Contents
from redraft.evals.judging.protocols import Evidence
from redraft.store import library
from redraft.store.database import Database
from redraft.tools.search.canonical import canonical

ASSUMED_PAGE = 12_000
"""Characters of a page that was not read yet, for an estimate of what checking takes. Starting point."""
ByArticle = Mapping[str, Evidence]


async def gathered(
    subjects: Sequence[Subject], settings: Settings, database: Database, web: Web | None = None
) -> ByArticle:
    """Of every report. Those of redraft's runs cite what the run has read, as its store has it, and each of their
    marks counts; of all others the judge finds the citations, and the pages are read as a run reads pages.

    Raises as `redraft.agent.web.open_web`.
    """
    own, others = _divided(subjects)
    articles = [entry.article for entry in others]
    read = await read_cited(articles, settings, database, web) if articles else []
    texts = [{url: "\n\n".join(passages) for url, passages in found.items()} for found in read]
    return _of_runs(own, database) | {
        article: Evidence(_given(found)) for article, found in zip(articles, texts, strict=True)
    }


def assumed(subjects: Sequence[Subject], database: Callable[[], Database]) -> ByArticle:
    """The same without the web: what a run has read is known, and every other page has `ASSUMED_PAGE` characters."""
    own, others = _divided(subjects)
    known = _of_runs(own, database()) if own else {}
    return known | {entry.article: Evidence(_blank) for entry in others}


def _divided(subjects: Sequence[Subject]) -> tuple[list[Entry], list[Entry]]:
    """Reports of redraft's runs, and others."""
    entries = [entry for subject in subjects for entry in subject.entries]
    return [entry for entry in entries if entry.run_id], [entry for entry in entries if not entry.run_id]


def _of_runs(entries: Sequence[Entry], database: Database) -> dict[str, Evidence]:
    return {entry.article: _of_run(entry, database) for entry in entries}


def _of_run(entry: Entry, database: Database) -> Evidence:
    sources = [reference.source for reference in archive.report(database, entry.run_id or "").references]
    texts = {canonical(source.url): library.page_text(database, source.page_digest) for source in sources}
    return Evidence(_given(texts), own_citations(entry.article))


def _given(texts: Mapping[str, str]) -> Contents:
    async def contents(urls: Sequence[str]) -> Mapping[str, str | None]:
        return {url: texts.get(canonical(url)) for url in urls}

    return contents


async def _blank(urls: Sequence[str]) -> Mapping[str, str | None]:
    return dict.fromkeys(urls, "x" * ASSUMED_PAGE)
