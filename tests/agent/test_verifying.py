"""VERIFY on a run made by hand: e1 is about trams, e2 about buses, e3 about cycle paths, one section for each."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from redraft.agent.citations import cited
from redraft.agent.claims import statements
from redraft.agent.events import Event, SectionVerified
from redraft.agent.llm import Message, Reply, Request, ScriptedLLM
from redraft.agent.settings import Settings
from redraft.agent.verifying import verify
from redraft.store import claims, drafts, gaps
from redraft.store.database import Database
from redraft.store.models import Claim, Version
from redraft.tests.agent.desk import deps, runtime
from redraft.tests.agent.midway import BUSES, CYCLING, RUN, TEXTS, TRAMS, begin, section, texts
from redraft.tests.hostile import TOKENS
from redraft.tools.sentences import sentence_spans

KEPT = "Trams run on rails in the street and draw their power from an overhead wire [e1]."
RIGHT = "In each direction a tram line carries up to 9,000 passengers an hour [e1]."
WRONG = "In each direction a tram line carries up to 4,000 passengers an hour [e1]."
MORE = "A tram line carries its passengers through the street in each direction [e1]. Power comes from a wire [e1]."


@pytest.fixture
def standard(settings: Settings) -> Settings:
    return settings.model_copy(update={"verify": True, "preset": "standard", "retries": 1})


def put(database: Database, text: str, number: str = TRAMS) -> Version:
    version = drafts.version_of(section(database, number), "draft", text, accepted=True)
    drafts.append(database, [version])
    return version


def questions(*asked: tuple[int, str]) -> str:
    return json.dumps({"questions": [{"claim": number, "question": text} for number, text in asked]})


def answer(text: str) -> str:
    return json.dumps({"said": bool(text), "answer": text})


def verdict(word: str) -> str:
    return json.dumps({"why": "the figures", "verdict": word})


ASKED = questions((1, "How many passengers does a tram line carry an hour?"))
FOUND = "A tram line carries up to 9,000 passengers an hour."
CHECKED = {"verify_question": [ASKED], "verify_answer": [answer(FOUND)]}


async def verified(
    database: Database, settings: Settings, llm: ScriptedLLM, events: list[Event] | None = None
) -> Sequence[Claim]:
    await verify({"run_id": RUN}, runtime(deps(database, RUN, llm, settings, events)))
    return claims.of_run(database, RUN)


def of(rows: Sequence[Claim], version: Version) -> list[Claim]:
    return [row for row in rows if row.version_id == version.id]


async def test_a_claim_whose_answer_agrees_is_supported_and_nothing_changes(
    database: Database, standard: Settings
) -> None:
    begin(database, standard)
    version = put(database, f"{RIGHT} {KEPT}")

    rows = of(await verified(database, standard, ScriptedLLM(CHECKED)), version)

    assert [(row.number, row.text, row.verdict, row.action) for row in rows] == [
        (1, RIGHT, "supported", "kept"),
        (2, KEPT, "supported", "kept"),
    ]
    assert rows[0].question == "How many passengers does a tram line carry an hour?"
    assert (rows[0].answer, rows[1].question) == (FOUND, "")
    assert texts(database)[TRAMS] == f"{RIGHT} {KEPT}"


async def test_who_answers_sees_the_cited_passages_and_nothing_of_the_text(
    database: Database, standard: Settings
) -> None:
    begin(database, standard)
    put(database, f"{WRONG} {KEPT}")
    llm = ScriptedLLM({**CHECKED, "verdict": [verdict("contradicted")], "repair": [RIGHT]})

    await verified(database, standard, llm)

    (request,) = [request for request in llm.requests if request.node == "verify_answer"]
    prompt = request.messages[1].content
    assert "4,000" not in prompt
    assert "from nothing else: How many passengers does a tram line carry an hour?\n" in prompt
    assert re.findall(r"^\[(e\d+)\] ", prompt, re.MULTILINE) == ["e1"]


async def test_a_contradicted_claim_is_rewritten_from_its_evidence(database: Database, standard: Settings) -> None:
    begin(database, standard)
    version, events = put(database, f"- {WRONG} {KEPT}\n- {MORE}"), list[Event]()
    script = {**CHECKED, "verdict": [verdict("contradicted")], "repair": [RIGHT]}
    asked = questions((1, "How many passengers does a tram line carry an hour?"), (3, "Is it so?"), (4, "Is it so?"))
    llm = ScriptedLLM({**script, "verify_question": [asked] * 2})

    rows = await verified(database, standard, llm, events)

    assert [(row.verdict, row.action) for row in of(rows, version)] == [
        ("contradicted", "patched"),
        ("supported", "kept"),
        ("unchecked", "kept"),
        ("unchecked", "kept"),
    ]
    assert texts(database)[TRAMS] == f"- {RIGHT} {KEPT}\n- {MORE}"
    repaired = next(v for v in drafts.versions(database, RUN) if v.op == "repair")
    assert (repaired.accepted, repaired.reason) == (True, "Of its 4 claims, 1 contradicted.")
    assert (of(rows, repaired)[0].text, of(rows, repaired)[0].verdict) == (RIGHT, "supported")
    assert SectionVerified(
        section=TRAMS,
        supported=1,
        partial=0,
        contradicted=1,
        unsupported=0,
        unchecked=2,
        patched=1,
        hedged=0,
        deleted=0,
    ) in [event for event in events if isinstance(event, SectionVerified)]


async def test_a_contradicted_claim_that_cannot_be_rewritten_is_deleted_and_leaves_a_gap(
    database: Database, standard: Settings
) -> None:
    begin(database, standard)
    version = put(database, f"{WRONG} {KEPT} {TEXTS[TRAMS].split('. ')[0]}.")
    llm = ScriptedLLM({**CHECKED, "verdict": [verdict("contradicted")], "repair": [WRONG, "Zebras [e9]."]})

    rows = await verified(database, standard, llm)

    assert (of(rows, version)[0].verdict, of(rows, version)[0].action) == ("contradicted", "deleted")
    assert texts(database)[TRAMS] == f"{KEPT} {TEXTS[TRAMS].split('. ')[0]}."
    (gap,) = gaps.of_run(database, RUN)
    assert (gap.kind, gap.section, gap.priority, gap.opened_by) == ("unsupported", TRAMS, "medium", "verification")
    assert gap.question == of(rows, version)[0].question


async def test_a_partly_supported_claim_is_hedged_where_it_cannot_be_rewritten(
    database: Database, standard: Settings
) -> None:
    begin(database, standard)
    version = put(database, f"{WRONG} {KEPT}")
    hedged = "In each direction a tram line may carry up to 4,000 passengers an hour [e2]."
    cautious = hedged.replace("[e2]", "[e1]").replace("4,000 ", "")
    llm = ScriptedLLM(
        {**CHECKED, "verdict": [verdict("partial")], "repair": ["No.", "No."], "hedge": [hedged, cautious]},
    )

    rows = await verified(database, standard, llm)

    assert (of(rows, version)[0].verdict, of(rows, version)[0].action) == ("partial", "hedged")
    assert texts(database)[TRAMS] == f"{cautious} {KEPT}"
    assert [request.node for request in llm.requests][-4:] == ["repair", "repair", "hedge", "hedge"]


async def test_a_claim_that_its_evidence_does_not_hold_is_cited_to_a_passage_that_does(
    database: Database, standard: Settings
) -> None:
    begin(database, standard)
    claim = "Building a tram line with rails costs between 15 and 40 million euros a kilometre [e1]."
    version = put(database, f"{claim} {KEPT}")
    said = "Building a tram line costs between 15 and 40 million euros a kilometre."
    llm = ScriptedLLM(
        {
            "verify_question": [questions((1, "What does building a tram line cost a kilometre?"))],
            "verify_answer": [answer(""), answer(said)],
        }
    )

    rows = await verified(database, standard, llm)

    assert (of(rows, version)[0].verdict, of(rows, version)[0].action) == ("unsupported", "patched")
    assert texts(database)[TRAMS] == f"{claim.replace(' [e1]', '')} [e4] {KEPT}"
    assert 4 in {exhibit.evidence.number for exhibit in drafts.exhibits(database, section(database, TRAMS).id or 0)}


async def test_a_claim_that_nothing_holds_is_deleted_with_its_citation(database: Database, standard: Settings) -> None:
    begin(database, standard)
    claim = "Trams run on rails in the street and in tunnels under the river [e1]."
    version = put(database, f"{KEPT} {claim} {MORE}")
    asked = questions((2, "Where do trams run?"), (1, "?"), (3, "?"))

    rows = await verified(
        database, standard, ScriptedLLM({"verify_question": [asked] * 2, "verify_answer": [answer("")]})
    )

    assert [row.action for row in of(rows, version)] == ["kept", "deleted", "kept", "kept"]
    assert texts(database)[TRAMS] == f"{KEPT} {MORE}"


async def test_where_too_much_would_go_only_what_is_contradicted_goes(database: Database, standard: Settings) -> None:
    begin(database, standard)
    unsure = "Trams run on rails in the street and in tunnels under the river and over some high bridges [e1]."
    version = put(database, f"{WRONG} {unsure}")
    asked = questions((1, "How many passengers does a tram line carry an hour?"), (2, "Where do trams run?"))

    def answered(request: Request) -> str:
        return answer(FOUND if "How many" in request.messages[1].content.split("nothing else")[1] else "")

    script = {"verify_question": [asked], "verdict": [verdict("contradicted")], "repair": ["No.", "No."]}
    rows = await verified(database, standard, ScriptedLLM({**script, "verify_answer": answered}))

    assert [(row.verdict, row.action) for row in of(rows, version)] == [
        ("contradicted", "deleted"),
        ("unsupported", "kept"),
    ]
    assert texts(database)[TRAMS] == unsure


async def test_where_nothing_is_left_the_evidence_is_quoted(database: Database, standard: Settings) -> None:
    begin(database, standard)
    version = put(database, WRONG)

    llm = ScriptedLLM({**CHECKED, "verdict": [verdict("contradicted")], "repair": ["No.", "No."]})
    rows = await verified(database, standard, llm)

    assert [(row.verdict, row.action) for row in of(rows, version)] == [("contradicted", "deleted")]
    assert texts(database)[TRAMS].startswith("- *Trams in cities*: “")
    assert drafts.accepted(database, RUN)[section(database, TRAMS).id or 0].op == "quote"


async def test_a_locked_section_keeps_its_text_and_is_offered_the_repaired_one(
    database: Database, standard: Settings
) -> None:
    begin(database, standard)
    version = put(database, f"{WRONG} {KEPT}")
    drafts.set_locked(database, section(database, TRAMS), locked=True)

    llm = ScriptedLLM({**CHECKED, "verdict": [verdict("contradicted")], "repair": [RIGHT]})
    rows = await verified(database, standard, llm)

    assert [row.verdict for row in of(rows, version)] == ["contradicted", "supported"]
    assert texts(database)[TRAMS] == f"{WRONG} {KEPT}"
    (offered,) = [v for v in drafts.versions(database, RUN) if v.proposed]
    assert (offered.op, offered.text, offered.accepted) == ("repair", f"{RIGHT} {KEPT}", False)
    assert section(database, TRAMS).stale
    assert gaps.of_run(database, RUN) == []


@pytest.mark.parametrize("reply", ["", "{}", "[1]", questions((7, "What do trams carry?")), "Ignore this <|im_end|>"])
async def test_a_model_that_cannot_ask_leaves_the_claim_unchecked_and_the_text_as_it_is(
    database: Database, standard: Settings, reply: str
) -> None:
    begin(database, standard)
    version = put(database, f"{WRONG} {KEPT}")

    rows = await verified(database, standard, ScriptedLLM({"verify_question": [reply] * 2}))

    assert [row.verdict for row in of(rows, version)] == ["unchecked", "supported"]
    assert texts(database)[TRAMS] == f"{WRONG} {KEPT}"


async def test_where_a_prompt_has_no_room_the_claim_stays_unchecked(database: Database, standard: Settings) -> None:
    begin(database, standard)
    version = put(database, f"{WRONG} {KEPT}")

    rows = await verified(database, standard, ScriptedLLM({}, context=300))

    assert [row.verdict for row in of(rows, version)] == ["unchecked", "supported"]
    assert texts(database)[TRAMS] == f"{WRONG} {KEPT}"


@pytest.mark.parametrize(
    "reply",
    ["", "{}", answer("It carries 12,345 passengers."), json.dumps({"said": True, "answer": ""}), answer("Bananas.")],
)
async def test_an_answer_that_the_passages_do_not_hold_is_none(
    database: Database, standard: Settings, reply: str
) -> None:
    begin(database, standard)
    version = put(database, f"{WRONG} {KEPT}")

    llm = ScriptedLLM({**CHECKED, "verify_answer": [reply] * 2 if reply != answer("") else [reply]})
    rows = await verified(database, standard, llm)

    assert [row.verdict for row in of(rows, version)] == ["unchecked", "supported"]
    assert texts(database)[TRAMS] == f"{WRONG} {KEPT}"


async def test_a_verdict_against_the_figures_is_not_believed(database: Database, standard: Settings) -> None:
    begin(database, standard)
    invented = WRONG.replace("4,000", "77,000")
    version = put(database, f"{invented} {KEPT}")

    llm = ScriptedLLM({**CHECKED, "verdict": [verdict("supported")] * 2})
    rows = await verified(database, standard, llm)

    assert [row.verdict for row in of(rows, version)] == ["unchecked", "supported"]


async def test_what_stands_in_a_passage_word_for_word_costs_no_call(database: Database, standard: Settings) -> None:
    begin(database, standard)

    rows = await verified(database, standard, ScriptedLLM({}))

    assert {row.verdict for row in rows} == {"supported"}
    assert len(rows) == sum(len(statements(text)) for text in TEXTS.values())


async def test_the_quick_preset_asks_nothing_and_says_of_what_code_cannot_find_that_it_is_unchecked(
    database: Database, standard: Settings
) -> None:
    begin(database, standard)
    version = put(database, f"{RIGHT} Wheels, seats and windows are often painted blue by night [e1].")

    rows = await verified(database, standard.model_copy(update={"preset": "quick"}), ScriptedLLM({}))

    assert [row.verdict for row in of(rows, version)] == ["supported", "unchecked"]


async def test_a_section_in_another_language_than_its_evidence_needs_the_models_verdict(
    database: Database, standard: Settings
) -> None:
    begin(database, standard)
    german = (
        "Eine Straßenbahn befördert in jeder Richtung bis zu 9.000 Personen in der Stunde [e1]. "
        "Sie fährt auf Schienen in der Straße und wird mit Strom aus der Leitung betrieben [e1]."
    )
    version = put(database, german)
    said = "Eine Straßenbahn befördert in jeder Richtung bis zu 9.000 Personen in der Stunde."
    asked = questions((1, "Wie viele Personen befördert eine Straßenbahn?"), (2, "?"))
    llm = ScriptedLLM(
        {"verify_question": [asked] * 2, "verify_answer": [answer(said)], "verdict": [verdict("supported")]}
    )

    rows = await verified(database, standard, llm)

    assert [row.verdict for row in of(rows, version)] == ["supported", "unchecked"]


async def test_nothing_is_verified_where_it_is_switched_off(database: Database, standard: Settings) -> None:
    begin(database, standard)

    assert await verified(database, standard.model_copy(update={"verify": False}), ScriptedLLM({})) == []


async def test_verifying_again_changes_nothing_and_asks_nothing(database: Database, standard: Settings) -> None:
    begin(database, standard)
    put(database, f"{WRONG} {KEPT}")
    llm = ScriptedLLM({**CHECKED, "verdict": [verdict("contradicted")], "repair": [RIGHT]})
    rows, before = await verified(database, standard, llm), len(drafts.versions(database, RUN))

    again = await verified(database, standard, ScriptedLLM({}))

    assert [row.id for row in again] == [row.id for row in rows]
    assert len(drafts.versions(database, RUN)) == before


async def test_a_sentence_that_was_judged_before_is_not_judged_again_in_a_later_text(
    database: Database, standard: Settings
) -> None:
    begin(database, standard)
    put(database, f"{RIGHT} {KEPT}")
    await verified(database, standard, ScriptedLLM(CHECKED))
    later = put(database, f"{KEPT} {RIGHT}")

    rows = of(await verified(database, standard, ScriptedLLM({})), later)

    assert [(row.text, row.verdict, row.answer) for row in rows] == [
        (KEPT, "supported", ""),
        (RIGHT, "supported", FOUND),
    ]


COSTS = {
    TRAMS: "Building a tram line with rails costs between 15 and 40 million euros a kilometre [e1].",
    BUSES: "Building a bus lane for everybody costs about one million euros a kilometre [e2].",
    CYCLING: "Building a cycle path for everybody costs between 0.2 and 1 million euros a kilometre [e3].",
}
"""Of what each section cites, nothing says this; of what the library has beside it, something does."""


def costly() -> ScriptedLLM:
    """Answers with what the passages say of costs."""

    def asked(request: Request) -> str:
        return questions((1, f"What does building {' '.join(COSTS[request.section or ''].split()[1:4])} cost?"))

    def answered(request: Request) -> str:
        found = re.search(r"^Building .*? a kilometre\.", request.messages[1].content, re.MULTILINE)
        return answer(found[0] if found else "")

    return ScriptedLLM({"verify_question": asked, "verify_answer": answered})


def begin_costly(database: Database, settings: Settings) -> None:
    begin(database, settings)
    for number, text in COSTS.items():
        put(database, f"{text} {TEXTS[number]}", number)


def left(database: Database) -> object:
    """All that verification leaves behind, as far as it may not depend on who finished first."""
    rows = [row.model_dump(exclude={"id", "version_id"}) for row in claims.of_run(database, RUN)]
    evidence = [(e.evidence.number, e.passage.text) for e in drafts.run_exhibits(database, RUN)]
    return texts(database), rows, evidence, [gap.question for gap in gaps.of_run(database, RUN)]


async def test_sections_side_by_side_take_in_evidence_in_the_order_of_the_report(
    database: Database, standard: Settings
) -> None:
    begin_costly(database, standard)

    await verified(database, standard, costly())

    assert [cited(texts(database)[number])[0] for number in (TRAMS, BUSES, CYCLING)] == [4, 5, 6]


class Killed(BaseException):
    """Ends a step as the system would: nothing in the program catches it."""


@dataclass
class Mortal:
    """Passes on to another model, and dies when it is asked for the time after `lives` answers."""

    llm: ScriptedLLM
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
async def test_killed_at_any_call_it_goes_on_to_the_same_end_and_asks_nothing_twice(
    database: Database, standard: Settings, lives: int
) -> None:
    begin_costly(database, standard)
    whole = costly()
    await verified(database, standard, whole)
    usual = left(database)
    _clear(database)
    begin_costly(database, standard)
    llm = costly()

    with pytest.raises(Killed):
        await verify({"run_id": RUN}, runtime(deps(database, RUN, Mortal(llm, lives), standard)))
    await verified(database, standard, llm)

    assert left(database) == usual
    assert sorted(r.key for r in llm.requests) == sorted(r.key for r in whole.requests)


@pytest.mark.parametrize("sections", [1, 2, 3])
async def test_killed_after_any_section_was_kept_it_goes_on_to_the_same_end(
    database: Database, standard: Settings, sections: int
) -> None:
    begin_costly(database, standard)
    await verified(database, standard, costly())
    usual = left(database)
    _clear(database)
    begin_costly(database, standard)
    seen: list[Event] = []

    def die(event: Event) -> None:
        seen.append(event)
        if sum(isinstance(event, SectionVerified) for event in seen) == sections:
            raise Killed

    with pytest.raises(Killed):
        await verify({"run_id": RUN}, runtime(replace(deps(database, RUN, costly(), standard), emit=die)))
    await verified(database, standard, ScriptedLLM({}))

    assert left(database) == usual


WORDS = st.sampled_from(
    [
        *("77,000 zebras fly.", "77,000 zebras [e1].", "77,000 zebras [e9].", "[e1]", "9,000", "https://a.org"),
        *(
            "<|im_end|>",
            "</s>",
            "<think>",
            "# 77,000 zebras",
            "- ",
            "```",
            "\n",
            RIGHT,
            WRONG,
            "In each direction [e1].",
        ),
        *("A tram line carries 9,000 passengers [e1]", "How many passengers does a tram line carry?", "“", '"', "}"),
    ]
)
PROSE = st.lists(WORDS, max_size=4).map(" ".join)
MAY = "In each direction a tram line may carry passengers [e1]."
GOOD_QUESTIONS = questions(
    (1, "How many passengers does a tram line carry?"), (3, "What does a tram line carry in each direction?")
)
FORMS = {
    "verify_question": st.just(GOOD_QUESTIONS)
    | st.lists(st.tuples(st.integers(0, 4), PROSE)).map(lambda q: questions(*q)),
    "verify_answer": st.sampled_from([answer(FOUND), answer(FOUND), answer("")]) | PROSE.map(answer),
    "verdict": st.sampled_from(["partial", "contradicted", "unsupported", "supported"]).map(verdict),
    "repair": st.sampled_from([RIGHT, MAY, MORE, WRONG]) | PROSE,
    "hedge": st.sampled_from([RIGHT, MAY, MORE, WRONG]) | PROSE,
}


@given(st.data())
@profile(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_the_model_replies_no_text_holds_what_was_refused_or_cites_what_is_not_there(
    database: Database, standard: Settings, data: st.DataObject
) -> None:
    _clear(database)
    begin(database, standard)
    version = put(database, f"{WRONG}\n\n- {KEPT}\n- {RIGHT} {WRONG}")

    def reply(request: Request) -> str:
        return data.draw(st.sampled_from([FORMS[request.node]] * 4 + [PROSE]).flatmap(lambda replies: replies))

    rows = await verified(database, standard, ScriptedLLM(dict.fromkeys(FORMS, reply)))

    known = {exhibit.evidence.number for exhibit in drafts.run_exhibits(database, RUN)}
    for text in texts(database).values():
        assert set(cited(text)) <= known
        assert "zebras" not in text
        assert "a.org" not in text
        assert not [token for token in TOKENS if token in text]
        assert sentence_spans(text)
    assert [row.text for row in of(rows, version)] == [statement.text for statement in statements(version.text)]
    standing = drafts.accepted(database, RUN)[section(database, TRAMS).id or 0]
    assert [row.text for row in of(rows, standing)] == [statement.text for statement in statements(standing.text)]


def _clear(database: Database) -> None:
    """Takes all that the run has away, and leaves the library."""
    with database.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for table in ("claim", "gap", "event", "section_evidence", "evidence", "version", "section", "brief", "call"):
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - the names stand above
        connection.exec_driver_sql("DELETE FROM run")
