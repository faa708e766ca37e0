import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from tenacity import AsyncRetrying, RetryCallState

from redraft.agent.client import FIRST_TRIES, connect
from redraft.agent.endpoints import ASSUMED_CONTEXT
from redraft.agent.errors import ServerRefused, ServerUnavailable, UserError
from redraft.agent.llm import Request
from redraft.agent.replies import TRANSIENT
from redraft.agent.retrying import Patience
from redraft.tests.wire import ASKED, TRIES, VLLM, Answer, Server, client, complete, delta, good, stream

KEY = "sk-very-secret"


@dataclass
class Retries:
    told: list[str] = field(default_factory=list)

    def __call__(self, request: Request, reason: str) -> None:
        assert request == ASKED
        self.told.append(reason)


class Torn(httpx.AsyncByteStream):
    """A body that breaks in the middle."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield f"data: {json.dumps(delta('Trams'))}\n\n".encode()
        raise httpx.ReadError("connection lost")


def unreachable() -> httpx.Response:
    raise httpx.ConnectError("connection refused")


def silent() -> httpx.Response:
    raise httpx.ReadTimeout("")


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (lambda: httpx.Response(500, json={"error": {"message": "out of\nmemory"}}), "HTTP 500: out of memory"),
        (lambda: httpx.Response(503, text="starting"), "HTTP 503: starting"),
        (lambda: httpx.Response(429, json={"error": "slow down"}), "HTTP 429: slow down"),
        (lambda: httpx.Response(502), "HTTP 502: no reason given"),
        (unreachable, "connection refused"),
        (silent, "no answer in time (ReadTimeout)"),
        (lambda: stream(delta("Trams")), "the reply broke off in the middle"),
        (lambda: stream(delta("Trams"), end=""), "the reply broke off in the middle"),
        (
            lambda: httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Torn()),
            "connection lost",
        ),
        (lambda: stream(delta("Trams"), {"error": {"message": "killed"}}), "the server broke off: killed"),
        (lambda: stream({"error": {"message": "busy", "code": 503}}), "the server broke off: busy"),
        (lambda: stream(delta("Trams"), '{"choices": [{"del'), "the reply is no chat completion (JSONDecodeError)"),
        (lambda: stream(["Trams"]), "the reply is no chat completion (AttributeError)"),
        (lambda: httpx.Response(200, text="<html>"), "the reply is no chat completion (JSONDecodeError)"),
        (lambda: httpx.Response(200, json={"choices": []}), "the reply broke off in the middle"),
    ],
)
async def test_a_failure_that_may_pass_is_announced_and_the_call_tried_again(failure: Answer, reason: str) -> None:
    server, retries = Server([failure, failure, good]), Retries()

    reply = await complete(server, on_retry=retries)

    assert reply.text == "Trams run."
    assert retries.told == [reason, reason]
    first, *others = server.asked("/v1/chat/completions")
    assert others == [first, first]


@pytest.mark.parametrize("status", sorted(TRANSIENT | {408, 409, 425, 429, 500, 502, 503, 504, 529}))
async def test_what_a_server_says_while_it_is_busy_may_pass(status: int) -> None:
    failures = [httpx.Response(status)]

    reply = await complete(Server([lambda: failures.pop() if failures else good()]))

    assert reply.text == "Trams run."


async def test_a_long_reason_is_cut() -> None:
    with pytest.raises(ServerRefused) as caught:
        await complete(Server([lambda: httpx.Response(400, text="x" * 1000)]))

    assert str(caught.value).endswith(f"HTTP 400: {'x' * 300}")


async def test_when_every_try_fails_the_server_counts_as_unavailable() -> None:
    server = Server([lambda: httpx.Response(500, text="out of\nmemory")])

    with pytest.raises(ServerUnavailable) as caught:
        await complete(server)

    said = f"no use of the model server at http://model:8000 after {TRIES} tries: HTTP 500: out of memory"
    assert (type(caught.value), str(caught.value)) == (ServerUnavailable, said)
    assert len(server.asked("/v1/chat/completions")) == TRIES


def test_a_failing_server_is_given_more_time_with_every_try_but_never_more_than_some_seconds() -> None:
    state = RetryCallState(AsyncRetrying(), None, (), {})
    waits = []
    for state.attempt_number in range(1, 12):
        waits.append(Patience().wait(state))

    assert all(least <= wait <= least + 1 for least, wait in zip([0.5, 1, 2, 4, 8, 16], waits, strict=False))
    assert all(20 <= wait <= 21 for wait in waits[6:])


async def test_a_server_that_is_not_there_is_given_up_soon() -> None:
    server = Server([good], models=unreachable)

    with pytest.raises(ServerUnavailable, match=f"http://model:8000 after {FIRST_TRIES} tries: connection refused"):
        await complete(server)

    assert len(server.requests) == FIRST_TRIES


async def test_a_refusal_in_a_stream_is_not_asked_again() -> None:
    server = Server([lambda: stream({"error": {"message": "no such template", "code": 400}})])

    with pytest.raises(ServerRefused, match="no such template"):
        await complete(server)

    assert len(server.asked("/v1/chat/completions")) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_refusal_is_not_asked_again(status: int) -> None:
    server, retries = Server([lambda: httpx.Response(status, json={"error": {"message": "no"}})]), Retries()

    with pytest.raises(ServerRefused, match=f"the model server at model refused a call: HTTP {status}: no") as caught:
        await complete(server, on_retry=retries)

    assert ("REDRAFT_LLM_API_KEY" in str(caught.value)) is (status in (401, 403))
    assert len(server.asked("/v1/chat/completions")) == 1
    assert retries.told == []


async def test_the_key_is_sent_with_every_call() -> None:
    server = Server([good])

    async with client(server, api_key=SecretStr(f" {KEY}\n")) as llm:
        await llm.sample(ASKED)
        await llm.count(ASKED.messages)

    assert [request.headers["Authorization"] for request in server.requests] == [f"Bearer {KEY}"] * 3


async def test_without_a_key_none_is_sent() -> None:
    server = Server([good])

    await complete(server)

    assert not any("Authorization" in request.headers for request in server.requests)


@pytest.mark.parametrize("status", [401, 503])
async def test_the_key_is_in_no_message_even_when_the_server_repeats_it(status: int) -> None:
    server, retries = Server([lambda: httpx.Response(status, text=f"wrong key: {KEY}")]), Retries()

    with pytest.raises(ServerUnavailable, match=f"HTTP {status}: wrong key: …") as caught:
        await complete(server, api_key=SecretStr(KEY), on_retry=retries)

    assert KEY not in "".join([str(caught.value), *retries.told])


@pytest.mark.parametrize("key", [" \n", "sk-very\nsecret", "sk-very–secret"])
async def test_a_key_that_cannot_be_sent_is_the_users_to_mend_and_is_not_shown(key: str) -> None:
    with pytest.raises(UserError, match="REDRAFT_LLM_API_KEY") as caught:
        await complete(Server([good]), api_key=SecretStr(key))

    assert "very" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://model:8000", "/v1/models"),
        ("http://model:8000/v1", "/v1/models"),
        ("http://model:8000/v1/", "/v1/models"),
        (" http://model:8000/ ", "/v1/models"),
        ("https://model/api/v1", "/api/v1/models"),
    ],
)
async def test_the_address_may_or_may_not_name_the_version(url: str, path: str) -> None:
    server = Server([good])

    await complete(server, url=url)

    assert [request.url.path for request in server.requests] == [path, path.replace("models", "chat/completions")]


@pytest.mark.parametrize("url", ["", "model:8000", "ftp://model", "http://", "http:///v1", "http://[::1"])
async def test_an_address_that_is_none_is_the_users_to_mend(url: str) -> None:
    with pytest.raises(UserError, match="no address of a model server: give one like http://localhost:8000/v1"):
        await complete(Server([good]), url=url)


async def test_the_first_model_is_taken_unless_another_is_asked_for() -> None:
    models = {"data": [VLLM, {"id": "large", "max_model_len": None}]}
    server = Server([good], models=lambda: httpx.Response(200, json=models))

    async with client(server) as first, client(server, model="large") as other:
        served = [first.served, other.served]

    assert [tuple(each) for each in served] == [("small", 4096, True), ("large", ASSUMED_CONTEXT, False)]
    assert [first.context, other.context] == [4096, ASSUMED_CONTEXT]


@pytest.mark.parametrize(
    ("offered", "model", "said"),
    [([VLLM], "large", "does not serve 'large', but small"), ([], None, "does not serve None, but nothing")],
)
async def test_a_model_that_is_not_served_is_refused_with_those_that_are(
    offered: list[dict[str, Any]], model: str | None, said: str
) -> None:
    server = Server([good], models=lambda: httpx.Response(200, json={"data": offered}))

    with pytest.raises(ServerRefused, match=said):
        await complete(server, model=model)


@pytest.mark.parametrize("body", ["<html>", "{}", '{"data": [{}]}', "[]"])
async def test_what_is_no_model_server_is_said_to_be_of_no_use(body: str) -> None:
    with pytest.raises(ServerUnavailable, match="no use of the model server at http://model:8000"):
        await complete(Server([good], models=lambda: httpx.Response(200, text=body)))


@pytest.mark.enable_socket
async def test_a_password_in_the_address_is_shown_to_nobody() -> None:
    with pytest.raises(ServerUnavailable) as error:
        async with connect("http://me:hunter2@127.0.0.1:9", patience=Patience(tries=1)):
            pass

    assert "127.0.0.1:9" in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.enable_socket
async def test_no_proxy_is_asked_for_a_server_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "this is no proxy")

    with pytest.raises(ServerUnavailable, match=r"127\.0\.0\.1:9"):
        async with connect("http://127.0.0.1:9", patience=Patience(tries=1)):
            pass
