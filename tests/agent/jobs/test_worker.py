"""Processes that do what is due: how they share it, when they look, and what ends them."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from redraft.agent.jobs import worker, working
from redraft.agent.jobs.channels import Folder
from redraft.agent.jobs.tools import LEASE, Tools
from redraft.agent.llm import Reply, Request, ScriptedLLM
from redraft.agent.settings import Settings
from redraft.store import jobs, runs
from redraft.store.database import Database
from redraft.store.models import JobRun
from redraft.tests.agent.jobs.clockwork import MONDAY, Clock, Flaky, Process, many, weekly
from redraft.tests.agent.whole import Killed, Mortal, Wrapped

SOON = timedelta(milliseconds=100)


@dataclass
class Running(Clock):
    """A clock that goes on from `now`, and counts how often it is looked at."""

    looks: int = 0
    began: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        self.looks += 1
        return self.now + timedelta(seconds=time.monotonic() - self.began)


@dataclass
class Doing:
    """Notes the turns that it is given, and ends them; stops the process that works on them after the last."""

    last: int
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    turns: list[int] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    before: Callable[[JobRun], Awaitable[None]] | None = None

    async def __call__(self, tools: Tools, turn: JobRun) -> None:
        self.turns.append(turn.id or 0)
        if len(self.turns) == self.last:
            self.stop.set()
        await asyncio.sleep(0)
        if self.before:
            await self.before(turn)
        jobs.let_go(tools.database, turn, tools.holder, {"state": "done", "finished_at": tools.clock()})

    async def serve(self, *processes: Process) -> None:
        served = (worker.serve(each.tools, self.stop, self.faults.append, do=self) for each in processes)
        async with asyncio.timeout(10):
            await asyncio.gather(*served)


@pytest.fixture
def process(database: Database, settings: Settings, writer: ScriptedLLM) -> Process:
    return Process(database, settings.model_copy(update={"job_limit": 3}), writer, Clock())


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    if request.param == "sqlite":
        yield tmp_path / "shared.db"
    else:
        with request.getfixturevalue("server").database() as url:
            yield url


def test_two_daemons_share_what_is_due(process: Process, database: Database, question: str) -> None:
    many(database, question, 20)
    other = Process(database, process.settings, process.llm, process.clock, holder="elsewhere 2 0")
    doing = Doing(20)

    asyncio.run(doing.serve(process, other))

    assert doing.faults == []
    assert Counter(doing.turns) == Counter(range(1, 21))


def test_two_run_dues_and_a_daemon_share_what_is_due(
    process: Process, settings: Settings, question: str, place: Path | str
) -> None:
    """Each with connections of its own, and side by side."""
    worked: list[int] = []
    faults: list[BaseException] = []

    async def do(tools: Tools, turn: JobRun) -> None:
        await asyncio.sleep(0)
        assert jobs.let_go(tools.database, turn, tools.holder, {"state": "done"})
        worked.append(turn.id or 0)

    async def serve(tools: Tools) -> None:
        stop = asyncio.Event()
        served = asyncio.create_task(worker.serve(tools, stop, faults.append, do=do))
        while len(worked) < 30 and not faults:
            await asyncio.sleep(0.01)
        stop.set()
        await served

    async def run_due(tools: Tools) -> None:
        await worker.run_due(tools, do=do)

    def begin(number: int) -> None:
        with closing(Database(place, settings.folders.data)) as mine:
            other = Process(mine, process.settings, process.llm, process.clock, holder=f"elsewhere {number} 0")
            asyncio.run((run_due, run_due, serve)[number](other.tools))

    with closing(Database(place, settings.folders.data)) as database, ThreadPoolExecutor(3) as pool:
        many(database, question, 30)
        list(pool.map(begin, range(3)))

    assert faults == []
    assert Counter(worked) == Counter(range(1, 31))


def test_a_daemon_sleeps_until_the_next_moment(process: Process, database: Database, question: str) -> None:
    many(database, question, 1, MONDAY + SOON)
    process.clock = clock = Running()
    doing = Doing(1)

    asyncio.run(doing.serve(process))

    assert doing.turns == [1]
    assert SOON.total_seconds() <= time.monotonic() - clock.began
    assert clock.looks < 40


def test_a_daemon_that_has_nothing_to_do_does_not_look_again_and_again(process: Process) -> None:
    process.clock = clock = Running()

    async def served() -> None:
        doing = Doing(1)
        asyncio.get_running_loop().call_later(SOON.total_seconds(), doing.stop.set)
        await doing.serve(process)

    asyncio.run(served())

    assert clock.looks < 10


def test_a_fault_of_the_program_costs_a_daemon_one_turn(process: Process, database: Database, question: str) -> None:
    many(database, question, 5)

    async def at_fault(turn: JobRun) -> None:
        if turn.id == 2:
            raise ZeroDivisionError

    doing = Doing(5, before=at_fault)
    asyncio.run(doing.serve(process))

    assert [type(fault) for fault in doing.faults] == [ZeroDivisionError]
    assert Counter(jobs.turn(database, turn).state for turn in doing.turns) == {"done": 4, "running": 1}


def test_a_store_that_is_away_for_a_moment_ends_no_daemon(
    process: Process, database: Database, settings: Settings, question: str
) -> None:
    many(database, question, 1)
    weekly(database, question, Path(), name="later", channels=[], next_at=MONDAY + SOON)
    doing, process.clock = Doing(2), Running()

    async def until_away(turn: JobRun) -> None:
        flaky.away = turn.id == 1
        while flaky.away:
            await asyncio.sleep(0.01)

    doing.before = until_away
    with closing(Flaky(settings.folders.data / "redraft.db")) as flaky:
        process.database = flaky
        asyncio.run(doing.serve(process))

    assert [str(fault) for fault in doing.faults] == ["the store is away"]
    assert doing.turns == [1, 2]


@dataclass
class Robbed(Wrapped):
    """While it is asked for the first time, another process takes the turn."""

    other: Process | None = None

    async def sample(self, request: Request) -> Sequence[Reply]:
        if self.other:
            assert worker.claim(self.other.tools) is not None
            self.other = None
            await asyncio.sleep(10)
        return await super().sample(request)


def test_who_loses_a_turn_leaves_it_as_it_is_and_goes_on_with_others(
    process: Process, database: Database, question: str
) -> None:
    many(database, question, 2)
    other = Process(database, process.settings, process.llm, Clock(MONDAY + LEASE), holder="elsewhere 2 0")
    process.llm, process.lease = Robbed(process.llm, other=other), SOON / 2

    lost, done = process.run_due()

    assert (lost.state, lost.holder, lost.tries) == ("running", other.holder, 2)
    assert done.state == "done"
    assert process.said[1] == working.LOST
    assert runs.get(database, lost.run_id or "").status == "running"


def test_a_turn_that_ends_its_process_each_time_is_given_up(
    process: Process, database: Database, question: str
) -> None:
    many(database, question, 1)
    for _ in range(working.BEGINNINGS):
        with pytest.raises(Killed):
            Process(database, process.settings, Mortal(process.llm, replies=0), process.clock).run_due()
        process.clock.now += LEASE + SOON

    (turn,) = process.run_due()

    assert turn.state == "failed"
    assert "each time its process ended" in turn.reason
    assert jobs.get(database, "job-0").failures == 1


def test_a_report_goes_where_the_job_wants_it_when_it_is_written(
    process: Process, database: Database, question: str, tmp_path: Path
) -> None:
    """Not where it wanted it when the run began."""
    many(database, question, 1)

    @dataclass
    class Edited(Wrapped):
        async def sample(self, request: Request) -> Sequence[Reply]:
            channel = Folder(path=tmp_path / "elsewhere").model_dump(mode="json")
            jobs.change(database, jobs.get(database, "job-0"), channels=[channel])
            return await super().sample(request)

    process.llm = Edited(process.llm)
    (turn,) = process.run_due()

    assert turn.state == "done"
    assert (tmp_path / "elsewhere" / "job-0-latest.md").exists()
