from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from redraft.agent.errors import UserError
from redraft.agent.speculation.vllm_proposer import Count
from redraft.evals.speed.comparison import compared
from redraft.evals.speed.live import Pass, Prompt, Timed, prompts, timed
from redraft.tests.evals.speed.given import call


@dataclass
class House:
    """Answers with the prompt's first token, each token in a second without a drafter, in half with one.

    The time goes on by what is answered, whatever runs at once.
    """

    now: float = 0.0
    drafter: str = ""
    log: list[tuple[int, str, list[int]]] = field(default_factory=list)
    """Of each turn its block, its drafter, and what was asked."""

    async def answer(self, prompt: Prompt) -> Sequence[int]:
        self.log[-1][2].append(prompt.ids[0])
        self.now += prompt.most / (1 if self.drafter == "off" else 2)
        return [prompt.ids[0]] * prompt.most

    async def use(self, block: int, drafter: str) -> Count:
        count = Count(steps=2, rows=4, tokens=8 if self.drafter == "ngram" else 4, drafted=6, seconds=0.01)
        self.drafter = drafter
        self.log.append((block, drafter, []))
        return count


ASKED = [Prompt("draft" if number < 4 else "query", [number], 4) for number in range(6)]


async def bench(house: House, rounds: int = 2, concurrencies: Sequence[int] = (1, 4)) -> Timed:
    drafters = ("off", "ngram")
    clock = lambda: house.now  # noqa: E731
    return await timed(ASKED, drafters, house, rounds=rounds, concurrencies=concurrencies, clock=clock)


async def test_drafters_take_turns_node_by_node_and_forget_with_every_block() -> None:
    house = House()

    await bench(house, rounds=2, concurrencies=(1, 4))

    assert house.log[0] == (0, "off", list(range(6))), "all prompts are read before"
    turns = [(block, name, asked) for block, name, asked in house.log[1:] if asked]
    draft, query = [0, 1, 2, 3], [4, 5]
    first = [("off", draft), ("ngram", draft), ("ngram", query), ("off", query)]
    other = [("ngram", draft), ("off", draft), ("off", query), ("ngram", query)]
    assert turns == [(number, *turn) for number, block in enumerate([first, first, other, other], 1) for turn in block]
    assert len(house.log) == 1 + 2 * len(turns), "each is told of twice: to begin, and to end"


async def test_ratios_are_of_the_same_round_for_all_and_for_each_node() -> None:
    found = compared(await bench(House()))

    assert found["reading_seconds"] == 6
    for places in ("1", "4"):
        row = found["drafters"]["ngram"][places]
        assert row["all"] == {"tokens_per_second": 2, "ratio": 2, "ratios": [2, 2]}
        assert row["nodes"] == {"draft": row["all"], "query": row["all"]}
        assert (row["identical"], row["answers"]) == (12, 12)
        assert (row["tokens_per_step"], row["drafted_per_step"], row["drafting_ms"]) == (2, 1.5, 5)
        assert found["drafters"]["off"][places]["all"]["tokens_per_second"] == 1
        assert found["drafters"]["off"][places]["tokens_per_step"] == 1
    assert found["off"]["4"] == {"again": {"identical": 6, "answers": 6}, "alone": {"identical": 6, "answers": 6}}


def one(number: int, drafter: str, answer: list[int], seconds: float, concurrency: int = 1) -> Pass:
    return Pass(number, concurrency, "draft", drafter, seconds, {0: answer}, Count(steps=1, rows=1))


def test_an_answer_that_differs_is_counted_and_so_is_the_noise_without_a_drafter() -> None:
    passes = [
        one(0, "off", [1, 2], 2),
        one(0, "ngram", [1, 3], 1),
        one(1, "off", [9], 1),
        one(1, "ngram", [9], 1),
        one(0, "off", [1, 2], 1, concurrency=4),
    ]

    found = compared(Timed(0, passes))

    row = found["drafters"]["ngram"]["1"]
    assert (row["identical"], row["answers"], row["all"]["ratios"]) == (1, 2, [2, 1])
    assert found["off"]["1"]["again"] == {"identical": 0, "answers": 1}
    assert found["off"]["4"] == {"again": {"identical": 0, "answers": 0}, "alone": {"identical": 1, "answers": 1}}


def test_the_spread_is_that_of_the_rounds() -> None:
    passes = [one(n, name, [1] * 12, s) for n, s in ((0, 2), (1, 3), (2, 6)) for name, s in (("off", 12), ("ngram", s))]

    row = compared(Timed(0, passes))["drafters"]["ngram"]["1"]["all"]

    assert (row["ratio"], row["ratios"]) == (4, [6, 4, 2])


def test_of_each_node_prompts_are_taken_evenly_of_all_that_fit_and_none_twice() -> None:
    calls = [call("p" * size, "o" * size) for size in (1, 2, 3, 3, 90, 4, 5)] + [call("q", "o" * 9, node="query")]

    found = prompts(calls, each=2, most=4, context=10)
    every = prompts(calls, each=99, most=99, context=10)

    assert [(prompt.node, prompt.most) for prompt in found] == [("draft", 1), ("draft", 3), ("query", 4)]
    assert [prompt.most for prompt in every] == [1, 2, 3, 4, 5, 9]
    assert {prompt.node for prompt in prompts(calls, each=2, most=4, context=10, nodes=["query"])} == {"query"}


@pytest.mark.parametrize(("nodes", "said"), [((), "no call in"), (("verify", "denoise"), "no call of verify, denoise")])
def test_where_no_prompt_fits_that_is_said(nodes: Sequence[str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        prompts([call("p", "oo")], each=2, most=1, context=2, nodes=nodes)
