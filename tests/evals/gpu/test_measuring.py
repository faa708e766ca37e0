import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from redraft.agent.errors import ServerRefused, UserError
from redraft.evals.gpu.fixed import Step, Turns
from redraft.evals.gpu.measuring import BETWEEN_TOKENS, SHORTEST, WARMING, Grid, Point, drafting, plain, prompt, whole
from redraft.evals.speed.custom import LONGEST
from redraft.tests.evals.gpu.given import GRID

Answer = Callable[[dict[str, Any]], None]


class Metered:
    """Metrics of a server that says two tokens a second, to each of its requests."""

    def __init__(self) -> None:
        self.seconds = self.count = 0.0

    def add(self, body: dict[str, Any]) -> None:
        self.count += body["max_tokens"] - 1
        self.seconds += (body["max_tokens"] - 1) / 2

    def __str__(self) -> str:
        kind = f"# TYPE {BETWEEN_TOKENS} histogram"
        values = (f'{BETWEEN_TOKENS}_{name}{{engine="0"}} {getattr(self, of)}' for name, of in _METRICS.items())
        return "\n".join((kind, *values)) + "\n"


_METRICS = {"sum": "seconds", "count": "count"}


def serving(heard: Answer, metrics: object = "") -> httpx.AsyncClient:
    """A client of a server that says whatever it is asked for."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            heard(json.loads(request.content))
        return httpx.Response(200, text=str(metrics))

    return httpx.AsyncClient(base_url="http://server", transport=httpx.MockTransport(answer))


async def test_every_point_is_measured_in_every_round_but_the_first(tmp_path: Path) -> None:
    turns = Turns(tmp_path)
    turns.give(WARMING, 0)
    points = GRID.points(GRID.drafts)

    def heard(body: dict[str, Any]) -> None:
        if body["max_tokens"] > 1:
            turn, draft = turns.read()
            rows = points[turn].batch
            turns.add(Step(turn, 1e-3, rows, rows * (1 + draft), 7))

    async with serving(heard) as http:
        seen = await drafting(http, turns, GRID, lambda line: None)

    assert {one.point for one in seen} == set(points)
    for point in points:
        asked = [one for one in seen if one.point == point]
        assert len(asked) == GRID.rounds * point.batch
    assert {step.turn for step in turns.steps()} > {WARMING}


def test_steps_that_are_not_whole_are_left_out() -> None:
    points = [Point(100, 2, 3)]
    good = Step(0, 1.0, rows=2, computed=8, cached=200)
    steps = [good, good._replace(rows=1), good._replace(computed=5), good._replace(turn=WARMING)]

    assert [(one.point, one.cached) for one in whole(steps, points)] == [(points[0], 200)]


async def test_without_a_drafter_the_time_between_two_tokens_is_a_steps() -> None:
    bodies: list[dict[str, Any]] = []
    metered = Metered()

    def heard(body: dict[str, Any]) -> None:
        bodies.append(body)
        metered.add(body)

    async with serving(heard, metered) as http:
        seen = await plain(http, GRID, lambda line: None)

    assert sorted(one.point for one in seen) == sorted(GRID.points([0]) * GRID.rounds)
    assert {one.seconds for one in seen} == {0.5}
    assert {one.cached / one.point.batch - one.point.context for one in seen} == {GRID.steps / 2}
    assert {body["max_tokens"] for body in bodies} == {1, GRID.steps}
    assert all(body["ignore_eos"] and body["temperature"] == 0 for body in bodies)


async def test_a_server_that_does_not_tell_its_times_is_no_measure() -> None:
    async with serving(lambda body: None) as http:
        with pytest.raises(ServerRefused, match="has no vllm:inter_token_latency_seconds"):
            await plain(http, GRID, lambda line: None)


async def test_a_refusal_is_told() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(400, text="too long"))
    async with httpx.AsyncClient(base_url="http://server", transport=transport) as http:
        with pytest.raises(ServerRefused, match="too long"):
            await plain(http, GRID, lambda line: None)


def test_no_two_prompts_of_a_batch_begin_alike() -> None:
    begun = {prompt(row, 200)[0] for row in range(16)}

    assert len(begun) == 16
    assert prompt(3, 200) == prompt(3, 200)
    assert prompt(3, 100) == prompt(3, 200)[:100]


@pytest.mark.parametrize(
    "change",
    [
        {"batches": [4]},
        {"batches": [0, 1]},
        {"contexts": [512, 512]},
        {"drafts": [1, 3]},
        {"drafts": [0, LONGEST]},
        {"contexts": [LONGEST, 1000]},
        {"steps": SHORTEST - 1},
        {"rounds": 0},
    ],
)
def test_a_grid_that_tells_nothing_is_refused(change: dict[str, Sequence[int]]) -> None:
    assert GRID.checked() == GRID
    with pytest.raises(UserError):
        GRID._replace(**change).checked()  # type: ignore[arg-type]  # one of each kind


def test_a_grid_knows_the_context_that_it_needs() -> None:
    assert Grid([1], [100, 1000], [0], steps=40, rounds=1).longest > 1000 + 40 + LONGEST
