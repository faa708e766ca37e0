"""The whole path, from a question to a report, with a scripted model."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from redraft.agent import archive, run
from redraft.agent.errors import ContextTooSmall, NoEvidence, RunBusy, UserError
from redraft.agent.events import (
    BriefWritten,
    CallAnswered,
    Event,
    EvidenceGathered,
    OutlinePlanned,
    RoundsStopped,
    RunFinished,
    RunStarted,
    SectionWritten,
    SnapshotChosen,
)
from redraft.agent.llm import LLM, Message, Reply, Request, ScriptedLLM
from redraft.agent.render import markdown
from redraft.agent.settings import Settings
from redraft.agent.show import as_data
from redraft.store import calls, drafts, runs
from redraft.store.database import Database
from redraft.tests import faithful


class Killed(BaseException):
    """Ends a run as the system would: nothing in the program catches it."""


def ignore(event: Event) -> None:
    pass


async def finish(database: Database, settings: Settings, question: str, llm: LLM) -> str:
    row = run.create(database, question, settings)
    await run.carry_out(database, row.id, settings, ignore, llm)
    return row.id


def written(database: Database, run_id: str) -> str:
    return markdown(archive.report(database, run_id))


async def test_every_number_in_the_report_stands_for_a_passage_and_every_reference_is_cited(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    run_id = await finish(database, settings, question, writer)

    report = archive.report(database, run_id)
    body, _, references = markdown(report).partition("## References\n\n")
    shown = {int(n) for mark in re.findall(r"\[([\d, ]+)\]", body) for n in mark.split(", ")}
    assert shown == {int(n) for n in re.findall(r"^\[(\d+)\]", references, re.MULTILINE)} == {1, 2, 3}
    passages = {exhibit.passage.id for exhibit in drafts.run_exhibits(database, run_id)}
    assert all({e.passage.id for e in reference.exhibits} <= passages for reference in report.references)


async def test_a_report_has_its_title_its_summary_and_its_sections_in_order(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    run_id = await finish(database, settings, question, writer)

    headings = re.findall(r"^#+ .+", written(database, run_id), re.MULTILINE)
    assert headings == [
        "# How many passengers do trams, buses and cycle",
        "## Summary",
        "## Capacity of each way to travel",
        "## Cost of building",
        "## Lifetime of the parts",
        "## References",
    ]


async def test_a_run_announces_what_it_does_and_the_store_keeps_it(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    heard: list[Event] = []
    row = run.create(database, question, settings)

    await run.carry_out(database, row.id, settings, heard.append, writer)

    milestones = [event for event in heard if not isinstance(event, CallAnswered)]
    assert [type(event) for event in milestones] == [
        RunStarted,
        BriefWritten,
        OutlinePlanned,
        EvidenceGathered,
        *[SectionWritten] * 3,
        *(RoundsStopped, SnapshotChosen, SnapshotChosen),
        SectionWritten,
        RunFinished,
    ]
    assert [(event.kind, event.data) for event in runs.events(database, row.id)] == [
        (event.kind, event.data()) for event in heard
    ]


async def test_every_call_is_recorded_with_what_it_took(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    run_id = await finish(database, settings, question, writer)

    recorded = calls.of_run(database, run_id)
    assert Counter(call.node for call in recorded) == {"brief": 1, "outline": 1, "query": 3, "draft": 3, "summary": 1}
    assert all(call.prompt_tokens and call.output_tokens and call.finish_reason == "stop" for call in recorded)
    assert [call.key for call in recorded] == [request.key for request in writer.requests]


@dataclass
class Shuffled:
    """Passes on to another model, and lets later sections answer before earlier ones."""

    llm: LLM
    context: int = 8192
    order: list[str | None] = field(default_factory=list)

    async def sample(self, request: Request) -> Sequence[Reply]:
        for _ in range(40 * (10 - int(request.section or 0))):
            await asyncio.sleep(0)
        self.order.append(request.section)
        return await self.llm.sample(request)

    async def count(self, messages: Sequence[Message]) -> int:
        return await self.llm.count(messages)


async def test_the_report_is_the_same_whichever_section_is_finished_first(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    shuffled = Shuffled(writer)

    usual = await finish(database, settings, question, writer)
    other = await finish(database, settings, question, shuffled)

    assert shuffled.order.index("3") < shuffled.order.index("1")
    assert written(database, other) == written(database, usual)


@dataclass
class Mortal:
    """Passes on to another model, and dies when it is asked for the time after `lives` answers."""

    llm: LLM
    lives: int
    context: int = 8192

    async def sample(self, request: Request) -> Sequence[Reply]:
        if self.lives == 0:
            raise Killed
        self.lives -= 1
        return await self.llm.sample(request)

    async def count(self, messages: Sequence[Message]) -> int:
        return await self.llm.count(messages)


@pytest.mark.parametrize("lives", range(9))
async def test_a_run_killed_at_any_call_goes_on_and_asks_nothing_twice(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM, lives: int
) -> None:
    whole = await finish(database, settings, question, writer)
    asked = [request.key for request in writer.requests]
    writer.requests.clear()
    row = run.create(database, question, settings)

    with pytest.raises(Killed):
        await run.carry_out(database, row.id, settings, ignore, Mortal(writer, lives))
    left = archive.status(database, runs.get(database, row.id))
    await run.carry_out(database, row.id, settings, ignore, writer)

    assert left == "interrupted"
    assert sorted(request.key for request in writer.requests) == sorted(asked)
    assert written(database, row.id) == written(database, whole)
    assert archive.status(database, runs.get(database, row.id)) == "done"


@pytest.mark.parametrize("moment", [BriefWritten, OutlinePlanned, EvidenceGathered, SectionWritten, CallAnswered])
@pytest.mark.parametrize("times", [1, 3])
async def test_a_run_killed_just_after_something_was_kept_goes_on_and_asks_nothing_twice(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM, moment: type[Event], times: int
) -> None:
    whole = await finish(database, settings, question, writer)
    asked = [request.key for request in writer.requests]
    writer.requests.clear()
    row = run.create(database, question, settings)
    left = times

    def die(event: Event) -> None:
        nonlocal left
        left -= isinstance(event, moment)
        if left == 0:
            raise Killed

    with suppress(Killed):
        await run.carry_out(database, row.id, settings, die, writer)
    await run.carry_out(database, row.id, settings, ignore, writer)

    assert sorted(request.key for request in writer.requests) == sorted(asked)
    assert written(database, row.id) == written(database, whole)


async def test_a_finished_run_is_left_alone(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    run_id = await finish(database, settings, question, writer)
    before = written(database, run_id)

    await run.carry_out(database, run_id, settings, ignore, ScriptedLLM({}))

    assert written(database, run_id) == before


async def test_a_run_is_resumed_with_the_settings_it_was_begun_with(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    row = run.create(database, question, settings)
    other = settings.model_copy(update={"sections": 2, "library": "elsewhere"})

    await run.carry_out(database, row.id, other, ignore, writer)

    assert len(archive.report(database, row.id).parts) == 4


BABBLE = [
    "",
    "the " * 600,
    "Error: HTTP 500 [99] see https://example.org/invented",
    '{"title": "x", "sections": [], "queries": []}',
    "# Heading\n\n## References\n\n[1] Nothing. https://example.org",
    "As Source e999 says [e998], this is known【e997】. " * 30,
    '{"sections": [{"title": "Trams", "purpose": "About trams."}, {"title": "Trams", "purpose": "About trams."}]}',
]


@pytest.mark.parametrize("babble", BABBLE)
async def test_whatever_the_model_babbles_the_report_quotes_its_evidence_and_says_so(
    database: Database, settings: Settings, question: str, babble: str
) -> None:
    run_id = await finish(database, settings, question, ScriptedLLM(dict.fromkeys(faithful.STEPS, lambda _: babble)))

    report = archive.report(database, run_id)
    text = markdown(report)
    assert [part.version.op for part in report.parts] == ["quote"] * 4
    assert len({part.section.title for part in report.parts}) == 4
    assert all(re.search(r"“.+” \[\d\]", part) for part in text.split("\n## ")[1:-1])
    assert "Limits of this report" in text
    assert not re.search(r"e99|example\.org|Error|the the", text)


async def test_ids_that_the_model_invents_are_taken_out_and_counted(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    def invent(request: Request) -> str:
        honest = faithful.answer(request.messages[-1].content)
        return honest + " Another 12 lines follow [e77], as [5] and https://example.org/report show."

    inventive = ScriptedLLM({**writer.script, "draft": invent})

    run_id = await finish(database, settings, question, inventive)

    text = written(database, run_id)
    accepted = [version for version in drafts.versions(database, run_id) if version.accepted]
    assert sum(version.invented for version in accepted) == 9
    assert "Citations and links without evidence that were taken out of the drafts: 9." in text
    assert not re.search(r"e77|example\.org|\[5\]", text)


async def test_a_sentence_that_its_evidence_does_not_say_is_taken_out(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    def embellish(request: Request) -> str:
        honest = faithful.answer(request.messages[-1].content)
        first = re.findall(r"\[e\d+\]", honest)[0]
        return f"{honest} Ferries once dominated Venetian commerce entirely {first}."

    run_id = await finish(database, settings, question, ScriptedLLM({**writer.script, "draft": embellish}))

    assert "Ferries" not in written(database, run_id)
    assert archive.report(database, run_id).limits == [
        "Sentences taken out because the evidence they cited does not say them: 9."
    ]


async def test_a_text_that_repeats_what_the_model_was_told_is_refused(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    def parrot(request: Request) -> str:
        return f"{question} {faithful.answer(request.messages[-1].content)}"

    run_id = await finish(database, settings, question, ScriptedLLM({**writer.script, "summary": parrot}))

    summary = archive.report(database, run_id).parts[0].version
    assert summary.op == "quote"
    assert question not in summary.text


async def test_refused_drafts_are_kept_with_their_reasons(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    def improve(request: Request) -> str:
        return faithful.answer(request.messages[-1].content) if request.attempt else "No idea."

    run_id = await finish(database, settings, question, ScriptedLLM({**writer.script, "draft": improve}))

    drafted = [version for version in drafts.versions(database, run_id) if version.op == "draft"]
    body = [version for version in drafted if version.section_id != 1]
    assert [(version.number, version.accepted) for version in body] == [(1, False), (2, True)] * 3
    assert all(version.problems for version in body if not version.accepted)


class Wordy(ScriptedLLM):
    """Takes four tokens for a word."""

    async def count(self, messages: Sequence[Message]) -> int:
        return 4 * await super().count(messages)


async def test_a_section_is_shown_only_the_evidence_that_the_served_context_holds(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    small = Wordy(writer.script, context=2304)
    long = settings.model_copy(update={"words": 900})

    await finish(database, long, question, small)

    for request in small.requests:
        assert await small.count(request.messages) + request.max_tokens <= small.context
    shown = [len(re.findall(r"^\[e\d+\]", r.messages[-1].content, re.MULTILINE)) for r in small.requests]
    assert 0 < max(shown) < settings.size.passages


async def test_a_context_that_holds_no_prompt_is_refused_before_any_call(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    tiny = ScriptedLLM(writer.script, context=1024)

    with pytest.raises(ContextTooSmall, match="holds 1024 tokens"):
        await finish(database, settings, question, tiny)

    assert tiny.requests == []


async def test_an_empty_library_is_reported_before_a_server_is_needed(database: Database, settings: Settings) -> None:
    empty = settings.model_copy(update={"library": "nothing"})
    row = run.create(database, "What are trams?", empty)

    with pytest.raises(NoEvidence, match=r"'nothing'.*empty"):
        await run.carry_out(database, row.id, empty, ignore)

    assert archive.status(database, runs.get(database, row.id)) == "failed"


@pytest.mark.parametrize("question", ["", "   \n", "?!…", "x" * 5000])
def test_a_question_that_is_none_makes_no_run(database: Database, settings: Settings, question: str) -> None:
    with pytest.raises(UserError):
        run.create(database, question, settings)

    assert runs.newest_first(database) == []


async def test_two_processes_cannot_carry_out_one_run(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    row = run.create(database, question, settings)
    refused: list[str] = []

    async def meddle(event: Event) -> None:
        with pytest.raises(RunBusy) as error:
            await run.carry_out(database, row.id, settings, ignore, writer)
        refused.append(str(error.value))

    def listen(event: Event) -> None:
        if isinstance(event, BriefWritten):
            refused.append(archive.status(database, runs.get(database, row.id)))
            meddling.append(asyncio.ensure_future(meddle(event)))

    meddling: list[asyncio.Future[None]] = []
    await run.carry_out(database, row.id, settings, listen, writer)
    await asyncio.gather(*meddling)

    assert refused[0] == "running"
    assert "another process" in refused[1]


async def test_the_store_traces_a_run_as_plain_data(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    run_id = await finish(database, settings, question, writer)

    data = as_data(database, run_id, archive.report(database, run_id))
    assert json.loads(json.dumps(data)) == data
    known = {passage["evidence"] for reference in data["references"] for passage in reference["passages"]}
    cited = {int(n) for section in data["sections"] for n in re.findall(r"e(\d+)", section["text"])}
    assert cited == known
