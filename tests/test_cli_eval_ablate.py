"""`redraft eval ablate`, on evaluation runs whose reports are written by hand: what it prints of them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from redraft.agent.archive import open_database
from redraft.agent.settings import Settings, load_settings
from redraft.evals import provenance
from redraft.evals.arms import ARMS
from redraft.evals.writers import OWN, OwnWriter
from redraft.store import evals
from redraft.store.database import Database
from redraft.store.models import EvalRun, EvalTask, Scoring, now
from redraft.store.models import Score as Kept
from redraft.tests.evals.benchmarks.given import write_lines
from redraft.tests.evaluated import Answer

TASKS = 8
CITED = "Trams in the older districts of the town carry many thousands of passengers every day [1]."
UNCITED = "Buses in the newer districts of the town carry a smaller number of passengers every day."
REFERENCES = "## References\n\n[1] Trams in figures. https://rails.example/trams"
WHOLE, HALF = (f"# Trams\n\n{text}\n\n{REFERENCES}\n" for text in (f"{CITED} {CITED}", f"{CITED} {UNCITED}"))


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    with closing(open_database(load_settings(home=home))) as database:
        yield database


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = ({"id": f"t{n}", "question": f"How many passengers does tram line {n} carry?"} for n in range(TASKS))
    return write_lines(tmp_path / "data" / "questions.jsonl", *rows).parent


def written(database: Database, arm: str, article: str, tokens: int, seconds: float, *, failed: int = 0) -> EvalRun:
    """The evaluation run of an arm, all of it done; the last `failed` tasks have failed."""
    settings: Settings = load_settings().restored(dict(ARMS[arm].change))
    eval_run = EvalRun(
        name=f"try-{arm}",
        benchmark="questions",
        writer=OWN,
        settings=dict(OwnWriter(database=database, base=settings).settings),
        made_with=provenance.of_program() | {"arm": arm, "pages": "as they were"},
        created_at=now(),
    )
    tasks = [
        EvalTask(
            eval_run_id=0,
            number=number,
            task_id=f"t{number}",
            prompt=f"How many passengers does tram line {number} carry?",
            language="en",
            state="done" if number < TASKS - failed else "failed",
            article=article if number < TASKS - failed else "",
            tokens=tokens + number,
            seconds=seconds,
        )
        for number in range(TASKS)
    ]
    return evals.create(database, eval_run, tasks)


@pytest.fixture
def ablate(database: Database, data: Path) -> list[object]:
    """The arguments of a command whose arms are all done."""
    base = written(database, "base", WHOLE, 20_000, 100)
    written(database, "no-verify", HALF, 15_000, 80)
    written(database, "serial", WHOLE, 20_000, 150, failed=1)
    scores = [Kept(scoring_id=0, task_id=f"t{n}", measure="overall", value=0.5) for n in range(TASKS)]
    scoring = Scoring(eval_run_id=0, protocol="race", stamp={}, label="gated", created_at=now())
    evals.save_scores(database, base, scoring, scores)
    return ["ablate", "questions", "--data", data, "--name", "try", "--arms", "no-verify,serial"]


def test_costs_are_shown_with_their_shares_of_the_base(ablate: list[object]) -> None:
    rows = Answer(*ablate, "--measure", "citation_coverage").rows

    assert rows["base"] == ["8", "0", "160,028", "20,004", "100"]
    assert rows["no-verify"] == ["8", "0", "120,028", "15,004", "-25%*", "80", "-20%*"]
    assert rows["serial"] == ["7", "1", "160,028", "20,003", "+0%", "150", "+50%*"]


def test_quality_is_shown_with_its_difference_and_what_a_thousand_tokens_buy(ablate: list[object]) -> None:
    printed = Answer(*ablate, "--measure", "citation_coverage")
    lines = [line.split() for line in printed.out.splitlines() if "citation_coverage" in line]

    assert lines[0] == ["↑", "citation_coverage", "1", "0.5", "-0.5*", "0.875", "-0.125"]  # a failed task has 0
    assert lines[1] == ["↑", "citation_coverage", "+0.1*"]
    assert "* is more than noise" in printed.err


def test_the_document_has_every_number_behind_the_tables(ablate: list[object]) -> None:
    found = Answer(*ablate, "--json").data

    assert [(arm["arm"], arm["run"]) for arm in found["arms"]] == [
        ("base", "try-base"),
        ("no-verify", "try-no-verify"),
        ("serial", "try-serial"),
    ]
    base, without, serial = found["arms"]
    assert base["against_base"] is None
    assert base["means"]["race.overall"] == {"mean": 0.5, "n": 8}
    coverage = without["against_base"]["quality"]["citation_coverage"]
    assert (coverage["a"], coverage["b"], coverage["difference"]) == (0.5, 1, -0.5)
    assert coverage["per_thousand_tokens"] == 0.1
    assert "race.overall" not in without["against_base"]["quality"]  # which nobody has judged
    assert (serial["reports"], serial["failed"], serial["tokens"]) == (7, 1, 160_028)


def test_pages_that_came_between_the_arms_are_told(ablate: list[object], database: Database) -> None:
    assert "to read" not in Answer(*ablate).err
    other = written(database, "no-cohere", WHOLE, 20_000, 100)
    with database.session() as session:
        session.get_one(EvalRun, other.id).made_with = {**other.made_with, "pages": "and one more"}

    assert "they have not had the same to read" in Answer(*ablate[:-1], "no-verify,no-cohere").err


def test_the_arms_are_listed_without_anything_else() -> None:
    listed = Answer("ablate", "--arms", "list")

    assert listed.code == 0
    assert listed.rows.keys() - {"arm"} == ARMS.keys()


def test_an_arm_that_takes_a_server_of_its_own_is_refused_in_one_line_where_one_is_named(
    ablate: list[object],
) -> None:
    refused = Answer(*ablate[:-1], "no-speculation", "--llm-url", "http://127.0.0.1:9")

    assert refused.code == 2
    assert "the arm no-speculation takes a server that is started for it" in refused.err
    assert refused.err.count("\n") == 1


def test_an_arm_that_was_begun_with_other_settings_is_refused(ablate: list[object]) -> None:
    refused = Answer(*ablate, "--words", "900")

    assert refused.code == 2
    assert "evaluation run try-base was begun with setting words none, not 900" in refused.err


def test_an_unknown_measure_is_refused_with_those_that_there_are(ablate: list[object]) -> None:
    refused = Answer(*ablate, "--measure", "beauty")

    assert refused.code == 2
    assert "no arm has beauty: there are citation_coverage" in refused.err
