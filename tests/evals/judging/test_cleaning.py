import re

import pytest

from redraft.agent.llm import Request
from redraft.evals.judging.cache import Cache
from redraft.evals.judging.cleaning import by_rule, in_halves, in_pieces
from redraft.evals.judging.judge import FakeJudge

ENGLISH = """# Trams

Trams carry 9,000 people an hour [1], and [buses](https://buses.example/a) carry fewer [2][3].

## Cost

A kilometre costs 15 million euros【4†L10】.

## References

[1] Trams in cities. https://trams.example/a
[2] Buses. https://buses.example/b
"""
CHINESE = """# 有轨电车

有轨电车每小时运送九千人[1]，公交车较少[2]。

## 参考文献

[1] 城市电车. https://trams.example/a
[2] 公交. https://buses.example/b
"""


def test_by_rule_the_words_stay_and_the_sources_go() -> None:
    assert by_rule(ENGLISH) == (
        "# Trams\n\nTrams carry 9,000 people an hour, and buses carry fewer.\n\n"
        "## Cost\n\nA kilometre costs 15 million euros."
    )


def test_by_rule_a_chinese_report_is_cleaned_alike() -> None:
    assert by_rule(CHINESE) == "# 有轨电车\n\n有轨电车每小时运送九千人，公交车较少。"


def test_by_rule_what_is_clean_stays_so() -> None:
    assert by_rule(by_rule(ENGLISH)) == by_rule(ENGLISH)
    assert by_rule("") == ""


def shown(request: Request) -> str:
    return request.messages[0].content.partition("# Text\n\n")[2]


def cleaner(request: Request) -> str:
    return re.sub(r"\[\d+\]", "", shown(request))


LONG = "\n\n".join(f"Paragraph {n} says that trams run on rails and carry many people [{n}]." for n in range(40))


async def test_a_report_is_cleaned_in_one_call_where_it_fits(cache: Cache) -> None:
    judge = FakeJudge(cleaner, cache)

    cleaned = await in_halves(judge, LONG)

    assert cleaned.text == re.sub(r"\[\d+\]", "", LONG)
    assert len(judge.requests) == 1


async def test_a_report_that_is_cut_off_is_cleaned_in_two_halves_that_end_a_sentence(cache: Cache) -> None:
    judge = FakeJudge(cleaner, cache, max_tokens=300)

    cleaned = await in_halves(judge, LONG)

    assert cleaned.text
    assert cleaned.text.split() == re.sub(r"\[\d+\]", "", LONG).split()
    whole, first, second = map(shown, judge.requests)
    assert (first + second).split() == whole.split() == LONG.split()
    assert first.endswith(".\n\n")
    assert second.startswith("Paragraph 20 ")


async def test_halves_that_are_cut_off_too_are_a_failure_of_the_first_way_alone(cache: Cache) -> None:
    judge = FakeJudge(cleaner, cache, max_tokens=60)

    first, second = await in_halves(judge, LONG), await in_pieces(judge, LONG)

    assert first.text is None
    assert first.problem == "cut off after 60 tokens"
    assert second.text
    assert second.text.split() == re.sub(r"\[\d+\]", "", LONG).split()


async def test_the_second_way_goes_piece_by_piece(cache: Cache) -> None:
    judge = FakeJudge(cleaner, cache)

    cleaned = await in_pieces(judge, LONG, size=500)

    assert cleaned.text == re.sub(r"\[\d+\]", "", LONG)
    assert "\n\n".join(map(shown, judge.requests)) == LONG
    assert len(judge.requests) > 4
    assert all(len(shown(request)) <= 500 for request in judge.requests)


@pytest.mark.parametrize("clean", [in_halves, in_pieces])
async def test_next_to_nothing_is_no_report(clean: object, cache: Cache) -> None:
    judge = FakeJudge(lambda request: "Sorry.", cache)

    cleaned = await clean(judge, LONG)  # type: ignore[operator]

    assert cleaned.text is None
    assert cleaned.problem.startswith("only 6 characters came back of ")


async def test_a_piece_that_is_all_references_may_vanish(cache: Cache) -> None:
    judge = FakeJudge(lambda request: "" if "trams.example" in shown(request) else shown(request), cache)
    body, references = "Trams run on rails. " * 20, "[1] https://trams.example/a " * 20

    assert (await in_pieces(judge, f"{body}\n\n{references}", size=450)).text == f"{body}\n\n"
