from redraft.store import drafts, jobs, runs, seen
from redraft.store.database import Database
from redraft.store.models import Run
from redraft.tests import rows
from redraft.tests.store.turning import HOUR, ONE, SEVEN, claim, job, struck


def a_report(database: Database, name: str, run_id: str, *, status: str = "done", hours: int = 0) -> None:
    """The next turn of a job, with its run."""
    at = SEVEN + hours * HOUR
    runs.create(database, Run(id=run_id, question="?", status=status, settings={}, created_at=at))
    turn = struck(database, jobs.get(database, name))
    assert claim(database, now=at, only=turn.id) is not None
    jobs.let_go(database, turn, ONE, {"state": status, "run_id": run_id})


def test_what_is_known_to_a_job_is_known_to_it_alone(database: Database) -> None:
    trams, buses = (jobs.add(database, job(name)).id or 0 for name in ("trams", "buses"))

    seen.add(database, trams, ["https://a/", "https://b/", "https://a/"])
    seen.add(database, trams, ["https://b/", "https://c/"])

    assert seen.keys(database, trams) == {"https://a/", "https://b/", "https://c/"}
    assert seen.keys(database, buses) == set()


def test_the_reports_of_a_job_are_its_own_and_done_oldest_first(database: Database) -> None:
    jobs.add(database, job("trams"))
    jobs.add(database, job("buses"))
    a_report(database, "trams", "zz")
    a_report(database, "trams", "failed", status="failed", hours=1)
    a_report(database, "trams", "aa", hours=2)
    a_report(database, "buses", "bb")

    mine = seen.done_runs(database, jobs.get(database, "trams").id or 0)

    assert [run.id for run in mine] == ["zz", "aa"]


def test_the_searches_of_sections_come_by_their_places_without_those_that_were_dropped(database: Database) -> None:
    runs.create(database, Run(id="run", question="?", status="done", settings={}, created_at=SEVEN))
    sections = [rows.section(number) for number in ("10", "2", "2.1", "3")]
    sections[3].dropped = True
    runs.save_outline(database, "run", sections)
    for section in sections:
        drafts.save_queries(database, section.id or 0, [f"{section.number} first", f"{section.number} again"])

    assert seen.section_queries(database, ["run"]) == [
        f"{number} {which}" for number in ("2", "2.1", "10") for which in ("first", "again")
    ]
    assert seen.section_queries(database, ["another"]) == []
