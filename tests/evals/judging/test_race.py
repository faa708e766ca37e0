import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.llm import Request
from redraft.evals.judging.cache import Cache
from redraft.evals.judging.judge import TRIES, FakeJudge
from redraft.evals.judging.race import DIMENSIONS, Criterion, Mark, Rubric, aggregate, race, rubric

ROW: dict[str, Any] = {
    "id": 1,
    "prompt": "有轨电车？",
    "dimension_weight": {
        "comprehensiveness": 0.4,
        "insight": 0.3,
        "instruction_following": 0.2,
        "readability": 0.1,
    },
    "criterions": {
        "comprehensiveness": [
            {"criterion": "Covers the Costs", "explanation": "…", "weight": 0.7},
            {"criterion": "Covers the use", "explanation": "…", "weight": 0.2},
            {"criterion": "Covers the lifetime", "explanation": "…", "weight": 0.1},
        ],
        "insight": [
            {"criterion": "因果分析的深度", "explanation": "…", "weight": 0.6},
            {"criterion": "比较", "explanation": "…", "weight": 0.4},
        ],
        "instruction_following": [{"criterion": "Answers", "explanation": "…", "weight": 1.0}],
        "readability": [{"criterion": "Reads well", "explanation": "…", "weight": 1.0}],
    },
}
RULES = rubric(ROW)
SCORES = {
    "comprehensiveness": [("Covers the Costs", 8, 4), ("covers THE use ", 6, 9), ("Something else", 2, 3)],
    "insight": [("因果分析", 5, 5), ("比较", 10, 0)],
    "instruction_following": [("Answers", 7, 8)],
    "readability": [("Reads well", 4, 6)],
}
# By hand. Comprehensiveness: the first matches exactly (.7), the second but for capitals (.2), the third not at all and
# has the mean weight (1/3): (8*.7 + 6*.2 + 2/3) / (.7 + .2 + 1/3), and (4*.7 + 9*.2 + 3/3) / the same.
# Insight: the first is a part of a criterion's words (.6): 5*.6 + 10*.4 = 7, 5*.6 + 0 = 3.
SUM = 0.9 + 1 / 3
TARGET = {"comprehensiveness": (5.6 + 1.2 + 2 / 3) / SUM, "insight": 7, "instruction_following": 7, "readability": 4}
REFERENCE = {"comprehensiveness": (2.8 + 1.8 + 1) / SUM, "insight": 3, "instruction_following": 8, "readability": 6}


def sheet(scores: dict[str, list[tuple[str, float, float]]]) -> str:
    return json.dumps(
        {
            dimension: [
                {"criterion": text, "analysis": "…", "article_1_score": one, "article_2_score": two}
                for text, one, two in rows
            ]
            for dimension, rows in scores.items()
        }
    )


async def test_a_report_is_scored_as_by_hand(cache: Cache) -> None:
    judge = FakeJudge(lambda request: sheet(SCORES), cache)  # type: ignore[arg-type]

    scored = await race(judge, "有轨电车？", "甲。", "乙。", RULES)

    assert scored.score
    whole = {"target": TARGET, "reference": REFERENCE}
    sums = {name: sum(ROW["dimension_weight"][d] * side[d] for d in DIMENSIONS) for name, side in whole.items()}
    assert scored.score.overall == pytest.approx(100 * sums["target"] / sum(sums.values()))
    assert scored.score.dimensions == pytest.approx(
        {name: 100 * TARGET[name] / (TARGET[name] + REFERENCE[name]) for name in DIMENSIONS}
    )
    assert scored.score.overall == pytest.approx(56.253, abs=0.0005)  # 6.32162 / (6.32162 + 4.91622)
    assert scored.score.unmatched == ("Something else",)


async def test_the_judge_reads_the_report_first_unless_turned_and_the_score_is_the_reports(cache: Cache) -> None:
    def favours_the_first(request: Request) -> str:
        text = request.messages[0].content
        is_first = text.index("甲。") < text.index("乙。")
        one, two = (8, 2) if is_first else (2, 8)
        return sheet({dimension: [("x", one, two)] for dimension in DIMENSIONS})

    judge = FakeJudge(favours_the_first, cache)

    scores = [await race(judge, "?", "甲。", "乙。", RULES, turned=turned) for turned in (False, True)]

    assert [scored.score.overall if scored.score else None for scored in scores] == pytest.approx([80, 80])
    assert len(judge.requests) == 2


@pytest.mark.parametrize(
    "broken",
    [
        {**SCORES, "insight": []},
        {name: rows for name, rows in SCORES.items() if name != "readability"},
        {**SCORES, "readability": [("Reads well", 11, 5)]},
        {**SCORES, "readability": [("Reads well", 5, None)]},
    ],
)
async def test_a_sheet_that_lacks_something_is_no_score(broken: Any, cache: Cache) -> None:
    judge = FakeJudge(lambda request: sheet(broken), cache)

    scored = await race(judge, "?", "A", "B", RULES)

    assert scored.score is None
    assert scored.problem
    assert len(judge.requests) == TRIES


MARKS = st.builds(
    Mark,
    criterion=st.sampled_from(["Covers the Costs", "covers", "else", ""]),
    analysis=st.just(""),
    article_1_score=st.floats(0, 10),
    article_2_score=st.floats(0, 10),
)
SHEETS = st.fixed_dictionaries(dict.fromkeys(DIMENSIONS, st.lists(MARKS, min_size=1, max_size=4)))


@given(marks=SHEETS)
def test_a_score_lies_between_0_and_100_and_turns_with_the_reports(marks: dict[str, list[Mark]]) -> None:
    there = aggregate(marks, RULES)
    back = aggregate({name: [mark.turned for mark in made] for name, made in marks.items()}, RULES)

    assert 0 <= there.overall <= 100 + 1e-9
    assert there.overall + back.overall == pytest.approx(100) or there.overall == back.overall == 0


def test_the_same_words_but_for_capitals_go_before_a_part_of_other_words() -> None:
    criteria = [Criterion("Insight and depth", "…", 0.75), Criterion("Insight", "…", 0.25)]
    rules = Rubric({"insight": 1.0}, {"insight": criteria})
    marks = [
        Mark(criterion="INSIGHT", analysis="", article_1_score=8, article_2_score=0),
        Mark(criterion="Insight and depth", analysis="", article_1_score=0, article_2_score=8),
    ]

    assert aggregate({"insight": marks}, rules).overall == pytest.approx(25)


def test_a_report_without_any_point_has_nothing() -> None:
    zero = Mark(criterion="", analysis="", article_1_score=0, article_2_score=0)

    assert aggregate({name: [zero] for name in DIMENSIONS}, RULES).overall == 0
