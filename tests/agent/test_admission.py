"""How much is let into a server at once, in which order, and that all of it is given back."""

import asyncio
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.admission import BLOCK, Gate, room, shared_gate, told
from redraft.agent.client import HttpLLM
from redraft.tests.wire import ASKED, Server, client, good

CAPACITY = 100


def metrics(*engines: str) -> str:
    lines = [f"vllm:cache_config_info{{{labels}}} 1.0" for labels in engines]
    return "\n".join(["# TYPE vllm:cache_config_info gauge", *lines]) + "\n"


BLOCKS = 'block_size="16",engine="0",num_gpu_blocks="2000"'
WHOLE = 'block_size="16",engine="1",kv_cache_size_tokens="30000",num_gpu_blocks="2000"'


@pytest.mark.parametrize(
    ("page", "tokens"),
    [
        (metrics(BLOCKS), 32_000),
        (metrics(WHOLE), 30_000),
        (metrics(BLOCKS, WHOLE), 62_000),
        (metrics('block_size="16",num_gpu_blocks="None"'), None),
        (metrics('block_size="16",kv_cache_size_tokens="None",num_gpu_blocks="10"'), 160),
        ("vllm:num_requests_running 1.0\n", None),
        ("", None),
        ("<html>{", None),
    ],
)
def test_the_size_of_the_cache_is_read_from_the_servers_counters(page: str, tokens: int | None) -> None:
    assert told(page) == tokens


def test_a_request_holds_its_prompt_once_and_each_of_its_replies() -> None:
    assert room(1000, 200, 3) == 1000 + 3 * (200 + BLOCK)


async def entered(gate: Gate, order: list[int], number: int, tokens: int, turns: int) -> None:
    async with gate.entered(tokens):
        order.append(number)
        for _ in range(turns):
            await asyncio.sleep(0)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2 * CAPACITY),
            st.integers(0, 5),
            st.one_of(st.none(), st.integers(0, 12)),
        ),
        max_size=20,
    )
)
def test_all_are_let_in_as_they_came_never_more_than_fits_and_all_is_given_back(
    asked: list[tuple[int, int, int | None]],
) -> None:
    """Of each: its tokens, for how many turns it stays, and after how many it is cancelled, if it is."""

    async def run() -> None:
        gate, order = Gate(CAPACITY), list[int]()
        tasks = [
            asyncio.create_task(entered(gate, order, n, tokens, turns)) for n, (tokens, turns, _) in enumerate(asked)
        ]
        for turn in range(200):
            for task, (_, _, cancelled) in zip(tasks, asked, strict=True):
                if turn == cancelled:
                    task.cancel()
            await asyncio.sleep(0)
            assert 0 <= gate.inside <= CAPACITY
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 1)
        assert order == sorted(order)
        assert {n for n, (*_, cancelled) in enumerate(asked) if cancelled is None} <= set(order)
        assert gate.inside == 0

    asyncio.run(run())


async def test_what_fits_together_goes_together() -> None:
    gate = Gate(CAPACITY)
    async with asyncio.timeout(1), gate.entered(50), gate.entered(50):
        assert gate.inside == CAPACITY


async def test_a_small_one_does_not_pass_a_large_one_that_waits() -> None:
    gate, order = Gate(CAPACITY), list[int]()
    async with gate.entered(60):
        large = asyncio.create_task(entered(gate, order, 1, 90, 1))
        small = asyncio.create_task(entered(gate, order, 2, 10, 1))
        for _ in range(5):
            await asyncio.sleep(0)
        assert order == []
    await asyncio.gather(large, small)

    assert order == [1, 2]


async def test_one_that_gives_up_in_front_holds_nobody_back() -> None:
    gate, order = Gate(CAPACITY), list[int]()
    async with gate.entered(60):
        large = asyncio.create_task(entered(gate, order, 1, 90, 1))
        small = asyncio.create_task(entered(gate, order, 2, 10, 1))
        await asyncio.sleep(0)
        large.cancel()
        async with asyncio.timeout(1):
            await small

    assert order == [2]


class Counting(Server):
    """Tells `page` of its cache, and counts the calls that are under way together."""

    def __init__(self, page: httpx.Response) -> None:
        super().__init__([good])
        self.page = page
        self.inside = self.most = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:  # type: ignore[override]  # asynchronous
        if request.url.path == "/metrics":
            return self.page
        self.inside += 1
        self.most = max(self.most, self.inside)
        await asyncio.sleep(0.01)
        self.inside -= 1
        return super().__call__(request)


async def eight(*llms: HttpLLM) -> None:
    """As many calls, shared out, each of 50 + 128 tokens and its prompt."""
    each = range(8 // len(llms))
    await asyncio.gather(*(llm.sample(replace(ASKED, section=str(n))) for llm in llms for n in each))


async def most_at_once(page: httpx.Response, *, concurrency: int | None) -> int:
    """Calls that are under way together, of eight that are made."""
    server = Counting(page)
    async with client(server, concurrency=concurrency) as llm:
        await eight(llm)
    return server.most


async def test_calls_wait_until_the_cache_has_room_for_them() -> None:
    small = httpx.Response(200, text=metrics('block_size="16",num_gpu_blocks="30"'))  # 480 tokens: two calls

    assert await most_at_once(small, concurrency=4) == 2


@pytest.mark.parametrize(("other", "most"), [("http://model:8000/v1", 2), ("http://other:8000", 4)])
async def test_all_clients_of_a_server_in_a_process_share_what_its_cache_holds(other: str, most: int) -> None:
    server = Counting(httpx.Response(200, text=metrics('block_size="16",num_gpu_blocks="30"')))

    async with client(server, concurrency=4) as one, client(server, other, concurrency=4) as two:
        await eight(one, two)

    assert server.most == most


async def test_a_server_that_came_back_with_another_cache_has_another_gate() -> None:
    one, same, other = shared_gate("http://a", 480), shared_gate("http://a", 480), shared_gate("http://a", 960)

    assert one is same
    assert one is not other


async def test_where_a_server_does_not_tell_its_cache_is_taken_to_hold_the_longest_calls() -> None:
    assert await most_at_once(httpx.Response(404), concurrency=4) == 8
    assert await most_at_once(httpx.Response(200, text="<html>{"), concurrency=4) == 8


async def test_who_does_not_say_how_many_calls_there_are_waits_for_no_room() -> None:
    small = httpx.Response(200, text=metrics('block_size="16",num_gpu_blocks="30"'))

    assert await most_at_once(small, concurrency=None) == 8
