"""What no run may break, seen in whole runs: the rules for revisions, for stopping, for failures and for history."""

import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent import editing, tree
from redraft.agent.citations import cited
from redraft.agent.llm import Request, ScriptedLLM
from redraft.store import claims, drafts, rounds, snapshots
from redraft.tests.agent.whole import PATIENT, STANDARD, Shelf, Whole, examples, standing_in
from redraft.tests.liars import Liar

pytestmark = PATIENT

SEEDS = st.integers(0, 10**9)
FULL = STANDARD | {"sections": 3, "words": 900}
"""Of a run whose rounds write sections anew, and more than one of them would have the same."""
FAULTY = st.sampled_from([0.0, 0.2, 0.5])


def scripted(**more: object) -> ScriptedLLM:
    """The stand-in, with other replies to some steps: one text for all, or a function of the request."""
    own = {node: said if callable(said) else lambda _, said=said: said for node, said in more.items()}
    return ScriptedLLM({**standing_in().script, **own})


def evidence_of(whole: Whole, number: str) -> set[int]:
    return {e.evidence.number for e in drafts.exhibits(whole.database, whole.section(number).id or 0)}


def test_evidence_that_another_section_was_given_cannot_be_cited(shelf: Shelf) -> None:
    usual = standing_in()

    def stealing(request: Request) -> str:
        script = usual.script["draft"]
        assert callable(script)
        return re.sub(r"\[e(\d+)\]", r"[e\1, e1, e2, e3, e4, e5, e6, e7, e8, e9]", str(script(request)))

    with shelf.done(scripted(draft=stealing), rounds=0, verify=False) as whole:
        texts = {number: whole.standing(number).text for number in ("1", "2", "3")}

        assert all(set(cited(text)) <= evidence_of(whole, number) for number, text in texts.items())
        assert not evidence_of(whole, "1") >= set(range(1, 10))
        assert sum(version.invented for version in whole.versions) > 0


@examples(4)
@given(seed=SEEDS, faults=FAULTY)
def test_a_section_is_revised_once_a_wave_and_only_for_something_new(shelf: Shelf, seed: int, faults: float) -> None:
    with shelf.done(Liar(standing_in(), seed, faults), **FULL) as whole:
        numbers = {section.id: section.number for section in whole.sections}
        rows = rounds.of_run(whole.database, whole.run_id)
        worked_on = Counter((row.wave, row.section) for row in rows if row.route in ("deepen", "denoise"))
        done = {(row.wave, row.section): row for row in rows if (row.route, row.outcome) == ("denoise", "accepted")}
        revised = Counter(
            (version.wave, numbers[version.section_id])
            for version in whole.versions
            if version.op == "denoise" and version.accepted and version.section_id in numbers
        )

        assert set(worked_on.values()) <= {1}
        assert set(revised) <= set(done)
        assert all(count == 1 for count in revised.values())
        assert all(cited(row.answer or "") for row in done.values())


@pytest.mark.parametrize("said", ["", "I think that the report is complete.", '{"nothing": "yes, perfect"}', "[]"])
def test_replies_that_cannot_be_read_are_never_a_reason_to_stop(shelf: Shelf, said: str) -> None:
    llm = scripted(question=said, critique='{"gaps": []}')
    with shelf.done(llm, **STANDARD | {"rounds": 5}) as whole:
        rows = rounds.of_run(whole.database, whole.run_id)

        assert whole.stopped == "rounds"
        assert len(rows) == 5
        assert {row.outcome for row in rows if row.gap_id is None} == {"failed"}


def test_nothing_lacking_is_a_reason_to_stop_once_nothing_urgent_is_open(shelf: Shelf) -> None:
    nothing = {"nothing": True, "section": "1", "kind": "thin", "priority": "low", "question": ""}
    said = json.dumps(nothing | {"hard": False, "parts": [], "queries": []})
    with shelf.done(scripted(question=said, critique='{"gaps": []}'), **STANDARD) as whole:
        rows = rounds.of_run(whole.database, whole.run_id)

        assert whole.stopped in ("complete", "dry")
        assert len(rows) < 8


@pytest.mark.parametrize("said", ["", "the " * 600, "{}", "null", "I cannot say."])
def test_a_report_without_a_usable_verdict_stands_and_what_it_says_is_unchecked(shelf: Shelf, said: str) -> None:
    failing = dict.fromkeys(("verify_question", "verify_answer", "verdict", "repair", "hedge"), said)
    with (
        shelf.done(standing_in(), **STANDARD, verify=False) as usual,
        shelf.done(scripted(**failing), **STANDARD) as whole,
    ):
        verdicts = {claim.verdict for claim in claims.of_run(whole.database, whole.run_id)}
        texts = [(section.number, whole.standing(section.number).text) for section in tree.body(whole.sections)]

        assert whole.status == "done"
        assert verdicts <= {"unchecked", "supported"}
        assert "unchecked" in verdicts
        assert texts == [(s.number, usual.standing(s.number).text) for s in tree.body(usual.sections)]


STEPS = (
    *("brief", "outline", "query", "draft", "critique", "question", "answer", "deepen", "denoise", "dispute"),
    *("shorten", "summary", "conclusion"),
)


@pytest.mark.parametrize("node", STEPS)
def test_a_step_that_always_fails_leaves_a_report_that_is_no_less_grounded(shelf: Shelf, node: str) -> None:
    with shelf.done(scripted(**{node: "Error: 500 Internal Server Error"})) as whole:
        assert whole.status == "done"
        assert whole.calls(node)
        assert "Error: 500" not in whole.report
        assert all(cited(whole.standing(section.number).text) for section in tree.body(whole.sections))


def test_every_state_of_a_report_can_be_had_back(shelf: Shelf) -> None:
    with shelf.done(standing_in(), **FULL) as whole:
        first = snapshots.of_run(whole.database, whole.run_id)[0]
        kept = {version.id: version.text for version in whole.versions}
        wanted = {number: kept[version_id] for number, version_id in first.versions.items()}
        changed = [number for number, text in wanted.items() if whole.standing(number).text != text]
        for number in changed:
            undo_to(whole, number, wanted[number])

        assert changed
        assert {number: whole.standing(number).text for number in wanted} == wanted
        assert kept.items() <= {version.id: version.text for version in whole.versions}.items()
        for text in wanted.values():
            assert re.sub(r" ?\[[^\]]*\]", "", text).split(".")[0] in re.sub(r" ?\[[^\]]*\]", "", whole.report)


def undo_to(whole: Whole, number: str, text: str) -> None:
    while whole.standing(number).text != text:
        with editing.opened(whole.database, whole.run_id, number) as chapter:
            editing.undo(whole.database, chapter)
