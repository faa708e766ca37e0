"""A job whose first report is written, made by hand, for tests of what comes after it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from sqlmodel import col, func, select, update

from redraft.agent.jobs.checking import check
from redraft.agent.jobs.news import News
from redraft.agent.settings import Settings
from redraft.agent.web import Web
from redraft.agent.world import Candidate, World
from redraft.store import drafts, following, library, pages, runs
from redraft.store.database import Database
from redraft.store.drafts import Finding
from redraft.store.models import Event, Evidence, Fetch, Job, JobRun, Run, Search, Section, Version, Visit, now
from redraft.tests import rows
from redraft.tests.canned import CannedSites
from redraft.tools.fetch.fetcher import Fetched, Validators
from redraft.tools.retrieve import search_words

QUESTION = "How many passengers do trams, buses and cycle paths carry in cities, and what does building each cost?"
DAY = timedelta(days=1)


class Reported(NamedTuple):
    """A job, the run that wrote its last report, and the settings of both."""

    database: Database
    job_id: int
    run: Run
    settings: Settings

    async def check(self, web: Web, **changed: Any) -> News:
        """A look for news, with some settings changed."""
        return await check(self.database, self.job_id, self.run, self.settings.model_copy(update=changed), web)

    def followed(self, news: News, status: str = "done") -> "Reported":
        """With a report that brings the last one up to date."""
        run = new_run(self.settings, follows=self.run.id, news=[item.model_dump(mode="json") for item in news.items])
        following.begin(self.database, turn(self.database, self.job_id), run)
        runs.set_status(self.database, run.id, status)
        return self._replace(run=runs.get(self.database, run.id))


class AsItIsNow(CannedSites):
    """Tells nobody that a page is as it was."""

    async def get(self, url: str, validators: Validators | None = None) -> Fetched:
        return replace(await super().get(url), etag=None, not_modified=False)


async def reported(database: Database, settings: Settings, web: Web) -> Reported:
    """Its report cites the first passage of all that the web and the library have to say.

    What it read, it read two days ago, so that a check reads it again.
    """
    job_id, run = new_job(database), new_run(settings)
    following.begin(database, turn(database, job_id), run)
    world = World(web, database, run.id, lambda event: None)
    found = (await world.search(QUESTION)).found
    await world.read([Candidate(url=entry.hit.url, via=QUESTION) for entry in found], wanted=8)
    _write(database, settings, run)
    runs.set_status(database, run.id, "done")
    age(database, 2 * DAY)
    return Reported(database, job_id, runs.get(database, run.id), settings)


def _write(database: Database, settings: Settings, run: Run) -> None:
    held = library.search(database, settings.library, search_words(QUESTION), limit=20)
    all_passages = [*pages.passages(database, run.id), *held]
    first = {match.source.url: match.passage.id or 0 for match in reversed(all_passages)}
    fields: dict[str, Any] = {"title": "Trams", "purpose": "What trams carry.", "words": 60, "origin": "model"}
    runs.save_brief(database, rows.brief(run.id))
    runs.save_outline(database, run.id, [Section(run_id=run.id, number="1", **fields)])
    (section,) = runs.outline(database, run.id)
    drafts.save_queries(database, section.id or 0, ["Trams", "What building trams costs"])
    drafts.save_findings(database, run.id, [Finding(section.id or 0, {}, list(first.values()))])
    text = " ".join(f"Trams run [e{number}]." for number in range(1, len(first) + 1))
    drafts.append(database, [drafts.version_of(section, "draft", text, accepted=True)])


def new_run(settings: Settings, **fields: Any) -> Run:
    return Run(
        id=uuid4().hex[:8],
        question=QUESTION,
        status="running",
        settings=settings.snapshot(),
        created_at=now(),
        **fields,
    )


def new_job(database: Database) -> int:
    form: dict[str, Any] = {"zone": "UTC", "settings": {}, "folder": "", "formats": [], "channels": []}
    with database.session() as session:
        job = Job(name=uuid4().hex, question=QUESTION, created_at=now(), **form)
        session.add(job)
    return job.id or 0


def turn(database: Database, job_id: int) -> JobRun:
    moment = now()
    with database.session() as session:
        row = JobRun(job_id=job_id, due_at=moment, state="done", not_before=moment)
        session.add(row)
    return row


def age(database: Database, by: timedelta) -> None:
    """Lets all readings of pages have been made so much earlier."""
    with database.session() as session:
        for fetch in session.exec(select(Fetch)).all():
            session.exec(update(Fetch).where(col(Fetch.id) == fetch.id).values(at=fetch.at - by))


def rows_of_runs(database: Database) -> list[int]:
    """How many rows belong to runs, of each kind."""
    kinds = (Run.id, Search.run_id, Visit.run_id, Event.id, Evidence.id, Version.id)
    with database.session() as session:
        return [session.exec(select(func.count(col(kind)))).one() for kind in kinds]
