"""Whether there is anything new for a job: found out by searching, and by reading what its report cites, without asking
a model for a word."""

import asyncio
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from redraft.agent import archive
from redraft.agent.events import Emit, ProviderSilent, Searched
from redraft.agent.gathering import ranking, whole
from redraft.agent.jobs.news import Item, News, safe
from redraft.agent.jobs.rereading import Met, changed_documents, changed_pages
from redraft.agent.memory import RunMemory, Stored
from redraft.agent.reading import Reader
from redraft.agent.settings import Settings
from redraft.agent.web import LIBRARY, PAGES, SEARCH_SECONDS, Web
from redraft.agent.world import Candidate
from redraft.store import library, pages, rounds, runs, searches, seen
from redraft.store.database import Database
from redraft.store.models import Run
from redraft.tools.errors import SearchFailed
from redraft.tools.search import hits
from redraft.tools.search.canonical import canonical
from redraft.tools.search.together import Combined, Outcome, search_all
from redraft.tools.search.types import Ask

BEST = 5
"""Results of a query that are looked at. A run shares its pages among many queries and reads the first few of each;
what stands further down, engines list one day and not the next. A starting point, not measured."""
MOST_QUERIES = 20
"""In one check: three for each section of a report of standard size. A provider that wants two seconds between searches
(ddgs) is done with them in 40 seconds."""
LATE = timedelta(days=30)
"""What is older than the last report by more than this was there for it to be found: engines find a page some days or
weeks after it was written. A starting point, not measured."""


async def check(
    database: Database, job_id: int, last_run: Run, settings: Settings, web: Web, emit: Emit = lambda event: None
) -> News:
    """What the world has that the report of `last_run`, the job's newest that is done, does not.

    Every query is put to the providers anew, and cited pages are read again unless they are fresh. Offline only the
    library is looked at. Nothing is written that belongs to a run, and nothing is noted as known: that is for
    `remember_check` and `remember`. Raises `SearchFailed` where no search was answered at all.
    """
    if settings.offline:
        web = replace(web, providers=[], get=None)
    before = _reports(database, job_id, last_run)
    texts = queries(database, before)
    references = archive.report(database, last_run.id).references
    cited = {canonical(reference.source.url) for reference in references}
    answers = await _asked(database, texts, settings, web, emit)
    judged = ranking({text: replace(answer, found=answer.found[:BEST]) for text, answer in answers.items()})
    known = seen.keys(database, job_id) | cited | _listed(database, before)
    new = [*_new(judged, known, _first_day(last_run, settings)), *await _added(database, last_run, settings, texts)]
    reader, met = Reader(database, web.get, web.understand), _met(database, before)
    changed, unread = await changed_pages(database, references, met, reader, emit)
    changed += changed_documents(database, references, met)
    outcomes = [outcome for answer in answers.values() for outcome in answer.outcomes]
    return News(
        items=[*(item for item in new if canonical(item.url) not in cited), *changed],
        searches=len(outcomes),
        failed=unread + sum(outcome.failure is not None for outcome in outcomes),
        judged=frozenset(canonical(candidate.url) for candidate in judged),
    )


def remember_check(database: Database, job_id: int, news: News) -> None:
    """Notes what a check looked at as known, but for its items: those are once the run that follows is done, so that
    they are found again where it fails."""
    seen.add(database, job_id, news.judged - {canonical(item.url) for item in news.items})


def remember(database: Database, job_id: int, run_id: str) -> None:
    """Notes what a run that is done listed and read as known, and the news that it began with."""
    run = runs.get(database, run_id)
    seen.add(database, job_id, _listed(database, [run]) | {canonical(item["url"]) for item in run.news})


def queries(database: Database, reports: Sequence[Run]) -> list[str]:
    """What a check asks, each once: the question and the title of the last report, then the searches that its sections
    and its rounds made; of more than there is room for, some from everywhere.

    `reports`: of one job, oldest first. The searches for a section are those of the run that added it.
    """
    last_run = reports[-1]
    alike = [run.id for run in reports if run.question == last_run.question]
    made = seen.section_queries(database, alike)
    made += [text for row in rounds.of_run(database, last_run.id) for text in row.queries]
    first = _once(whole(database, last_run.id))
    others = _once([*first, *made])[len(first) :]
    step = max(1, math.ceil(len(others) / (MOST_QUERIES - len(first))))
    return [*first, *others[::step]]


def _once(texts: Iterable[str]) -> list[str]:
    """Case and white space make no difference to a search."""
    kept: dict[str, str] = {}
    for text in texts:
        kept.setdefault(" ".join(text.casefold().split()), text)
    return list(kept.values())


def _reports(database: Database, job_id: int, last_run: Run) -> list[Run]:
    """The runs that have written a report for the job, the last one at the end."""
    return [*(run for run in seen.done_runs(database, job_id) if run.id != last_run.id), last_run]


def _listed(database: Database, made: Iterable[Run]) -> set[str]:
    """The keys of what runs were shown by searches, of what they opened, and of where that led."""
    urls: set[str] = set()
    for run in made:
        urls.update(str(hit["url"]) for row in searches.of_run(database, run.id) for hit in row.hits)
        for entry in pages.visited(database, run.id):
            urls.update((entry.visit.url_key, entry.source.url if entry.source else entry.fetch.url))
    return set(map(canonical, urls))


def _met(database: Database, before: Sequence[Run]) -> Met:
    visited = [entry for run in before for entry in pages.visited(database, run.id)]
    return Met(
        since=before[-1].created_at,
        read={canonical(entry.source.url): entry for entry in visited if entry.source is not None},
        told={canonical(item["url"]) for run in before for item in run.news if item["kind"] == "changed"},
    )


async def _asked(
    database: Database, texts: Sequence[str], settings: Settings, web: Web, emit: Emit
) -> dict[str, Combined]:
    """Those that search what lies here have no news of the web. What the others say is kept as of a search by hand."""
    providers = [provider for provider in web.providers if provider.name not in (LIBRARY, PAGES)]
    if not providers:
        return {}
    memory, asks = RunMemory(database, None), [Ask(text=text, since=settings.since) for text in texts]
    found = await asyncio.gather(
        *(search_all(providers, ask, web.pacer, memory, timeout=SEARCH_SECONDS) for ask in asks)
    )
    answers = dict(zip(texts, found, strict=True))
    for text, answer in answers.items():
        listed = {outcome.provider: outcome.hits for outcome in answer.outcomes if outcome.failure is None}
        emit(Searched(query=text, found=len(answer.found), hits=listed))
    _tell_failures([outcome for answer in found for outcome in answer.outcomes], emit)
    return answers


def _tell_failures(outcomes: Sequence[Outcome], emit: Emit) -> None:
    """Each provider's first. Raises `SearchFailed` where nobody gave any answer."""
    failures = [outcome.failure for outcome in outcomes if outcome.failure is not None]
    first: dict[str, SearchFailed] = {}
    for failure in failures:
        first.setdefault(failure.provider, failure)
    for failure in first.values():
        emit(ProviderSilent(provider=failure.provider, reason=failure.reason, detail=failure.detail))
    if failures and len(failures) == len(outcomes):
        why = "; ".join(hits.one_line(f"{failure.provider}: {failure.detail}") for failure in first.values())
        raise SearchFailed("every search provider", failures[0].reason, why)


def _first_day(last_run: Run, settings: Settings) -> date:
    reported = (last_run.finished_at or last_run.created_at).date() - LATE
    return max(reported, settings.since) if settings.since else reported


def _new(judged: Iterable[Candidate], known: set[str], since: date) -> Iterator[Item]:
    for candidate in judged:
        hit = candidate.hint
        if hit is not None and canonical(hit.url) not in known and not hits.older(hit.date, since):
            yield safe("new", hit, via=candidate.via)


async def _added(database: Database, last_run: Run, settings: Settings, texts: Sequence[str]) -> list[Item]:
    """The documents that came into the library since the last run began, and are among the best for a query."""
    held = library.documents(database, settings.library)
    fresh = {source.url for source in held if source.added_at > last_run.created_at}
    shelf, found = Stored(database, LIBRARY, settings.library), dict[str, Item]()
    for text in texts if fresh else ():
        for hit in (await shelf.search(Ask(text=text, limit=BEST))).hits:
            if hit.url in fresh and not hits.older(hit.date, settings.since):
                found.setdefault(hit.url, safe("new", hit, via=text))
    return list(found.values())
