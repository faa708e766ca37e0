"""QUESTION alone: what a round asks, from the replies of a scripted model."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from redraft.agent.asking import ROOM_FOR_REASONS
from redraft.agent.events import Event, QuestionAsked
from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.questioning import TOKENS, question
from redraft.agent.settings import Settings
from redraft.agent.state import RoundTask
from redraft.store import gaps, rounds
from redraft.store.database import Database
from redraft.store.models import Fetch, Round, Visit, now
from redraft.store.pages import keep_attempt, save_visits
from redraft.tests.agent.begun import QUESTION, begun, open_gap, the_round
from redraft.tests.agent.desk import deps, runtime

COST = "What does building a tram line cost a kilometre?"
LIFE = "How long do the rails of a tram line last?"


def found(question: str, **fields: Any) -> str:
    """A good reply for the report as a whole, with these of its fields changed."""
    given = {"nothing": False, "section": "1", "kind": "thin", "priority": "high", "hard": False, "parts": []}
    return json.dumps({**given, "question": question, "queries": ["tram line cost kilometre"], **fields})


NOTHING = found("", nothing=True, queries=[])


async def asked(
    database: Database, settings: Settings, run_id: str, replies: Sequence[str], merge: str = "", number: int = 1
) -> tuple[Round, list[Request], list[Event]]:
    """The round after its question was asked for, and what the model was asked and the run announced."""
    llm = ScriptedLLM({"question": replies, "question_merge": [merge] * (settings.retries + 1)})
    heard: list[Event] = []
    given = deps(database, run_id, llm, settings, heard)
    await question(RoundTask(run_id=run_id, round=number), runtime(given))
    return the_round(database, run_id, number), llm.requests, heard


def varied(settings: Settings, count: int) -> Settings:
    return settings.model_copy(update={"question_variants": count})


async def test_a_question_opens_a_gap_that_the_round_works_on(database: Database, settings: Settings) -> None:
    run_id = begun(database, settings)

    row, _, heard = await asked(database, settings, run_id, [found(COST)])

    (gap,) = gaps.of_run(database, run_id)
    assert (gap.kind, gap.section, gap.question, gap.priority) == ("thin", "1", COST, "high")
    assert (gap.opened_by, gap.opened_in, gap.state) == ("question", 1, "open")
    assert (row.gap_id, row.question, row.parts, row.outcome) == (gap.id, COST, [], None)
    assert row.queries == ["tram line cost kilometre"]
    assert QuestionAsked(round=1, section="1", gap="thin", question=COST, parts=[]) in heard


async def test_a_round_that_has_its_question_keeps_it(database: Database, settings: Settings) -> None:
    run_id = begun(database, settings)
    first, _, _ = await asked(database, settings, run_id, [found(COST)])

    again, requests, _ = await asked(database, settings, run_id, [])

    assert (again, requests) == (first, [])


async def test_the_model_is_shown_what_stands_what_was_asked_and_what_is_lacking(
    database: Database, settings: Settings
) -> None:
    run_id = begun(database, settings, [("1", None)])
    rounds.update(database, the_round(database, run_id), question=LIFE, outcome="accepted")
    open_gap(database, run_id, "Who drives the buses?", section="2")
    visit(database, run_id, "https://rails.example/cost", "robots")
    rounds.begin(database, run_id, 2, [("1", None), ("2", None)])

    _, (request,), _ = await asked(database, settings, run_id, [found(COST)], number=2)

    prompt = request.messages[-1].content
    assert "2 Buses: A bus lane carries up to 4,000 passengers an hour in each direction." in prompt
    assert '# Section 1, "Trams"' in prompt
    assert "Trams are pleasant." in prompt
    assert "nobody has checked: Trams are cheap." in prompt
    assert f"# Asked before\n\n- {LIFE}\n" in prompt
    assert "- section 2, thin, medium: Who drives the buses?" in prompt
    assert "# Points that no section speaks of\n\n- Who owns and who runs the networks.\n" in prompt
    assert "- rails.example: " in prompt


async def test_rounds_of_a_wave_are_asked_the_same_whoever_is_first(database: Database, settings: Settings) -> None:
    prompts = []
    for order in ([1, 2], [2, 1]):
        run_id = begun(database, settings, [("", None), ("2", None)])
        requests = {}
        for number in order:
            reply = found(COST) if number == 1 else found("Who drives buses?", section="2")
            _, requests[number], _ = await asked(database, settings, run_id, [reply], number=number)
        prompts.append([[message.content for message in requests[number][0].messages] for number in (1, 2)])

    assert prompts[0] == prompts[1]


async def test_a_section_of_another_round_is_left_to_it(database: Database, settings: Settings) -> None:
    run_id = begun(database, settings, [("", None), ("1", None)])

    row, requests, _ = await asked(database, settings, run_id, [found(COST), found("Who drives buses?", section="2")])

    assert gaps.of_run(database, run_id)[0].section == "2"
    assert "`section` is one of 2, 3." in requests[1].messages[-1].content
    assert row.question == "Who drives buses?"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("no idea", "The JSON does not have the form asked for"),
        (found(COST, section="9"), "`section` is one of 1, 2, 3."),
        (found(COST, kind="boring"), "The JSON does not have the form asked for: kind"),
        (found(COST, kind="note"), "`kind` is one of those listed."),
        (found("How long will the rails of a tram line last?"), "was asked before"),
        (found("?"), "names the matter itself"),
        (found("Who invented chess?"), "names the matter itself"),
        (found("trams cost trams cost trams cost trams cost trams cost trams cost"), "repeats itself"),
    ],
)
async def test_a_question_that_is_none_goes_back_with_the_reason(
    database: Database, settings: Settings, reply: str, reason: str
) -> None:
    run_id = begun(database, settings)
    rounds.update(database, the_round(database, run_id), question=LIFE, outcome="accepted")
    rounds.begin(database, run_id, 2, [("", None)])

    row, (_, again), _ = await asked(database, varied(settings, 1), run_id, [reply, found(COST)], number=2)

    assert reason in again.messages[-1].content
    assert row.question == COST


async def test_an_easy_question_gets_one_search_and_a_hard_one_a_search_for_each_part(
    database: Database, settings: Settings
) -> None:
    many = ["tram line cost", "rails lifetime", "wire lifetime"]
    parts = [COST, LIFE, "How long does the wire last?"]
    easy = begun(database, settings)
    hard = begun(database, settings)

    one, _, _ = await asked(database, settings, easy, [found(COST, queries=many)])
    several, _, _ = await asked(database, settings, hard, [found(COST, hard=True, parts=parts, queries=many[:2])])

    assert (one.parts, one.queries) == ([], ["tram line cost"])
    assert several.parts == parts
    assert several.queries == ["tram line cost", "rails lifetime", "long wire last"]


async def test_variants_that_say_the_same_need_no_merge(database: Database, settings: Settings) -> None:
    run_id = begun(database, settings)
    replies = [found(COST), found("How much does building a tram line cost a kilometre?"), "no idea"]

    row, requests, _ = await asked(database, varied(settings, 3), run_id, replies)

    assert row.question == COST
    assert [request.node for request in requests] == ["question"]


async def test_different_variants_are_merged_into_one(database: Database, settings: Settings) -> None:
    run_id = begun(database, settings)
    both = "What does building a tram line cost, and how long do its rails last?"

    row, requests, _ = await asked(database, varied(settings, 2), run_id, [found(COST), found(LIFE)], found(both))

    assert row.question == both
    assert [request.node for request in requests] == ["question", "question_merge"]
    assert all(text in requests[1].messages[-1].content for text in (COST, LIFE))
    assert len(gaps.of_run(database, run_id)) == 1


@pytest.mark.parametrize(("missing", "shown"), [(0, 3), (1, 2)])
async def test_where_the_context_is_small_the_first_variants_alone_are_merged(
    database: Database, settings: Settings, missing: int, shown: int
) -> None:
    texts = [COST, LIFE, "Who drives the buses of the cities?"]
    variants = [found(text) for text in texts]
    _, (*_, whole), _ = await asked(database, varied(settings, 3), begun(database, settings), variants, found(COST))
    needed = sum(len(message.content.split()) for message in whole.messages) + TOKENS + ROOM_FOR_REASONS
    run_id, llm = begun(database, settings), ScriptedLLM({"question_merge": [found(COST)]})

    def then_smaller(request: Request) -> Sequence[str]:
        llm.context = needed - missing
        return variants

    llm.script = {"question": then_smaller, **llm.script}
    await question(RoundTask(run_id=run_id, round=1), runtime(deps(database, run_id, llm, varied(settings, 3))))

    merge = llm.requests[-1]
    assert merge.node == "question_merge"
    assert [text in merge.messages[-1].content for text in texts] == [place < shown for place in range(3)]
    assert the_round(database, run_id).question == COST


@pytest.mark.parametrize(
    "merge",
    ["no idea", found("Who drives the buses of the cities?"), found(COST, section="3"), found(LIFE, kind="missing")],
)
async def test_a_merge_that_adds_something_is_refused_for_the_first_variant(
    database: Database, settings: Settings, merge: str
) -> None:
    run_id = begun(database, settings)

    row, requests, _ = await asked(database, varied(settings, 2), run_id, [found(COST), found(LIFE)], merge)

    assert row.question == COST
    assert [request.node for request in requests] == ["question"] + ["question_merge"] * (settings.retries + 1)


async def test_a_round_that_finds_nothing_lacking_is_dry(database: Database, settings: Settings) -> None:
    run_id = begun(database, settings)

    row, _, _ = await asked(database, varied(settings, 2), run_id, [NOTHING, NOTHING])

    assert (row.outcome, row.gap_id, row.question) == ("dry", None, "")
    assert row.reason
    assert gaps.of_run(database, run_id) == []


async def test_what_one_variant_misses_outweighs_that_another_misses_nothing(
    database: Database, settings: Settings
) -> None:
    run_id = begun(database, settings)

    row, _, _ = await asked(database, varied(settings, 2), run_id, [NOTHING, found(COST)])

    assert (row.outcome, row.question) == (None, COST)


async def test_nothing_is_not_believed_while_an_urgent_gap_is_open(database: Database, settings: Settings) -> None:
    run_id = begun(database, settings)
    open_gap(database, run_id, LIFE, priority="high")

    row, (_, again), _ = await asked(database, settings, run_id, [NOTHING, found(COST)])

    assert LIFE in again.messages[-1].content
    assert row.question == COST


async def test_an_urgent_gap_elsewhere_does_not_keep_a_section_from_being_good(
    database: Database, settings: Settings
) -> None:
    run_id = begun(database, settings, [("2", None)])
    open_gap(database, run_id, LIFE, priority="high")

    row, _, _ = await asked(database, settings, run_id, [NOTHING])

    assert row.outcome == "dry"


async def test_an_open_gap_that_is_found_again_is_not_opened_twice(database: Database, settings: Settings) -> None:
    run_id = begun(database, settings)
    gap = open_gap(database, run_id, COST)

    row, _, _ = await asked(database, settings, run_id, [found("How much does building a tram line cost a kilometre?")])

    assert row.gap_id == gap.id
    assert len(gaps.of_run(database, run_id)) == 1


async def test_replies_that_cannot_be_used_make_a_failed_round_and_no_dry_one(
    database: Database, settings: Settings
) -> None:
    run_id = begun(database, settings)

    row, requests, _ = await asked(database, settings, run_id, ["no idea"] * 3)

    assert (row.outcome, row.question, len(requests)) == ("failed", "", settings.retries + 1)
    assert gaps.of_run(database, run_id) == []


async def for_a_gap(
    database: Database, settings: Settings, replies: Sequence[str], **fields: Any
) -> tuple[Round, list[Request]]:
    """The round that works on a gap of section 2, "Are buses slow?"."""
    run_id = begun(database, settings)
    gap = open_gap(database, run_id, "Are buses slow?", **{"section": "2", "kind": "note", **fields})
    rounds.begin(database, run_id, 2, [("2", gap.id)])
    row, requests, _ = await asked(database, settings, run_id, replies, number=2)
    assert [one.id for one in gaps.of_run(database, run_id)] == [row.gap_id] == [gap.id]
    return row, requests


async def test_the_model_may_sharpen_the_question_of_a_gap_and_nothing_else(
    database: Database, settings: Settings
) -> None:
    sharper = "How fast are buses in a lane of their own?"

    row, (request,) = await for_a_gap(database, settings, [found(sharper, section="3", kind="thin", nothing=True)])

    assert (row.question, row.outcome) == (sharper, None)
    assert "Section 2 has this gap (note: the user asked for it in these words):\nAre buses slow?" in (
        request.messages[-1].content
    )
    assert "nothing" not in json.dumps(request.schema)


async def test_a_gap_asks_for_itself_where_no_reply_can_be_used(database: Database, settings: Settings) -> None:
    row, _ = await for_a_gap(database, settings, ["no idea"] * 3)

    assert (row.question, row.queries, row.outcome) == ("Are buses slow?", ["buses slow"], None)


async def test_different_wordings_for_a_note_of_the_user_are_merged(database: Database, settings: Settings) -> None:
    run_id = begun(database, settings)
    gap = open_gap(database, run_id, "Are trams worth it?", kind="note")
    rounds.begin(database, run_id, 2, [("1", gap.id)])
    both = "What does building a tram line cost, and how long do its rails last?"

    row, _, _ = await asked(
        database, varied(settings, 2), run_id, [found(COST), found(LIFE)], found(both, kind="note"), number=2
    )

    assert (row.question, row.gap_id) == (both, gap.id)


async def test_a_small_context_drops_the_other_sections_first(database: Database, settings: Settings) -> None:
    run_id = begun(database, settings, [("1", None), ("2", None)])
    _, (full,), _ = await asked(database, settings, run_id, [found(COST)])
    needed = sum(len(message.content.split()) for message in full.messages) + TOKENS + ROOM_FOR_REASONS
    llm = ScriptedLLM({"question": [found("Who drives the buses?", section="2")]}, context=needed - 10)

    await question(RoundTask(run_id=run_id, round=2), runtime(deps(database, run_id, llm, settings)))

    prompt = llm.requests[0].messages[-1].content
    assert "# What the report says so far" in full.messages[-1].content
    assert "# What the report says so far" not in prompt
    assert "A bus lane carries up to 4,000 passengers" in prompt


@pytest.mark.parametrize(
    "wrong",
    [
        {"hard": True, "parts": [LIFE]},
        {"hard": True, "parts": [LIFE, LIFE]},
        {"parts": [LIFE, COST]},
        {"queries": ["1.1.0.0.0/test"]},
        {"queries": []},
    ],
)
async def test_a_bad_plan_of_a_good_question_is_mended(
    database: Database, settings: Settings, wrong: dict[str, Any]
) -> None:
    run_id = begun(database, settings)

    row, _, _ = await asked(database, settings, run_id, [found(COST, **wrong)])

    assert (row.question, row.parts) == (COST, [])
    assert row.queries == (
        ["building tram line cost kilometre"] if "queries" in wrong else ["tram line cost kilometre"]
    )


texts = st.text(max_size=60) | st.sampled_from([COST, LIFE, QUESTION, "[e1]", "Trams?"])


@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    reply=st.text(max_size=80)
    | st.builds(
        found,
        texts,
        nothing=st.booleans(),
        section=st.sampled_from(["1", "2", "9", "", "0"]),
        kind=st.sampled_from(["missing", "note", "thin", "odd"]),
        hard=st.booleans(),
        parts=st.lists(texts, max_size=5),
        queries=st.lists(texts, max_size=5),
    )
)
async def test_whatever_the_model_says_a_round_asks_or_ends(database: Database, settings: Settings, reply: str) -> None:
    run_id = begun(database, settings)

    row, _, _ = await asked(database, settings, run_id, [reply] * 3)

    known = gaps.of_run(database, run_id)
    assert all(gap.section in ("1", "2", "3") and gap.kind in ("missing", "thin") for gap in known)
    if row.outcome is None:
        assert row.question
        assert [gap.id for gap in known] == [row.gap_id]
        assert len(row.parts) in (0, 2, 3, 4)
        assert 1 <= len(row.queries) <= max(1, len(row.parts))
    else:
        assert row.outcome in ("dry", "failed")
        assert known == []


def visit(database: Database, run_id: str, url: str, failure: str) -> None:
    """A page that the run could not have."""
    fetch = keep_attempt(database, Fetch(url_key=url, url=url, links=[], failure=failure, detail="", ms=1, at=now()))
    save_visits(database, [Visit(run_id=run_id, url_key=url, fetch_id=fetch.id or 0, number=1, via="trams", depth=0)])
