"""Whole runs with a model that errs, lies and fails: what never may happen to a report."""

import re
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.llm import ScriptedLLM
from redraft.store import drafts, runs, snapshots
from redraft.tests import faithful
from redraft.tests.agent.tagging import tagging
from redraft.tests.agent.whole import CITIES, PATIENT, STANDARD, Shelf, examples, standing_in
from redraft.tests.liars import ERROR, POISON, TEMPLATE_TOKENS, Liar

pytestmark = PATIENT

QUESTION = "How many passengers do trams, buses and cycle paths carry in cities, and what does building each cost?"
SCAFFOLD = ("# Your task", "SOURCE-TEXT", "hypothes", "textid", "<action", "<thought", "\\cite", "[e", "bibkey")
MODELS: dict[str, Callable[[], ScriptedLLM]] = {"json": standing_in, "warp": tagging}


def assert_clean(text: str) -> None:
    """Citations and references fit each other, and nothing else is there that a reader must not see."""
    body, _, references = text.partition("## References")
    numbers = {int(n) for marks in re.findall(r"\[(\d+(?:, \d+)*)\]", body) for n in marks.split(", ")}
    listed = [int(n) for n in re.findall(r"^\[(\d+)\]", references, re.MULTILINE)]
    assert sorted(numbers) == listed == list(range(1, len(listed) + 1))
    assert all(line.endswith(".md") for line in references.strip().splitlines())
    assert not re.search(r"https?://", text)
    assert [token for token in (*TEMPLATE_TOKENS, *SCAFFOLD, POISON, ERROR) if token in text] == []
    assert "the the the" not in text
    assert all(section.strip() for section in re.split(r"^#+ .*$", body, flags=re.MULTILINE)[2:])


def good() -> ScriptedLLM:
    return ScriptedLLM(dict.fromkeys(faithful.STEPS, lambda request: faithful.answer(request.messages[-1].content)))


@examples(3)
@given(seed=st.integers(0, 10**9), faults=st.sampled_from([0.1, 0.3, 0.6, 0.9]))
def test_no_model_gets_anything_into_a_report_that_may_not_stand_there(shelf: Shelf, seed: int, faults: float) -> None:
    with shelf.done(Liar(good(), seed, faults), QUESTION, library=CITIES) as whole:
        assert_clean(whole.report)


@examples(3)
@given(
    seed=st.integers(0, 10**9),
    faults=st.sampled_from([0.1, 0.3, 0.6, 0.9]),
    dialect=st.sampled_from(list(MODELS)),
    size=st.sampled_from([{}, STANDARD]),
)
def test_nor_does_it_by_any_of_the_steps_of_a_larger_report(
    shelf: Shelf, seed: int, faults: float, dialect: str, size: dict[str, Any]
) -> None:
    with shelf.done(Liar(MODELS[dialect](), seed, faults), dialect=dialect, **size) as whole:
        assert_clean(whole.report)


@examples(3)
@given(seed=st.integers(0, 10**9), faults=st.sampled_from([0.2, 0.5]))
def test_no_report_is_worse_by_what_can_be_counted_than_a_state_it_was_in(
    shelf: Shelf, seed: int, faults: float
) -> None:
    with shelf.done(Liar(good(), seed, faults), QUESTION, library=CITIES) as whole:
        database, run_id = whole.database, whole.run_id
        states = snapshots.of_run(database, run_id)
        standing = {section_id: version.text for section_id, version in drafts.accepted(database, run_id).items()}
        chosen = [state for state in states if state.chosen][-1]
        texts = {version.id or 0: version.text for version in drafts.versions(database, run_id)}
        body = {s.number: s.id or 0 for s in runs.outline(database, run_id) if s.number in chosen.versions}

        order = ("dangling", "unsupported", "repeated", "uncovered")
        counts = [[state.counts[name] for name in order] for state in states if state.name.startswith("closed")]
        assert [chosen.counts[name] for name in order] <= min(counts, default=[chosen.counts[name] for name in order])
        assert chosen.counts["dangling"] == 0
        assert {n: standing[i] for n, i in body.items()} == {n: texts[i] for n, i in chosen.versions.items()}
