"""A run that brings a job's last report up to date, instead of writing it from nothing."""

from redraft.agent import run, tree
from redraft.agent.gaps import NEWS, Kind
from redraft.agent.jobs.news import Item, News, by_section
from redraft.agent.languages import labels_of_run, language_of_run, settled
from redraft.agent.settings import Settings
from redraft.store import drafts, jobs, runs
from redraft.store.database import Database
from redraft.store.models import Gap, Job, Run


def last_report(database: Database, job: Job, settings: Settings) -> Run | None:
    """The newest run of the job that came to its end, if it answers the question that the job asks now, in the language
    that it is to be answered in."""
    asked = job.question, settled(settings, job.question).language
    for turn in jobs.of_job(database, job):
        if turn.state == "done" and turn.run_id:
            newest = runs.get(database, turn.run_id)
            return newest if (newest.question, language_of_run(newest)) == asked else None
    return None


def planned(
    database: Database, job: Job, settings: Settings, last: Run | None, news: News | None
) -> tuple[Run, list[Gap]]:
    """A run for the job and what it is to look into first; kept nowhere yet."""
    new = run.prepared(job.question, settings)
    if last is None or news is None:
        return new, []
    new.follows, new.news = last.id, [item.model_dump(mode="json") for item in news.items]
    return new, _gaps(database, last, new, news.items)


def _gaps(database: Database, last: Run, new: Run, items: list[Item]) -> list[Gap]:
    """For each section that there is news of, the question what it is; the titles of pages are no part of it.

    What fits no section may be a matter that the report lacks.
    """
    outline, standing = runs.outline(database, last.id), drafts.accepted(database, last.id)
    body = [(s.number, s.title, standing[s.id or 0].text) for s in tree.body(outline) if s.id in standing]
    found = by_section(items, body)
    brief = runs.brief(database, last.id)
    titles = {number: title for number, title, _ in body} | {"": brief.title if brief else last.question}
    said = labels_of_run(new)
    return [
        Gap(
            run_id=new.id,
            number=number,
            kind=Kind.OUTDATED if section else Kind.MISSING,
            section=section,
            question=said.newer.format(title=titles[section]),
            priority="high" if section else "medium",
            opened_by=NEWS,
            opened_in=0,
            state="open",
            closing="",
        )
        for number, section in enumerate((section for section in titles if section in found), start=1)
    ]
