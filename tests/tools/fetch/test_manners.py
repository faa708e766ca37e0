import asyncio
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redraft.tools.fetch.address import Address, parse
from redraft.tools.fetch.manners import ABREAST, ABREAST_IN_ALL, ABREAST_TRUSTED, SPACING, Manners


@dataclass
class Clock:
    """Time that passes as soon as everybody waits for it."""

    now: float = 0.0
    sleepers: list[tuple[float, asyncio.Event]] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        self.sleepers.append((self.now + seconds, event))
        await event.wait()

    async def run(self, work: "asyncio.Future[list[None]]") -> None:
        while not work.done():
            for _ in range(20):
                await asyncio.sleep(0)
            if self.sleepers:
                self.sleepers.sort(key=lambda sleeper: sleeper[0])
                self.now, event = self.sleepers.pop(0)
                event.set()


@dataclass
class Visits:
    clock: Clock
    starts: dict[str, list[float]] = field(default_factory=dict)
    under_way: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    most_in_all: int = 0

    async def visit(self, manners: Manners, address: Address, seconds: float, delay: float = 0) -> None:
        async with manners.turn(address, delay):
            self.starts.setdefault(address.place, []).append(self.clock.now)
            self.under_way[address.place] += 1
            self.most |= self.under_way
            self.most_in_all = max(self.most_in_all, self.under_way.total())
            await self.clock.sleep(seconds)
            self.under_way[address.place] -= 1


async def visited(requests: list[tuple[str, float]], delay: float = 0) -> Visits:
    clock = Clock()
    manners, visits = Manners(clock=lambda: clock.now, sleep=clock.sleep), Visits(clock)
    allowed = frozenset({"127.0.0.1:8080"})
    await clock.run(
        asyncio.gather(*(visits.visit(manners, parse(url, allowed), seconds, delay) for url, seconds in requests))
    )
    return visits


HOSTS = st.sampled_from(["http://a.example/", "http://b.example/1", "http://b.example/2", "http://c.example/"])


@settings(max_examples=50)
@given(st.lists(st.tuples(HOSTS, st.floats(0, 5)), max_size=25))
async def test_a_host_never_has_more_or_faster_requests_than_promised(requests: list[tuple[str, float]]) -> None:
    visits = await visited(requests)

    assert sum(map(len, visits.starts.values())) == len(requests)
    assert all(count <= ABREAST for count in visits.most.values())
    for starts in visits.starts.values():
        assert all(later - earlier >= SPACING - 1e-9 for earlier, later in pairwise(starts))


async def test_all_hosts_together_have_no_more_than_promised() -> None:
    visits = await visited([(f"http://h{number}.example/", 5) for number in range(40)])

    assert visits.most_in_all == ABREAST_IN_ALL


async def test_a_host_that_asks_for_longer_pauses_gets_them() -> None:
    visits = await visited([("http://a.example/", 0)] * 3, delay=4)

    assert visits.starts["a.example:80"] == [0, 4, 8]


async def test_the_users_own_hosts_get_more_and_no_pauses() -> None:
    visits = await visited([("http://127.0.0.1:8080/", 1)] * (ABREAST_TRUSTED + 1))

    assert visits.starts["127.0.0.1:8080"] == [0] * ABREAST_TRUSTED + [1]


async def test_whoever_gives_up_waiting_leaves_no_trace() -> None:
    manners, address = Manners(sleep=lambda seconds: asyncio.sleep(0.03)), parse("http://a.example/")

    async with manners.turn(address):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), manners.turn(address):
                pytest.fail("it was not its turn")

    async with asyncio.timeout(1), manners.turn(address), manners.turn(address):
        pass
