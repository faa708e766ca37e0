"""ANSWER alone: what a round finds out, from the replies of a scripted model."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from redraft.agent.answering import answer
from redraft.agent.asking import ROOM_FOR_REASONS
from redraft.agent.citations import cited
from redraft.agent.events import CallLeftOut, Event, QuestionAnswered
from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.settings import Settings
from redraft.agent.state import RoundTask
from redraft.store import rounds
from redraft.store.database import Database
from redraft.store.models import Round
from redraft.tests.agent.begun import begun, open_gap, passage_ids, the_round
from redraft.tests.agent.desk import deps, runtime
from redraft.tests.texts import TEXTS

ASKED = "What does building a tram line or a bus lane cost a kilometre?"
TRAMS = "Building a tram line costs between 15 and 40 million euros a kilometre"
BUSES = "Building a bus lane costs about one million euros a kilometre"
RAILS = "The rails last for about thirty years"


def ready(database: Database, settings: Settings, kind: str = "thin", parts: Sequence[str] = ()) -> str:
    """The id of a run whose first round has asked and searched: `e1` to `e3` are known to it, all above is new."""
    run_id = begun(database, settings, [("1", None)])
    gap = open_gap(database, run_id, ASKED, kind=kind)
    row = the_round(database, run_id)
    rounds.update(database, row, gap_id=gap.id, question=ASKED, parts=list(parts), queries=["cost"])
    rounds.file_evidence(database, row, passage_ids(database))
    return run_id


def ids(database: Database, run_id: str) -> dict[str, int]:
    """The evidence of the round that says these sentences."""
    shown = rounds.exhibits(database, the_round(database, run_id).id or 0)
    texts = {exhibit.evidence.number: " ".join(exhibit.passage.text.split()) for exhibit in shown}
    return {said: next(n for n, text in texts.items() if said in text) for said in (TRAMS, BUSES, RAILS)}


async def answered(
    database: Database, settings: Settings, run_id: str, replies: Sequence[str], merge: str = ""
) -> tuple[Round, list[Request], list[Event]]:
    """The round after it was answered, and what the model was asked and the run announced."""
    llm = ScriptedLLM({"answer": replies, "answer_merge": [merge] * (settings.retries + 1)})
    heard: list[Event] = []
    await answer(RoundTask(run_id=run_id, round=1), runtime(deps(database, run_id, llm, settings, heard)))
    return the_round(database, run_id), llm.requests, heard


def varied(settings: Settings, count: int) -> Settings:
    return settings.model_copy(update={"answer_variants": count})


def saying(known: dict[str, int], *said: str) -> str:
    return " ".join(f"{sentence} [e{known[sentence]}]." for sentence in said)


async def test_an_answer_is_kept_with_what_is_new_in_it(database: Database, settings: Settings) -> None:
    run_id = ready(database, settings)
    text = saying(ids(database, run_id), BUSES)

    row, (request,), heard = await answered(database, settings, run_id, [text])

    assert (row.answer, row.novelty, row.outcome) == (text, 1.0, None)
    assert QuestionAnswered(round=1, sentences=1, sources=1, novelty=1.0) in heard
    assert ASKED in request.messages[-1].content
    assert "SOURCE-TEXT" in request.messages[-1].content


async def test_a_round_that_has_its_answer_keeps_it(database: Database, settings: Settings) -> None:
    run_id = ready(database, settings)
    first, _, _ = await answered(database, settings, run_id, [saying(ids(database, run_id), BUSES)])

    again, requests, _ = await answered(database, settings, run_id, [])

    assert (again, requests) == (first, [])


async def test_what_the_report_says_already_is_not_new(database: Database, settings: Settings) -> None:
    run_id = ready(database, settings)
    known = "A bus lane carries up to 4,000 passengers an hour in each direction [e2]."

    row, _, _ = await answered(database, settings, run_id, [f"{known} {saying(ids(database, run_id), BUSES)}"])

    assert row.novelty == 0.5


@pytest.mark.parametrize(("kind", "novelty"), [("thin", 0.0), ("missing", 1.0)])
async def test_evidence_that_the_section_cites_is_new_to_subsections_alone(
    database: Database, settings: Settings, kind: str, novelty: float
) -> None:
    run_id = ready(database, settings, kind=kind)
    text = "Trams run on rails in the street and draw their power from an overhead wire [e1]."

    row, _, _ = await answered(database, settings, run_id, [text])

    assert (row.answer, row.novelty) == (text, novelty)


async def test_without_evidence_the_model_is_not_asked(database: Database, settings: Settings) -> None:
    run_id = begun(database, settings)
    rounds.update(database, the_round(database, run_id), question=ASKED, searched=True)

    row, requests, heard = await answered(database, settings, run_id, [])

    assert (row.answer, row.novelty, row.outcome, requests) == ("", 0.0, None, [])
    assert QuestionAnswered(round=1, sentences=0, sources=0, novelty=0.0) in heard


async def test_evidence_that_says_nothing_to_the_question_makes_an_empty_answer(
    database: Database, settings: Settings
) -> None:
    run_id = ready(database, settings)

    row, requests, _ = await answered(database, settings, run_id, ["NOTHING"])

    assert (row.answer, row.novelty, row.outcome, len(requests)) == ("", 0.0, None, 1)


async def test_answers_that_say_the_same_need_no_merge(database: Database, settings: Settings) -> None:
    run_id = ready(database, settings)
    known = ids(database, run_id)
    replies = [saying(known, BUSES), saying(known, TRAMS, BUSES), "NOTHING"]

    row, requests, _ = await answered(database, varied(settings, 3), run_id, replies)

    assert row.answer == saying(known, TRAMS, BUSES)
    assert [request.node for request in requests] == ["answer"]


async def test_different_answers_are_merged_into_one(database: Database, settings: Settings) -> None:
    run_id = ready(database, settings)
    known = ids(database, run_id)
    both = saying(known, BUSES, TRAMS)

    row, requests, _ = await answered(
        database, varied(settings, 2), run_id, [saying(known, TRAMS), saying(known, BUSES)], both
    )

    assert row.answer == both
    assert [request.node for request in requests] == ["answer", "answer_merge"]
    assert "SOURCE-TEXT" not in requests[1].messages[-1].content


async def test_a_merge_keeps_nothing_that_no_answer_says(database: Database, settings: Settings) -> None:
    run_id = ready(database, settings)
    known = ids(database, run_id)
    more = f"{saying(known, TRAMS)} {saying(known, RAILS)}"

    row, _, _ = await answered(
        database, varied(settings, 2), run_id, [saying(known, TRAMS), saying(known, BUSES)], more
    )

    assert row.answer == saying(known, TRAMS)


@pytest.mark.parametrize(("missing", "shown"), [(0, 3), (1, 2)])
async def test_where_the_context_is_small_the_first_answers_alone_are_merged(
    database: Database, settings: Settings, missing: int, shown: int
) -> None:
    settings = varied(settings, 3)
    run_id, other = ready(database, settings), ready(database, settings)
    known = ids(database, run_id)
    replies = [saying(known, said) for said in (TRAMS, BUSES, RAILS)]
    _, (*_, whole), _ = await answered(database, settings, other, replies, replies[0])
    needed = sum(len(message.content.split()) for message in whole.messages) + whole.max_tokens + ROOM_FOR_REASONS
    llm = ScriptedLLM({"answer_merge": [replies[0]]})

    def then_smaller(request: Request) -> Sequence[str]:
        llm.context = needed - missing
        return replies

    llm.script = {"answer": then_smaller, **llm.script}
    await answer(RoundTask(run_id=run_id, round=1), runtime(deps(database, run_id, llm, settings)))

    merge = llm.requests[-1]
    assert merge.node == "answer_merge"
    assert [text in merge.messages[-1].content for text in replies] == [place < shown for place in range(3)]
    assert the_round(database, run_id).answer == replies[0]


async def test_where_no_evidence_can_be_shown_it_is_quoted(database: Database, settings: Settings) -> None:
    run_id = ready(database, settings)
    llm, heard = ScriptedLLM({}, context=400), list[Event]()

    await answer(RoundTask(run_id=run_id, round=1), runtime(deps(database, run_id, llm, settings, heard)))

    assert TRAMS in (the_round(database, run_id).answer or "")
    assert [event.node for event in heard if isinstance(event, CallLeftOut)] == ["answer"]


async def test_answers_whose_merge_cannot_be_used_are_put_one_after_the_other(
    database: Database, settings: Settings
) -> None:
    run_id = ready(database, settings)
    known = ids(database, run_id)

    row, _, _ = await answered(
        database, varied(settings, 2), run_id, [saying(known, TRAMS), saying(known, BUSES)], "I cannot."
    )

    assert row.answer == saying(known, TRAMS, BUSES)


async def test_the_parts_of_a_hard_question_are_answered_each_by_itself(database: Database, settings: Settings) -> None:
    parts = ["What does building a tram line cost?", "What does building a bus lane cost?"]
    run_id = ready(database, settings, parts=parts)
    known = ids(database, run_id)

    row, requests, _ = await answered(database, settings, run_id, [saying(known, TRAMS), saying(known, BUSES, TRAMS)])

    assert row.answer == saying(known, TRAMS, BUSES)
    for part, request in zip(parts, requests, strict=True):
        prompt = request.messages[-1].content
        assert part in prompt
        assert "at most 3 sentences" in prompt
    first = requests[1].messages[-1].content.split("SOURCE-TEXT")[1]
    assert first.index(BUSES) < first.index(TRAMS)


async def test_where_no_reply_can_be_used_the_evidence_is_quoted(database: Database, settings: Settings) -> None:
    run_id = ready(database, settings)

    row, requests, _ = await answered(database, settings, run_id, ["It depends."] * 3)

    assert len(requests) == settings.retries + 1
    assert f"“{BUSES}.”" in (row.answer or "")
    assert 1 <= (row.answer or "").count("“") <= 3
    assert set(cited(row.answer or "")) <= set(evidence(database, run_id))
    assert row.outcome is None


async def test_a_round_with_neither_a_usable_reply_nor_a_quotation_has_failed(
    database: Database, settings: Settings
) -> None:
    run_id = ready(database, settings)
    rounds.update(database, the_round(database, run_id), question="Are elephants grey?")

    row, _, heard = await answered(database, settings, run_id, ["It depends."] * 3)

    assert (row.outcome, row.answer) == ("failed", None)
    assert row.reason
    assert not any(isinstance(event, QuestionAnswered) for event in heard)


def evidence(database: Database, run_id: str) -> list[int]:
    return [exhibit.evidence.number for exhibit in rounds.exhibits(database, the_round(database, run_id).id or 0)]


BABBLE = TEXTS | st.lists(
    st.sampled_from([f"{TRAMS} [e1].", f"{BUSES} [e4].", f"{RAILS} [e2, e3].", "NOTHING", "[e99]", "[e5].", RAILS])
).map(" ".join)


@examples(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(BABBLE, min_size=4, max_size=4), BABBLE)
async def test_whatever_the_model_says_an_answer_cites_the_evidence_of_its_round_alone(
    database: Database, settings: Settings, replies: list[str], merge: str
) -> None:
    run_id = begun(database, settings, [("1", None)])
    rounds.update(database, the_round(database, run_id), question=ASKED, queries=["cost"])
    rounds.file_evidence(database, the_round(database, run_id), passage_ids(database)[3:])

    row, _, _ = await answered(database, varied(settings, 2), run_id, replies, merge)

    assert set(cited(row.answer or "")) <= set(evidence(database, run_id))
    assert "[e99]" not in (row.answer or "")
    assert row.outcome is not None or 0.0 <= (row.novelty or 0.0) <= 1.0
