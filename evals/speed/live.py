"""Servers with one drafter and another, in turns: how fast each answers what was recorded.

vLLM takes its drafter when it starts and cannot change it for a request, and one server after the other holds the
device: two at once would share its memory on a GPU and its cores on a CPU. So the servers themselves take turns. A
round starts one for each drafter, anew, in an order that turns round from one round to the next; each answers every
prompt once, some at each concurrency. Which at which changes from round to round, so that no server is asked the same
thing twice: one that remembers what it has said would copy its own answer.

The time is that of whole requests: prompts are read in it, which takes each server as long as the other, so that
decoding alone gains more than these ratios say.
"""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, NamedTuple

import httpx

from redraft.agent.errors import ServerRefused, ServerUnavailable, UserError
from redraft.agent.launch import Launch, Launcher, vllm
from redraft.agent.process import OnStep
from redraft.agent.server import started
from redraft.agent.settings import Settings
from redraft.agent.transcripts import Said
from redraft.evals.speed.drafters import Named

ANSWER_SECONDS = 900
"""For one answer: 8,000 tokens at nine a second, as an 8B model has on a few cores."""
WARM = [1, 2, 3, 4]
"""A prompt before the first that is timed: a server's first answer takes longer than all after it."""


class Prompt(NamedTuple):
    """What one call asked, in tokens."""

    ids: Sequence[int]
    most: int
    """Tokens of an answer: as many as were recorded."""


class Pass(NamedTuple):
    """Some prompts, answered by one server at one concurrency."""

    drafter: str
    round: int
    concurrency: int
    seconds: float
    answers: Mapping[int, Sequence[int]]
    """By the number of the prompt."""

    @property
    def speed(self) -> float:
        """Tokens a second."""
        return sum(map(len, self.answers.values())) / self.seconds


Ask = Callable[[Prompt], Awaitable[Sequence[int]]]
Serve = Callable[[Named], AbstractAsyncContextManager[Ask]]
Tell = Callable[[str], None]
Clock = Callable[[], float]


def prompts(calls: Sequence[Said], count: int, context: int) -> list[Prompt]:
    """`count` of the calls, evenly over all that fit into the context."""
    every = [
        Prompt(call.prompt_token_ids, len(output))
        for call in calls
        for output in call.output_token_ids[:1]
        if output and len(call.prompt_token_ids) + len(output) <= context
    ]
    if not every:
        message = f"no call of the transcripts fits into {context} tokens of context"
        raise UserError(message)
    count = min(count, len(every))
    return [every[place * len(every) // count] for place in range(count)]


async def timed(
    asked: Sequence[Prompt],
    drafters: Mapping[str, Named],
    serve: Serve,
    *,
    rounds: int,
    concurrencies: Sequence[int],
    tell: Tell = lambda line: None,
    clock: Clock = time.perf_counter,
) -> list[Pass]:
    """All passes, in the order in which they were made."""
    done: list[Pass] = []
    for number in range(rounds):
        names = list(drafters)[:: -1 if number % 2 else 1]
        for name in names:
            async with serve(drafters[name]) as ask:
                await ask(Prompt(WARM, 4))
                for place, concurrency in enumerate(concurrencies):
                    part = (place + number) % len(concurrencies)
                    mine = dict(list(enumerate(asked))[part :: len(concurrencies)])
                    done.append(await _pass(name, number, concurrency, mine, ask, clock))
                    tell(f"round {number + 1}, {name}, {concurrency} at once: {done[-1].speed:.1f} tokens a second")
    return done


async def _pass(
    drafter: str, number: int, concurrency: int, asked: Mapping[int, Prompt], ask: Ask, clock: Clock
) -> Pass:
    turn = asyncio.Semaphore(concurrency)

    async def answered(prompt: Prompt) -> Sequence[int]:
        async with turn:
            return await ask(prompt)

    began = clock()
    answers = await asyncio.gather(*map(answered, asked.values()))
    return Pass(drafter, number, concurrency, clock() - began, dict(zip(asked, answers, strict=True)))


def compared(passes: Sequence[Pass]) -> dict[str, Any]:
    """By drafter and concurrency: the speed, how many times that of `off` in the same round, and whether all answers
    are the same; of `off`, whether its own are the same in each round."""
    off = {(one.round, one.concurrency): one for one in passes if one.drafter == "off"}
    found: dict[str, dict[str, list[Pass]]] = {}
    for one in passes:
        found.setdefault(one.drafter, {}).setdefault(str(one.concurrency), []).append(one)
    rows = {
        name: {places: _row(of, [off[one.round, one.concurrency] for one in of]) for places, of in by_places.items()}
        for name, by_places in found.items()
    }
    return {"drafters": rows, "off_repeats": _repeats(list(off.values()))}


def _row(mine: Sequence[Pass], base: Sequence[Pass]) -> dict[str, Any]:
    ratios = [one.speed / other.speed for one, other in zip(mine, base, strict=True)]
    pairs = [
        (answer, other.answers[number])
        for one, other in zip(mine, base, strict=True)
        for number, answer in one.answers.items()
    ]
    return {
        "tokens_per_second": statistics.median(one.speed for one in mine),
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        "identical": sum(list(one) == list(other) for one, other in pairs),
        "answers": len(pairs),
    }


def _repeats(off: Sequence[Pass]) -> dict[str, int]:
    """How far a server without drafts says the same each time, with other requests beside: what noise alone makes."""
    by_prompt: dict[int, list[list[int]]] = {}
    for one in off:
        for number, answer in one.answers.items():
            by_prompt.setdefault(number, []).append(list(answer))
    again = [answer == answers[0] for answers in by_prompt.values() for answer in answers[1:]]
    return {"identical": sum(again), "answers": len(again)}


@asynccontextmanager
async def served(settings: Settings, on_step: OnStep, named: Named, launcher: Launcher = vllm) -> AsyncIterator[Ask]:
    """A server of this process's own, with the model of the settings and a drafter; its log lies beside all others."""

    def launch(settings: Settings, port: int) -> Launch:
        plain = launcher(settings.model_copy(update={"speculation": "off"}), port)
        return plain._replace(command=[*plain.command, *named.flags])

    async with (
        started(settings, on_step, launch) as server,
        httpx.AsyncClient(base_url=server.url, timeout=ANSWER_SECONDS, trust_env=False) as http,
    ):
        yield partial(completed, http, server.model)


async def completed(http: httpx.AsyncClient, model: str, prompt: Prompt) -> Sequence[int]:
    """The tokens of a greedy answer. Raises `ServerRefused` or `ServerUnavailable`."""
    body = {"model": model, "prompt": list(prompt.ids), "max_tokens": prompt.most, "temperature": 0}
    try:
        response = await http.post("/v1/completions", json=body | {"return_token_ids": True})
    except httpx.HTTPError as error:
        message = f"the server gave no answer: {str(error) or type(error).__name__}"
        raise ServerUnavailable(message) from error
    if not response.is_success:
        message = f"the server refused a prompt of {len(prompt.ids)} tokens: {response.text[:300]}"
        raise ServerRefused(message)
    ids: list[int] = response.json()["choices"][0]["token_ids"]
    return ids
