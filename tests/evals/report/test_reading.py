"""What reports are on: files of scores as the commands print them, and evaluation runs of the store."""

import json
from pathlib import Path
from typing import Any

import pytest

from redraft.agent.errors import UserError
from redraft.evals.report.reading import subjects
from redraft.evals.report.subjects import Subject
from redraft.store import evals
from redraft.store.database import Database
from redraft.store.models import Score, Scoring, now
from redraft.tests.evals.benchmarks.given import write
from redraft.tests.evals.report.given import eval_run, task
from redraft.tools.errors import PathNotFound


def refused() -> Database:
    raise AssertionError("files need no store")


def in_files(*paths: Path) -> list[Subject]:
    return subjects([str(path) for path in paths], refused)


def written(path: Path, **document: Any) -> Path:
    return write(path, json.dumps(document))


ONE = {"t0": {"overall": 0.5}}


def kept(database: Database, name: str = "base", benchmark: str = "drb") -> None:
    """Two tasks written on twice, of which one failed once; scored by a judge and by nothing else."""
    rows = [task(n, repeat=repeat) for repeat in range(2) for n in range(2)]
    rows[3].state = "failed"
    run = evals.create(database, eval_run(name, benchmark=benchmark), rows)
    values = {("t0", 0): 1.0, ("t0", 1): 3.0, ("t1", 0): 4.0}
    scores = [
        *(Score(scoring_id=0, task_id=t, repeat=r, measure="overall", value=v) for (t, r), v in values.items()),
        Score(scoring_id=0, task_id="t1", repeat=1, measure="overall", problem="cut off"),
        Score(scoring_id=0, measure="flip_rate", value=0.25),
    ]
    scoring = Scoring(eval_run_id=0, protocol="race", stamp={"judge": "j"}, label="ungated", created_at=now())
    evals.save_scores(database, run, scoring, scores)


def test_the_protocol_of_a_file_is_that_of_the_command_that_printed_it(tmp_path: Path) -> None:
    judge = {"judge": {"protocol": "fact"}}
    metrics = written(tmp_path / "metrics.json", benchmark="drb", systems=[{"tasks": ONE}])
    official = written(tmp_path / "official.json", benchmark="drb", tasks=ONE, aggregate={"overall": 0.4})
    fact = written(tmp_path / "judged.json", systems=[{"tasks": ONE}], label="ungated", stamp=judge)
    first, second, third = in_files(metrics, official, fact)
    assert [list(one.scored) for one in (first, second, third)] == [["metrics"], ["official"], ["fact"]]
    assert (first.name, first.benchmark, third.benchmark) == ("metrics", "drb", "")
    assert second.scored["official"].whole == {"overall": 0.4}
    assert (third.scored["fact"].label, third.scored["fact"].stamp) == ("ungated", judge)


def test_files_of_one_name_are_called_by_their_paths(tmp_path: Path) -> None:
    paths = [written(tmp_path / folder / "race.json", tasks=ONE) for folder in "ab"]
    assert [one.name for one in in_files(*paths)] == [str(path) for path in paths]
    with pytest.raises(UserError, match="is named twice"):
        in_files(paths[0], paths[0])


def test_systems_of_several_benchmarks_have_no_report(tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{name}.json", benchmark=name, tasks=ONE) for name in ("drb", "researchy")]
    with pytest.raises(UserError, match="one benchmark: drb is on drb, researchy is on researchy"):
        in_files(*paths)


def test_an_evaluation_run_is_read_with_all_its_scores(database: Database) -> None:
    kept(database)
    (one,) = subjects(["base"], lambda: database)
    race = one.scored["race"]
    assert race.system.tasks == {"t0": {"overall": 2.0}, "t1": {"overall": 4.0}}
    assert race.system.failed == ()
    assert race.repeated("overall") == [{"t0": 1.0, "t1": 4.0}, {"t0": 3.0, "t1": None}]
    assert (race.whole, race.label, race.stamp) == ({"flip_rate": 0.25}, "ungated", {"judge": "j"})
    assert [(score.task_id, score.problem) for score in race.problems] == [("t1", "cut off")]
    assert (one.states, one.benchmark) == ({"done": 3, "failed": 1}, "drb")


def test_a_file_goes_before_an_evaluation_run_of_its_name(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(database)
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "base", tasks=ONE)
    (one,) = subjects(["base"], lambda: database)
    assert one.eval_run is None


def test_what_is_neither_is_said_to_be_neither(database: Database) -> None:
    with pytest.raises(PathNotFound, match="neither a file of scores nor an evaluation run"):
        subjects(["nobody"], lambda: database)
