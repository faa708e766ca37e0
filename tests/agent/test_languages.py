"""Whole runs in other languages than English: what the program itself says is in the language of the question."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from redraft.agent import archive, library, run
from redraft.agent.events import Event
from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.render import markdown
from redraft.agent.settings import Settings
from redraft.prompts.labels import labels
from redraft.store import runs
from redraft.store.database import Database
from redraft.store.models import Run, now
from redraft.tests import faithful
from redraft.tests.agent.language_cases import CASES, Case
from redraft.tests.programs import REDRAFT
from redraft.tools.language import language_of
from redraft.tools.sentences import sentence_spans


class Headings(NamedTuple):
    """What the program itself is to say."""

    summary: str
    conclusion: str
    references: str
    limits: str
    disagreement: str


HEADINGS = {
    "de": Headings(
        *("Zusammenfassung", "Schlussfolgerung", "Quellen", "Grenzen dieses Berichts."),
        "Wo sich die Quellen widersprechen: Fahrgäste einer Straßenbahn in der Stunde",
    ),
    "zh": Headings("摘要", "结论", "参考文献", "本报告的局限。", "来源说法不一：有轨电车每小时运送的乘客"),
    "ja": Headings(
        "要約", "結論", "参考文献", "この報告書の限界。", "情報源の間で食い違う点：路面電車が一時間に運ぶ乗客"
    ),
    "ar": Headings(
        *("الملخص", "الخاتمة", "المراجع", "حدود هذا التقرير."),
        "موضع اختلاف المصادر: عدد ركاب الترام في الساعة",
    ),
}
PIECE = re.compile(r"^\[e(\d+)\] [^\n]*\n(.*?)(?=^\[e\d+\] |^SOURCE-TEXT)", re.MULTILINE | re.DOTALL)
MATTERS = ("1", "2", "1.1", "1.2")
"""The sections that the sentences of the documents belong to, one after the other."""


def good_writer(case: Case) -> ScriptedLLM:
    """Plans as the case has it, and says what the evidence says, in its own words."""
    brief = {"title": case.title, "intent": case.question, "audience": "", "constraints": [], "words": 200}
    points = [
        {"dimension": dimension, "text": text, "weight": 2}
        for dimension, text in zip(
            ("comprehensiveness", "comprehensiveness", "insight", "readability"),
            (*case.sections, case.asked, case.open),
            strict=True,
        )
    ]
    gap = {"section": "1", "kind": "branch", "priority": "medium", "question": case.asked}
    asked = {"nothing": False, **gap, "hard": False, "parts": [], "queries": [case.asked]}
    lacking = {"section": "2", "kind": "thin", "priority": "high", "question": case.open}
    fixed = {
        "brief": {**brief, "checklist": points},
        "outline": {"sections": [{"title": title, "purpose": f"{title}: {title}"} for title in case.sections]},
        "critique": {"gaps": [lacking]},
        "question": asked,
        "deepen": {"subsections": [{"title": title, "purpose": f"{title}: {title}"} for title in case.subsections]},
    }
    return ScriptedLLM(
        {
            **{node: answering(json.dumps(reply)) for node, reply in fixed.items()},
            "query": lambda request: json.dumps({"queries": [titles(case)[request.section or ""]]}),
            "draft": lambda request: said(request, MATTERS.index(request.section or "")),
            "answer": lambda request: said(request, MATTERS.index("1.1")),
            "dispute": lambda request: dispute(request, case),
            "expand": standing,
            "conclusion": lambda request: written(request)[-1],
            "summary": lambda request: written(request)[0],
        }
    )


def answering(reply: str) -> Callable[[Request], str]:
    return lambda _: reply


def titles(case: Case) -> dict[str, str]:
    return dict(zip(MATTERS, (*case.sections, *case.subsections), strict=True))


def pieces(request: Request) -> dict[str, list[str]]:
    """The sentences of each piece of evidence that a prompt shows, by its id."""
    return {number: sentences(text) for number, text in PIECE.findall(request.messages[-1].content)}


def said(request: Request, place: int) -> str:
    """The sentence at this place in each piece of the evidence, cited."""
    found = pieces(request).items()
    return " ".join(f"{told[place]} [e{number}]" for number, told in found if place < len(told))


def dispute(request: Request, case: Case) -> str:
    """Two sides where the evidence is the first document and the last."""
    sides = [f"{told[0]} [e{number}]" for number, told in pieces(request).items()]
    if {re.sub(r"\D", "", side.partition(" [e")[0]) for side in sides} != {"9000", "12000"}:
        return json.dumps({"disagree": False, "topic": "", "one": "", "other": ""})
    return json.dumps({"disagree": True, "topic": case.topic, "one": sides[0], "other": sides[1]})


def standing(request: Request) -> str:
    """The text that is to be written again, as it is."""
    return request.messages[-1].content.rpartition("as it stands\n\n")[2].partition("\n\n# ")[0]


def written(request: Request) -> list[str]:
    """The paragraphs that a prompt shows of the report."""
    shown = request.messages[-1].content.split("# The report")[1].split("# Your task")[0]
    return [line for line in shown.splitlines() if "[e" in line]


def sentences(text: str) -> list[str]:
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return [body[span.start : span.end] for span in sentence_spans(body)]


def shelve(database: Database, folder: Path, code: str) -> None:
    """Puts the documents of a case into the library that is named after its language."""
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(CASES[code].documents):
        (folder / f"{code}{number}.md").write_text(text, "utf-8")
    library.add(database, code, [str(folder)], lambda *_: None)


def ignore(event: Event) -> None:
    pass


async def report(database: Database, settings: Settings, question: str, llm: ScriptedLLM) -> str:
    row = run.create(database, question, settings)
    await run.carry_out(database, row.id, settings, ignore, llm)
    return markdown(archive.report(database, row.id))


def sized(settings: Settings, code: str) -> Settings:
    rounds = min(settings.size.rounds, 1)
    return settings.model_copy(update={"library": code, "sections": 2, "words": 200, "rounds": rounds})


@pytest.mark.parametrize("code", CASES)
async def test_a_report_has_headings_text_and_references_in_the_language_of_its_question(
    database: Database, whole: Settings, tmp_path: Path, code: str
) -> None:
    case, expected = CASES[code], HEADINGS[code]
    shelve(database, tmp_path / code, code)
    writer = good_writer(case)

    made = await report(database, sized(whole, code), case.question, writer)
    again = await report(database, sized(whole, code), case.question, writer)

    assert re.findall(r"^#+ .+", made, re.MULTILINE) == [
        f"# {case.title}",
        *(f"## {heading}" for heading in (expected.summary, case.sections[0])),
        *(f"### {heading}" for heading in case.subsections),
        *(f"## {heading}" for heading in (case.sections[1], expected.conclusion, expected.references)),
    ]
    assert re.findall(r"^> \*\*(.+)\*\*", made, re.MULTILINE) == [expected.disagreement, expected.limits]
    assert language_of(made) == code
    assert set(re.findall(r"\[(\d)\]", made)) == {"1", "2", "3"}
    assert again == made
    name = labels(code).name
    assert {f"Write in {name}," in request.messages[0].content for request in writer.requests} == {True}


@pytest.mark.parametrize("code", CASES)
async def test_whatever_the_model_babbles_the_limits_box_is_in_the_language_of_the_question(
    database: Database, settings: Settings, tmp_path: Path, code: str
) -> None:
    case, expected = CASES[code], HEADINGS[code]
    shelve(database, tmp_path / code, code)
    babbler = ScriptedLLM(dict.fromkeys(faithful.STEPS, lambda _: "the " * 600))

    made = await report(database, sized(settings, code), case.question, babbler)
    again = await report(database, sized(settings, code), case.question, babbler)

    headings = re.findall(r"^## (.+)", made, re.MULTILINE)
    assert (headings[0], headings[-1], len(headings)) == (expected.summary, expected.references, 4)
    (box,) = re.findall(r"^> \*\*(.+)\*\* (.+)", made, re.MULTILINE)
    assert box[0] == expected.limits
    assert language_of(box[1]) == code
    assert all(re.search(r"“.+” \[\d\]", part) for part in made.split("\n## ")[1:-1])
    assert again == made


async def test_the_language_that_is_chosen_beats_that_of_the_question(
    database: Database, settings: Settings, question: str
) -> None:
    case = CASES["de"]
    german = settings.model_copy(update={"language": "de", "sections": 2})

    made = await report(database, german, question, good_writer(case))

    headings = re.findall(r"^#+ (.+)", made, re.MULTILINE)
    assert headings == [case.title, "Zusammenfassung", *case.sections, "Quellen"]


async def test_a_run_is_resumed_in_the_language_it_was_begun_in(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    row = run.create(database, question, settings)

    await run.carry_out(database, row.id, settings.model_copy(update={"language": "de"}), ignore, writer)

    made = markdown(archive.report(database, row.id))
    assert runs.get(database, row.id).settings["language"] == "en"
    assert "\n## Summary\n" in made
    assert "\n## References\n" in made


async def test_where_nothing_tells_the_language_the_writer_goes_by_the_question_and_headings_are_english(
    database: Database, settings: Settings, writer: ScriptedLLM
) -> None:
    made = await report(database, settings, "Czy Trams passengers cities cost?", writer)

    assert {"Write in the language of the question," in r.messages[0].content for r in writer.requests} == {True}
    assert "\n## Summary\n" in made


async def test_a_draft_in_another_language_goes_back_with_the_reason(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    german = settings.model_copy(update={"language": "de"})

    await report(database, german, question, writer)  # it writes English, as its evidence is

    (again, *_) = [request for request in writer.requests if request.node == "draft" and request.attempt == 1]
    assert "The text is not in German. Write it in German." in again.messages[-1].content


def test_a_run_from_before_languages_were_settled_has_english_headings(database: Database, settings: Settings) -> None:
    without = {name: value for name, value in settings.snapshot().items() if name != "language"}
    old = Run(id="old", question=CASES["de"].question, status="running", settings=without, created_at=now())
    runs.create(database, old)

    assert archive.report(database, "old").labels.summary == labels("en").summary


def test_a_language_that_no_report_can_be_written_in_is_refused_in_one_line() -> None:
    command = [*REDRAFT, "research", "What are trams?", "--language", "tlh"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "redraft: setting language: no report can be written in 'tlh'; "
        "known are ar, de, en, es, fr, it, ja, ko, nl, pt, ru, zh\n"
    )
