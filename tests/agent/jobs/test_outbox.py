"""What is to be sent is sent once, whoever else sends, and whatever becomes of one try."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from redraft.agent.jobs import outbox
from redraft.agent.jobs.channels import Hook
from redraft.agent.jobs.outbox import LONGEST_TRY
from redraft.agent.jobs.ticking import tick
from redraft.agent.llm import ScriptedLLM
from redraft.agent.settings import Settings
from redraft.store import deliveries, jobs
from redraft.store.database import Database
from redraft.store.models import Delivery, Job
from redraft.tests.agent.jobs.clockwork import MONDAY, Clock, Process, weekly


@pytest.fixture
def process(database: Database, settings: Settings, writer: ScriptedLLM) -> Process:
    return Process(database, settings, writer, Clock())


@pytest.fixture
def job(database: Database, question: str, tmp_path: Path) -> Job:
    return weekly(database, question, tmp_path)


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """A file with a line for each notice that arrived."""
    return tmp_path / "sent"


def hook(sent: Path, line: int = 1, seconds: float = 0) -> Hook:
    return Hook(command=("sh", "-c", f"sleep {seconds}; echo {line} >> {sent}"))


def queue(process: Process, channels: Sequence[dict[str, object]]) -> int:
    """The id of a turn that has failed, of which these are told."""
    (turn,) = tick(process.database, process.clock())
    held = jobs.claim(process.database, "elsewhere 3 0", MONDAY, LONGEST_TRY, servers=lambda job: ["here"], limit=1)
    notices = [
        Delivery(job_run_id=0, number=0, kind="notice", channel=channel, state="pending", not_before=MONDAY)
        for channel in channels
    ]
    assert held is not None
    assert jobs.let_go(process.database, held, "elsewhere 3 0", {"state": "failed"}, deliveries=notices)
    return turn.id or 0


def test_of_several_processes_one_sends_each(
    process: Process, database: Database, settings: Settings, job: Job, sent: Path
) -> None:
    queue(process, [hook(sent, line).model_dump() for line in range(8)])
    others = [Process(database, settings, process.llm, process.clock, holder=f"elsewhere {n} 0") for n in (2, 3)]

    async def together() -> None:
        await asyncio.gather(*(outbox.deliver(each.tools) for each in (process, *others)))

    asyncio.run(together())

    assert sorted(sent.read_text().split()) == [str(line) for line in range(8)]


def test_a_try_whose_process_was_killed_is_made_again_when_it_must_be_over(
    process: Process, database: Database, job: Job, sent: Path
) -> None:
    turn = queue(process, [hook(sent).model_dump()])
    (due,) = deliveries.due(database, MONDAY)
    assert deliveries.take(database, due.delivery, MONDAY + LONGEST_TRY)

    process.clock.now += LONGEST_TRY - timedelta(seconds=1)
    process.deliver()
    assert not sent.exists()

    process.clock.now += timedelta(seconds=1)
    process.deliver()
    assert sent.read_text() == "1\n"
    assert [(each.state, each.tries) for each in deliveries.of_turn(database, turn)] == [("done", 2)]


def test_a_fault_of_the_program_costs_one_try_of_one_delivery(
    process: Process, database: Database, job: Job, sent: Path
) -> None:
    turn = queue(process, [{"kind": "pigeon", "secret": "hunter2"}, hook(sent).model_dump()])

    with pytest.raises(ValidationError):
        process.deliver()
    process.deliver()

    assert sent.read_text() == "1\n"
    waiting, done = deliveries.of_turn(database, turn)
    assert (waiting.state, waiting.tries, done.state) == ("pending", 1, "done")
    assert process.clock() < waiting.not_before < process.clock() + LONGEST_TRY
    assert "ValidationError" in waiting.error
    assert "hunter2" not in waiting.error


def test_a_job_may_be_removed_while_its_notice_is_sent(
    process: Process, database: Database, job: Job, sent: Path
) -> None:
    queue(process, [hook(sent, line, 0.1).model_dump() for line in range(2)])

    async def removed() -> None:
        sending = asyncio.create_task(outbox.deliver(process.tools))
        await asyncio.sleep(0.05)
        jobs.remove(database, job, MONDAY)
        await sending

    asyncio.run(removed())

    assert sent.read_text() == "0\n"
    assert jobs.everyone(database) == []
