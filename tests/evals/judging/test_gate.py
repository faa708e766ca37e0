from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from redraft.agent.llm import Request
from redraft.evals.judging.cache import Cache
from redraft.evals.judging.damages import DAMAGES, PADDING
from redraft.evals.judging.gate import PROTOCOLS, Card, Material, gated, judge_check, label, read, stamp
from redraft.evals.judging.judge import PROMPTS, FakeJudge, Profile
from redraft.evals.judging.race import DIMENSIONS
from redraft.evals.judging.scoring import Opinion, Score, Work, by_race, by_race_pointwise
from redraft.tests.evals.judging.test_pointwise import scoring
from redraft.tests.evals.judging.test_race import RULES, sheet

TASKS = [f"t{number}" for number in range(8)]
QUALITY = {"good": 9, "fair": 6, "poor": 3}
STAMP = stamp(Profile(model="small"), "race-pointwise")


def report(parts: int, task: str) -> str:
    return "# Title\n\nA summary.\n\n" + "\n\n".join(f"## {n}\n\nOf {task} it says {n} [{n}]." for n in range(parts))


MATERIAL = Material(
    systems={name: {task: report(parts, task) for task in TASKS} for name, parts in QUALITY.items()},
    known={"good": 49.3, "fair": 43.4, "poor": 38.2},
    humans={task: {"good": 80.0, "fair": 70.0, "poor": 60.0} for task in TASKS},
)


def judging(points: Callable[[str, int], float | None], flip_rate: float | None = 0.1) -> Score:
    async def score(task: str, article: str, repeat: int) -> Opinion:
        return Opinion(points(article, repeat), flip_rate=flip_rate)

    return score


def sound(article: str, repeat: int = 0) -> float:
    """Counts what is said, once each, and dislikes empty words, repetition and wrong citations."""
    said = article.split("\n\n")
    wrong = sum(f"says {n} [{n}]" not in article for n in range(3))
    return 10 * len(set(said)) - 5 * (len(said) - len(set(said))) - article.count(PADDING["en"]) - wrong


async def checked(score: Score, material: Material = MATERIAL) -> Card:
    return await judge_check(score, material, STAMP, reads_citations=True)


def failing(card: Card) -> set[str]:
    return {check.name for check in card.checks if not check.passed}


async def test_a_sound_judge_passes_and_its_card_says_how(tmp_path: Path) -> None:
    card = await checked(judging(sound))

    assert failing(card) == set()
    assert card.verdict.startswith("PASS\npass  order of known systems (Kendall's tau-b): 1.00 (at least 0.6)\n")
    card.write(tmp_path / "card.json")
    assert read(tmp_path / "card.json") == card
    assert (gated(card, STAMP), label(card, STAMP)) == (True, "gated")


ORDER, PEOPLE = "order of known systems (Kendall's tau-b)", "agreement with people, pair by pair"
FLIPS, SPREAD, ANSWERED = (
    "contradictions between the two orders",
    "spread of the mean over repeats",
    "scores that were to be had",
)


@pytest.mark.parametrize(
    ("score", "fails"),
    [
        (judging(lambda article, repeat: -sound(article)), {ORDER, PEOPLE, *DAMAGES, "padding"}),
        (judging(lambda article, repeat: sound(article) + 5 * article.count(PADDING["en"])), {"padding"}),
        (
            judging(lambda article, repeat: float(len(set(article.split("\n\n"))))),
            {"paragraphs doubled", "citations shuffled"},
        ),
        (judging(lambda article, repeat: sound(article) + 3 * repeat), {SPREAD}),
        (judging(sound, flip_rate=0.3), {FLIPS}),
        (judging(sound, flip_rate=None), {FLIPS}),
        (judging(lambda article, repeat: sound(article) if "t3" not in article else None), {ANSWERED}),
        (judging(lambda article, repeat: 50.0), {ORDER, PEOPLE, *DAMAGES}),
    ],
)
async def test_a_judge_that_is_not_sound_fails_for_that(score: Score, fails: set[str]) -> None:
    card = await checked(score)

    assert failing(card) == fails
    assert card.verdict.startswith("FAIL\n")
    assert not gated(card, STAMP)
    assert label(card, STAMP) == "ungated"


async def test_a_change_that_could_be_chance_is_neither_a_fall_nor_a_rise() -> None:
    def points(article: str, repeat: int) -> float:
        whole = {report for reports in MATERIAL.systems.values() for report in reports.values()}
        up_and_down = 3 if any(f"Of {task} " in article for task in TASKS[::2]) else -3
        return 50 if article in whole else 50 + up_and_down

    card = await checked(judging(points))

    assert failing(card) == {ORDER, PEOPLE, *DAMAGES}
    assert all(check.detail["low"] < 0 < check.detail["high"] for check in card.checks if check.name in DAMAGES)  # type: ignore[operator]


async def test_a_judge_that_was_checked_on_a_handful_of_tasks_does_not_pass() -> None:
    systems = {name: dict(list(reports.items())[:7]) for name, reports in MATERIAL.systems.items()}

    assert failing(await checked(judging(sound), replace(MATERIAL, systems=systems))) == {"reports that were damaged"}


async def test_a_judge_that_says_nothing_fails_everything() -> None:
    card = await checked(judging(lambda article, repeat: None, flip_rate=None))

    assert failing(card) == {check.name for check in card.checks} - {"reports that were damaged"}
    assert "not measured" in card.verdict


async def test_what_the_protocol_does_not_read_is_not_tried() -> None:
    card = await judge_check(judging(sound), MATERIAL, STAMP)

    assert "citations shuffled" not in {check.name for check in card.checks}


async def test_a_card_vouches_for_nothing_else() -> None:
    card = await checked(judging(sound))

    for other in (
        stamp(Profile(model="other"), "race-pointwise"),
        stamp(Profile(model="small", temperature=0.7), "race-pointwise"),
        stamp(Profile(model="small"), "race"),
        STAMP.model_copy(update={"prompts": {"pointwise": "0" * 12}}),
    ):
        assert label(card, other) == "ungated"
    assert label(None, STAMP) == "ungated"


def test_every_protocol_is_made_of_prompts() -> None:
    assert {name for names in PROTOCOLS.values() for name in names} | {"clean"} == set(PROMPTS)


WORKS = {"1": Work("Trams?", "OLD", RULES)}


async def test_a_run_is_scored_by_race_with_reports_cleaned_by_rule(cache: Cache) -> None:
    def answer(request: Request) -> str:
        assert "[1]" not in request.messages[0].content
        return sheet({dimension: [("x", 6, 4)] for dimension in DIMENSIONS})

    judge = FakeJudge(answer, cache)

    plain = await by_race(judge, WORKS)("1", "NEW [1].", 0)
    both = await by_race(judge, WORKS, both_orders=True)("1", "NEW [1].", 0)

    assert [plain.score, both.score] == pytest.approx([60, 60])
    assert [plain.flip_rate, both.flip_rate] == [None, 1]  # the fake judge always prefers the first
    assert len(judge.requests) == 2


async def test_a_run_is_scored_by_race_pointwise(cache: Cache) -> None:
    judge = FakeJudge(scoring(lambda is_first, number: (8, 4)), cache)

    opinion = await by_race_pointwise(judge, WORKS)("1", "NEW [1].", 0)

    assert opinion.score == pytest.approx(100 * 8 / 12)
    assert opinion.dimensions.keys() == set(DIMENSIONS)


@pytest.mark.parametrize("protocol", [by_race, by_race_pointwise])
async def test_an_empty_report_has_nothing_and_a_judge_that_fails_leaves_a_reason(
    protocol: Callable[..., Score], cache: Cache
) -> None:
    judge = FakeJudge(lambda request: "no", cache)
    score = protocol(judge, WORKS)

    assert await score("1", " ", 0) == Opinion(0.0, dict.fromkeys(DIMENSIONS, 0.0))
    assert judge.requests == []
    failed = await score("1", "NEW", 0)
    assert failed.score is None
    assert failed.problem
