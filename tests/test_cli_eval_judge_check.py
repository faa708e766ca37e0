"""`redraft eval judge-check` and `cost`, with a server on loopback whose model judges by a rule."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from redraft.evals.judging.cards import find
from redraft.evals.judging.gate import Stamp
from redraft.tests.evaluated import Answer
from redraft.tests.judging import QUALITY, JudgeServer, configured, file, judge, reports, sound, tasks

pytestmark = pytest.mark.enable_socket  # loopback only
PROTOCOLS = ("race", "race-pointwise", "deepconsult", "preference", "rubric")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[JudgeServer]:
    with configured(monkeypatch) as server:
        yield server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tasks(tmp_path / "data")


@pytest.mark.parametrize(
    ("protocol", "way"), [*((protocol, "rule") for protocol in PROTOCOLS), ("race", "halves"), ("race", "pieces")]
)
def test_what_cost_foresees_is_what_scoring_asks(
    protocol: str, way: str, server: JudgeServer, data: Path, tmp_path: Path
) -> None:
    path, rival = file(tmp_path, "good"), file(tmp_path / "other", "fair")
    more = ("--against", rival, "--max-tokens", 100, "--clean", way)

    before = judge("cost", path, data=data, protocol=protocol, more=(*more, "--json")).data
    asked_for_it = len(server.asked)
    scored = judge("score", path, data=data, protocol=protocol, more=more)
    after = judge("cost", path, data=data, protocol=protocol, more=(*more, "--json")).data

    assert asked_for_it == 0
    assert scored.code == 0, scored.err
    assert (before["calls"], before["cached"]) == (len(server.asked), 0)
    assert before["reply_tokens"] == 100 * before["calls"]
    assert (after["calls"], after["cached"], after["prompt_tokens"]) == (0, before["calls"], 0)


def test_tokens_are_counted_by_the_server_if_it_can_and_estimated_without_one(
    server: JudgeServer, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, prices = file(tmp_path, "good"), ("--price-in", 2, "--price-out", 10, "--max-tokens", 1000)
    unable = judge("cost", path, data=data, more=("--json",)).data
    server.counts = True
    counted = judge("cost", path, data=data, more=("--json", *prices)).data
    told = judge("cost", path, data=data, more=prices)
    monkeypatch.delenv("REDRAFT_JUDGE_URL")
    estimated = judge("cost", path, data=data, more=("--json",)).data

    assert (counted["prompt_tokens"], counted["counted"]) == (80, True)
    assert counted["price"] == pytest.approx((80 * 2 + 8000 * 10) / 1e6)
    assert "80 tokens of prompts, counted by the server; at most 8,000 of replies\nat most 0.08;" in told.out
    assert unable == estimated
    assert (estimated["counted"], estimated["price"]) == (False, None)
    assert server.asked == []


def test_a_judge_that_passes_its_check_is_gated_for_what_it_was_checked_by_alone(
    server: JudgeServer, data: Path, tmp_path: Path, home: Path
) -> None:
    systems = [file(tmp_path, name) for name in QUALITY]
    known = [word for name, parts in QUALITY.items() for word in ("--known", f"{name}={parts}")]

    foreseen = judge("cost", *systems, data=data, more=("--check", "--json")).data
    checked = judge("judge-check", *systems, data=data, more=(*known, "--json"))
    asked = len(server.asked)
    scored = judge("score", systems[0], data=data, more=("--json",)).data
    other = judge("score", systems[0], data=data, more=("--json", "--temperature", 0.5)).data
    shown = judge("score", systems[0], data=data)

    card = checked.data
    assert [check["name"] for check in card["checks"] if not check["passed"]] == []
    assert foreseen["calls"] == asked
    assert (scored["label"], other["label"]) == ("gated", "ungated")
    assert scored["stamp"]["judge"] == card["stamp"]
    kept = find(home / "data" / "judges", Stamp.model_validate(card["stamp"]))
    assert kept
    assert kept.model_dump(mode="json") == card
    assert f"gated: small as a judge by race has passed its check (card {scored['stamp']['card']})" in shown.out


def test_a_judge_that_fails_its_check_says_so_and_its_scores_are_ungated(
    server: JudgeServer, data: Path, tmp_path: Path
) -> None:
    def by_length(prompt: str, text: str) -> str:
        return sound(prompt, text.replace("Of good", "Of many more things that are important, important, important"))

    server.rule = by_length
    systems = [file(tmp_path, name) for name in QUALITY]
    board = tmp_path / "board.csv"
    board.write_text("model,overall_score\ngood,49.3\nfair,43.4\nother,40\n")

    checked = judge("judge-check", *systems, data=data, more=("--known", board, "--tasks", 3, "--probes", 2))
    shown = judge("score", systems[0], data=data)

    assert checked.code == 16
    lines = checked.out.splitlines()
    assert lines[0] == "FAIL"
    assert "FAIL  order of known systems (Kendall's tau-b): not measured (at least 0.6)" in lines
    assert "FAIL  reports that were damaged: 2.00 (at least 8)" in lines
    assert "3 task(s) that all 3 systems have a report on" in checked.err
    assert "no known score of poor" in checked.err
    assert "ungated: small as a judge by race has failed its check" in shown.out


@pytest.mark.parametrize(
    ("verb", "more", "said"),
    [
        ("score", ("--protocol", "race"), "no judge is known: name a server with --judge-url or REDRAFT_JUDGE_URL"),
        ("judge-check", ("--protocol", "race"), "no judge is known"),
        ("cost", ("--protocol", "gym"), "there is no protocol 'gym': there are race, race-pointwise, fact"),
        ("cost", ("--protocol", "race", "--clean", "soap"), "no way 'soap' to clean reports: there are rule, halves"),
        ("cost", ("--protocol", "preference"), "there is no report to compare with: name some with --against"),
        ("cost", ("--protocol", "race", "--reference", "{other}"), "--reference FILE gives the latter"),
    ],
)
def test_what_cannot_be_judged_is_told_in_one_line(
    verb: str, more: tuple[str, ...], said: str, data: Path, tmp_path: Path
) -> None:
    other = reports(tmp_path, "other", {"99": "Much."})
    arguments = [word.format(other=other) for word in more]

    failed = Answer(verb, file(tmp_path, "good"), "--bench", "drb", "--data", data, *arguments)

    assert failed.code == 2
    assert said in failed.err
    assert failed.err.count("\n") == 1


def test_systems_are_told_apart_and_what_is_nothing_is_not_found(data: Path, tmp_path: Path) -> None:
    one, other = file(tmp_path / "a", "good"), file(tmp_path / "b", "good")

    same = judge("cost", one, other, data=data)
    nothing = judge("cost", "nobody", data=data)

    assert (same.code, nothing.code) == (2, 3)
    assert "two of these are called the same: good, good" in same.err
    assert "nobody is neither a file of reports nor an evaluation run: `redraft eval runs` names these" in nothing.err
