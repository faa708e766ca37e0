"""Evaluation runs in the store: names are taken once, tasks keep their order, scores take each other's place."""

from collections.abc import Sequence

import pytest

from redraft.store import evals, runs
from redraft.store.database import Database
from redraft.store.errors import EvalExists, NoSuchEval
from redraft.store.models import EvalRun, EvalTask, Run, Score, Scoring, now


def a_run(name: str = "base") -> EvalRun:
    return EvalRun(name=name, benchmark="drb", writer="redraft", settings={}, made_with={"seed": 1}, created_at=now())


def some_tasks(count: int, repeats: int = 1) -> list[EvalTask]:
    return [
        EvalTask(eval_run_id=0, number=number, task_id=f"t{number}", repeat=repeat, prompt="Why?", language="en")
        for number in range(count)
        for repeat in range(repeats)
    ]


def report_run(run_id: str) -> Run:
    return Run(id=run_id, question="Why?", status="running", settings={}, created_at=now())


def begun(database: Database, count: int = 2) -> tuple[EvalRun, Sequence[EvalTask]]:
    run = evals.create(database, a_run(), some_tasks(count))
    return run, evals.tasks(database, run)


def scored(database: Database, run: EvalRun, *values: float | None) -> Scoring:
    scoring = Scoring(eval_run_id=0, protocol="metrics", stamp={"version": "1"}, created_at=now())
    scores = [Score(scoring_id=0, task_id=f"t{n}", measure="words", value=value) for n, value in enumerate(values)]
    return evals.save_scores(database, run, scoring, scores)


def test_a_name_is_taken_once(database: Database) -> None:
    begun(database)
    with pytest.raises(EvalExists, match="'base'"):
        evals.create(database, a_run(), some_tasks(1))
    assert [run.name for run in evals.everyone(database)] == ["base"]
    assert len(evals.tasks(database, evals.get(database, "base"))) == 2


def test_a_name_that_nobody_has_is_said_to_be_none(database: Database) -> None:
    assert evals.find(database, "base") is None
    with pytest.raises(NoSuchEval, match="redraft eval runs"):
        evals.get(database, "base")


def test_all_tasks_come_once_before_any_comes_again(database: Database) -> None:
    run = evals.create(database, a_run(), some_tasks(2, repeats=2))
    assert [(task.task_id, task.repeat) for task in evals.tasks(database, run)] == [
        ("t0", 0),
        ("t1", 0),
        ("t0", 1),
        ("t1", 1),
    ]


def test_a_task_has_one_run_whoever_begins_it(database: Database) -> None:
    _, (task, _) = begun(database)
    assert evals.begin(database, task, report_run("aa")) == "aa"
    assert evals.begin(database, task, report_run("bb")) == "aa"
    assert [run.id for run in runs.newest_first(database)] == ["aa"]


def test_a_failed_task_is_tried_again_with_the_run_it_has(database: Database) -> None:
    run, (failed, done) = begun(database)
    evals.begin(database, failed, report_run("aa"))
    evals.finish(database, failed, state="failed", failure="no evidence", seconds=1.5)
    evals.finish(database, done, state="done", article="# All", tokens=7)
    evals.reopen(database, run)
    again, other = evals.tasks(database, run)
    assert (again.state, again.failure, again.run_id) == ("waiting", "", "aa")
    assert (other.state, other.article, other.tokens) == ("done", "# All", 7)
    assert evals.task(database, other.id or 0) == other


def test_new_scores_take_the_place_of_the_old_ones_of_their_protocol_alone(database: Database) -> None:
    run, _ = begun(database)
    scored(database, run, 1.0, 2.0)
    judged = Scoring(eval_run_id=0, protocol="race", stamp={}, label="ungated", created_at=now())
    evals.save_scores(database, run, judged, [Score(scoring_id=0, measure="overall", problem="cut off")])
    scored(database, run, None, 3.0)
    metrics, race = evals.scorings(database, run)
    assert [score.value for score in evals.scores(database, metrics)] == [None, 3.0]
    assert [score.problem for score in evals.scores(database, race)] == ["cut off"]


def test_what_is_removed_takes_its_scores_along_and_leaves_reports_and_others(database: Database) -> None:
    run, (task, _) = begun(database)
    evals.begin(database, task, report_run("aa"))
    scored(database, run, 1.0)
    other = evals.create(database, a_run("other"), some_tasks(1))
    kept = scored(database, other, 5.0)
    evals.remove(database, run)
    assert [left.name for left in evals.everyone(database)] == ["other"]
    assert [score.value for score in evals.scores(database, kept)] == [5.0]
    assert runs.get(database, "aa").question == "Why?"
