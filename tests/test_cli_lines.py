"""The lines that a run draws on the terminal."""

import asyncio
from dataclasses import replace

import pytest
from rich.console import Console

from redraft.agent import events, run
from redraft.agent.events import Event
from redraft.agent.gaps import Kind
from redraft.agent.llm import ScriptedLLM
from redraft.agent.settings import Settings
from redraft.agent.stopping import Reason
from redraft.cli_lines import Lines
from redraft.cli_progress import Progress
from redraft.store.database import Database

ASKED = events.QuestionAsked(round=3, section="2", gap="thin", question="How long do rails last?", parts=[])
JUDGED = events.RevisionJudged(round=3, section="2", outcome="accepted", reason="Why.", kept=4, updated=0, lost=0)
WRITTEN = events.SectionWritten(
    section="2", title="Bus lanes", op="draft", words=80, citations=3, invented=0, unsupported=0
)
VERIFIED = events.SectionVerified(
    section="2",
    supported=5,
    partial=1,
    contradicted=1,
    unsupported=1,
    unchecked=0,
    patched=1,
    hedged=1,
    deleted=1,
)
CHOSEN = events.SnapshotChosen(name="wave 1", of=3, dangling=0, unsupported=2, repeated=0, uncovered=4)


def drawn(*told: Event) -> list[str]:
    """The lines as they are read, without colours."""
    lines, console = Lines(), Console(width=500)
    with console.capture() as capture:
        for line in filter(None, map(lines.of, told)):
            console.print(line, soft_wrap=True)
    return capture.get().splitlines()


def test_a_section_is_named_by_its_title_once_that_is_known() -> None:
    planned = events.OutlinePlanned(titles=["Trams", "Bus lanes"], by_code=0)

    assert drawn(ASKED) == ["round 3, section 2 (says too little): How long do rails last?"]
    assert drawn(planned, ASKED)[1] == "round 3, section 2 “Bus lanes” (says too little): How long do rails last?"
    assert drawn(WRITTEN, ASKED)[1] == drawn(planned, ASKED)[1]


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_gap_has_words(kind: Kind) -> None:
    assert drawn(replace(ASKED, gap=kind, section=""))[0].startswith("round 3, the whole report (")


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason != Reason.OFF])
def test_every_end_of_the_rounds_is_told_with_its_reason(reason: Reason) -> None:
    (line,) = drawn(events.RoundsStopped(reason=reason, open_gaps=1))

    assert line.startswith("rounds over: ")
    assert line.endswith("; 1 question left open")
    assert len(line) > len("rounds over: ; 1 question left open")


def test_a_run_without_rounds_says_nothing_of_them() -> None:
    assert drawn(events.RoundsStopped(reason=Reason.OFF, open_gaps=2)) == []


def test_what_a_round_found_is_told_with_its_answer() -> None:
    searched = events.RoundSearched(round=3, passages=8, fresh=5)
    answered = events.QuestionAnswered(round=3, sentences=2, sources=1, novelty=0.5)

    assert drawn(searched, answered) == [
        "round 3: 8 passages found (5 new), an answer in 2 sentences of 1 source, 50% new to the report"
    ]
    assert drawn(replace(answered, sentences=0)) == ["round 3: no answer"]


def test_a_round_that_comes_to_nothing_early_says_why() -> None:
    ended = events.RoundEnded(round=3, outcome="failed", reason="No question of the model could be used.")

    assert drawn(ended) == ["round 3 ends failed. No question of the model could be used."]


@pytest.mark.parametrize(
    ("route", "line"),
    [
        ("deepen", "round 3 divides section 2. It is long enough."),
        ("denoise", "round 3 rewrites section 2. It is long enough."),
        ("none", "round 3 changes nothing. It is long enough."),
    ],
)
def test_what_a_round_does_is_told_with_its_reason(route: str, line: str) -> None:
    assert drawn(events.RoundRouted(round=3, section="2", route=route, reason="It is long enough.")) == [line]


@pytest.mark.parametrize(
    ("judged", "line"),
    [
        (JUDGED, "round 3: section 2 is rewritten: 4 claims kept"),
        (replace(JUDGED, updated=1, lost=2), "round 3: section 2 is rewritten: 4 claims kept, 1 corrected, 2 left out"),
        (replace(JUDGED, outcome="proposed"), "round 3: section 2 is locked: a new text is proposed (4 claims kept)"),
        (replace(JUDGED, outcome="refused"), "round 3: section 2 stays as it is: Why."),
        (replace(JUDGED, outcome="failed"), "round 3: section 2 stays as it is: Why."),
    ],
)
def test_what_becomes_of_a_rewritten_section_is_told(judged: Event, line: str) -> None:
    assert drawn(judged) == [line]


def test_a_rewritten_section_is_told_of_once() -> None:
    assert len(drawn(JUDGED, replace(WRITTEN, op="denoise"))) == 1


@pytest.mark.parametrize(
    ("op", "line"),
    [
        ("draft", "section 2 “Bus lanes”: written (80 words)"),
        ("quote", "section 2 “Bus lanes”: quoted from its evidence (80 words)"),
        ("cohere", "section 2 “Bus lanes”: polished (80 words)"),
        ("fit", "section 2 “Bus lanes”: brought to its length (80 words)"),
    ],
)
def test_it_is_told_how_a_text_came_about(op: str, line: str) -> None:
    assert drawn(replace(WRITTEN, op=op)) == [line]


def test_it_is_told_what_verifying_changed() -> None:
    unchanged = replace(VERIFIED, patched=0, hedged=0, deleted=0, unchecked=3)
    nothing = replace(unchanged, supported=0, partial=0, contradicted=0, unsupported=0, unchecked=0)

    assert drawn(VERIFIED, unchanged, nothing) == [
        "section 2 verified: 5 of 8 claims hold, 1 corrected, 1 made less sure, 1 taken out",
        "section 2 verified: 5 of 8 claims hold, 3 not checked",
    ]


def test_the_state_that_goes_on_is_told_where_there_was_a_choice() -> None:
    assert drawn(CHOSEN, replace(CHOSEN, name="closed 1", unsupported=0), replace(CHOSEN, of=1)) == [
        "best of 3 states: the one after wave 1 (2 sentences without support)",
        "best of 3 states: the one after verifying",
    ]


def test_text_of_others_can_neither_colour_nor_command_the_terminal() -> None:
    (line,) = drawn(replace(ASKED, question="[bold]Rails[/bold]\x1b[2J\nof \u202egold?"))

    assert line == "round 3, section 2 (says too little): [bold]Rails[/bold] [2J of gold?"


def test_what_is_wrong_with_the_server_stays_in_sight(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as progress:
        progress(events.ServerWarned(text="no drafter: arctic is [missing]"))
        progress(events.ServerStep(text="starting vLLM… 1 s"))

    assert capsys.readouterr().err.strip().endswith("no drafter: arctic is [missing]")


def test_a_whole_run_can_be_followed_on_the_terminal(
    database: Database, whole: Settings, writer: ScriptedLLM, capsys: pytest.CaptureFixture[str]
) -> None:
    row = run.create(database, "How many passengers do trams, buses and cycle paths carry, and at what cost?", whole)
    heard: list[Event] = []
    with Progress() as progress:

        def listen(event: Event) -> None:
            heard.append(event)
            progress(event)

        asyncio.run(run.carry_out(database, row.id, whole, listen, writer))
    out, shown = capsys.readouterr()

    assert out == ""
    assert shown.splitlines()[0].endswith(row.question)
    assert "done: " in shown.splitlines()[-1]
    for event in heard:
        if isinstance(event, events.QuestionAsked):
            assert shown.count(f" round {event.round}, ") == 1
        if isinstance(event, events.RoundRouted):
            assert event.reason in shown
