import json
from collections.abc import Callable

import pytest

from redraft.agent.llm import Request
from redraft.evals.judging.cache import Cache
from redraft.evals.judging.judge import TRIES, FakeJudge
from redraft.evals.judging.pairwise import DIMENSIONS, Grade, Graded, Preference, deepconsult, prefer, rates


def sees_new_first(request: Request) -> bool:
    text = request.messages[0].content
    return text.index("NEW") < text.index("OLD")


def ballot(preferred: str, gap: int) -> str:
    vote = {"explanation": "…", "preferred": preferred, "gap_score": gap}
    return json.dumps(dict.fromkeys(DIMENSIONS, vote))


def for_new(gap: int) -> Callable[[Request], str]:
    return lambda request: ballot("a" if sees_new_first(request) else "b", gap)


async def graded(judge: FakeJudge) -> Graded:
    return await deepconsult(judge, "Trams?", baseline="OLD", candidate="NEW")


async def test_a_judge_that_always_finds_the_candidate_better_gives_it_a_win_by_the_gap(cache: Cache) -> None:
    judge = FakeJudge(for_new(3), cache)

    found = await graded(judge)

    assert found == Graded(dict.fromkeys(DIMENSIONS, Grade("win", 8)), 6, ())
    assert [sees_new_first(request) for request in judge.requests].count(True) == 3
    assert len(judge.requests) == 6


async def test_a_judge_that_always_finds_the_first_better_gives_a_tie(cache: Cache) -> None:
    found = await graded(FakeJudge(lambda request: ballot("a", 4), cache))

    assert found.grades == dict.fromkeys(DIMENSIONS, Grade("tie", 5))
    assert found.score == 5


async def test_a_gap_of_nothing_is_still_a_vote(cache: Cache) -> None:
    assert (await graded(FakeJudge(for_new(0), cache))).grades["completeness"] == Grade("win", 5)


async def test_votes_that_are_not_to_be_had_are_counted_and_the_rest_decide(cache: Cache) -> None:
    def answer(request: Request) -> str:
        return ballot("b", 2) if not sees_new_first(request) else "no"

    found = await graded(FakeJudge(answer, cache))

    assert (found.votes, len(found.problems)) == (3, 3)
    assert found.grades["completeness"] == Grade("win", 7)


async def test_without_any_vote_there_is_no_grade(cache: Cache) -> None:
    found = await graded(FakeJudge(lambda request: "no", cache))

    assert (found.grades, found.votes, found.score) == ({}, 0, None)


def test_rates_are_shares_of_all_grades_and_questions_without_any_are_counted() -> None:
    won, lost = (dict.fromkeys(DIMENSIONS, Grade(outcome, score)) for outcome, score in (("win", 8.0), ("lose", 4.0)))  # type: ignore[arg-type]
    mixed = {**won, "completeness": Grade("tie", 5)}

    found = rates([Graded(won, 6, ()), Graded(lost, 6, ()), Graded(mixed, 6, ()), Graded({}, 0, ("no",))])

    assert (found.win, found.tie, found.lose) == pytest.approx((7 / 12, 1 / 12, 4 / 12))
    assert found.net_win == pytest.approx(7 / 11)
    assert found.score == pytest.approx((4 * 8 + 4 * 4 + 3 * 8 + 5) / 12)
    assert found.missing == 1
    one = rates([Graded(mixed, 6, ())], "completeness")
    assert (one.tie, one.net_win) == (1, None)
    assert rates([]).score is None


def choice(better: str) -> str:
    return json.dumps({"why": "…", "better": better})


@pytest.mark.parametrize(
    ("new_first", "old_first", "expected"),
    [
        ("a", "b", Preference(1, 0, 1)),
        ("b", "a", Preference(-1, 0, 1)),
        ("a", "a", Preference(0, 1, 1)),
        ("b", "b", Preference(0, 1, 1)),
        ("same", "same", Preference(0, 0, 1)),
        ("a", "same", Preference(1, 0, 1)),
    ],
)
async def test_a_preference_that_turns_with_the_order_is_a_tie(
    new_first: str, old_first: str, expected: Preference, cache: Cache
) -> None:
    judge = FakeJudge(lambda request: choice(new_first if sees_new_first(request) else old_first), cache)

    assert await prefer(judge, "Trams?", "NEW", "OLD") == expected
    assert len(judge.requests) == 2


async def test_a_trial_with_half_an_answer_does_not_count(cache: Cache) -> None:
    judge = FakeJudge(lambda request: choice("a") if sees_new_first(request) else "no", cache)

    found = await prefer(judge, "Trams?", "NEW", "OLD", trials=2)

    assert (found.balance, found.trials, len(found.problems)) == (None, 0, 2)
    assert len(judge.requests) == 2 * (1 + TRIES)
