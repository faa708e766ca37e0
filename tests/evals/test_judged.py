"""What the opinions of a judge come to."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.base import Task
from redraft.evals.judged import Entry, Judged, Subject, common, judged, of_file
from redraft.evals.judging.scoring import Opinion
from redraft.tests.judging import reports

TASKS = [Task(str(number), f"Trams {number}?", "en") for number in range(1, 4)]


def made(protocol: str, *opinions: tuple[Entry, list[Opinion]]) -> Judged:
    return Judged(Subject(name="mine", entries=[entry for entry, _ in opinions]), protocol, opinions)


def test_a_task_has_the_mean_of_the_judges_repeats_and_of_the_writers() -> None:
    found = made(
        "race",
        (Entry("1", "A"), [Opinion(40, {"insight": 1}, 0.5), Opinion(50, {"insight": 2}, 0.1)]),
        (Entry("1", "B", 1), [Opinion(60, {"insight": 3}), Opinion(None, problem="cut off")]),
        (Entry("2", "C"), [Opinion(None, problem="cut off"), Opinion(None, problem="refused")]),
    )

    assert found.system.tasks == {"1": {"overall": 50, "insight": 2}, "2": {"overall": None}}
    assert list(found.figures) == ["overall", "insight"]
    assert (found.figures["overall"].value, found.figures["overall"].tasks) == (50, 1)
    assert found.failed == 1
    assert found.problems == {"cut off": ["1", "2"], "refused": ["2"]}
    assert found.flip_rate == pytest.approx(0.3)
    assert found.spread == 0


def test_fact_is_counted_over_all_citations_and_not_over_reports() -> None:
    def cited(supported: int, of: int) -> Opinion:
        counts = {"effective_citations_of_all": supported, "effective_citations": supported, "judged_citations": of}
        return Opinion(100 * supported / of, counts)

    nothing = Opinion(None, {"effective_citations_of_all": 0})
    found = made(
        "fact", (Entry("1", "A"), [cited(1, 1)]), (Entry("2", "B"), [cited(0, 3)]), (Entry("3", "C"), [nothing])
    )

    values = {name: figure.value for name, figure in found.figures.items()}
    assert values == {
        "citation_accuracy": 25,
        "effective_citations_of_all": pytest.approx(1 / 3),
        "effective_citations": 0.5,
        "judged_citations": 2,
    }
    assert (found.failed, found.problems) == (0, {})


@given(st.lists(st.one_of(st.none(), st.floats(0, 100)), min_size=1, max_size=6))
def test_no_report_is_ever_lost_between_those_with_a_score_and_those_without(scores: list[float | None]) -> None:
    opinions = [
        (Entry(str(n), "A"), [Opinion(score, problem="" if score is not None else "no")])
        for n, score in enumerate(scores)
    ]
    found = made("race", *opinions)
    rows = [row for row in found.rows() if row.measure == "overall" and row.task_id]

    told = found.figures["overall"].tasks if "overall" in found.figures else 0
    assert told + found.failed == len(scores)
    assert [row.value for row in rows] == scores
    assert all((row.value is None) == bool(row.problem) for row in rows)


async def test_each_report_is_judged_as_often_as_wanted_and_told_of() -> None:
    told: list[tuple[str, str]] = []

    async def score(task: str, article: str, repeat: int) -> Opinion:
        return Opinion(float(len(article) + repeat))

    entries = [Entry("1", "A"), Entry("2", "")]
    found = await judged(
        score,
        Subject(name="mine", entries=entries),
        "race",
        repeats=2,
        told=lambda name, entry, opinion: told.append((name, entry.task)),
    )

    assert [[one.score for one in said] for _, said in found.opinions] == [[1, 2], [0, 1]]
    assert found.system.failed == ("2",)
    assert sorted(told) == [("mine", "1")] * 2 + [("mine", "2")] * 2


def test_reports_on_other_tasks_are_unknown_and_tasks_without_one_unscored(tmp_path: Path) -> None:
    path = reports(tmp_path, "mine", {"1": "A", "3": " ", "9": "B"})

    found = of_file(path, TASKS)

    assert [tuple(entry[:2]) for entry in found.entries] == [("1", "A"), ("3", "")]
    assert (found.name, found.unscored, found.unknown) == ("mine", ("2",), ("9",))
    assert common([found, Subject(name="other", entries=[Entry("3", "C"), Entry("2", "D")])]) == {"3"}
    with pytest.raises(UserError, match="mine has no report on a task that can be judged"):
        of_file(path, TASKS[1:2])
