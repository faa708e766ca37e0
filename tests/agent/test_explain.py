"""Why a text stands in a report: from the words back to the passage, and to the call that wrote them."""

import json
import re

import pytest

from redraft.agent import archive, run
from redraft.agent.citations import numbered
from redraft.agent.editing import edit, opened, undo
from redraft.agent.errors import UserError
from redraft.agent.explain import explain_section, explain_sentence
from redraft.agent.history import chapter
from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.settings import Settings
from redraft.store import drafts, runs
from redraft.store.database import Database
from redraft.store.library import page_text
from redraft.tests import faithful
from redraft.tests.agent.mended import RUN, mended, section


@pytest.fixture
async def run_id(database: Database, settings: Settings, question: str, writer: ScriptedLLM) -> str:
    """A finished run whose drafts were refused once."""

    def improve(request: Request) -> str:
        return faithful.answer(request.messages[-1].content) if request.attempt else "No idea."

    row = run.create(database, question, settings)
    await run.carry_out(database, row.id, settings, lambda _: None, ScriptedLLM({**writer.script, "draft": improve}))
    return row.id


def rewrite(database: Database, run_id: str, number: str, text: str) -> None:
    with opened(database, run_id, number) as mine:
        edit(database, mine, text)


async def test_a_section_is_explained_from_its_plan_to_its_passages(database: Database, run_id: str) -> None:
    data = explain_section(database, run_id, "1")

    assert json.loads(json.dumps(data)) == data
    assert data["section"] == {
        "number": "1",
        "title": "Capacity of each way to travel",
        "purpose": "Capacity of each way to travel, compared.",
        "origin": "model",
        "words": 68,
        "wave": 0,
        "locked": False,
        "stale": None,
        "hypotheses": ["Much is known of capacity of each way to travel"],
    }
    assert [query["text"] for query in data["queries"]] == ["Capacity of each way to travel", "euros a kilometre"]
    assert all(query["hits"] for query in data["queries"])
    assert [(version["accepted"], bool(version["problems"])) for version in data["before"]] == [(False, True)]
    assert (data["standing"]["version"], data["origin"]) == (2, 2)
    assert (data["call"]["node"], data["call"]["attempt"]) == ("draft", 1)
    assert data["call"]["output_tokens"] > 0


async def test_each_cited_sentence_leads_to_its_source_by_the_numbers_of_the_report(
    database: Database, run_id: str
) -> None:
    data = explain_section(database, run_id, "2")
    references = {reference.number: reference for reference in archive.report(database, run_id).references}

    known = {evidence["evidence"]: evidence for evidence in data["evidence"]}
    assert {number for sentence in data["sentences"] for number in sentence["evidence"]} == set(known)
    assert known
    for evidence in known.values():
        source = references[evidence["reference"]].source
        assert (evidence["url"], evidence["title"]) == (source.url, source.title)
        text = page_text(database, source.page_digest)
        assert text[evidence["start"] : evidence["end"]] == evidence["text"]


async def test_a_sentence_is_found_as_it_stands_in_the_report_whatever_its_case_and_white_space(
    database: Database, run_id: str
) -> None:
    rewrite(database, run_id, "1", "Trams run on rails [e1]. Monorails hang from beams [e2, e3].")
    numbers = {n.evidence.number: r.number for r in archive.report(database, run_id).references for n in r.exhibits}
    shown = numbered("Monorails hang from beams [e2, e3].", numbers)

    for words in (shown, "monorails  HANG\nfrom beams", "Monorails hang from beams [e2, e3].", "rails hang from"):
        data = explain_sentence(database, run_id, words)
        assert data["sentences"] == [{"text": "Monorails hang from beams [e2, e3].", "evidence": [2, 3]}]
        assert [evidence["evidence"] for evidence in data["evidence"]] == [2, 3]
        assert data["section"]["number"] == "1"


async def test_a_whole_sentence_is_preferred_to_one_that_holds_it(database: Database, run_id: str) -> None:
    rewrite(database, run_id, "1", "Monorails hang. Monorails hang from beams.")

    assert explain_sentence(database, run_id, "Monorails hang.")["sentences"][0]["text"] == "Monorails hang."


async def test_words_that_several_sentences_have_name_the_candidates_and_a_section_decides(
    database: Database, run_id: str
) -> None:
    sentence = explain_section(database, run_id, "0")["sentences"][0]["text"]

    with pytest.raises(UserError, match=r"4 sentences .* name the --section: section 0 “.*; section 1 “"):
        explain_sentence(database, run_id, sentence)

    assert explain_sentence(database, run_id, sentence, section="0")["call"]["node"] == "summary"


async def test_words_that_one_section_has_several_times_must_be_more(database: Database, run_id: str) -> None:
    rewrite(database, run_id, "1", "Monorails hang low. Monorails hang high.")

    with pytest.raises(UserError, match=r"give more of them: section 1 “Monorails hang low\.”; section 1"):
        explain_sentence(database, run_id, "monorails hang")


async def test_words_that_no_sentence_has_name_the_nearest(database: Database, run_id: str) -> None:
    rewrite(database, run_id, "1", "Monorails hang from beams of steel.")

    with pytest.raises(UserError, match=r"nearest: section 1 “Monorails hang from beams of steel\.”"):
        explain_sentence(database, run_id, "Monorails hang on beams of steel")
    with pytest.raises(UserError, match=r"no sentence of the report has these words$"):
        explain_sentence(database, run_id, "zzzz")
    with pytest.raises(UserError, match="no words"):
        explain_sentence(database, run_id, "[3] …")


async def test_after_an_undo_the_call_that_wrote_the_text_is_told(database: Database, run_id: str) -> None:
    before = explain_section(database, run_id, "1")
    rewrite(database, run_id, "1", "Mine [e1].")
    edited = explain_section(database, run_id, "1")
    with opened(database, run_id, "1") as mine:
        undo(database, mine)

    after = explain_section(database, run_id, "1")

    assert (edited["call"], edited["origin"], edited["standing"]["op"]) == (None, 3, "edit")
    assert (after["call"], after["origin"], after["standing"]["op"]) == (before["call"], 2, "undo")
    assert after["sentences"] == before["sentences"]
    assert [version["version"] for version in after["before"]] == [1, 2, 3]


async def test_a_section_that_is_not_written_has_a_plan_alone(
    database: Database, settings: Settings, question: str
) -> None:
    def planned(request: Request) -> str:
        return faithful.answer(request.messages[-1].content)

    row = run.create(database, question, settings)
    with pytest.raises(LookupError):  # the script ends here
        await run.carry_out(
            database, row.id, settings, lambda _: None, ScriptedLLM({"brief": planned, "outline": planned})
        )

    data = explain_section(database, row.id, "1")

    assert (data["standing"], data["call"], data["before"], data["evidence"]) == (None, None, [], [])
    assert data["section"]["title"] == "Capacity of each way to travel"


async def test_what_is_told_of_the_evidence_is_what_the_report_cites(database: Database, run_id: str) -> None:
    numbers = {int(n) for e in drafts.accepted(database, run_id).values() for n in re.findall(r"e(\d+)", e.text)}
    told = {e["evidence"] for number in "0123" for e in explain_section(database, run_id, number)["evidence"]}

    assert told == numbers
    assert chapter(database, run_id, "3").newest is not None


def test_a_section_is_told_with_the_rounds_that_made_it_and_the_verdicts_on_its_claims(database: Database) -> None:
    data = explain_section(database, mended(database), "2.1")

    assert json.loads(json.dumps(data)) == data
    assert [(row["number"], row["worked_on"], row["outcome"]) for row in data["rounds"]] == [(1, "2", "accepted")]
    assert [(claim["verdict"], claim["answer"]) for claim in data["claims"]] == [
        ("supported", "Thirty years."),
        ("unchecked", "Thirty years."),
    ]
    assert (data["section"]["wave"], data["proposed"]) == (1, None)


def test_a_round_that_looked_at_a_section_is_told_with_it_whatever_came_of_it(database: Database) -> None:
    mended(database)

    assert [row["outcome"] for row in explain_section(database, RUN, "1")["rounds"]] == ["refused"]
    assert [row["number"] for row in explain_section(database, RUN, "2")["rounds"]] == [1]
    assert explain_section(database, RUN, "3")["rounds"] == []


def test_a_sentence_is_told_with_the_verdict_on_it_alone(database: Database) -> None:
    mended(database)

    (claim,) = explain_sentence(database, RUN, "the rails last for about thirty years")["claims"]
    assert (claim["claim"], claim["action"]) == ("The rails last for about thirty years [e1].", "kept")
    assert explain_sentence(database, RUN, "Building a tram line")["claims"] == []


def test_a_mended_text_is_told_with_the_verdicts_for_which_it_was_mended(database: Database) -> None:
    mended(database)
    repaired = drafts.version_of(section(database, "2.1"), "repair", "The rails last [e1].", accepted=True, wave=1)
    drafts.append(database, [repaired])

    assert len(explain_section(database, RUN, "2.1")["claims"]) == 2


def test_a_version_that_waits_for_the_user_is_told(database: Database) -> None:
    mended(database)
    offer = drafts.version_of(section(database, "2"), "denoise", "Rails last [e1].", accepted=False, wave=2)
    offer.proposed = True
    drafts.append(database, [offer])
    drafts.set_stale(database, section(database, "2"), "Its claims do not hold.")

    data = explain_section(database, RUN, "2")

    assert (data["proposed"]["version"], data["section"]["stale"]) == (3, "Its claims do not hold.")


async def test_what_was_shortened_or_brought_back_is_told_to_be_written_by_whoever_wrote_it(
    database: Database, run_id: str
) -> None:
    before = explain_section(database, run_id, "1")
    text, section = before["standing"]["text"], runs.section(database, run_id, "1")
    for op, said in (("trim", text[: len(text) // 2]), ("denoise", "No."), ("restore", text)):
        drafts.append(database, [drafts.version_of(section, op, said, accepted=True)])
        after = explain_section(database, run_id, "1")
        assert after["call"] == (None if op == "denoise" else before["call"])
