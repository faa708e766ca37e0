"""What the user does to a finished report, and what a further pass makes of it."""

import re
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent import editing
from redraft.agent.citations import cited
from redraft.agent.errors import UserError
from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.redoing import ask_again
from redraft.store.models import Version
from redraft.tests.agent.whole import (
    PATIENT,
    Shelf,
    Whole,
    examples,
    killed_after_replies,
    killed_before_writes,
    standing_in,
    state,
)
from redraft.tests.liars import Liar

pytestmark = PATIENT

NOTE = "What is the upkeep of bridges in cities?"
OWN = "Bridges are what this town is known for, and their noise is what it is known for at night."
"""A text of the user's: it cites nothing, is no length that was wanted, and no guard would let it pass."""


@pytest.fixture
def done(shelf: Shelf) -> Iterator[Whole]:
    """A finished run with a summary, three sections and a conclusion."""
    with shelf.done(standing_in()) as whole:
        yield whole


def edit(whole: Whole, number: str, text: str) -> None:
    with editing.opened(whole.database, whole.run_id, number) as chapter:
        editing.edit(whole.database, chapter, text)


def ask(whole: Whole, number: str, note: str) -> None:
    ask_again(whole.database, whole.run_id, number, note)


def texts(whole: Whole) -> dict[str, str]:
    return {section.number: whole.standing(section.number).text for section in whole.sections}


def written_since(whole: Whole, known: Sequence[Version]) -> set[str]:
    """The sections that were given a text."""
    fresh = {version.section_id for version in whole.versions if version.accepted and version not in known}
    return {section.number for section in whole.sections if section.id in fresh}


def heeding(note: str) -> ScriptedLLM:
    """Ends the summary and the conclusion with the last sentence of the report where a note asks for it."""
    usual = standing_in()

    def closing(request: Request) -> str:
        prompt = request.messages[-1].content
        said = usual.script[request.node](request)  # type: ignore[operator]  # its script is made of functions
        asked = prompt.partition("# What the user asked for")[2].partition("# Your task")[0]
        report = prompt.partition("# The report\n")[2].partition("\n# ")[0]
        return re.findall(r"[A-Z][^.]* \[e\d+\]\.", report)[-1] if note in asked else str(said)

    return ScriptedLLM({**usual.script, "summary": closing, "conclusion": closing})


def test_a_note_changes_its_section_and_what_sums_it_up(done: Whole) -> None:
    before, known = texts(done), done.versions

    ask(done, "3", NOTE)
    done.carry_out(standing_in())

    after = texts(done)
    assert done.status == "done"
    assert done.standing("3").reason == NOTE
    assert set(cited(before["3"])) < set(cited(after["3"]))
    assert written_since(done, known) == {"0", "3", "4"}


@pytest.mark.parametrize("number", ["0", "4"])
def test_a_note_on_the_summary_or_the_conclusion_is_told_to_its_writer(done: Whole, number: str) -> None:
    before = texts(done)
    note = "It leaves out what stands last."

    ask(done, number, note)
    stale = done.section(number).stale
    done.carry_out(heeding(note))

    after = texts(done)
    assert stale == note
    assert done.section(number).stale is None
    assert {n for n in before if before[n] != after[n]} == {number}


def test_a_note_is_heeded_again_when_its_text_is_written_again(done: Whole) -> None:
    note = "It leaves out what stands last."
    ask(done, "0", note)
    done.carry_out(heeding(note))

    ask(done, "3", NOTE)
    done.carry_out(heeding(note))

    asked = [call.messages[-1]["content"] for call in done.calls("summary", "conclusion")]
    assert note in asked[-1] or note in asked[-2]
    assert note not in asked[0]


def test_a_section_that_the_user_wrote_takes_no_note(done: Whole) -> None:
    edit(done, "2", OWN)

    with pytest.raises(UserError, match="section 2 is locked: unlock it first"):
        ask(done, "2", NOTE)


def test_what_sums_up_a_section_that_the_user_wrote_is_written_anew_by_the_next_pass(done: Whole) -> None:
    known = done.versions
    edit(done, "2", OWN)
    stale = [section.number for section in done.sections if section.stale]
    done.carry_out(standing_in())
    resumed = [section.number for section in done.sections if section.stale]

    ask(done, "0", "It must fit the text.")
    done.carry_out(standing_in())

    assert stale == resumed == ["0", "4"]  # a run that is done is left alone until the user asks for something
    assert [section.number for section in done.sections if section.stale] == []
    assert written_since(done, known) == {"0", "2", "4"}
    assert done.standing("2").text == OWN


@examples(3)
@given(
    seed=st.integers(0, 10**9),
    faults=st.sampled_from([0.0, 0.3, 0.6]),
    edited=st.sampled_from(["0", "1", "2", "3"]),
    notes=st.lists(st.sampled_from(["0", "1", "2", "3", "4"]), min_size=1, max_size=3, unique=True),
)
def test_no_pass_ever_writes_over_what_the_user_wrote(
    shelf: Shelf, seed: int, faults: float, edited: str, notes: list[str]
) -> None:
    llm = Liar(standing_in(), seed, faults)
    with shelf.done(llm, question_variants=2) as whole:
        edit(whole, edited, OWN)
        for number in notes:
            if number == edited:
                continue
            ask(whole, number, NOTE)
            whole.carry_out(llm)

            assert whole.status == "done"
            assert whole.standing(edited).text == OWN
            assert OWN in whole.report


@examples(3)
@given(
    seed=st.integers(0, 10**9),
    faults=st.sampled_from([0.0, 0.3]),
    replies=st.lists(st.integers(0, 15), min_size=1, max_size=3),
    writes=st.lists(st.integers(0, 400), min_size=1, max_size=2),
)
def test_a_further_pass_that_is_killed_ends_as_one_that_is_not(
    shelf: Shelf, seed: int, faults: float, replies: list[int], writes: list[int]
) -> None:
    llm = Liar(standing_in(), seed, faults)
    with shelf.done(llm) as usual, shelf.done(llm) as whole, shelf.done(llm) as other:
        for one in (usual, whole, other):
            edit(one, "1", OWN)
            ask(one, "3", NOTE)
        usual.carry_out(llm)
        killed_after_replies(whole, llm, replies)
        killed_before_writes(other, llm, writes)

        assert state(whole) == state(usual)
        assert state(other) == state(usual)
