"""Every point of a grid on a running server: so many requests at once, so long, with so many tokens drafted for each.

The prompts of a context are read once, and are found in the prefix cache from then on: what is measured is decoding.
Points take turns through the rounds, so that a machine that becomes warm or busy does so for all of them; a round
before the first compiles what is compiled at its first use, and is not counted.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

import httpx
import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from redraft.agent.errors import ServerRefused, UserError
from redraft.evals.gpu.fixed import Step, Turns
from redraft.evals.gpu.serving import NAME, check
from redraft.evals.speed.custom import LONGEST

BETWEEN_TOKENS = "vllm:inter_token_latency_seconds"
"""The histogram in which vLLM keeps the time from one token of a request to its next, by its engine's clock."""
SHORTEST = 32
"""Tokens of an answer: in the first steps, and in the last, not all requests are there."""
VOCABULARY = (1000, 10_000)
"""Of prompts: all tokenizers have more tokens, and their special ones lie outside."""

WARMING = -1
"""The turn of steps that are not counted."""

Tell = Callable[[str], None]


class Grid(NamedTuple):
    """What is measured."""

    batches: Sequence[int]
    contexts: Sequence[int]
    """Tokens of a prompt."""
    drafts: Sequence[int]
    steps: int
    """Tokens of an answer."""
    rounds: int

    @property
    def longest(self) -> int:
        """Tokens of context that a server needs."""
        return max(self.contexts) + self.steps + LONGEST + 1

    def points(self, drafts: Sequence[int]) -> list["Point"]:
        return [Point(*point) for point in product(self.contexts, self.batches, drafts)]

    def checked(self) -> "Grid":
        """Raises `UserError` for one that no step time can be fitted to, or that a server cannot take."""
        if min(len(set(self.batches)), len(set(self.contexts))) < 2 or min(self.batches) < 1:
            raise UserError("a fit needs two batches and two contexts at least, and a batch one request")
        if max(self.drafts) >= LONGEST or 0 not in self.drafts:
            # A step whose drafts are all as long as they may be runs through graphs of its own: it would be no measure.
            message = f"--drafts needs a 0, and none above {LONGEST - 1}"
            raise UserError(message)
        if self.steps < SHORTEST or self.rounds < 1 or min(self.contexts) <= LONGEST:
            message = f"--steps must be {SHORTEST} at least, every context above {LONGEST}, and --rounds 1 at least"
            raise UserError(message)
        return self


class Point(NamedTuple):
    context: int
    batch: int
    draft: int


class Seen(NamedTuple):
    """A step, or the mean of an answer's."""

    point: Point
    seconds: float
    cached: float
    """Tokens of the cache that it read, of all requests."""


async def drafting(http: httpx.AsyncClient, turns: Turns, grid: Grid, tell: Tell) -> list[Seen]:
    """Of a server with a `FixedProposer`, which tells its steps itself."""
    points = grid.points(grid.drafts)
    for context in grid.contexts:
        await _read(http, context, grid)
        for number, point in _rounds(grid, points, context):
            turns.give(points.index(point) if number else WARMING, point.draft)
            await _answered(http, point, grid.steps)
            tell(f"round {number}: {point.context} tokens, {point.batch} at once, {point.draft} drafted")
    return list(whole(turns.steps(), points))


def whole(steps: Sequence[Step], points: Sequence[Point]) -> Iterator[Seen]:
    """Steps with all requests of their point in them, and all drafts. The turn is the point's number."""
    for step in steps:
        if step.turn != WARMING:
            point = points[step.turn]
            if step.rows == point.batch and step.computed == point.batch * (1 + point.draft):
                yield Seen(point, step.seconds, step.cached)


async def plain(http: httpx.AsyncClient, grid: Grid, tell: Tell) -> list[Seen]:
    """Of a server without a drafter, whose steps nobody is told: each step gives a token of each request, so that the
    mean time between two tokens is that of a step. One for each point and round."""
    points = grid.points([0])
    seen: list[Seen] = []
    for context in grid.contexts:
        await _read(http, context, grid)
        for number, point in _rounds(grid, points, context):
            before = await _between_tokens(http)
            await _answered(http, point, grid.steps)
            seconds, count = (after - begun for after, begun in zip(await _between_tokens(http), before, strict=True))
            if number:
                seen.append(Seen(point, seconds / count, point.batch * (context + grid.steps / 2)))
            tell(f"round {number}: {point.context} tokens, {point.batch} at once, without a drafter")
    return seen


async def _between_tokens(http: httpx.AsyncClient) -> tuple[float, float]:
    """Seconds between tokens since the server began, and how often. Raises `ServerRefused` where it does not tell."""
    response = await http.get("/metrics")
    check(response)
    samples = [sample for family in text_string_to_metric_families(response.text) for sample in family.samples]
    told = {sample.name: sample.value for sample in samples if sample.name.startswith(BETWEEN_TOKENS)}
    if f"{BETWEEN_TOKENS}_sum" not in told:
        message = f"the server's /metrics has no {BETWEEN_TOKENS}"
        raise ServerRefused(message)
    return told[f"{BETWEEN_TOKENS}_sum"], told[f"{BETWEEN_TOKENS}_count"]


def _rounds(grid: Grid, points: Sequence[Point], context: int) -> Iterator[tuple[int, Point]]:
    """Every point of a context in every round; in round 0 the machine warms up."""
    return product(range(grid.rounds + 1), [point for point in points if point.context == context])


async def _read(http: httpx.AsyncClient, context: int, grid: Grid) -> None:
    for row in range(max(grid.batches)):
        await _answer(http, prompt(row, context), 1)


async def _answered(http: httpx.AsyncClient, point: Point, most: int) -> None:
    await asyncio.gather(*(_answer(http, prompt(row, point.context), most) for row in range(point.batch)))


async def _answer(http: httpx.AsyncClient, ids: Sequence[int], most: int) -> None:
    """Raises `ServerRefused`."""
    body = {"model": NAME, "prompt": list(ids), "max_tokens": most, "temperature": 0, "ignore_eos": True}
    check(await http.post("/v1/completions", json=body))


def prompt(row: int, length: int) -> list[int]:
    """Of its own for each row, so that no two share their cache, which vLLM would read for both at once."""
    ids: list[int] = np.random.default_rng(row).integers(*VOCABULARY, length).tolist()
    return ids
