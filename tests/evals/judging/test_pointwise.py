import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.llm import Request
from redraft.evals.judging.cache import Cache
from redraft.evals.judging.judge import TRIES, FakeJudge
from redraft.evals.judging.pointwise import CHUNK, chunks, is_quoted, race_pointwise, rubric_item
from redraft.evals.judging.race import Criterion, Rubric
from redraft.tests.evals.judging.test_race import RULES

Points = Callable[[bool, int], tuple[float, float]]


def scoring(points: Points) -> Callable[[Request], str]:
    """`points`: of the new report and of the reference, by whether the new one is read first and the criterion."""

    def answer(request: Request) -> str:
        text = request.messages[0].content
        is_first = text.index("NEW") < text.index("OLD")
        numbers = map(int, re.findall(r"^(\d+)\. ", text.partition("# Criteria: ")[2], re.MULTILINE))
        rows = []
        for number in numbers:
            new, old = points(is_first, number)
            a, b = (new, old) if is_first else (old, new)
            rows.append({"number": number, "analysis": "…", "a": a, "b": b})
        return json.dumps({"scores": rows[::-1]})

    return answer


async def test_both_orders_are_asked_dimension_by_dimension_and_averaged(cache: Cache) -> None:
    judge = FakeJudge(scoring(lambda is_first, number: (8, 4) if is_first else (6, 2)), cache)

    found = await race_pointwise(judge, "Trams?", "NEW", "OLD", RULES)

    assert len(judge.requests) == 8
    assert found.score
    assert found.score.overall == pytest.approx(70)
    assert list(found.score.dimensions.values()) == pytest.approx([70] * 4)
    assert found.score.unmatched == ()
    assert found.flip_rate == 0


async def test_a_judge_that_prefers_a_place_is_at_parity_and_contradicts_itself(cache: Cache) -> None:
    judge = FakeJudge(scoring(lambda is_first, number: (9, 3) if is_first else (3, 9)), cache)

    found = await race_pointwise(judge, "Trams?", "NEW", "OLD", RULES)

    assert found.score
    assert found.score.overall == pytest.approx(50)
    assert found.flip_rate == 1


async def test_scores_belong_to_criteria_by_their_number(cache: Cache) -> None:
    judge = FakeJudge(scoring(lambda is_first, number: (10, 0) if number == 1 else (0, 10)), cache)

    found = await race_pointwise(judge, "Trams?", "NEW", "OLD", RULES)

    assert found.score
    assert found.score.dimensions["comprehensiveness"] == pytest.approx(70)
    assert found.score.dimensions["insight"] == pytest.approx(60)


async def test_without_one_of_its_calls_a_task_has_no_score(cache: Cache) -> None:
    good = scoring(lambda is_first, number: (8, 4))

    def answer(request: Request) -> str:
        return '{"scores": []}' if "Criteria: insight" in request.messages[0].content else good(request)

    judge = FakeJudge(answer, cache)

    found = await race_pointwise(judge, "Trams?", "NEW", "OLD", RULES)

    assert (found.score, found.flip_rate) == (None, None)
    assert "Give each criterion exactly one entry." in found.problem
    assert len(judge.requests) == 6 + 2 * TRIES


@given(count=st.integers(1, 40))
def test_criteria_are_shared_out_evenly_and_in_order(count: int) -> None:
    criteria = [Criterion(str(number), "", 1 / count) for number in range(count)]

    parts = chunks(criteria)

    assert [criterion for part in parts for criterion in part] == criteria
    assert max(map(len, parts)) <= CHUNK
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


async def test_a_task_with_many_criteria_takes_more_calls(cache: Cache) -> None:
    judge = FakeJudge(scoring(lambda is_first, number: (8, 4)), cache)
    rules = Rubric({"insight": 1.0}, {"insight": [Criterion(f"C{n}", "", 0.1) for n in range(10)]})

    found = await race_pointwise(judge, "Trams?", "NEW", "OLD", rules)

    assert found.score
    assert len(judge.requests) == 4


REPORT = "Trams carry **9,000 people** an hour.\n有轨电车每小时运送九千人。"


def finding(met: bool, quote: str) -> str:
    return json.dumps({"why": "…", "met": met, "quote": quote})


@pytest.mark.parametrize(
    "quote", ["carry 9,000 people an hour", "CARRY  9,000\npeople", "每小时运送九千人", "９,000 people"]
)
async def test_what_is_met_is_shown_by_words_of_the_report(quote: str, cache: Cache) -> None:
    judged = await rubric_item(FakeJudge(lambda request: finding(True, quote), cache), "Trams?", REPORT, "Says it.")

    assert judged.value
    assert judged.value.met


@pytest.mark.parametrize("quote", ["", "**", "carry 8,000 people", "运送八千人"])
async def test_a_quote_that_does_not_stand_there_is_no_proof(quote: str, cache: Cache) -> None:
    judge = FakeJudge(lambda request: finding(True, quote), cache)

    judged = await rubric_item(judge, "Trams?", REPORT, "Says it.")

    assert judged.value is None
    assert judged.problem == "The quote does not stand in the report."
    assert len(judge.requests) == TRIES


async def test_what_is_not_met_needs_no_quote(cache: Cache) -> None:
    judged = await rubric_item(FakeJudge(lambda request: finding(False, ""), cache), "Trams?", REPORT, "Says it.")

    assert judged.value
    assert not judged.value.met


@given(text=st.text(min_size=1), start=st.integers(0, 50), length=st.integers(1, 50))
def test_any_words_of_a_report_stand_in_it(text: str, start: int, length: int) -> None:
    quote = text[start : start + length]

    assert is_quoted(quote, text) or not is_quoted(quote, quote)
