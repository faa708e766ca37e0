"""A report's tables, cell by cell, on numbers that can be checked by hand."""

import json

import pytest

from redraft.evals.report.data import data
from redraft.evals.report.document import Document, Forest, Paragraph, Scatter, Spread, Table, ends, number
from redraft.evals.report.findings import find
from redraft.evals.report.sections import document
from redraft.evals.report.subjects import Subject
from redraft.evals.statistics import Interval
from redraft.tests.evals.report.given import COMMAND, in_file, problem, raced, scored, subject, task

TEN = [1.0, 2.0, 3.0, 2.0, 1.0, 3.0, 2.0, 1.0, 2.0, 3.0]


def made(*subjects: Subject) -> Document:
    return document(find(subjects), COMMAND)


def tables(document: Document, title: str) -> dict[str, Table]:
    """Of the section with this title, by how their captions begin."""
    (section,) = (section for section in document.sections if section.title == title)
    return {block.caption.split(":")[0].split(",")[0]: block for block in section.blocks if isinstance(block, Table)}


def text(document: Document, title: str) -> str:
    (section,) = (section for section in document.sections if section.title == title)
    return " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))


def test_one_system_has_means_and_nothing_to_differ_from() -> None:
    shown = made(raced("base", 4.0, 0.0, 8.0, None, failed=("t1",)))
    assert shown.title == "Evaluation of base on drb"
    race = tables(shown, "race")
    assert list(race) == ["Means", "How the tasks spread", "By language", "Every task by race"]
    assert race["Means"].header == ["measure", "unit", "base", "base: tasks"]
    ((measure, unit, mean, tasks),) = race["Means"].rows
    assert (measure, unit, tasks) == ("↑ overall", "", "3, 1 failed, 1 without")
    assert mean.startswith("4 [0, ")
    assert race["How the tasks spread"].rows == [["↑ overall", "base", "3", "0", "2", "4", "6", "8"]]
    assert race["By language"].rows[1][:2] == ["↑ overall", "zh"]
    assert race["By language"].rows[1][2] == "0 (1, 1 failed, 1 without)"
    assert list(map(type, shown.plots)) == [Spread, Scatter]


def test_two_systems_differ_by_so_much_with_an_interval_and_a_verdict() -> None:
    base, up = raced("base", *[5.0] * 10), raced("up", *[5 + gain for gain in TEN])
    shown = made(base, up)
    (row,) = tables(shown, "race")["Differences from base"].rows
    assert row[:3] == ["↑ overall", "up", "+2"]
    assert row[4:] == ["0.002", "0.506", "10", "up is better"]  # 1.96 * 0.8165 / sqrt(10)
    low, high = (float(end) for end in row[3].strip("[]").split(", "))
    assert 1 < low < 2 < high < 3
    forest = shown.plots[0]
    assert isinstance(forest, Forest)
    assert forest.alt == "↑ overall up +2: better"


def test_three_systems_stand_side_by_side_and_one_without_scores_is_named_all_the_same() -> None:
    shown = made(raced("base", 1.0, 2.0), raced("other", 3.0, 4.0), subject("unscored", {}))
    assert [row[0] for row in tables(shown, "What was compared")["Systems"].rows] == ["base", "other", "unscored"]
    assert tables(shown, "race")["Means"].header[2:] == ["base", "base: tasks", "other", "other: tasks"]


def test_systems_that_nobody_has_scored_are_said_to_have_no_scores() -> None:
    shown = made(subject("base", {}, rows=[task(0, state="waiting", tokens=None, seconds=None)]))
    assert "There are no scores yet" in text(shown, "What was compared")
    assert [section.title for section in shown.sections] == ["What was compared", "Failures", "To repeat"]


def test_what_was_compared_is_told_of_runs_and_of_files() -> None:
    rows = [task(0), task(0, repeat=1), task(1, state="failed"), task(2, state="waiting")]
    file = in_file("file", {"race": scored("file", {"overall": [1.0, 0.0]}, failed=("t1",))})
    shown = tables(made(subject("base", {}, rows=rows), file), "What was compared")["Systems"]
    assert shown.rows == [
        ["base", "drb", "redraft", "a-model", "2", "1", "1", "2", "2025-03-09"],
        ["file", "", "", "", "1", "1", "0", "", ""],
    ]


def test_ungated_scores_are_called_so_wherever_they_stand() -> None:
    shown = made(raced("base", 1.0, label="ungated"), raced("other", 1.0))
    assert "the judge of base has not passed its check on race" in text(shown, "race (in part ungated)")
    assert tables(shown, "race (in part ungated)")["Means"].header[2] == "base (ungated)"
    assert made(raced("base", 1.0, label="ungated")).sections[1].title == "race (ungated)"


def test_systems_that_were_not_scored_alike_are_said_to_be_hardly_comparable() -> None:
    shown = made(raced("base", 1.0), raced("other", 1.0, stamp={"judge": {"model": "k"}}))
    assert "hardly comparable: the systems differ in judge.model" in text(shown, "race")


def test_noise_is_told_with_the_number_of_repeats() -> None:
    repeats = [{"t0": {"overall": a}, "t1": {"overall": b}} for a, b in ((1.0, 5.0), (3.0, 7.0))]
    shown = tables(made(raced("base", 2.0, 6.0, repeats=repeats)), "race")
    assert shown["Noise"].rows == [["↑ overall", "base", "2", "2.65", "1.41", "1.87", "0.707"]]


def test_cost_stands_beside_quality() -> None:
    shown = tables(made(raced("base", 4.0, 4.0, 4.0)), "Cost")
    assert shown["What the reports took"].rows == [["base", "3", "3,000", "1,000", "10", "4 [4, 4]"]]


def test_failures_are_listed_with_their_reasons() -> None:
    judged = scored("base", {"overall": [None, 1.0]}, problems=[problem("t0", "cut off", repeat=1)])
    rows = [task(0), task(1, state="failed", failure="no evidence")]
    shown = made(subject("base", {"race": judged}, rows=rows))
    assert tables(shown, "Failures")["Reports and scores that there are none of"].rows == [
        ["base", "report", "no evidence", "1", "t1"],
        ["base", "race", "cut off", "1", "t0 (repeat 2)"],
    ]
    assert text(made(raced("base", 1.0)), "Failures") == "None."


def test_what_repeats_an_evaluation_is_versions_settings_that_were_chosen_stamps_and_the_command() -> None:
    peer = subject("peer", {}, writer="storm", settings={"command": "storm --fast"}, made_with={"storm": "1.1"})
    shown = made(raced("base", 1.0), peer)
    repeat = tables(shown, "To repeat")
    assert text(shown, "To repeat") == f"This report: {COMMAND}"
    assert repeat["Made with"].rows == [
        ["redraft", "0.1.0", ""],
        ["prompts.draft", "abc", ""],
        ["model", "a-model", ""],
        ["seeds", "[3]", ""],
        ["storm", "", "1.1"],
    ]
    assert repeat["Settings that differ from the defaults"].rows == [
        ["preset", "quick", ""],
        ["command", "", "storm --fast"],
    ]
    assert repeat["Scored by race with"].rows == [["judge.model", "j"]]


def test_what_a_metric_cannot_tell_is_told() -> None:
    shown = made(subject("base", {"metrics": scored("base", {"words": [900.0], "drb.own": [1.0]})}))
    ((name, definition, blind),) = tables(shown, "What the measures cannot tell")["Metrics without a judge"].rows
    assert (name, blind) == ("words", "whether they say anything: longer reports are not better")
    assert definition.startswith("The words of the running text")


def test_the_same_findings_are_the_same_document_and_the_same_data() -> None:
    pair = raced("base", *TEN), raced("up", *[gain + 1 for gain in TEN])
    assert made(*pair) == made(*pair)
    assert json.dumps(data(find(pair), COMMAND)) == json.dumps(data(find(pair), COMMAND))


def test_data_has_what_the_tables_round() -> None:
    base, other = (
        raced("base", 1.0, 2.0, 1 / 3),
        in_file("far", {"race": scored("far", {"overall": [1.0]}, called="x")}),
    )
    found = json.loads(json.dumps(data(find([base, other]), COMMAND), allow_nan=False))
    assert found["protocols"]["race"]["systems"]["base"]["tasks"]["t2"] == {"overall": 1 / 3}
    assert found["protocols"]["race"]["means"]["overall"]["base"]["mean"] == pytest.approx(10 / 9)
    (difference,) = found["protocols"]["race"]["differences"]
    assert (difference["system"], difference["resolvable"], difference["noise"]) == ("far", None, True)
    assert found["systems"][0]["made_with"]["model"] == "a-model"
    assert found["systems"][1] == {
        "name": "far",
        "benchmark": None,
        "reports": {"done": 1, "failed": 0, "waiting": 0},
        "tokens": None,
        "tokens_each": None,
        "seconds_each": None,
        "failures": [],
    }


@pytest.mark.parametrize(
    ("value", "shown"), [(None, ""), (0.12345, "0.123"), (99.96, "100"), (1234.5, "1,234"), (-0.5, "-0.5")]
)
def test_a_number_has_three_digits_or_all_before_the_point(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_the_ends_of_a_difference_have_signs() -> None:
    assert (ends(Interval(-0.1, 1000)), ends(Interval(-0.1, 0.2), signed=True), ends(None)) == (
        "[-0.1, 1,000]",
        "[-0.1, +0.2]",
        "",
    )
