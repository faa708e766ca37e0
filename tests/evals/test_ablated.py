"""What ablations show, on numbers that can be worked out by hand."""

import pytest

from redraft.agent.errors import UserError
from redraft.evals.ablated import Outcome, effect, shown
from redraft.evals.scored import System

TASKS = tuple("abcdefgh")


def outcome(arm: str, *, coverage: float, tokens: float, **more: float) -> Outcome:
    """Eight reports that are scored alike, but for what differs from task to task by a hundredth."""
    rows = {
        task: {"citation_coverage": coverage + place / 100, "tokens": tokens + place, **more}
        for place, task in enumerate(TASKS)
    }
    said = {(task, 0): f"Of {task}." for task in TASKS}
    return Outcome(arm=arm, scores=System(name=arm, tasks=rows), texts=said, failed=0, tokens=int(8 * tokens + 28))


BASE = outcome("base", coverage=0.5, tokens=20_000)


def test_a_step_that_costs_tokens_is_worth_what_is_lost_without_it() -> None:
    without = outcome("no-denoise", coverage=0.4, tokens=15_000)

    found = effect(without, BASE, ["citation_coverage"])

    assert found.quality["citation_coverage"].comparison.difference == pytest.approx(-0.1)
    assert found.cost["tokens"].comparison.difference == -5000
    assert found.per_thousand("citation_coverage") == pytest.approx(0.02)
    assert found.quality["citation_coverage"].comparison.winner == "base is better"


def test_what_costs_more_and_is_worse_has_a_negative_price() -> None:
    serial = outcome("serial", coverage=0.45, tokens=22_000)

    assert effect(serial, BASE, ["citation_coverage"]).per_thousand("citation_coverage") == pytest.approx(-0.025)


def test_nothing_is_bought_where_no_tokens_are_spent_and_nothing_told_of_what_one_lacks() -> None:
    other = outcome("no-speculation", coverage=0.6, tokens=20_000, words=900)

    found = effect(other, BASE, ["citation_coverage", "words"])

    assert found.per_thousand("citation_coverage") is None
    assert list(found.quality) == ["citation_coverage"]
    assert found.per_thousand("words") is None


def test_a_failed_task_counts_as_nothing_and_costs_what_it_took() -> None:
    rows = {task: dict(row) for task, row in BASE.scores.tasks.items()} | {"h": {"citation_coverage": 0.0}}
    arm = Outcome(
        arm="warp",
        scores=System(name="warp", tasks=rows, failed=("h",)),
        texts={key: text for key, text in BASE.texts.items() if key[0] != "h"},
        failed=1,
        tokens=140_000,
    )

    found = effect(arm, BASE, ["citation_coverage"])

    assert found.quality["citation_coverage"].comparison.difference == pytest.approx(-0.57 / 8)
    assert found.cost["tokens"].comparison.tasks == 7


def test_reports_that_say_the_same_are_counted() -> None:
    same = {**BASE.texts, ("a", 0): "Something else.", ("a", 1): "Of another seed."}
    arm = Outcome(arm="no-speculation", scores=BASE.scores, texts=same, failed=0, tokens=1)

    found = effect(arm, BASE, [])

    assert (found.same, found.common) == (7, 8)


def test_the_usual_measures_are_those_that_any_arm_has_and_a_judges_overall_score() -> None:
    judged = outcome("base", coverage=0.5, tokens=1, **{"race.overall": 0.5, "race.insight": 0.4, "seconds": 3})
    other = outcome("serial", coverage=0.5, tokens=1, words=100)

    assert shown([judged, other]) == ["citation_coverage", "words", "race.overall"]
    assert shown([judged, other], ["race.insight"]) == ["race.insight"]
    with pytest.raises(UserError, match="no arm has novelty: there are citation_coverage, tokens"):
        shown([judged, other], ["novelty"])
