import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from redraft.agent.errors import ServerRefused, ServerUnavailable, UserError
from redraft.agent.launch import Launch
from redraft.agent.settings import Settings
from redraft.evals.speed.drafters import DRAFTERS, Named, servable
from redraft.evals.speed.live import WARM, Ask, Pass, Prompt, compared, completed, prompts, served, timed
from redraft.tests.evals.speed.given import call

FAKE = Path(__file__).with_name("fake_completions.py")


@dataclass
class House:
    """Servers that answer with their prompt's first token, each token in a second without a drafter, in half with one.

    The time goes on by what is answered, whatever runs at once.
    """

    now: float = 0.0
    up: int = 0
    log: list[tuple[str, list[int]]] = field(default_factory=list)

    @asynccontextmanager
    async def serve(self, named: Named) -> AsyncIterator[Ask]:
        assert self.up == 0, "one server at a time"
        self.up += 1
        asked: list[int] = []
        self.log.append(("drafts" if named.config else "off", asked))

        async def ask(prompt: Prompt) -> Sequence[int]:
            if list(prompt.ids) != WARM:
                asked.append(prompt.ids[0])
            self.now += prompt.most / (2 if named.config else 1)
            return [prompt.ids[0]] * prompt.most

        yield ask
        self.up -= 1


ASKED = [Prompt([number], 4) for number in range(6)]
BOTH = {name: DRAFTERS[name] for name in ("off", "ngram")}


async def passes(house: House, rounds: int = 2, concurrencies: Sequence[int] = (1, 4)) -> list[Pass]:
    return await timed(ASKED, BOTH, house.serve, rounds=rounds, concurrencies=concurrencies, clock=lambda: house.now)


async def test_servers_take_turns_and_no_server_is_asked_the_same_twice() -> None:
    house = House()

    await passes(house, rounds=3)

    assert [name for name, _ in house.log] == ["off", "drafts", "drafts", "off", "off", "drafts"]
    assert [sorted(asked) for _, asked in house.log] == [list(range(6))] * 6
    assert house.log[0][1] != house.log[2][1], "at another concurrency in another round"


async def test_ratios_are_of_the_same_round_and_the_same_prompts() -> None:
    found = compared(await passes(House()))

    for places in ("1", "4"):
        row = found["drafters"]["ngram"][places]
        assert row["ratios"] == [2, 2]
        assert (row["ratio"], row["identical"], row["answers"]) == (2, 6, 6)
        assert found["drafters"]["off"][places]["tokens_per_second"] == 1
    assert found["off_repeats"] == {"identical": 6, "answers": 6}


def test_an_answer_that_differs_is_counted_and_so_is_the_noise_of_no_drafter() -> None:
    def one(drafter: str, number: int, answer: list[int], seconds: float) -> Pass:
        return Pass(drafter, number, 1, seconds, {0: answer})

    found = compared([one("off", 0, [1, 2], 2), one("ngram", 0, [1, 3], 1), one("off", 1, [9], 1)])

    assert found["drafters"]["ngram"]["1"]["identical"] == 0
    assert found["drafters"]["ngram"]["1"]["ratio"] == 2
    assert found["off_repeats"] == {"identical": 0, "answers": 1}


def test_prompts_are_taken_evenly_of_all_that_fit() -> None:
    calls = [call("p" * 3, "o" * size) for size in (1, 2, 3, 90, 4, 5)]

    assert [prompt.most for prompt in prompts(calls, 2, context=10)] == [1, 3]
    assert [prompt.most for prompt in prompts(calls, 99, context=10)] == [1, 2, 3, 4, 5]
    with pytest.raises(UserError, match="no call"):
        prompts(calls, 2, context=3)


def test_only_what_vllm_has_is_served() -> None:
    assert "redraft" not in servable(None)
    with pytest.raises(UserError, match="replayed only"):
        servable("ngram,redraft")


async def test_a_prompt_is_sent_as_tokens_and_answered_greedily() -> None:
    heard: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return httpx.Response(200, json={"choices": [{"text": "a", "token_ids": [7, 8]}]})

    async with httpx.AsyncClient(base_url="http://server", transport=httpx.MockTransport(answer)) as http:
        assert await completed(http, "small", Prompt([1, 2], 5)) == [7, 8]

    asked = {"model": "small", "prompt": [1, 2], "max_tokens": 5, "temperature": 0, "return_token_ids": True}
    assert json.loads(heard[0].content) == asked


async def test_a_refusal_and_silence_are_told_apart() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if b'"model":"gone"' in request.content:
            raise httpx.ConnectError("no route")
        return httpx.Response(400, text="too long")

    async with httpx.AsyncClient(base_url="http://server", transport=httpx.MockTransport(answer)) as http:
        with pytest.raises(ServerRefused, match="too long"):
            await completed(http, "small", Prompt([1], 1))
        with pytest.raises(ServerUnavailable, match="no route"):
            await completed(http, "gone", Prompt([1], 1))


@pytest.mark.enable_socket  # loopback only
@pytest.mark.parametrize(("drafter", "arguments"), [("off", 2), ("ngram", 4)])
async def test_a_server_is_started_without_speculation_but_for_the_drafters_own(
    tmp_path: Path, drafter: str, arguments: int
) -> None:
    def launcher(settings: Settings, port: int) -> Launch:
        assert settings.speculation == "off"
        return Launch("small", 1024, [sys.executable, str(FAKE), str(port)], {}, limit=60, grace=5)

    async with served(Settings(home=tmp_path), lambda step: None, DRAFTERS[drafter], launcher) as ask:
        assert await ask(Prompt([1], 1)) == [arguments]
