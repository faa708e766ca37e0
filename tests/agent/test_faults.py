"""A server that fails in every way that servers were seen to, and a model that makes things up."""

import json
import random
import re
from collections.abc import Callable

import httpx
import pytest
from tenacity import wait_none

from redraft.agent import archive, run
from redraft.agent.client import Patience, connect
from redraft.agent.render import markdown
from redraft.agent.settings import Settings
from redraft.store.database import Database
from redraft.tests import faithful


def faulty(seed: int) -> Callable[[httpx.Request], httpx.Response]:
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
    said = {2: "", 3: "the " * 400, 4: text + invented, 5: text + invented}.get(fate, text)
    return httpx.Response(200, json={"choices": [{"message": {"content": said}, "finish_reason": "stop"}]})


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
