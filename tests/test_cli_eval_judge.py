"""`redraft eval score`, with a server on loopback whose model judges by a rule."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from redraft.agent.archive import open_database
from redraft.agent.settings import load_settings
from redraft.store import evals
from redraft.store.models import EvalRun, EvalTask, Score, Scoring, now
from redraft.tests.evals.benchmarks.given import write_table
from redraft.tests.evaluated import Answer
from redraft.tests.judging import (
    KEY,
    QUALITY,
    JudgeServer,
    configured,
    file,
    judge,
    report,
    reports,
    sound,
    tasks,
    worth,
)

pytestmark = pytest.mark.enable_socket  # loopback only


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[JudgeServer]:
    with configured(monkeypatch) as server:
        yield server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tasks(tmp_path / "data")


def share(parts: int) -> float:
    """RACE of a report with so many parts, by the sound judge."""
    mine, reference = worth(report(parts)), worth(report(4))
    return 100 * mine / (mine + reference)


def held(home: Path) -> bytes:
    """All that is kept in any file."""
    return b"\n".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())


def test_reports_are_scored_with_interval_and_dimensions_and_called_ungated(
    server: JudgeServer, data: Path, tmp_path: Path
) -> None:
    shown = judge("score", file(tmp_path, "good"), file(tmp_path, "poor"), data=data)

    assert shown.rows["race"] == ["good", "poor"]
    good, poor = f"{share(7):.4g}", f"{share(3):.4g}"
    assert shown.rows["overall"] == [good, f"[{good},", f"{good}]", poor, f"[{poor},", f"{poor}]"]
    assert shown.rows["insight"] == shown.rows["overall"]
    assert shown.rows["reports"] == ["8", "8"]
    last = "small as a judge by race was never checked: do not believe these numbers before redraft eval judge-check"
    assert shown.out.splitlines()[-1] == f"ungated: {last}"
    assert "16 of 16: poor, task " in shown.err


def test_a_failed_task_has_nothing_and_what_the_judge_failed_on_is_told_with_its_reason(
    server: JudgeServer, data: Path, tmp_path: Path
) -> None:
    server.rule = lambda prompt, text: "I will not say." if "mine 3 " in text else sound(prompt, text)
    mine = {"1": "", "2": report(7), "3": report(5, "mine 3"), "99": report(2)}
    path = reports(tmp_path, "mine", mine)

    shown = judge("score", path, data=data)
    found = judge("score", path, data=data, more=("--json",)).data["systems"][0]

    assert shown.rows["without"] == ["a", "score", "1"]
    assert shown.rows["overall"][-1] == "(2)"
    assert "mine: task 3: The JSON does not have the form" in shown.out
    assert (found["failed"], found["unknown"], found["judge_failed"]) == (["1"], ["99"], 1)
    assert found["unscored"] == ["4", "5", "6", "7", "8"]
    assert found["figures"]["overall"]["value"] == pytest.approx(share(7) / 2)
    assert found["tasks"]["3"] == {"overall": None}
    assert "1 with an empty report, which have the least score, 5 without a report, 1 with a report that" in shown.err


def test_a_judge_that_gives_no_score_at_all_has_an_exit_code_of_its_own(
    server: JudgeServer, data: Path, tmp_path: Path
) -> None:
    server.rule = lambda prompt, text: "No."

    shown = judge("score", file(tmp_path, "good"), data=data)

    assert shown.code == 16
    assert "good: task 1, 2, 3, 4, 5 and 3 more: " in shown.out


def test_after_a_failure_the_same_command_goes_on_and_asks_nothing_twice(
    server: JudgeServer, data: Path, tmp_path: Path
) -> None:
    path, more = file(tmp_path, "good"), ("--json", "--concurrency", 1)
    server.failing_after = 5
    broken = judge("score", path, data=data, more=more)
    server.failing_after = 10**9

    found = judge("score", path, data=data, more=more).data
    again = judge("score", path, data=data, more=more).data

    assert (broken.code, broken.out) == (6, "")
    assert "what the judge has answered is kept: the same command goes on from there" in broken.err
    assert len(server.prompts) == len(set(server.prompts)) == 8
    assert again == found


def test_repeats_are_asked_anew_and_their_spread_is_told(server: JudgeServer, data: Path, tmp_path: Path) -> None:
    def moody(prompt: str, text: str) -> str:
        points = 8 if server.asked[-1]["seed"] else 4
        marks = [{"criterion": "x", "analysis": "", "article_1_score": points, "article_2_score": 4}]
        return json.dumps(dict.fromkeys(json.loads(sound(prompt, text)), marks))

    server.rule = moody
    more = ("--repeats", 2, "--concurrency", 1, "--json", "--tasks", 2)

    found = judge("score", file(tmp_path, "good"), data=data, more=more).data["systems"][0]

    assert len(server.asked) == 4
    assert found["figures"]["overall"]["value"] == pytest.approx((50 + 100 * 2 / 3) / 2)
    assert found["spread"] == pytest.approx((100 * 2 / 3 - 50) / 2**0.5)


def test_the_key_is_sent_and_stands_nowhere(server: JudgeServer, data: Path, tmp_path: Path, home: Path) -> None:
    systems = [file(tmp_path, name) for name in QUALITY]
    evaluated(home, {str(task): report(7) for task in range(1, 9)})

    answers = [
        judge("judge-check", *systems, data=data, more=("--probes", 1)),
        judge("score", "mine", data=data, more=("--json",)),
        judge("cost", systems[0], data=data, more=("--json",)),
    ]

    assert server.keys == {f"Bearer {KEY}"}
    assert KEY not in "".join(answer.out + answer.err for answer in answers)
    assert KEY.encode() not in held(home)


def evaluated(home: Path, articles: Mapping[str, str]) -> None:
    """Keeps an evaluation run called `mine`; an empty article is a task that failed."""
    made: dict[str, Any] = {"settings": {}, "made_with": {}, "created_at": now()}
    rows = [
        EvalTask(
            eval_run_id=0,
            number=number,
            task_id=task,
            prompt="What are trams?",
            language="en",
            state="done" if article else "failed",
            article=article,
        )
        for number, (task, article) in enumerate(articles.items())
    ]
    with closing(open_database(load_settings(home=home))) as database:
        evals.create(database, EvalRun(name="mine", benchmark="drb", writer="peer", **made), rows)


def kept_scores(home: Path) -> tuple[Scoring, list[Score]]:
    with closing(open_database(load_settings(home=home))) as database:
        (scoring,) = evals.scorings(database, evals.get(database, "mine"))
        return scoring, list(evals.scores(database, scoring))


def test_scores_of_an_evaluation_run_are_kept_with_what_they_depend_on(
    server: JudgeServer, data: Path, tmp_path: Path, home: Path
) -> None:
    server.rule = lambda prompt, text: "No." if "number 8 " in text else sound(prompt, text)
    evaluated(home, {"1": report(7), "2": "", "3": report(9)})
    reference = file(tmp_path, "fair")

    judge("score", "mine", data=data)
    found = judge("score", "mine", data=data, more=("--reference", reference, "--json")).data
    scoring, scores = kept_scores(home)

    assert (scoring.protocol, scoring.label, scoring.stamp) == ("race", "ungated", found["stamp"])
    assert scoring.stamp["reference"]["name"] == "fair"
    assert scoring.stamp["judge"]["parameters"]["model"] == "small"
    overall = {score.task_id: (score.value, score.problem[:8]) for score in scores if score.measure == "overall"}
    mine = found["systems"][0]["tasks"]["1"]["overall"]
    assert overall == {"1": (mine, ""), "2": (0, ""), "3": (None, "The JSON"), "": (mine / 2, "")}
    assert {score.measure: score.value for score in scores if not score.task_id}["judge_failed"] == 1


def test_an_evaluation_run_on_another_benchmark_is_refused(data: Path, home: Path, tmp_path: Path) -> None:
    evaluated(home, {"1": report(7)})
    others = write_table(tmp_path / "queries.csv", ["query"], ["Why trams?"], ["Why buses?"]).parent

    refused = Answer(
        "cost",
        "mine",
        "--protocol",
        "deepconsult",
        "--bench",
        "deepconsult",
        "--data",
        others,
        "--against",
        file(tmp_path, "good"),
    )

    assert refused.code == 2
    assert "the evaluation run 'mine' is on drb, and not on deepconsult" in refused.err


def test_what_score_prints_can_be_compared(server: JudgeServer, data: Path, tmp_path: Path) -> None:
    for name in ("good", "poor"):
        found = judge("score", file(tmp_path, name), data=data, more=("--json",))
        (tmp_path / f"{name}.json").write_text(found.out)

    shown = Answer("compare", tmp_path / "good.json", tmp_path / "poor.json", "--measure", "overall")

    assert shown.rows["overall"][-3:] == ["good", "is", "better"]


def test_the_citations_of_a_peer_are_checked_against_pages_that_cannot_be_had(
    server: JudgeServer, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDRAFT_OFFLINE", "true")
    cited = {"citations": [{"fact": "Trams run.", "ref_idx": 1, "url": "https://trams.example/"}]}
    server.rule = lambda prompt, text: json.dumps(cited) if prompt == "extract" else sound(prompt, text)
    article = "# Trams\n\nTrams run [1].\n\n## References\n\n[1] Trams. https://trams.example/\n"
    path = reports(tmp_path, "mine", {"1": article, "2": ""})

    shown = judge("score", path, data=data, protocol="fact")

    assert shown.rows["effective_citations_of_all"][0] == "0"
    assert shown.rows["unchecked_citations"] == ["1", "(1)"]
    assert "mine: task 1: https://trams.example/: the page is not to be had" in shown.out
    assert {body["response_format"]["json_schema"]["name"] for body in server.asked} == {"extract"}
