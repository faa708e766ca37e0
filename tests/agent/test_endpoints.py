"""Several servers with one model: who is asked, who is left out, and what is refused at the start."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenacity import wait_none

from redraft.agent.client import HttpLLM, connect
from redraft.agent.endpoints import FIRST_REST, LONGEST_REST, PIECE, PIECES_KEPT, Endpoint, Endpoints, Served, cut
from redraft.agent.errors import ContextTooSmall, ServerRefused, ServerUnavailable
from redraft.agent.llm import Message
from redraft.agent.replies import TransientFailure
from redraft.agent.retrying import Patience
from redraft.tests.wire import ASKED, TRIES, VLLM, Answer, Server, delta, good, stream

CHATS = "/v1/chat/completions"
LONG = (Message(role="system", content="x" * 8 * PIECE),)
OTHER = (Message(role="system", content="y" * 8 * PIECE),)


def several(servers: dict[str, Server], **options: Any) -> AbstractAsyncContextManager[HttpLLM]:
    """A client for servers by their hosts."""
    patience = Patience(tries=TRIES, wait=wait_none())

    async def route(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.001)  # calls are under way beside each other
        return servers[request.url.host](request)

    urls = [f"http://{name}:8000" for name in servers]
    return connect(*urls, patience=patience, transport=httpx.MockTransport(route), **options)


def offering(**fields: Any) -> Answer:
    return lambda: httpx.Response(200, json={"data": [{**VLLM, **fields}]})


def first(once: Answer, then: Answer) -> Answer:
    answers = iter([once])

    def answer() -> httpx.Response:
        return next(answers, then)()

    return answer


def gone() -> httpx.Response:
    raise httpx.ConnectError("connection refused")


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def endpoint(name: str, models: Answer = offering()) -> Endpoint:  # noqa: B008 - never changed
    http = httpx.AsyncClient(base_url=f"http://{name}", transport=httpx.MockTransport(Server([good], models=models)))
    return Endpoint(f"http://{name}", http, Served("small", 4096, is_vllm=True))


async def enter(endpoints: Endpoints, error: BaseException | None = None) -> None:
    async with endpoints.chosen(LONG, 100):
        if error:
            raise error


def pool(clock: Clock, *names: str) -> tuple[Endpoints, list[Endpoint]]:
    every = [endpoint(name) for name in names]
    return Endpoints(every, clock), every


async def test_one_server_that_is_named_twice_is_one() -> None:
    server = Server([good])

    async with connect("http://a/v1", "http://a", transport=httpx.MockTransport(server)) as llm:
        await llm.sample(ASKED)

    assert [request.url.path for request in server.requests] == ["/v1/models", CHATS]


async def test_servers_with_different_models_are_refused_by_name() -> None:
    servers = {"a": Server([good]), "b": Server([good], models=offering(id="large"))}

    with pytest.raises(ServerRefused, match="the model server at http://b:8000 does not serve 'small', but large"):
        async with several(servers):
            pass


async def test_a_server_with_less_context_than_is_needed_is_refused_by_name() -> None:
    servers = {"a": Server([good]), "b": Server([good], models=offering(max_model_len=2048))}

    with pytest.raises(ContextTooSmall, match=r"the model server at http://b:8000 holds 2048 tokens .* needs 3000"):
        async with several(servers, needed=3000):
            pass


async def test_what_fits_is_what_fits_into_the_smallest() -> None:
    async with several({"a": Server([good]), "b": Server([good], models=offering(max_model_len=2048))}) as llm:
        assert llm.context == 2048


async def test_a_server_that_is_not_up_yet_is_left_out_at_the_start() -> None:
    servers = {"a": Server([good], models=gone), "b": Server([good])}

    async with several(servers) as llm:
        replies = await llm.sample(ASKED)

    assert (llm.served.model, [reply.text for reply in replies]) == ("small", ["Trams run."])
    assert servers["a"].asked(CHATS) == []


async def test_when_no_server_is_up_the_first_is_named() -> None:
    with pytest.raises(ServerUnavailable, match="http://a:8000 after 2 tries: connection refused"):
        async with several({name: Server([good], models=gone) for name in "ab"}):
            pass


async def test_calls_side_by_side_are_spread_over_the_servers() -> None:
    servers = {"a": Server([good]), "b": Server([good])}

    async with several(servers) as llm:
        await asyncio.gather(*(llm.sample(replace(ASKED, section=str(n))) for n in range(8)))

    assert [len(server.asked(CHATS)) for server in servers.values()] == [4, 4]


@pytest.mark.parametrize("failure", [gone, lambda: httpx.Response(500), lambda: stream(delta("Tra"))])
async def test_a_call_that_fails_on_one_server_is_made_on_another(failure: Answer) -> None:
    servers, told = {"a": Server([failure]), "b": Server([good])}, list[str]()

    async with several(servers, on_retry=lambda request, reason: told.append(reason)) as llm:
        replies = [await llm.sample(replace(ASKED, section=str(n))) for n in range(3)]

    assert [reply.text for (reply,) in replies] == ["Trams run."] * 3
    assert [len(server.asked(CHATS)) for server in servers.values()] == [1, 3]
    assert len(told) == 1
    assert told[0].startswith("http://a:8000: ")


async def test_tokens_are_counted_by_another_server_where_one_fails() -> None:
    counts = {"a": lambda: httpx.Response(503), "b": lambda: httpx.Response(200, json={"count": 17})}

    async with several({name: Server([good], counts=answer) for name, answer in counts.items()}) as llm:
        assert await llm.count(ASKED.messages) == 17


async def test_when_every_server_fails_there_are_no_more_tries_than_with_one() -> None:
    servers = {"a": Server([gone]), "b": Server([gone])}

    async with several(servers) as llm:
        with pytest.raises(ServerUnavailable, match=f"http://a:8000 or http://b:8000 after {TRIES} tries: http://"):
            await llm.sample(ASKED)

    assert sum(len(server.asked(CHATS)) for server in servers.values()) == TRIES


async def test_what_one_server_refuses_another_is_still_told() -> None:
    no_priority = httpx.Response(400, json={"error": {"message": "priority scheduling is off", "code": 400}})
    servers = {"a": Server([lambda: no_priority, good]), "b": Server([good])}

    async with several(servers, priority=10) as llm:
        await asyncio.gather(*(llm.sample(replace(ASKED, section=str(n))) for n in range(2)))

    assert [call.get("priority") for call in servers["a"].asked(CHATS)] == [10, None]
    assert [call.get("priority") for call in servers["b"].asked(CHATS)] == [10]


async def test_one_of_several_that_comes_back_with_another_model_is_left_out() -> None:
    clock = Clock()
    a, b = endpoint("a", offering(id="large")), endpoint("b")
    endpoints = Endpoints([a, b], clock)
    a.failed(clock.now)
    clock.now = a.rests_until

    with pytest.raises(TransientFailure, match="http://a: the model server at http://a does not serve 'small'"):
        await enter(endpoints)

    assert a.rests_until > clock.now
    async with endpoints.chosen() as taken:
        assert taken is b


async def test_the_server_that_has_read_a_prompt_reads_the_next_that_begins_like_it() -> None:
    endpoints, (a, b) = pool(Clock(), "a", "b")
    async with endpoints.chosen(LONG, 100) as first:
        assert first is a
        async with endpoints.chosen(OTHER, 50) as second:
            assert second is b

    async with endpoints.chosen(OTHER, 10) as again, endpoints.chosen(LONG, 10) as another:
        assert (again, another) == (b, a)


async def test_a_server_that_has_much_more_to_do_is_not_asked_for_what_it_knows() -> None:
    endpoints, (a, b) = pool(Clock(), "a", "b")
    async with endpoints.chosen(LONG, 50_000) as first, endpoints.chosen(LONG, 10) as second:
        assert (first, second) == (a, b)


async def test_load_is_given_back_however_a_call_ends() -> None:
    endpoints, (a,) = pool(Clock(), "a")
    for error in (TransientFailure("down"), ServerRefused("no"), asyncio.CancelledError()):
        with pytest.raises(type(error)):
            await enter(endpoints, error)

    assert a.load == 0


async def test_a_server_that_fails_rests_for_longer_each_time_and_is_then_used_again() -> None:
    clock = Clock()
    endpoints, (a, _) = pool(clock, "a", "b")
    rests = []
    for _ in range(9):
        with pytest.raises(TransientFailure, match="http://a: down"):
            await enter(endpoints, TransientFailure("down"))
        async with endpoints.chosen() as other:
            assert other is not a
        rests.append(a.rests_until - clock.now)
        clock.now = a.rests_until
    async with endpoints.chosen() as taken:
        assert taken is a

    assert rests == [min(LONGEST_REST, FIRST_REST * 2**n) for n in range(9)]
    assert a.failures == 0


async def test_calls_that_fail_together_are_one_failure() -> None:
    endpoints, (a,) = pool(Clock(), "a")
    for _ in range(5):
        a.failed(0.0)

    assert (a.failures, a.rests_until) == (1, FIRST_REST)
    async with endpoints.chosen() as taken:  # there is no other
        assert taken is a


@given(st.lists(st.text(alphabet="ab", min_size=1, max_size=3), max_size=40))
def test_what_is_known_of_a_prompt_is_never_more_than_it_shares_with_another(parts: list[str]) -> None:
    known, texts = endpoint("a"), [part * PIECE for part in parts]
    for text in texts[:-1]:
        known.remember(cut([Message(role="user", content=text)]))
    last = texts[-1] if texts else ""

    count = known.known(cut([Message(role="user", content=last)]))

    assert count == max((_shared(text, last) for text in texts[:-1]), default=0)


def _shared(one: str, other: str) -> int:
    whole = range(min(len(one), len(other)) // PIECE, 0, -1)
    return next((count for count in whole if one[: count * PIECE] == other[: count * PIECE]), 0)


def test_what_a_server_is_remembered_to_know_is_bounded_and_begins_at_the_beginning() -> None:
    known, long = endpoint("a"), [n.to_bytes(4, "big") for n in range(PIECES_KEPT + 10)]
    known.remember(long)

    assert known.known(long) == PIECES_KEPT


async def test_the_answer_is_the_same_whoever_gives_it() -> None:
    alone = await _answers({"a": Server([good])})

    assert await _answers({name: Server([good]) for name in "abc"}) == alone


async def _answers(servers: dict[str, Server]) -> list[str]:
    async with several(servers) as llm:
        got = await asyncio.gather(*(llm.sample(replace(ASKED, section=str(n))) for n in range(6)))
    return [str(replace(reply, ms=0)) for (reply,) in got]


@pytest.mark.parametrize(
    ("back", "said"),
    [
        (offering(id="large"), "does not serve 'small', but large: this run was begun with small"),
        (offering(max_model_len=1024), "holds 1024 tokens of context now, and 4096 when it was first asked"),
    ],
)
async def test_a_server_that_comes_back_otherwise_is_noticed(back: Answer, said: str) -> None:
    server = Server([gone, good], models=first(offering(), back))

    async with several({"a": server}) as llm:
        with pytest.raises(ServerRefused, match=said):
            await llm.sample(ASKED)

    assert len(server.asked(CHATS)) == 1


async def test_a_server_that_was_exchanged_while_nobody_asked_is_noticed() -> None:
    unknown = httpx.Response(404, json={"error": {"message": "The model `small` does not exist."}})
    server = Server([lambda: unknown], models=first(offering(), offering(id="large")))

    async with several({"a": server}) as llm:
        with pytest.raises(ServerRefused, match="does not serve 'small', but large: this run was begun with small"):
            await llm.sample(ASKED)
