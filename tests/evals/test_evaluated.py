"""Evaluation runs as systems: means over repeats, failures among them, and scores that keep their repeat."""

import pytest

from redraft.agent.errors import UserError
from redraft.evals import evaluated, provenance
from redraft.evals.measuring import Way
from redraft.store import evals
from redraft.store.database import Database
from redraft.store.models import EvalRun, EvalTask, now

ARTICLE = "# Trams\n\nTrams carry nine thousand people an hour in each direction [1].\n\n## References\n\n[1] A. https://e.org/a\n"


@pytest.fixture
def eval_run(database: Database) -> EvalRun:
    """Of another program, in three repeats: `a` is done, `b` failed once, `c` failed each time, and `d` waits."""
    made = EvalRun(
        name="theirs", benchmark="drb", writer="peer", settings={"words": 10}, made_with={}, created_at=now()
    )
    rows = [
        EvalTask(eval_run_id=0, number=n, task_id=task, repeat=repeat, prompt="Why?", language="en", topic=task)
        for n, task in enumerate("abcd")
        for repeat in range(3)
    ]
    evals.create(database, made, rows)
    for task in evals.tasks(database, made):
        failed = task.task_id == "c" or (task.task_id, task.repeat) == ("b", 1)
        ended = {"state": "failed", "failure": "no"} if failed else {"state": "done", "article": ARTICLE}
        if task.task_id != "d":
            evals.finish(database, task, seconds=3.0, tokens=7, **ended)
    return made


def test_a_task_has_the_mean_of_its_repeats_of_which_one_that_failed_counts(
    database: Database, eval_run: EvalRun
) -> None:
    rows = evaluated.measured(database, eval_run, Way(watts=1200))
    evaluated.save(database, eval_run, evaluated.METRICS, {"redraft": "1"}, rows)

    found = evaluated.of_evaluation(database, eval_run, evaluated.METRICS)

    assert [found.tasks[task]["citation_coverage"] for task in "abc"] == [1, pytest.approx(2 / 3), 0]
    assert [found.tasks[task]["seconds"] for task in "abc"] == [3, 3, None]
    assert found.tasks["a"]["energy"] == 1
    assert 0 < (found.tasks["a"]["length_score"] or 0) <= 100
    assert (found.failed, found.unscored) == (("c",), ("d",))
    assert [rows["b"]["citation_coverage"] for rows in evaluated.repeats(database, eval_run, "metrics")] == [1, 0, 1]


def test_official_scores_of_one_repeat_leave_those_of_the_others(database: Database, eval_run: EvalRun) -> None:
    for repeat, overall in ((0, 0.2), (1, 0.4), (0, 0.6)):
        rows = {repeat: {"a": {"overall": overall}}}
        evaluated.save(database, eval_run, evaluated.OFFICIAL, {}, rows, {"overall": overall})

    (scoring,) = evals.scorings(database, eval_run)
    assert evaluated.repeats(database, eval_run, evaluated.OFFICIAL) == [{"a": {"overall": v}} for v in (0.6, 0.4)]
    assert [score.value for score in evals.scores(database, scoring) if not score.task_id] == [0.6]


def test_a_run_without_a_report_cannot_be_measured(database: Database) -> None:
    made = EvalRun(name="new", benchmark="drb", writer="peer", settings={}, made_with={}, created_at=now())
    waits = EvalTask(eval_run_id=0, number=0, task_id="a", prompt="Why?", language="en")
    evals.create(database, made, [waits])

    with pytest.raises(UserError, match="no report yet: redraft eval generate --name new"):
        evaluated.measured(database, made, Way())
    assert evaluated.outputs(database, made) == []


def test_prompts_and_the_model_are_the_same_for_all_its_reports_and_the_machine_need_not_be() -> None:
    had = {"redraft": "1", "model": "m", "python": "3.11", "prompts": {"draft": "aa", "brief": "bb"}}
    kept = EvalRun(name="base", benchmark="drb", writer="redraft", settings={}, made_with=had, created_at=now())

    provenance.check_same(kept, {"made_with": had | {"python": "3.12"}})
    for change, said in (
        ({"model": "n"}, "model m, not n"),
        ({"prompts": {"draft": "cc", "brief": "bb"}}, "prompts draft aa, not cc"),
        ({"prompts": {"draft": "aa"}}, "prompts brief bb, not none"),
    ):
        with pytest.raises(UserError, match=f"base was begun with {said}: choose another name"):
            provenance.check_same(kept, {"made_with": had | change})
