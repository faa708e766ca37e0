"""Losslessness: with each drafter vLLM says, greedily, what it says without one. Run by `make e2e`.

Exactly so only where numbers are exact enough. A step that checks a draft computes several tokens, and requests side by
side are computed in one batch: sums of other shapes round otherwise. In bfloat16 the two likeliest tokens are often as
likely as eight bits can tell, and the rounding decides; in float32 they are not. So all this is computed in float32.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from redraft.agent.launch import Launch, vllm
from redraft.agent.models import EMBEDDED, find
from redraft.agent.server import started
from redraft.agent.settings import Settings, load_settings
from redraft.agent.speculating import SPECULATIONS, Speculation, speculation_config

pytestmark = [pytest.mark.live, pytest.mark.enable_socket, pytest.mark.timeout(900)]

# What `redraft model pull` has put into the user's cache; looked up before each test is given a home of its own.
CACHE = load_settings().folders.cache
DRAFTERS = [name for name in SPECULATIONS if speculation_config(name).config]
TOGETHER = 4

EVIDENCE = """[e1] The tram line carries nine hundred people an hour in each direction, and runs every six minutes.
[e2] Rails of hardened steel last for thirty years, those of plain steel for twelve.
[e3] The city council voted in March 2021 to extend the line by four kilometres to the harbour.
[e4] A kilometre of track cost eighteen million euros, of which the state paid two thirds.
"""
SCHEMA = {
    "type": "object",
    "properties": {
        "claims": {
            "type": "array",
            "maxItems": 4,
            "items": {
                "type": "object",
                "properties": {
                    "evidence": {"enum": ["e1", "e2", "e3", "e4"]},
                    "quote": {"type": "string", "maxLength": 120},
                },
                "required": ["evidence", "quote"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["claims"],
    "additionalProperties": False,
}


def _asked(text: str, most: int = 96, **more: object) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], "max_tokens": most, "temperature": 0, **more}


# Two replies are refused where they are greedy; drawn from the one likeliest token they are the same as greedy ones. By
# `top_p`: `top_k` alone ends the engine of vLLM 0.32 in a step without a draft.
TWICE: dict[str, Any] = {"n": 2, "temperature": 1, "top_p": 1e-6, "seed": 7}
STRUCTURED: dict[str, Any] = {
    "response_format": {"type": "json_schema", "json_schema": {"name": "claims", "schema": SCHEMA}}
}
WORK: Mapping[str, Mapping[str, Any]] = {
    "quoting": _asked(f"{EVIDENCE}\nRepeat the evidence word for word, with its marks."),
    "rewriting": _asked(f"# Draft\n{EVIDENCE * 2}\nRewrite this draft without saying anything twice."),
    "inventing": _asked("Write a story about a lighthouse keeper and a fox."),
    "structured": _asked(f"{EVIDENCE}\nList each claim with a quote, as JSON.", 200, **STRUCTURED),
    "two replies": _asked(f"{EVIDENCE}\nSummarize the evidence.", **TWICE),
    "two structured replies": _asked(f"{EVIDENCE}\nList the claims as JSON.", 120, **STRUCTURED, **TWICE),
    "stopped": _asked(f"{EVIDENCE}\nRepeat the evidence word for word, with its marks.", stop=["thirty years", "[e3]"]),
    "long": _asked(f"{EVIDENCE * 24}\nWhich facts does this text repeat?"),  # 3,000 tokens: a batch has 2,048
    "cut off": _asked(f"{EVIDENCE}\nRepeat the evidence word for word.", 7),
    "penalized": _asked(f"{EVIDENCE}\nRepeat the evidence word for word.", repetition_penalty=1.1),
}

Answers = Mapping[str, Sequence[tuple[str, str]]]
"""By the name of the work: of each reply, its text and why it ended."""


@asynccontextmanager
async def served(home: Path, name: Speculation) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    def launch(settings: Settings, port: int) -> Launch:
        plain = vllm(settings, port)
        return plain._replace(command=[*plain.command, "--dtype", "float32"])

    settings = Settings(home=home, llm_model=str(find(EMBEDDED, CACHE)), speculation=name, context=8192)
    async with (
        started(settings, lambda step: None, launch) as server,
        httpx.AsyncClient(base_url=server.url, timeout=300, trust_env=False) as http,
    ):
        yield http, server.model


async def answered(http: httpx.AsyncClient, model: str, together: int) -> Answers:
    free = asyncio.Semaphore(together)

    async def one(body: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
        async with free:
            response = await http.post("/v1/chat/completions", json={"model": model, **body})
        assert response.is_success, response.text
        choices = sorted(response.json()["choices"], key=lambda choice: choice["index"])
        return [(choice["message"]["content"], choice["finish_reason"]) for choice in choices]

    return dict(zip(WORK, await asyncio.gather(*map(one, WORK.values())), strict=True))


Said = tuple[Answers, Answers, int]
"""One at a time, four at once, and how many drafted tokens were taken."""


async def ask(home: Path, name: Speculation) -> Said:
    async with served(home, name) as (http, model):
        alone = await answered(http, model, 1)
        together = await answered(http, model, TOGETHER)
        metrics = (await http.get("/metrics")).text
    counted = [line for line in metrics.splitlines() if line.startswith("vllm:spec_decode_num_accepted_tokens_total")]
    return alone, together, sum(int(float(line.split()[-1])) for line in counted)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """What is said without a drafter."""
    return asyncio.run(ask(tmp_path_factory.mktemp("home"), "off"))


def test_without_a_drafter_the_work_is_what_it_is_meant_to_be(plain: Said) -> None:
    alone, together, taken = plain

    assert taken == 0
    assert together == alone
    assert json.loads(alone["structured"][0][0])["claims"]
    assert alone["stopped"][0][1] == "stop"
    assert alone["cut off"][0][1] == "length"
    assert len(alone["two replies"]) == len(alone["two structured replies"]) == 2


@pytest.mark.parametrize("name", DRAFTERS)
def test_a_drafter_never_changes_what_is_said(plain: Said, tmp_path: Path, name: Speculation) -> None:
    alone, together, taken = asyncio.run(ask(tmp_path, name))

    assert taken > 50, "nothing was drafted that could have changed anything"
    assert alone == plain[0]
    assert together == plain[0]
