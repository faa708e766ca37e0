"""One server on which drafters take turns: how fast each answers what was recorded.

In a block, all prompts are answered once by each drafter at one concurrency: one node's prompts with one drafter, then
with the next, so that what is compared lies next to one another in time, in an order that turns round from node to node
and from round to round. Through its block a drafter remembers what it has said; then it forgets all, as one that has
said a thing before would copy its own answer. Before the first block all prompts are read once, so that the server
finds them in its prefix cache from then on: the times are those of decoding. How long that reading takes is told too.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple, Protocol

from redraft.agent.errors import UserError
from redraft.agent.speculation.vllm_proposer import Count
from redraft.agent.transcripts import Said


class Prompt(NamedTuple):
    """What one call asked, in tokens."""

    node: str
    ids: Sequence[int]
    most: int
    """Tokens of an answer."""
    schema: Mapping[str, Any] | None = None
    """That the answer must follow."""


class Pass(NamedTuple):
    """A node's prompts, answered with one drafter."""

    round: int
    concurrency: int
    node: str
    drafter: str
    seconds: float
    answers: Mapping[int, Sequence[int]]
    """By the number of the prompt."""
    drafting: Count

    @property
    def tokens(self) -> int:
        return sum(map(len, self.answers.values()))


class Timed(NamedTuple):
    """A whole bench."""

    reading: float
    """Seconds for all prompts, one after the other, with an empty cache."""
    passes: Sequence[Pass]


class Server(Protocol):
    """Answers greedily, with one drafter or another."""

    async def answer(self, prompt: Prompt) -> Sequence[int]: ...

    async def use(self, block: int, drafter: str) -> Count:
        """From now on this one, with what it remembers of this block. What was drafted since the last time."""


Tell = Callable[[str], None]
Clock = Callable[[], float]


def prompts(calls: Sequence[Said], *, each: int, most: int, context: int, nodes: Sequence[str] = ()) -> list[Prompt]:
    """`each` of every node, evenly over those that fit into the context, none twice; all nodes if none are named.

    An answer gets as many tokens as were recorded, and at most `most`.
    """
    fitting: dict[str, dict[tuple[int, ...], Prompt]] = {}
    for call, output in _first_replies(calls):
        ids = tuple(call.prompt_token_ids)
        if len(ids) + len(output) <= context and (not nodes or call.node in nodes):
            prompt = Prompt(call.node, ids, min(most, len(output)), call.schema)
            fitting.setdefault(call.node, {}).setdefault(ids, prompt)
    if not fitting:
        named = f" of {', '.join(nodes)}" if nodes else ""
        message = f"no call{named} in the transcripts fits into {context} tokens of context"
        raise UserError(message)
    return [prompt for node in sorted(fitting) for prompt in _spread(list(fitting[node].values()), each)]


def _first_replies(calls: Sequence[Said]) -> Iterator[tuple[Said, Sequence[int]]]:
    for call in calls:
        for output in call.output_token_ids[:1]:
            if output:
                yield call, output


def _spread(every: Sequence[Prompt], count: int) -> list[Prompt]:
    count = min(count, len(every))
    return [every[place * len(every) // count] for place in range(count)]


async def timed(
    asked: Sequence[Prompt],
    drafters: Sequence[str],
    server: Server,
    *,
    rounds: int,
    concurrencies: Sequence[int],
    tell: Tell = lambda line: None,
    clock: Clock = time.perf_counter,
) -> Timed:
    """All passes, in the order in which they were made."""
    await server.use(0, "off")
    began = clock()
    for prompt in asked:
        await server.answer(prompt._replace(most=1))
    reading = clock() - began
    tell(f"{len(asked)} prompts were read in {reading:.0f} s")
    nodes = list(dict.fromkeys(prompt.node for prompt in asked))
    done = []
    for block, (number, places) in enumerate(product(range(rounds), concurrencies), 1):
        for place, node in enumerate(nodes):
            for name in list(drafters)[:: -1 if (number + place) % 2 else 1]:
                await server.use(block, name)
                seconds, answers = await _answered(node, asked, places, server, clock)
                drafting = await server.use(block, "off")
                done.append(Pass(number, places, node, name, seconds, answers, drafting))
                speed = done[-1].tokens / seconds
                tell(f"round {number + 1}, {places} at once, {node}, {name}: {speed:.1f} tokens a second")
    return Timed(reading, done)


async def _answered(
    node: str, asked: Sequence[Prompt], concurrency: int, server: Server, clock: Clock
) -> tuple[float, dict[int, Sequence[int]]]:
    mine = {number: prompt for number, prompt in enumerate(asked) if prompt.node == node}
    free = asyncio.Semaphore(concurrency)

    async def answered(prompt: Prompt) -> Sequence[int]:
        async with free:
            return await server.answer(prompt)

    began = clock()
    answers = await asyncio.gather(*map(answered, mine.values()))
    return clock() - began, dict(zip(mine, answers, strict=True))
