"""Each switch of a run: what it turns off leaves no call and no row, and the report is closed all the same."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from redraft.store import claims, gaps, rounds
from redraft.tests.agent.whole import CITIES, PATIENT, STANDARD, Shelf, Whole, standing_in

pytestmark = PATIENT

SHORT: dict[str, Any] = {"library": CITIES, "words": 160}
"""Of a run whose sections say the same."""

Trace = Callable[[Whole], object]


def made_by(*ops: str) -> Trace:
    return lambda whole: [version.id for version in whole.versions if version.op in ops]


def divided(whole: Whole) -> object:
    return [section.number for section in whole.sections if "." in section.number]


def found_by_critique(whole: Whole) -> object:
    return [gap.id for gap in gaps.of_run(whole.database, whole.run_id) if gap.opened_by == "critique"]


def concluded(whole: Whole) -> object:
    return [section.number for section in whole.sections if section.origin == "conclusion"]


def verified(whole: Whole) -> object:
    return claims.of_run(whole.database, whole.run_id)


def compared(whole: Whole) -> object:
    return whole.calls("dispute")


SWITCHES: dict[str, tuple[dict[str, Any], set[str], Trace]] = {
    "deepen": (STANDARD, {"deepen"}, divided),
    "denoise": (STANDARD, {"denoise"}, made_by("denoise")),
    "verify": (STANDARD, {"verify_question", "verify_answer"}, verified),
    "disputes": (STANDARD, {"dispute"}, compared),
    "critique": (STANDARD, {"critique"}, found_by_critique),
    "conclusion": (STANDARD, {"conclusion"}, concluded),
    "cohere": (SHORT, {"cohere"}, made_by("cohere")),
    "fit": ({}, {"shorten"}, made_by("fit")),
}
"""For each switch a run in which it makes a difference, the steps that belong to it, and what they leave behind."""


@pytest.fixture(scope="module")
def with_everything(shelf: Shelf) -> Iterator[Callable[[dict[str, Any]], Whole]]:
    """Runs of these sizes with every switch on: one of each."""
    with ExitStack() as runs:
        made: dict[str, Whole] = {}

        def run(size: dict[str, Any]) -> Whole:
            if str(size) not in made:
                made[str(size)] = runs.enter_context(shelf.done(standing_in(), **size))
            return made[str(size)]

        yield run


@pytest.mark.parametrize("switch", SWITCHES)
def test_what_is_switched_off_is_neither_asked_nor_done(
    shelf: Shelf, with_everything: Callable[[dict[str, Any]], Whole], switch: str
) -> None:
    size, nodes, trace = SWITCHES[switch]
    whole = with_everything(size)
    with shelf.done(standing_in(), **size | {switch: False}) as without:
        assert nodes <= {call.node for call in whole.calls()}
        assert trace(whole)
        assert without.calls(*nodes) == []
        assert not trace(without)
        assert without.status == "done"
        assert without.report.count("\n## ") >= 4


def test_without_deepening_and_denoising_there_are_no_rounds(shelf: Shelf) -> None:
    with shelf.done(standing_in(), **STANDARD, deepen=False, denoise=False) as whole:
        assert rounds.of_run(whole.database, whole.run_id) == []
        assert whole.calls("question", "answer") == []
        assert (whole.status, whole.stopped) == ("done", "off")


def test_no_rounds_may_be_asked_for(shelf: Shelf) -> None:
    with shelf.done(standing_in(), **STANDARD | {"rounds": 0}) as whole:
        assert rounds.of_run(whole.database, whole.run_id) == []
        assert (whole.status, whole.stopped) == ("done", "off")
        assert whole.calls("dispute", "summary", "conclusion")


def test_one_after_another_each_draft_sees_what_the_ones_before_say(shelf: Shelf) -> None:
    llm = standing_in()
    with shelf.done(llm, serial=True) as whole, shelf.done(standing_in()) as beside:
        first = {v.section_id: v.text for v in reversed(whole.versions) if v.op == "draft" and v.accepted}
        drafts = {section.number: first[section.id] for section in whole.sections if section.id in first}
        asked = [
            (call.section, call.messages[-1]["content"])
            for call in whole.calls("draft")
            if call.section in ("1", "2", "3")
        ]
        others = [call.messages[-1]["content"] for call in beside.calls("draft") if call.section in ("1", "2", "3")]
        waves = Counter(row.wave for row in rounds.of_run(whole.database, whole.run_id))

    assert [section for section, _ in asked] == ["1", "2", "3"]
    openings = {number: text.split(",")[0] for number, text in drafts.items()}
    told = [[number for number in "123" if f"{number} " in _said(prompt, openings)] for _, prompt in asked]
    assert told == [[], ["1"], ["1", "2"]]
    assert all(_said(prompt, openings) == "" for prompt in others)
    assert len(waves) > 1
    assert set(waves.values()) == {1}


def _said(prompt: str, openings: dict[str, str]) -> str:
    """The numbers of the sections whose text the prompt shows beside the evidence, each with a space behind it."""
    shown = prompt.partition("# What other sections say")[2].partition("# Your task")[0]
    return "".join(f"{number} " for number, text in openings.items() if text in shown)


@pytest.mark.parametrize(("questions", "answers"), [(1, 1), (3, 3), (2, 4)])
def test_as_many_variants_are_asked_for_as_are_wanted(shelf: Shelf, questions: int, answers: int) -> None:
    llm = standing_in()
    size = STANDARD | {"rounds": 2, "question_variants": questions, "answer_variants": answers}
    with shelf.done(llm, **size) as whole:
        wanted = {(r.node, r.n) for r in llm.requests if r.attempt == 0 and r.node in ("question", "answer")}
        kept = Counter((call.node, call.key) for call in whole.calls("question", "answer"))

    assert wanted == {("question", questions), ("answer", answers)}
    assert {(node, count) for (node, _), count in kept.items()} == wanted


def test_a_run_out_of_tokens_closes_its_report(shelf: Shelf) -> None:
    with shelf.done(standing_in(), **STANDARD, tokens=10_000) as whole:
        assert rounds.of_run(whole.database, whole.run_id) == []
        assert (whole.status, whole.stopped) == ("done", "tokens")
        assert whole.calls("dispute", "summary", "conclusion")
        assert "\n## Conclusion\n" in whole.report
        assert "\n## References\n" in whole.report
