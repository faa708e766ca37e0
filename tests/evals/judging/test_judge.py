import asyncio
import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from tenacity import wait_none

from redraft.agent.errors import ContextTooSmall, ServerUnavailable
from redraft.agent.llm import Message, Reply, Request
from redraft.agent.retrying import Patience
from redraft.evals.judging.cache import Cache
from redraft.evals.judging.judge import TRIES, FakeJudge, Judge, Judgement, Profile, judge_at
from redraft.evals.judging.pairwise import Choice
from redraft.store.errors import StoreUnusable
from redraft.tests.wire import Answer, Server, delta, stream

GOOD = '{"why": "A says more.", "better": "a"}'
QUESTION = {"question": "What are trams?", "a": "Much.", "b": "Little."}
KEY = "sk-very-secret"
PROFILE = Profile(model="small", url="http://judge:8000/v1", api_key=SecretStr(KEY), max_tokens=1000)


def in_turn(*texts: str) -> Callable[[Request], str]:
    left = list(texts)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


async def ask(judge: Judge, repeat: int = 0, **changes: str) -> Judgement[Choice]:
    return await judge.ask("preference", QUESTION | changes, Choice, repeat=repeat)


async def test_a_reply_is_read_into_its_form_and_kept_raw(cache: Cache) -> None:
    judge = FakeJudge(lambda request: f"Sure:\n```json\n{GOOD}\n```", cache)

    judged = await ask(judge)

    assert judged.value == Choice(why="A says more.", better="a")
    assert judged.problem == ""
    assert [reply.text for reply in judged.replies] == [f"Sure:\n```json\n{GOOD}\n```"]
    assert judged.replies[0].output_tokens == 9


async def test_a_question_is_asked_once_in_all_processes(cache: Cache, tmp_path: Path) -> None:
    judge = FakeJudge(lambda request: GOOD, cache)
    first = await ask(judge)

    with closing(Cache(tmp_path / "judge.db")) as other:
        later = FakeJudge(lambda request: "nothing", other)
        assert await ask(later) == first == await ask(judge)

    assert (len(judge.requests), len(later.requests)) == (1, 0)


async def test_the_same_question_is_not_asked_twice_at_once(cache: Cache) -> None:
    crowd = Crowd()
    judge = Judge(crowd, Profile(model="fake"), cache)

    await asyncio.gather(ask(judge), ask(judge), ask(judge, a="Else."))

    assert crowd.asked == 2


@pytest.mark.parametrize("bad", ["", "A.", '{"better": "a"}', '{"why": "", "better": "c"}', '["a"]'])
async def test_a_reply_without_the_form_is_asked_for_anew_and_then_missing_with_its_reason(
    bad: str, cache: Cache
) -> None:
    judge = FakeJudge(in_turn(bad), cache)

    judged = await ask(judge)

    assert judged.value is None
    assert judged.problem.startswith("The JSON does not have the form asked for")
    assert len(judged.replies) == len(judge.requests) == TRIES
    assert await ask(judge) == judged
    assert len(judge.requests) == TRIES


async def test_a_fresh_call_is_the_same_question_with_a_seed_of_its_own(cache: Cache) -> None:
    judge = FakeJudge(in_turn("no", GOOD), cache, seed=100)

    assert (await ask(judge, repeat=2)).value
    first, second = judge.requests
    assert first.messages == second.messages
    assert [judge.profile.fields(request)["seed"] for request in (first, second)] == [108, 109]


async def test_what_was_cut_off_is_an_error_even_if_it_reads_well(cache: Cache) -> None:
    judge = FakeJudge(lambda request: GOOD + " and so on", cache, max_tokens=6)

    judged = await ask(judge)

    assert judged.value is None
    assert judged.problem == "cut off after 6 tokens"
    assert {reply.finish_reason for reply in judged.replies} == {"length"}


@pytest.mark.parametrize(
    "change", [{"repeat": 1}, {"a": "More."}, {"temperature": 0.5}, {"seed": 1}, {"max_tokens": 99}, {"think": 9}]
)
async def test_another_question_or_another_way_to_ask_is_asked(change: dict[str, Any], cache: Cache) -> None:
    await ask(FakeJudge(lambda request: GOOD, cache))
    asking = {name: value for name, value in change.items() if name in ("repeat", "a")}
    judge = FakeJudge(lambda request: GOOD, cache, **{k: v for k, v in change.items() if k not in asking})

    await ask(judge, **asking)

    assert len(judge.requests) == 1


async def test_another_address_or_key_is_the_same_judge(cache: Cache) -> None:
    await ask(FakeJudge(lambda request: GOOD, cache))
    judge = FakeJudge(lambda request: "x", cache, url="http://elsewhere", api_key=SecretStr(KEY), concurrency=1)

    assert (await ask(judge)).value
    assert judge.requests == []


async def test_after_a_kill_nothing_is_asked_twice(cache: Cache) -> None:
    def dies(request: Request) -> str:
        if len(dying.requests) == 4:
            raise ServerUnavailable("gone")
        return GOOD

    dying = FakeJudge(dies, cache, concurrency=1)
    questions = [f"Report {number}" for number in range(6)]
    with pytest.raises(ServerUnavailable):
        [await ask(dying, a=text) for text in questions]
    judge = FakeJudge(lambda request: GOOD, cache)
    again = [await ask(judge, a=text) for text in questions]

    assert all(judged.value for judged in again)
    asked = [request.messages for request in (*dying.requests[:3], *judge.requests)]
    assert len(asked) == len(set(asked)) == 6


class Crowd:
    """Counts how many ask at once."""

    context = 8192

    def __init__(self) -> None:
        self.here = self.most = self.asked = 0

    async def sample(self, request: Request) -> Sequence[Reply]:
        self.asked += 1
        self.here += 1
        self.most = max(self.most, self.here)
        await asyncio.sleep(0)
        self.here -= 1
        return [Reply(text=GOOD, finish_reason="stop")]

    async def count(self, messages: Sequence[Message]) -> int:
        return 0


async def test_no_more_questions_are_under_way_than_allowed(cache: Cache) -> None:
    crowd = Crowd()
    judge = Judge(crowd, Profile(model="fake", concurrency=3), cache)

    await asyncio.gather(*(ask(judge, a=str(number)) for number in range(20)))

    assert crowd.most == 3


def test_of_two_processes_that_ask_at_once_the_first_is_believed(cache: Cache, tmp_path: Path) -> None:
    one, two = Reply(text="one", finish_reason="stop", ms=3), Reply(text="two", finish_reason="stop")

    with closing(Cache(tmp_path / "judge.db")) as other:
        assert cache.get("k", 0) is other.get("k", 0) is None
        assert cache.put("k", 0, "race", one, value="{}", problem="") == one
        assert other.put("k", 0, "race", two, value=None, problem="no") == one
        assert other.get("k", 0) == one


def test_a_file_that_is_no_database_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "judge.db").write_text("a letter of more than sixteen characters" * 50)

    with pytest.raises(StoreUnusable, match="damaged"):
        Cache(tmp_path / "judge.db")


def answer(text: str = GOOD) -> Answer:
    return lambda: stream(delta(text), delta("", "stop"))


async def over_http(server: Server, cache: Cache, profile: Profile = PROFILE) -> Judgement[Choice]:
    patience = Patience(tries=2, wait=wait_none())
    async with judge_at(profile, cache, patience=patience, transport=httpx.MockTransport(server)) as judge:
        return await ask(judge)


async def test_a_server_is_asked_with_the_form_and_the_parameters(cache: Cache) -> None:
    server = Server([answer()])

    assert (await over_http(server, cache)).value

    (body,) = server.asked("/v1/chat/completions")
    assert (body["model"], body["temperature"], body["seed"], body["max_tokens"]) == ("small", 0, 0, 1000)
    assert body["response_format"]["json_schema"]["schema"]["required"] == ["why", "better"]
    assert "reasoning_effort" not in body
    assert "# Question\n\nWhat are trams?" in body["messages"][0]["content"]


async def test_parameters_that_a_model_refuses_are_left_out_and_others_sent(cache: Cache) -> None:
    server = Server([answer()])
    changes: dict[str, Any] = {"temperature": None, "seed": None, "limit": "max_completion_tokens"}

    await over_http(server, cache, replace(PROFILE, **changes, reasoning_effort="low", think=100))

    (body,) = server.asked("/v1/chat/completions")
    assert {"temperature", "seed", "max_tokens"} & body.keys() == set()
    assert (body["max_completion_tokens"], body["reasoning_effort"]) == (1100, "low")


async def test_a_server_that_takes_no_form_is_asked_without_and_its_reply_checked(cache: Cache) -> None:
    refusal = {"error": {"message": "response_format is not supported"}}
    server = Server([lambda: httpx.Response(400, json=refusal), answer("no"), answer()])

    assert (await over_http(server, cache)).value

    with_form, *without = server.asked("/v1/chat/completions")
    assert "response_format" in with_form
    assert len(without) == 2
    assert all("response_format" not in body for body in without)


async def test_a_question_that_the_server_refuses_is_missing_and_asked_again_another_time(cache: Cache) -> None:
    too_long = httpx.Response(400, json={"error": {"message": "maximum context length is 4096"}})

    judged = await over_http(Server([lambda: too_long]), cache)

    assert judged.value is None
    assert "maximum context length is 4096" in judged.problem
    assert (await over_http(Server([answer()]), cache)).value


async def test_a_judge_that_holds_less_than_a_reply_is_refused_before_it_is_asked(cache: Cache) -> None:
    server = Server([answer()])

    with pytest.raises(ContextTooSmall, match="holds 4096 tokens, and a reply may take 4100: lower --max-tokens"):
        await over_http(server, cache, replace(PROFILE, max_tokens=4000, think=100))

    assert server.asked("/v1/chat/completions") == []


async def test_without_a_name_the_servers_first_model_judges(cache: Cache) -> None:
    server = Server([answer()])

    assert (await over_http(server, cache, replace(PROFILE, model=""))).value
    assert (await over_http(server, cache)).value

    assert [body["model"] for body in server.asked("/v1/chat/completions")] == ["small"]


async def test_a_server_that_fails_every_time_ends_the_work(cache: Cache) -> None:
    with pytest.raises(ServerUnavailable, match="after 2 tries"):
        await over_http(Server([lambda: httpx.Response(503)]), cache)


async def test_the_key_is_sent_and_kept_nowhere(cache: Cache, tmp_path: Path) -> None:
    server = Server([answer()])
    await over_http(server, cache)

    assert server.requests[-1].headers["Authorization"] == f"Bearer {KEY}"
    with closing(sqlite3.connect(tmp_path / "judge.db")) as file:
        kept = "\n".join(file.iterdump())
    assert "A says more." in kept
    assert KEY not in kept + repr(PROFILE) + json.dumps(PROFILE.parameters)
