import json
from pathlib import Path

import pytest

from redraft.evals.judging.humans import accuracy, agreement, rated

DIMENSIONS = ("Comprehensiveness", "depth", "instruction following", "readability")


def annotation(**systems: tuple[float, ...]) -> dict[str, object]:
    return {
        "annotation_id": "x",
        "dimension_scores": {name: dict(zip(DIMENSIONS, scores, strict=True)) for name, scores in systems.items()},
        "overall_scores": {name: scores[0] for name, scores in systems.items()},
    }


def test_scores_are_weighted_as_the_task_weights_them(tmp_path: Path) -> None:
    weights = {"comprehensiveness": 0.4, "insight": 0.3, "instruction_following": 0.2, "readability": 0.1}
    made = [
        annotation(one=(80, 60, 40, 20), two=(50, 50, 50, 50)),
        annotation(one=(60, 60, 60, 60), two=(0, 0, 0, 100)),
    ]
    row = {"id": 7, "instruction": "有轨电车？", "dimension_weights": weights, "raw_annotations": made}
    (tmp_path / "human.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n\n")

    (found,) = rated(tmp_path / "human.jsonl")

    assert found.task == "7"
    assert [rating["one"] for rating in found.ratings] == pytest.approx([60, 60])
    assert found.means == pytest.approx({"one": 60, "two": 30})
    assert found.overall == [{"one": 80, "two": 50}, {"one": 60, "two": 0}]


def test_people_agree_where_they_put_two_systems_in_the_same_order_and_ties_say_nothing() -> None:
    first, second, third = (
        {"a": 3.0, "b": 2.0, "c": 1.0},
        {"a": 3.0, "b": 1.0, "c": 2.0},
        {"a": 1.0, "b": 1.0, "c": 0.0},
    )

    # First and second: two of three. First and third: a-c and b-c. Second and third: a-c, not b-c.
    assert agreement([[first, second, third]]) == pytest.approx(5 / 7)
    assert agreement([[first], []]) is None


def test_a_tie_of_the_judge_is_a_miss_and_one_of_people_no_question() -> None:
    people = {"a": 3.0, "b": 2.0, "c": 2.0, "d": 9.0}
    judged = {"a": 5.0, "b": 5.0, "c": 1.0}

    assert accuracy([(judged, people)]) == [False, True]
