import json
import sys
from pathlib import Path

import httpx
import pytest

from redraft.agent.errors import ServerRefused, ServerUnavailable
from redraft.agent.launch import Launch
from redraft.agent.settings import Settings
from redraft.evals.speed.live import Prompt
from redraft.evals.speed.served import CACHE, CACHE_GIB, Switched, bench, served
from redraft.evals.speed.switching import Switch

FAKE = Path(__file__).with_name("fake_completions.py")


async def test_a_prompt_is_sent_as_tokens_and_answered_greedily(tmp_path: Path) -> None:
    heard: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return httpx.Response(200, json={"choices": [{"text": "a", "token_ids": [7, 8]}]})

    async with httpx.AsyncClient(base_url="http://server", transport=httpx.MockTransport(answer)) as http:
        assert await Switched(http, "small", Switch(tmp_path)).answer(Prompt("draft", [1, 2], 5)) == [7, 8]

    asked = {"model": "small", "prompt": [1, 2], "max_tokens": 5, "temperature": 0, "return_token_ids": True}
    assert json.loads(heard[0].content) == asked


async def test_what_had_to_follow_a_schema_has_to_again(tmp_path: Path) -> None:
    heard: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return httpx.Response(200, json={"choices": [{"text": "{}", "token_ids": [7]}]})

    async with httpx.AsyncClient(base_url="http://server", transport=httpx.MockTransport(answer)) as http:
        await Switched(http, "small", Switch(tmp_path)).answer(Prompt("verify_answer", [1], 5, {"type": "object"}))

    asked = json.loads(heard[0].content)["response_format"]
    assert (asked["type"], asked["json_schema"]["schema"]) == ("json_schema", {"type": "object"})


async def test_a_refusal_and_silence_are_told_apart(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if b'"model":"gone"' in request.content:
            raise httpx.ConnectError("no route")
        return httpx.Response(400, text="too long")

    async with httpx.AsyncClient(base_url="http://server", transport=httpx.MockTransport(answer)) as http:
        with pytest.raises(ServerRefused, match="too long"):
            await Switched(http, "small", Switch(tmp_path)).answer(Prompt("draft", [1], 1))
        with pytest.raises(ServerUnavailable, match="no route"):
            await Switched(http, "gone", Switch(tmp_path)).answer(Prompt("draft", [1], 1))


@pytest.mark.enable_socket  # loopback only
async def test_a_server_is_started_with_the_switch_and_hears_whose_turn_it_is(tmp_path: Path) -> None:
    environment: dict[str, str] = {}

    def launcher(settings: Settings, port: int) -> Launch:
        assert settings.speculation == "off"
        return Launch("small", 1024, [sys.executable, str(FAKE), str(port)], environment, limit=60, grace=5)

    async with served(Settings(home=tmp_path), lambda step: None, 3, launcher) as server:
        assert (await server.use(7, "ngram")).steps == 3
        assert bytes(await server.answer(Prompt("draft", [1], 1))) == b"1 7 ngram"
        await server.use(8, "off")
        assert bytes(await server.answer(Prompt("draft", [1], 1))) == b"2 8 off"


@pytest.mark.enable_socket  # loopback only
async def test_exact_answers_are_computed_in_float32(tmp_path: Path) -> None:
    told = tmp_path / "told"
    code = f"import os, sys; open({str(told)!r}, 'w').write(sys.argv[-1]); os.execv(sys.executable, sys.argv[1:])"

    def launcher(settings: Settings, port: int) -> Launch:
        return Launch("small", 1024, [sys.executable, "-c", code, sys.executable, str(FAKE), str(port)], {}, 60, 5)

    async with served(Settings(home=tmp_path), lambda step: None, 3, launcher, exact=True):
        assert told.read_text() == "float32"


@pytest.mark.enable_socket  # loopback only
async def test_on_a_cpu_the_cache_has_room_for_all_prompts(tmp_path: Path) -> None:
    told = tmp_path / "told"
    code = (
        f"import os, sys; open({str(told)!r}, 'w').write(os.environ[{CACHE!r}]); os.execv(sys.executable, sys.argv[1:])"
    )

    def launcher(settings: Settings, port: int) -> Launch:
        command = [sys.executable, "-c", code, sys.executable, str(FAKE), str(port)]
        return Launch("small", 1024, command, {CACHE: "1"}, limit=60, grace=5)

    async with served(Settings(home=tmp_path), lambda step: None, 3, launcher):
        assert told.read_text() == str(CACHE_GIB)


@pytest.mark.enable_socket  # loopback only
async def test_a_bench_starts_one_server_for_all_its_turns(tmp_path: Path) -> None:
    started: list[int] = []

    def launcher(settings: Settings, port: int) -> Launch:
        started.append(port)
        return Launch("small", 1024, [sys.executable, str(FAKE), str(port)], {}, limit=60, grace=5)

    told: list[str] = []
    asked = [Prompt("draft", [1], 1), Prompt("draft", [2], 1)]
    done = await bench(
        Settings(home=tmp_path),
        asked,
        ["off", "ngram"],
        rounds=2,
        concurrencies=[1, 2],
        tell=told.append,
        launcher=launcher,
    )

    assert len(started) == 1
    heard = [bytes(one.answers[0]).split()[1:] for one in done.passes]
    assert heard == [
        *([b"1", b"off"], [b"1", b"ngram"], [b"2", b"off"], [b"2", b"ngram"]),
        *([b"3", b"ngram"], [b"3", b"off"], [b"4", b"ngram"], [b"4", b"off"]),
    ]
    assert [one.drafting.steps for one in done.passes] == [2] * 8, "as many at once as the most that are asked for"
    assert len(told) == 1 + len(done.passes)
