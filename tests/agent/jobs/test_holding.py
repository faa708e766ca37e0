"""A turn is held for as long as its process can say that it is there."""

import asyncio
from contextlib import closing, nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest

from redraft.agent.jobs import worker
from redraft.agent.jobs.holding import TurnLost, holding
from redraft.agent.jobs.ticking import tick
from redraft.agent.jobs.tools import LEASE
from redraft.agent.llm import ScriptedLLM
from redraft.agent.settings import Settings
from redraft.store.database import Database
from redraft.tests.agent.jobs.clockwork import Clock, Flaky, Process, many

SOON = timedelta(milliseconds=100)


@pytest.fixture
def process(database: Database, settings: Settings, writer: ScriptedLLM) -> Process:
    return Process(database, settings, writer, Clock())


def test_to_be_cancelled_is_not_to_lose_the_turn(process: Process, database: Database, question: str) -> None:
    many(database, question, 1)
    process.lease = SOON / 2

    async def cancelled() -> None:
        tick(database, process.clock())
        turn = worker.claim(process.tools)
        assert turn is not None
        async with holding(process.tools, turn):
            asyncio.current_task().cancel()  # type: ignore[union-attr]
            await asyncio.sleep(10)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())


@pytest.mark.parametrize("away", [LEASE / 2, LEASE * 2])
def test_a_turn_is_lost_once_the_store_was_away_for_a_lease(
    process: Process, settings: Settings, database: Database, question: str, away: timedelta
) -> None:
    """Other processes take it for lost then."""
    many(database, question, 1)
    tick(database, process.clock())
    turn = worker.claim(process.tools)
    assert turn is not None

    async def held(flaky: Flaky) -> None:
        tools = replace(process.tools, database=flaky, lease=SOON)
        async with holding(tools, turn):
            flaky.away = True
            while flaky.away:
                await asyncio.sleep(0.001)
            process.clock.now += away / LEASE * SOON
            flaky.away = True
            while flaky.away:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.05)

    ends = pytest.raises(TurnLost) if away > LEASE else nullcontext()
    with closing(Flaky(settings.folders.data / "redraft.db")) as flaky, ends:
        asyncio.run(held(flaky))
