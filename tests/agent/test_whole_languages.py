"""Whole runs with every mechanism in other languages than English."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from redraft.agent import library
from redraft.agent.citations import without_marks
from redraft.agent.prose import word_count
from redraft.prompts.labels import labels
from redraft.store import rounds
from redraft.store.database import Database
from redraft.tests.agent.speaking import TONGUES, documents, speaking
from redraft.tests.agent.whole import PATIENT, STANDARD, Shelf, Whole, state
from redraft.tests.liars import Liar
from redraft.tools.language import language_of

pytestmark = PATIENT

SIZE = STANDARD | {"sections": 3, "words": 500}
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(params=TONGUES)
def code(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    with closing(Database(tmp_path / "redraft.db")) as database:
        for code, tongue in TONGUES.items():
            library.add(database, code, [str(documents(tmp_path / code, tongue))], lambda *_: None)
    return Shelf(tmp_path, tmp_path / "redraft.db")


@pytest.fixture
def done(shelf: Shelf, code: str) -> Iterator[Whole]:
    with shelf.done(speaking(TONGUES[code]), TONGUES[code].question, library=code, **SIZE) as whole:
        yield whole


def test_every_heading_and_every_text_is_in_the_language_of_the_question(done: Whole, code: str) -> None:
    said, tongue = labels(code), TONGUES[code]
    headings = re.findall(r"^## (.+)", done.report, re.MULTILINE)

    assert headings == [
        said.summary,
        *(tongue.heading.format(thing=thing) for thing in tongue.things),
        said.conclusion,
        said.references,
    ]
    body = done.report.partition(f"## {said.references}")[0]
    assert {language_of(part) for part in re.split(r"^#+ .*$", body, flags=re.MULTILINE) if part.strip()} == {code}
    assert done.report.startswith(f"# {tongue.title}\n")


def test_the_whole_machine_runs_in_every_language(done: Whole) -> None:
    nodes = {call.node for call in done.calls()}
    outcomes = {row.outcome for row in rounds.of_run(done.database, done.run_id)}

    assert {"question", "answer", "dispute", "critique", "summary", "conclusion"} <= nodes
    assert nodes & {"deepen", "denoise"}
    assert "accepted" in outcomes
    assert "quote" not in {version.op for version in done.versions if version.accepted}


def test_the_limits_are_told_in_the_language_of_the_question(shelf: Shelf, code: str) -> None:
    bad = Liar(speaking(TONGUES[code]), 7, 0.8)
    with shelf.done(bad, TONGUES[code].question, library=code, **SIZE) as whole:
        (box,) = re.findall(r"^> \*\*(.+?)\*\* (.+)$", whole.report, re.MULTILINE)

    assert box[0] == labels(code).limits
    assert language_of(box[1]) == code


def test_chinese_lengths_are_asked_for_in_characters_and_kept_to(shelf: Shelf) -> None:
    llm = speaking(TONGUES["zh"])
    with shelf.done(llm, TONGUES["zh"].question, library="zh", **SIZE) as whole:
        wanted = sum(section.words for section in whole.sections)
        texts = [without_marks(whole.standing(section.number).text) for section in whole.sections]

    prompts = [r.messages[-1].content for r in llm.requests if r.node in ("draft", "denoise", "summary", "conclusion")]
    assert all(re.search(r"about \d+ characters", prompt) for prompt in prompts)
    assert not any(re.search(r"about \d+ words", prompt) for prompt in prompts)
    written = sum(len(CHINESE.findall(text)) for text in texts)
    assert 0.4 * wanted < written / 2 < 1.6 * wanted
    assert written / 2 == pytest.approx(sum(map(word_count, texts)), rel=0.25)


def test_a_run_in_another_language_is_the_same_twice(shelf: Shelf, code: str) -> None:
    tongue = TONGUES[code]
    with (
        shelf.done(Liar(speaking(tongue), 3, 0.2), tongue.question, library=code) as one,
        shelf.done(Liar(speaking(tongue), 3, 0.2), tongue.question, library=code) as other,
    ):
        assert state(one) == state(other)
