"""A server that fails in every way that servers were seen to, and a model that makes things up."""

import json
import random
import re
from collections.abc import Callable

import httpx
import pytest
from tenacity import wait_none

from redraft.agent import archive, run
from redraft.agent.client import connect
from redraft.agent.errors import ServerRefused, ServerUnavailable
from redraft.agent.render import markdown
from redraft.agent.retrying import Patience
from redraft.agent.settings import Settings
from redraft.store import calls as store_calls
from redraft.store import runs
from redraft.store.database import Database
from redraft.tests import faithful

Handle = Callable[[httpx.Request], httpx.Response]
Says = Callable[[str], httpx.Response]


def said(text: str, finish_reason: str = "stop", **more: str) -> httpx.Response:
    choice = {"message": {"content": text, **more}, "finish_reason": finish_reason}
    return httpx.Response(200, json={"choices": [choice]})


def faulty(seed: int) -> Handle:
    """Of its answers, a tenth fail, a tenth are no answers, and a tenth cite what nobody has written."""
    chance = random.Random(seed)  # noqa: S311 - the same faults each time are what a test needs

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/models":
            return httpx.Response(200, json={"data": [{"id": "faulty", "max_model_len": 8192}]})
        if request.url.path == "/tokenize":
            return httpx.Response(404)
        return reply(faithful.answer(json.loads(request.content)["messages"][-1]["content"]), chance.randrange(20))

    return handle


def reply(text: str, fate: int) -> httpx.Response:
    if fate == 0:
        return httpx.Response(500, text="CUDA out of memory")
    if fate == 1:
        return httpx.Response(200, content=b'{"choices": [{"mess')
    invented = " As Smith has shown [e99], and as [4] and https://example.org/invented confirm."
    return said({2: "", 3: "the " * 400, 4: text + invented, 5: text + invented}.get(fate, text))


@pytest.mark.parametrize("seed", range(12))
async def test_every_report_is_whole_and_every_mark_in_it_resolves(
    database: Database, settings: Settings, question: str, seed: int
) -> None:
    row = run.create(database, question, settings)

    transport = httpx.MockTransport(faulty(seed))
    async with connect("http://faulty", patience=Patience(wait=wait_none()), transport=transport) as llm:
        await run.carry_out(database, row.id, settings, lambda _: None, llm)

    report = archive.report(database, row.id)
    body, _, _ = markdown(report).partition("## References")
    marks = {int(number) for mark in re.findall(r"\[([\d, ]+)\]", body) for number in mark.split(",")}
    assert len(report.parts) == 4
    assert marks == {reference.number for reference in report.references} != set()
    assert not re.search(r"e99|example\.org|the the|CUDA", markdown(report))


def plain(model: str = "faithful", context: int = 8192, says: Says = said) -> Handle:
    """Answers well, as `says` puts it."""

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/models":
            return httpx.Response(200, json={"data": [{"id": model, "max_model_len": context}]})
        if request.url.path == "/tokenize":
            return httpx.Response(404)
        return says(faithful.answer(json.loads(request.content)["messages"][-1]["content"]))

    return handle


def after(calls: int, then: Handle) -> Handle:
    """Answers well, and after so many calls as `then`."""
    left, well = iter(range(calls)), plain()
    ended = False

    def handle(request: httpx.Request) -> httpx.Response:
        nonlocal ended
        if request.url.path == "/v1/chat/completions" and not ended:
            ended = next(left, None) is None
        return then(request) if ended else well(request)

    return handle


def down(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection refused")


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("")


def dropping(request: httpx.Request) -> httpx.Response:
    said = 'data: {"choices": [{"delta": {"content": "Trams carry"}}]}\n\n'
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=said + 'data: {"choices": [{"del')


def failing(request: httpx.Request) -> httpx.Response:
    return httpx.Response(500, text="CUDA out of memory")


FAILURES = [down, silent, dropping, failing]


async def carried_out(database: Database, settings: Settings, run_id: str, **servers: Handle) -> str:
    """The report, from the servers by their hosts."""

    def route(request: httpx.Request) -> httpx.Response:
        return servers[request.url.host](request)

    urls, patience = [f"http://{name}" for name in servers], Patience(tries=3, wait=wait_none())
    async with connect(*urls, patience=patience, transport=httpx.MockTransport(route), concurrency=4) as llm:
        await run.carry_out(database, run_id, settings, lambda _: None, llm)
    return markdown(archive.report(database, run_id))


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_run_of_which_one_of_two_servers_fails_in_the_middle_writes_what_it_would_have(
    database: Database, settings: Settings, question: str, failure: Handle
) -> None:
    alone, shared = (run.create(database, question, settings).id for _ in range(2))
    wanted = await carried_out(database, settings, alone, a=plain())

    assert await carried_out(database, settings, shared, a=after(3, failure), b=plain()) == wanted


@pytest.mark.parametrize("calls", [0, 1, 3, 6])
@pytest.mark.parametrize("failure", FAILURES)
async def test_a_run_whose_server_fails_stops_with_one_line_and_goes_on_from_there(
    database: Database, settings: Settings, question: str, failure: Handle, calls: int
) -> None:
    alone, begun = (run.create(database, question, settings).id for _ in range(2))
    wanted = await carried_out(database, settings, alone, a=plain())
    with pytest.raises(ServerUnavailable, match="no use of the model server at http://a after 3 tries") as error:
        await carried_out(database, settings, begun, a=after(calls, failure))
    kept = len(store_calls.of_run(database, begun))

    assert "\n" not in str(error.value)
    assert (kept, runs.get(database, begun).status) == (calls, "failed")
    assert await carried_out(database, settings, begun, a=plain()) == wanted


@pytest.mark.parametrize(
    ("back", "told"),
    [
        (plain("another"), "does not serve 'faithful', but another: this run was begun with faithful"),
        (plain(context=4096), "holds 4096 tokens of context now, and 8192 when it was first asked"),
    ],
)
async def test_a_run_whose_server_comes_back_as_another_stops_with_one_line_and_goes_on_from_there(
    database: Database, settings: Settings, question: str, back: Handle, told: str
) -> None:
    alone, begun = (run.create(database, question, settings).id for _ in range(2))
    wanted = await carried_out(database, settings, alone, a=plain())
    fates = iter([down])

    def exchanged(request: httpx.Request) -> httpx.Response:
        return next(fates, back)(request)

    with pytest.raises(ServerRefused, match=told) as error:
        await carried_out(database, settings, begun, a=after(2, exchanged))

    assert "\n" not in str(error.value)
    assert await carried_out(database, settings, begun, a=plain()) == wanted


async def test_a_server_whose_first_token_takes_longer_than_is_borne_at_first_is_borne_with(
    database: Database, settings: Settings, question: str
) -> None:
    alone, slowed = (run.create(database, question, settings).id for _ in range(2))
    wanted = await carried_out(database, settings, alone, a=plain())
    patient = Patience().silence

    def slow(request: httpx.Request) -> httpx.Response:
        is_call = request.url.path == "/v1/chat/completions"
        return (silent if is_call and request.extensions["timeout"]["read"] <= patient else plain())(request)

    assert await carried_out(database, settings, slowed, a=slow) == wanted


def aloud(text: str) -> httpx.Response:
    return said(f"<think>What is asked? {{}} [e1]</think>{text}")


def aside(text: str) -> httpx.Response:
    return said(text, reasoning_content="What is asked? {} [e1]")


def never_speaking(text: str) -> httpx.Response:
    return said(f"<think>Is it this? {text} Or that? ", "length")


@pytest.mark.parametrize("thinks", [aloud, aside])
async def test_thought_is_no_part_of_any_step_of_a_run(
    database: Database, settings: Settings, question: str, thinks: Says
) -> None:
    alone, begun = (run.create(database, question, settings).id for _ in range(2))
    wanted = await carried_out(database, settings, alone, a=plain())

    assert await carried_out(database, settings, begun, a=plain(says=thinks)) == wanted


async def test_a_model_that_does_nothing_but_think_ends_in_a_report_of_quotations(
    database: Database, settings: Settings, question: str
) -> None:
    begun = run.create(database, question, settings).id

    report = await carried_out(database, settings, begun, a=plain(says=never_speaking))

    asked = store_calls.of_run(database, begun)
    assert {part.version.op for part in archive.report(database, begun).parts} == {"quote"}
    assert "Is it this?" not in report
    assert max(call.attempt for call in asked) == settings.retries
    assert not any(call.text for call in asked)
