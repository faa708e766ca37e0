"""Whole runs in other languages than English: what the program itself says is in the language of the question."""

import json
import re
import subprocess
from collections.abc import Sequence
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
from redraft.tests.programs import REDRAFT
from redraft.tools.language import language_of
from redraft.tools.sentences import sentence_spans


class Case(NamedTuple):
    """A question in some language, with documents on it and a plan for its report."""

    question: str
    title: str
    sections: Sequence[str]
    documents: Sequence[str]


CASES = {
    "de": Case(
        "Wie viele Fahrgäste befördern Straßenbahnen und Busse, und was kostet ihr Bau?",
        "Was Straßenbahnen und Busse befördern und kosten",
        ("Leistung der Straßenbahnen und Busse", "Kosten beim Bau der Strecken"),
        (
            (
                "# Straßenbahnen\n\nEine Straßenbahn befördert bis zu 9.000 Fahrgäste in der Stunde und Richtung. "
                "Der Bau einer Strecke für Straßenbahnen kostet zwischen 15 und 40 Millionen Euro je Kilometer.\n"
            ),
            (
                "# Busse\n\nEine Busspur befördert bis zu 4.000 Fahrgäste in der Stunde und Richtung. Der Bau einer "
                "Spur für Busse kostet etwa eine Million Euro je Kilometer.\n"
            ),
        ),
    ),
    "zh": Case(
        "有轨电车和公交车道各能运送多少乘客，建设成本是多少？",
        "有轨电车和公交车道的运力与建设成本",
        ("有轨电车与公交车道的运力", "线路的建设成本与造价"),
        (
            (
                "# 有轨电车\n\n一条有轨电车线路每小时单向最多可运送九千名乘客，是城市里常见的交通方式。"
                "修建有轨电车线路的建设成本为每公里一千五百万至四千万欧元。\n"
            ),
            (
                "# 公交车道\n\n一条公交车道每小时单向最多可运送四千名乘客，道路封闭时还可以改变路线。"
                "修建公交车道的建设成本约为每公里一百万欧元，远低于轨道线路。\n"
            ),
        ),
    ),
    "ja": Case(
        "路面電車とバスはどれだけの乗客を運び、建設費はいくらですか？",
        "路面電車とバスの輸送力と建設費",
        ("路面電車とバスの輸送力の比較", "路線ごとにかかる建設費"),
        (
            (
                "# 路面電車\n\n路面電車の路線は一時間に片方向で最大九千人の乗客を運ぶことができる。"
                "路面電車の路線の建設費は一キロメートルあたり千五百万から四千万ユーロである。\n"
            ),
            (
                "# バス\n\nバス専用レーンは一時間に片方向で最大四千人の乗客を運ぶことができる。"
                "バス専用レーンの建設費は一キロメートルあたり約百万ユーロにとどまる。\n"
            ),
        ),
    ),
    "ar": Case(
        "كم عدد الركاب الذين ينقلهم الترام والحافلات، وكم تبلغ كلفة البناء؟",
        "ما ينقله الترام والحافلات من ركاب وكلفة البناء",
        ("سعة نقل الركاب في الترام والحافلات", "كلفة بناء الخطوط والمسارات"),
        (
            (
                "# الترام\n\nينقل خط الترام ما يصل إلى تسعة آلاف راكب في الساعة في كل اتجاه. تبلغ كلفة بناء خط الترام "
                "ما بين خمسة عشر وأربعين مليون يورو للكيلومتر.\n"
            ),
            (
                "# الحافلات\n\nينقل مسار الحافلات ما يصل إلى أربعة آلاف راكب في الساعة في كل اتجاه. تبلغ كلفة بناء "
                "مسار الحافلات نحو مليون يورو للكيلومتر.\n"
            ),
        ),
    ),
}
HEADINGS = {
    "de": ("Zusammenfassung", "Quellen", "Grenzen dieses Berichts."),
    "zh": ("摘要", "参考文献", "本报告的局限。"),
    "ja": ("要約", "参考文献", "この報告書の限界。"),
    "ar": ("الملخص", "المراجع", "حدود هذا التقرير."),
}
PIECE = re.compile(r"^\[e(\d+)\] [^\n]*\n(.*?)(?=^\[e\d+\] |^SOURCE-TEXT)", re.MULTILINE | re.DOTALL)


def good_writer(case: Case) -> ScriptedLLM:
    """Plans as the case has it, and says what the evidence says, in its own words."""

    def plan(_: Request) -> str:
        return json.dumps({"sections": [{"title": title, "purpose": f"{title}: {title}"} for title in case.sections]})

    def draft(request: Request) -> str:
        pieces = PIECE.findall(request.messages[-1].content)
        return " ".join(f"{sentence} [e{number}]" for number, text in pieces for sentence in sentences(text))

    def summary(request: Request) -> str:
        written = request.messages[-1].content.split("# The report")[1].split("# Your task")[0]
        (first, *_) = (line for line in written.splitlines() if "[e" in line)
        return first

    brief = {"title": case.title, "intent": case.question, "points": [*case.sections, case.title]}
    return ScriptedLLM(
        {
            "brief": lambda _: json.dumps(brief),
            "outline": plan,
            "query": lambda _: json.dumps({"queries": [case.sections[0]]}),
            "draft": draft,
            "summary": summary,
        }
    )


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
    return settings.model_copy(update={"library": code, "sections": 2, "words": 200})


@pytest.mark.parametrize("code", CASES)
async def test_a_report_has_headings_text_and_references_in_the_language_of_its_question(
    database: Database, settings: Settings, tmp_path: Path, code: str
) -> None:
    case, (summary, references, _) = CASES[code], HEADINGS[code]
    shelve(database, tmp_path / code, code)
    writer = good_writer(case)

    made = await report(database, sized(settings, code), case.question, writer)
    again = await report(database, sized(settings, code), case.question, writer)

    assert re.findall(r"^#+ .+", made, re.MULTILINE) == [
        f"# {case.title}",
        *(f"## {heading}" for heading in (summary, *case.sections, references)),
    ]
    assert "> **" not in made
    assert language_of(made) == code
    assert set(re.findall(r"\[(\d)\]", made)) == {"1", "2"}
    assert again == made
    name = labels(code).name
    assert {f"Write in {name}," in request.messages[0].content for request in writer.requests} == {True}


@pytest.mark.parametrize("code", CASES)
async def test_whatever_the_model_babbles_the_limits_box_is_in_the_language_of_the_question(
    database: Database, settings: Settings, tmp_path: Path, code: str
) -> None:
    case, (summary, references, limits) = CASES[code], HEADINGS[code]
    shelve(database, tmp_path / code, code)
    babbler = ScriptedLLM(dict.fromkeys(faithful.STEPS, lambda _: "the " * 600))

    made = await report(database, sized(settings, code), case.question, babbler)
    again = await report(database, sized(settings, code), case.question, babbler)

    headings = re.findall(r"^## (.+)", made, re.MULTILINE)
    assert (headings[0], headings[-1], len(headings)) == (summary, references, 4)
    (box,) = re.findall(r"^> \*\*(.+)\*\* (.+)", made, re.MULTILINE)
    assert box[0] == limits
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
