"""The turns of a job: what each comes to, whatever happens to the process and to the world."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from redraft.agent import archive, library
from redraft.agent.errors import ServerUnavailable
from redraft.agent.jobs import worker, working
from redraft.agent.jobs.channels import Folder, Hook
from redraft.agent.jobs.ticking import tick
from redraft.agent.jobs.tools import LEASE
from redraft.agent.llm import Reply, Request, ScriptedLLM
from redraft.agent.render import markdown
from redraft.agent.settings import Settings
from redraft.store import calls, deliveries, drafts, jobs, runs
from redraft.store.database import Database
from redraft.store.holders import host
from redraft.store.models import Job
from redraft.tests.agent.jobs.clockwork import MONDAY, WEEK, Clock, Process, states, weekly
from redraft.tests.agent.whole import Killed, Mortal, Wrapped

FERRIES = """# Ferries in cities

The capacity of a river ferry is up to 600 passengers an hour in each direction, a slow way to travel. Ferries, trams,
buses and cycle paths carry people in cities.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "reports"


@pytest.fixture
def job(database: Database, question: str, folder: Path) -> Job:
    return weekly(database, question, folder)


@pytest.fixture
def process(database: Database, settings: Settings, writer: ScriptedLLM) -> Process:
    return Process(database, settings, writer, Clock())


def add_document(database: Database, settings: Settings, documents: Path) -> None:
    (documents / "ferries.md").write_text(FERRIES)
    library.add(database, settings.library, [str(documents)], lambda *_: None)


def test_a_turn_writes_a_report_and_puts_it_into_the_folder(process: Process, job: Job, folder: Path) -> None:
    (turn,) = process.run_due()

    assert turn.state == "done"
    report = markdown(archive.report(process.database, turn.run_id or ""))
    assert (folder / f"weekly-2026-03-02-{turn.run_id}.md").read_text() == report
    assert (folder / "weekly-latest.md").read_text() == report
    assert jobs.get(process.database, "weekly").next_at == MONDAY + WEEK


def test_nothing_is_due_before_its_time(process: Process, job: Job) -> None:
    process.clock.now = MONDAY - timedelta(seconds=1)

    assert process.run_due() == []


def test_where_nothing_is_new_nothing_is_asked_of_the_model_and_nothing_written(
    process: Process, writer: ScriptedLLM, job: Job, folder: Path
) -> None:
    process.run_due()
    asked, filed = len(writer.requests), sorted(folder.iterdir())
    process.clock.now += WEEK

    (turn,) = process.run_due()

    assert (turn.state, turn.run_id) == ("unchanged", None)
    assert "nothing new" in turn.reason
    assert len(writer.requests) == asked
    assert sorted(folder.iterdir()) == filed
    assert len(runs.newest_first(process.database)) == 1


def test_news_are_worked_into_the_report_that_there_is(
    process: Process, settings: Settings, whole: Settings, documents: Path, job: Job
) -> None:
    process.settings = whole
    (first,) = process.run_due()
    add_document(process.database, settings, documents)
    process.clock.now += WEEK

    (second,) = process.run_due()

    assert second.state == "done"
    run = runs.get(process.database, second.run_id or "")
    assert run.follows == first.run_id
    asked = {call.node for call in calls.of_run(process.database, run.id)}
    assert asked.isdisjoint({"outline", "brief"})
    old = {e.evidence.number: e.passage.id for e in drafts.run_exhibits(process.database, first.run_id or "")}
    new = {e.evidence.number: e.passage.id for e in drafts.run_exhibits(process.database, run.id)}
    assert old.items() <= new.items()
    text = markdown(archive.report(process.database, run.id))
    assert text.index("## What is new") < text.index("## Summary")
    assert "600 passengers" in text


def test_a_question_that_was_changed_is_answered_from_nothing(process: Process, job: Job) -> None:
    process.run_due()
    jobs.change(process.database, job, question="What does a tram line cost?")
    process.clock.now += WEEK

    (turn,) = process.run_due()

    assert runs.get(process.database, turn.run_id or "").follows is None


def test_a_report_that_is_to_be_in_another_language_is_written_from_nothing(process: Process, job: Job) -> None:
    process.run_due()
    jobs.change(process.database, job, settings={"language": "de"})
    process.clock.now += WEEK

    (turn,) = process.run_due()

    assert runs.get(process.database, turn.run_id or "").follows is None


def test_a_question_that_does_not_tell_its_language_has_reports_that_follow_and_are_sent(
    process: Process, settings: Settings, documents: Path, database: Database, folder: Path
) -> None:
    hook = Hook(command=("true",)).model_dump(mode="json")
    job = weekly(database, "Tram bus ferry", folder, channels=[hook])
    process.run_due()
    add_document(database, settings, documents)
    process.clock.now += WEEK

    (turn,) = process.run_due()

    run = runs.get(database, turn.run_id or "")
    assert (run.settings["language"], run.follows is None) == (None, False)
    assert [row.state for row in deliveries.of_job(database, job.id or 0, "done")] == ["done", "done"]


def test_ticks_that_nobody_was_there_for_come_to_the_newest(process: Process, job: Job) -> None:
    process.clock.now += 3 * WEEK + timedelta(days=1)

    (turn,) = process.run_due()

    assert turn.due_at == MONDAY + 3 * WEEK
    assert turn.missed == 3
    assert process.run_due() == []


def test_a_tick_within_a_run_is_skipped(process: Process, job: Job) -> None:
    tick(process.database, process.clock())
    assert worker.claim(process.tools) is not None
    process.clock.now += WEEK

    tick(process.database, process.clock())

    assert states(process.database, job) == ["running", "skipped"]


def test_a_killed_turn_is_gone_on_with_once_its_lease_is_over(
    process: Process, database: Database, settings: Settings, writer: ScriptedLLM, job: Job
) -> None:
    with pytest.raises(Killed):
        asyncio.run(worker.run_due(Process(database, settings, Mortal(writer, replies=3), process.clock).tools))
    other = Process(database, settings, writer, process.clock, holder="elsewhere 2 0")
    begun = [run.id for run in runs.newest_first(database)]

    assert other.run_due() == []
    process.clock.now += LEASE + timedelta(seconds=1)
    (turn,) = other.run_due()

    assert (turn.state, turn.tries) == ("done", 2)
    assert [run.id for run in runs.newest_first(database)] == begun == [turn.run_id]
    assert len({request.key for request in writer.requests}) == len(writer.requests)


def test_what_is_cancelled_can_be_gone_on_with_at_once(
    process: Process, database: Database, settings: Settings, writer: ScriptedLLM, job: Job
) -> None:
    @dataclass
    class Slow(Wrapped):
        async def sample(self, request: Request) -> Sequence[Reply]:
            if len(self.told) == 2:
                stop.set()
                await asyncio.sleep(60)
            return await super().sample(request)

    stop = asyncio.Event()
    slow = Process(database, settings, Slow(writer), process.clock)
    asyncio.run(worker.serve(slow.tools, stop, lambda error: None))
    assert states(database, job) == ["interrupted"]

    (turn,) = process.run_due()

    assert (turn.state, turn.tries) == ("done", 1)


@dataclass
class Away(Wrapped):
    """No model answers."""

    async def sample(self, request: Request) -> Sequence[Reply]:
        raise ServerUnavailable("no use of the model server")


def test_a_model_that_is_away_is_waited_for_and_then_given_up(
    process: Process, database: Database, settings: Settings, writer: ScriptedLLM, job: Job, tmp_path: Path
) -> None:
    jobs.change(database, job, most_failures=1, channels=[*job.channels, Hook(command=("true",)).model_dump()])
    away = Process(database, settings, Away(writer), process.clock)
    turns = []
    for _ in range(working.BEGINNINGS):
        turns += away.run_due()
        assert away.run_due() == []
        process.clock.now = max(turns[-1].not_before, process.clock.now)

    turn = turns[-1]
    assert [each.state for each in turns] == ["ready"] * (working.BEGINNINGS - 1) + ["failed"]
    paused = jobs.get(database, "weekly")
    assert "no use of the model server" in (paused.paused or "")
    assert paused.next_at is None
    assert [(d.kind, d.channel["kind"]) for d in deliveries.of_turn(database, turn.id or 0)] == [("notice", "hook")]
    assert turn.run_id is not None


def test_a_model_that_comes_back_finds_the_run_where_it_was(
    process: Process, database: Database, settings: Settings, writer: ScriptedLLM, job: Job
) -> None:
    (failed,) = Process(database, settings, Away(writer), process.clock).run_due()
    assert (failed.state, failed.finished_at) == ("ready", None)
    process.clock.now = failed.not_before

    (turn,) = process.run_due()

    assert (turn.state, turn.run_id) == ("done", failed.run_id)


def test_who_has_lost_a_turn_cannot_end_it(process: Process, database: Database, job: Job) -> None:
    tick(database, process.clock())
    turn = worker.claim(process.tools)
    process.clock.now += LEASE + timedelta(seconds=1)
    other = Process(database, process.settings, process.llm, process.clock, holder="elsewhere 2 0")
    assert worker.claim(other.tools) is not None

    assert turn is not None
    assert not jobs.let_go(database, turn, process.holder, {"state": "done"})
    assert not jobs.renew(database, turn, process.holder, process.clock() + LEASE)
    assert states(database, job) == ["running"]


def test_one_model_server_is_given_no_more_runs_than_it_may_have(
    process: Process, database: Database, question: str, folder: Path, job: Job
) -> None:
    weekly(database, question, folder, name="another")
    assert len(tick(database, process.clock())) == 2
    assert worker.claim(process.tools) is not None
    assert worker.claim(process.tools) is None


def test_a_job_with_a_server_of_its_own_waits_for_no_other(
    process: Process, database: Database, question: str, folder: Path, job: Job
) -> None:
    weekly(database, question, folder, name="another", settings={"llm_url": "http://elsewhere:8000/v1"})
    weekly(database, question, folder, name="third", settings={"llm_url": "http://elsewhere:8000"})
    tick(database, process.clock())

    taken = [turn.server for turn in (worker.claim(process.tools), worker.claim(process.tools)) if turn]

    assert taken == [host(), "http://elsewhere:8000"]
    assert worker.claim(process.tools) is None


def test_a_folder_that_cannot_be_written_loses_no_report(
    process: Process, database: Database, job: Job, tmp_path: Path
) -> None:
    (tmp_path / "blocked").write_text("a file")
    where = tmp_path / "blocked" / "reports"
    jobs.change(database, job, channels=[Folder(path=where).model_dump(mode="json")])
    (turn,) = process.run_due()
    (waiting,) = deliveries.of_turn(database, turn.id or 0)
    assert (turn.state, waiting.state, waiting.tries) == ("done", "pending", 1)

    (tmp_path / "blocked").unlink()
    process.clock.now = waiting.not_before
    process.deliver()

    assert [d.state for d in deliveries.of_turn(database, turn.id or 0)] == ["done"]
    assert (where / f"weekly-2026-03-02-{turn.run_id}.md").exists()


def test_a_job_pauses_for_nobody_who_waits_at_a_terminal(job: Job, settings: Settings) -> None:
    assert working.settings_of(job, settings).priority > settings.priority
