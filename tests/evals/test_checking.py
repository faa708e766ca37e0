"""What a judge is checked on."""

from pathlib import Path

import pytest

from redraft.agent.errors import UserError
from redraft.evals.assessing import Assessment, Used
from redraft.evals.benchmarks.base import Task
from redraft.evals.checking import known_scores, material
from redraft.evals.judged import Entry, Subject
from redraft.evals.judging.cards import find, keep, path_of
from redraft.evals.judging.gate import Card, stamp
from redraft.evals.judging.judge import Profile
from redraft.evals.scorers import Choices, items, scorer
from redraft.store.errors import StoreUnusable
from redraft.tests.evals.benchmarks.given import write

PEOPLE = {"people": {"good": {"overall": 80.0, "insight": 1.0}, "poor": {"overall": 60.0}}}
TASKS = [Task(str(number), "Trams?", "zh", meta=PEOPLE if number < 3 else {}) for number in range(1, 5)]


def wanted(**systems: list[str]) -> Assessment:
    subjects = [Subject(name=n, entries=[Entry(task, f"{n} {task}") for task in has]) for n, has in systems.items()]
    made = scorer("fact", TASKS, Choices())
    return Assessment(used=Used(protocol="fact", benchmark="drb"), clean="rule", scorer=made, subjects=subjects)


def test_systems_are_held_to_the_tasks_that_all_of_them_have_in_the_order_of_the_benchmark() -> None:
    found = material(wanted(good=["4", "3", "2", "1"], poor=["2", "3", "4"]), TASKS, {"good": 49.0}, most=2)

    assert found.systems == {"good": {"3": "good 3", "2": "good 2"}, "poor": {"2": "poor 2", "3": "poor 3"}}
    assert found.known == {"good": 49.0}
    assert found.humans == {"2": {"good": 80.0, "poor": 60.0}}
    with pytest.raises(UserError, match="no task that all of these systems have a report on"):
        material(wanted(good=["1"], poor=["2"]), TASKS, {})


def test_known_scores_come_from_leaderboards_and_one_by_one_the_later_ones_on_top(tmp_path: Path) -> None:
    board = write(tmp_path / "a=1.csv", "\ufeffmodel,overall_score,insight\ngood,49.33,1\ngpt=5,40,2\n")

    assert known_scores([str(board), "poor=38.2", "good=50"]) == {"good": 50, "gpt=5": 40, "poor": 38.2}
    assert known_scores(["a=b=1.5"]) == {"a=b": 1.5}


@pytest.mark.parametrize(
    ("text", "said"),
    [("name,score\na,1\n", "no table with the columns"), ("model,overall_score\na,much\n", "'much' is no")],
)
def test_a_table_of_something_else_is_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        known_scores([str(write(tmp_path / "board.csv", text))])


def test_a_card_is_found_by_all_that_it_vouches_for_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    of = stamp(Profile(model="small"), "race")
    card = Card(stamp=of, checks=[])

    keep(tmp_path / "judges", card)

    assert find(tmp_path / "judges", of) == card
    for other in (stamp(Profile(model="small"), "race", "pieces"), stamp(Profile(model="small", seed=1), "race")):
        assert find(tmp_path / "judges", other) is None
    path_of(tmp_path / "judges", of).write_text("{}")
    with pytest.raises(StoreUnusable, match="is no card of a judge"):
        find(tmp_path / "judges", of)


def test_a_report_is_asked_for_key_points_else_for_nuggets_else_for_criteria() -> None:
    points = Task("1", "?", "en", meta={"key_points": ["Trams run."], "criteria": {"insight": []}})
    nuggets = [{"text": "Rails last.", "importance": "vital"}, {"text": "Cats purr.", "importance": "okay"}]
    criteria = {"insight": [{"criterion": "Depth", "explanation": "Goes deep.", "weight": 1.0}]}

    assert items(points) == {"key_points": ["The report says this: Trams run."]}
    assert items(Task("1", "?", "en", meta={"nuggets": nuggets})) == {
        "vital_nuggets": ["The report says this: Rails last."],
        "okay_nuggets": ["The report says this: Cats purr."],
    }
    assert items(Task("1", "?", "en", meta={"criteria": criteria})) == {"insight": ["Depth: Goes deep."]}
    assert items(Task("1", "?", "en")) == {}
