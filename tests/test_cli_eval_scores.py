"""`redraft eval metrics`, `import-scores` and `compare`, on small files of reports and scores."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from redraft.evals import standin_library
from redraft.evals.direction import better
from redraft.tests.agent.whole import Shelf, standing_in
from redraft.tests.evals.benchmarks.given import ARTICLE, write, write_lines, write_table
from redraft.tests.evaluated import Answer, benchmarks, races, reports
from redraft.tests.meanings import install


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return benchmarks(tmp_path / "data")


def written(folder: Path, name: str, *arguments: object) -> Path:
    """A file with what a command prints in JSON."""
    return write(folder / f"{name}.json", json.dumps(Answer(*arguments, "--json").data))


def test_metrics_are_means_by_file_with_the_number_of_reports_they_are_of(tmp_path: Path) -> None:
    one = reports(tmp_path, "gpt-4.1", {"2": ARTICLE, "3": "Trams are cheap."})
    other = write(tmp_path / "mine.md", ARTICLE)

    shown = Answer("metrics", one, other)

    assert shown.out.splitlines()[0].split() == ["metric", "gpt-4.1", "(2)", "mine", "(1)", "unit"]
    lines = {line.split()[1]: line.split()[2:] for line in shown.out.splitlines()[1:]}
    assert lines["citation_coverage"] == ["1", "(1)", "1", "share"]
    assert lines["distinct_sources"] == ["1.5", "3", "pages"]
    assert "length_score" not in lines
    data = Answer("metrics", one, "--json").data["systems"][0]
    assert data["means"]["citation_coverage"] == {"mean": 1.0, "n": 1}
    assert data["tasks"]["3"]["citation_coverage"] is None


def test_a_task_that_failed_has_nothing_of_what_is_good_and_none_of_what_is_bad(tmp_path: Path) -> None:
    file = reports(tmp_path, "mine", {"2": ARTICLE, "3": None, "1": " \n"})

    answer = Answer("metrics", file, "--json")

    found = answer.data["systems"][0]
    assert found["failed"] == ["3", "1"]
    assert found["means"]["citation_coverage"] == {"mean": pytest.approx(1 / 3), "n": 3}
    assert found["means"]["unused_references"]["n"] == 1
    assert found["means"]["words"]["n"] == 1
    assert "vital_nugget_recall" not in found["means"]
    assert "mine: tasks: 2 with an empty report\n" in Answer("metrics", file).err


def test_reports_are_held_against_what_a_benchmark_knows(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write(folder / "2501.1.md", ARTICLE)
    write(folder / "another.md", ARTICLE)

    answer = Answer("metrics", folder, "--bench", "deepscholar", "--data", data, "--json")

    found = answer.data["systems"][0]
    row = found["tasks"]["2501.1"]
    assert (found["unscored"], found["unknown"]) == ([], ["another"])
    assert (row["vital_nugget_recall"], row["nugget_recall"]) == (1.0, 0.5)
    assert row["reference_recall"] == 0.5
    assert row["deepscholar.reference_coverage"] == 0.5
    shown = Answer("metrics", folder, "--bench", "deepscholar", "--data", data)
    assert "– deepscholar.references " in shown.out
    assert "1 with a report that are not in this data" in shown.err


def test_a_run_is_held_against_what_it_has_read(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, data: Path, tmp_path: Path
) -> None:
    task = {"id": 7, "language": "en", "prompt": standin_library.QUESTION}
    own = write_lines(tmp_path / "own" / "query.jsonl", task).parent
    with shelf.done(standing_in()) as run:
        monkeypatch.setenv("REDRAFT_HOME", str(run.settings.home))
        with closing(sqlite3.connect(run.database.folder / "redraft.db")) as database, database:
            database.execute("UPDATE source SET date = '2001-05'")
        found = Answer("metrics", "--run", run.run_id[:8], "--json").data["systems"][0]
        of_task = Answer("metrics", "--run", run.run_id, "--bench", "drb", "--data", own, "--json").data["systems"][0]
        refused = Answer("metrics", "--run", run.run_id, "--bench", "drb", "--data", data)

    row = found["tasks"][run.run_id]
    assert found["name"] == run.run_id
    assert row["fabricated_citations"] == 0
    assert row["supported_claims"] > 0.5
    assert row["tokens"] > 0
    assert row["break_rate"] is not None
    assert 25 < row["source_age"] < 100
    assert of_task["tasks"].keys() == {"7"}
    assert refused.code == 2
    assert "drb has no task with this prompt" in refused.err


def test_a_run_without_a_text_cannot_be_measured(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    with shelf.begun() as run:
        monkeypatch.setenv("REDRAFT_HOME", str(run.settings.home))
        failed = Answer("metrics", "--run", run.run_id)

    assert failed.code == 2
    assert "nothing is written yet" in failed.err


def test_tasks_without_a_report_are_counted_and_in_no_mean(data: Path, tmp_path: Path) -> None:
    file = reports(tmp_path, "mine", {"2": ARTICLE})
    arguments = ("metrics", file, "--bench", "drb", "--data", data)

    found = Answer(*arguments, "--json").data["systems"][0]

    assert found["unscored"] == ["1", "3"]
    assert found["means"]["citation_coverage"]["n"] == 1
    assert Answer(*arguments).err == "mine: tasks: 2 without a report\n"


def test_dense_adds_what_takes_sentence_vectors(tmp_path: Path, home: Path) -> None:
    write(tmp_path / "data" / "topic_list.csv", "topic,url\nTrams,https://e.org/t\n")
    heading = {"level": 1, "title": "trams run"}
    write_lines(tmp_path / "data" / "outlines.jsonl", {"url": "https://e.org/t", "summary": "", "headings": [heading]})
    article = write(tmp_path / "Trams.md", "# trams\n\n## trams run\n\nSome text.\n")
    arguments = ("metrics", article, "--bench", "freshwiki", "--data", tmp_path / "data", "--json")

    missing = Answer(*arguments, "--dense")
    install(home / "cache")
    with_it, without = Answer(*arguments, "--dense").data, Answer(*arguments).data

    assert missing.code == 9
    assert with_it["systems"][0]["means"]["heading_soft_recall"]["mean"] > 0.5
    assert "heading_soft_recall" not in without["systems"][0]["means"]


def test_official_scores_are_read_with_and_without_the_tasks(data: Path, tmp_path: Path) -> None:
    file = races(tmp_path, "raw_results.jsonl", {1: 0.4, 2: 0.6})

    bare = Answer("import-scores", "drb", file, "--json").data
    counted = Answer("import-scores", "drb", file, "--data", data, "--json").data
    shown = Answer("import-scores", "drb", file, "--data", data, "--tasks")

    assert bare["aggregate"]["overall"] == counted["aggregate"]["overall"] == 0.5
    assert bare["tasks"]["2"]["overall"] == 0.6
    assert (bare["unscored"], counted["unscored"]) == ([], ["3"])
    assert shown.rows["overall"] == ["0.5", "2"]
    assert shown.rows["2"][0] == "0.6"
    assert shown.err == "2 tasks scored, 1 unscored\n"


def test_what_a_script_has_no_number_for_is_not_known(tmp_path: Path) -> None:
    header = ("arxiv_id", "precision", "recall")
    file = write_table(tmp_path / "evaluation_results.csv", header, ("a", "nan", "0.5"), ("b", "0.5", "0.5"))

    found = Answer("import-scores", "reportbench", file, "--json").data

    assert found["tasks"]["a"] == {"reference_precision": None, "reference_recall": 0.5}
    assert found["aggregate"] == {"reference_precision": None, "reference_recall": 0.5}
    assert found["means"]["reference_precision"] == {"mean": 0.5, "n": 1}


def test_totals_alone_are_read_too(tmp_path: Path) -> None:
    file = write(tmp_path / "race_result.txt", "Overall Score: 0.4\nInsight: 0.3\noverall_score: 0.41\n")

    assert Answer("import-scores", "drb", file).rows["overall"] == ["0.41"]


def test_scores_that_need_the_tasks_to_be_understood_say_so(tmp_path: Path) -> None:
    row = {"prompt": "Write.", "length": 100, "response_length": 100}

    failed = Answer("import-scores", "longbench_write", write_lines(tmp_path / "pred.jsonl", row))

    assert failed.code == 2
    assert "this takes --data" in failed.err


def test_two_systems_are_compared_by_what_their_files_are_called(tmp_path: Path) -> None:
    for name, gain in (("new", 0.1), ("old", 0.0)):
        file = races(tmp_path, f"{name}.jsonl", {n: 0.3 + n / 100 + gain for n in range(12)})
        written(tmp_path, name, "import-scores", "drb", file)

    shown = Answer("compare", tmp_path / "new.json", tmp_path / "old.json")
    found = Answer("compare", tmp_path / "new.json", tmp_path / "old.json", "--measure", "overall", "--json").data

    assert shown.rows["overall"][-3:] == ["new", "is", "better"]
    assert shown.rows["readability"][-1] == "noise"
    assert (found["a"], found["b"], list(found["measures"])) == ("new", "old", ["overall"])
    overall = found["measures"]["overall"]
    assert overall["difference"] == pytest.approx(0.1)
    assert overall["interval"] == pytest.approx([0.1, 0.1])
    assert (overall["tasks"], overall["noise"]) == (12, False)
    assert overall["verdict"].startswith("new is better by 0.100 [0.100, 0.100], p = 0.000 (12 tasks")


def test_less_of_what_is_bad_is_better_and_more_of_what_is_neither_is_more(tmp_path: Path) -> None:
    unused = ARTICLE.replace(" [3]", "")
    for name, article in (("good", ARTICLE), ("bad", f"{unused}[4] More. https://e.org/4\n")):
        rows = ({"id": n, "article": article} for n in range(12))
        written(tmp_path, name, "metrics", write_lines(tmp_path / f"{name}.jsonl", *rows))

    found = Answer("compare", tmp_path / "good.json", tmp_path / "bad.json").rows

    assert found["unused_references"][-3:] == ["good", "is", "better"]
    assert found["distinct_sources"][-3:] == ["bad", "has", "more"]
    assert found["words"][-1] == "noise"


def test_unscored_tasks_are_left_out_and_counted(data: Path, tmp_path: Path) -> None:
    for name, scored in (("a", {1: 0.5, 2: 0.5}), ("b", {2: 0.4})):
        written(tmp_path, name, "import-scores", "drb", races(tmp_path, f"{name}.jsonl", scored), "--data", data)

    found = Answer("compare", tmp_path / "a.json", tmp_path / "b.json", "--json").data["measures"]["overall"]

    assert (found["tasks"], found["left_out"], found["interval"], found["noise"]) == (1, 2, None, True)


def test_what_cannot_be_compared_is_told_in_one_line(tmp_path: Path) -> None:
    first, second = (reports(tmp_path, name, {"2": ARTICLE}) for name in "ab")
    both = written(tmp_path, "both", "metrics", first, second)
    mine = written(tmp_path, "mine", "metrics", first)
    race = written(tmp_path, "race", "import-scores", "drb", races(tmp_path, "race.jsonl", {1: 0.5}))
    nothing = write(tmp_path / "nothing.json", "{}")

    wrong = {
        (mine, both): "holds 2 systems",
        (mine, nothing): "holds no scores of tasks",
        (mine, race): "have no measure in common",
        (mine, mine, "--measure", "beauty"): "do not both have beauty",
    }
    for arguments, said in wrong.items():
        failed = Answer("compare", *arguments)
        assert (failed.code, failed.out, failed.err.count("\n")) == (2, "", 1)
        assert said in failed.err


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for folder, overall in (("new", 0.9), ("old", 0.1)):
        file = races(tmp_path, f"{folder}.jsonl", {n: overall + n / 1000 for n in range(12)})
        written(tmp_path / folder, "race", "import-scores", "drb", file)

    found = Answer("compare", tmp_path / "new" / "race.json", tmp_path / "old" / "race.json", "--json").data

    assert found["measures"]["overall"]["verdict"].startswith(f"{tmp_path}/new/race.json is better by 0.800")


@pytest.mark.parametrize(
    ("measure", "way"),
    [
        ("overall", "higher"),
        ("reportbench.reference_recall", "higher"),
        ("reportbench.references", "neither"),
        ("longbench_write.length", "neither"),
        ("length_score", "higher"),
        ("completeness_lose", "lower"),
        ("completeness_win", "higher"),
        ("key_point_contradiction", "lower"),
        ("unused_references", "lower"),
        ("words", "neither"),
    ],
)
def test_every_measure_is_known_by_which_way_it_is_to_go(measure: str, way: str) -> None:
    assert better(measure) == way
