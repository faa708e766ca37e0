import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from redraft.agent.asking import ROOM_FOR_REASONS
from redraft.agent.citations import cited
from redraft.agent.comparing import REVISED_RANGE, claims
from redraft.agent.denoising import denoise
from redraft.agent.events import Event, RevisionJudged, SectionWritten
from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.prose import word_count
from redraft.agent.settings import Settings
from redraft.agent.state import RoundTask
from redraft.agent.writing import evidence_words
from redraft.store import drafts, gaps, rounds
from redraft.store.database import Database
from redraft.store.models import Round, Version
from redraft.tests.agent import desk, midway
from redraft.tests.agent.midway import COST, TEXTS, TRAMS
from redraft.tests.texts import TEXTS as ANY

OLD = TEXTS[TRAMS]
GOOD = f"{OLD} {COST}"
BROKEN = f"{OLD.split('. ')[1]} {COST}"
"""A rewrite that forgets the first of two claims."""
Script = Sequence[str] | Callable[[Request], str]


class Outcome:
    """A round after it was worked on, twice as after a kill."""

    def __init__(self, database: Database, row: Round, heard: list[Event], llm: ScriptedLLM) -> None:
        self.row = rounds.get(database, midway.RUN, row.number)
        self.section = midway.section(database, row.focus)
        self.gap = gaps.of_run(database, midway.RUN)[-1]
        self.versions: list[Version] = [
            v for v in drafts.versions(database, midway.RUN) if v.section_id == self.section.id
        ]
        self.standing = midway.texts(database)[row.focus]
        self.citable = {e.evidence.number for e in drafts.exhibits(database, self.section.id or 0)}
        self.judged = [event for event in heard if isinstance(event, RevisionJudged)]
        self.written = [event for event in heard if isinstance(event, SectionWritten)]
        self.requests = [request for request in llm.requests if request.node == "denoise"]
        self.prompts = [request.messages[1].content for request in self.requests]
        self.votes = [request for request in llm.requests if request.node == "vote"]


async def revised(
    database: Database,
    settings: Settings,
    row: Round,
    replies: Script,
    votes: Script = (),
    context: int = 8192,
) -> Outcome:
    heard: list[Event] = []
    llm = ScriptedLLM({"denoise": replies, "vote": votes}, context=context)
    runtime = desk.runtime(desk.deps(database, midway.RUN, llm, settings, heard))
    task = RoundTask(run_id=midway.RUN, round=row.number)
    await denoise(task, runtime)
    await denoise(task, runtime)
    return Outcome(database, row, heard, llm)


@pytest.fixture
def row(database: Database, settings: Settings) -> Round:
    midway.begin(database, settings)
    return midway.routed(database, "denoise", "thin")


async def test_a_text_that_keeps_what_stands_and_adds_the_answer_is_accepted(
    database: Database, settings: Settings, row: Round
) -> None:
    done = await revised(database, settings, row, [GOOD])

    assert done.standing == GOOD
    assert (done.row.outcome, done.row.reason) == ("accepted", "The new text keeps 2 claims and corrects 0.")
    assert (done.gap.state, done.gap.closing) == ("closed", "answered")
    assert done.citable == {1, 4}
    _, version = done.versions
    assert (version.op, version.wave, version.reason, version.accepted) == ("denoise", 1, midway.COST_QUESTION, True)
    assert done.judged == [
        RevisionJudged(round=1, section="1", outcome="accepted", reason=done.row.reason, kept=2, updated=0, lost=0)
    ]
    assert [event.op for event in done.written] == ["denoise"]
    assert done.votes == []


async def test_the_model_is_shown_the_new_evidence_first_then_what_the_text_cites(
    database: Database, settings: Settings, row: Round
) -> None:
    done = await revised(database, settings, row, [GOOD])

    (prompt,) = done.prompts
    assert prompt.index("[e4] ") < prompt.index("[e1] ") < prompt.index(f"# Section 1 as it stands\n\n{OLD}\n")
    assert f"# What it lacks\n\n{midway.COST_QUESTION}\n" in prompt
    assert f"# What was found out\n\n{COST}\n" in prompt
    assert "2 Bus lanes: A bus lane carries" in prompt


async def test_in_a_small_context_what_the_text_cites_is_not_shown_and_stays_citable(
    database: Database, settings: Settings, row: Round, tmp_path: Path
) -> None:
    with midway.copied(database, tmp_path) as copy:
        (whole,) = (await revised(copy, settings, row, [GOOD])).requests
    prompt = sum(len(message.content.split()) for message in whole.messages)

    small = await revised(database, settings, row, [GOOD], context=prompt + whole.max_tokens + ROOM_FOR_REASONS - 1)

    evidence = small.prompts[0].split("# What other sections say")[0]
    assert "[e4] " in evidence
    assert "[e1] " not in evidence
    assert cited(small.standing) == [1, 4]


async def test_a_context_that_is_too_small_fails_the_round_and_not_the_run(
    database: Database, settings: Settings, row: Round
) -> None:
    done = await revised(database, settings, row, [], context=300)

    assert (done.row.outcome, done.gap.state, done.standing) == ("failed", "open", OLD)
    assert [event.outcome for event in done.judged] == ["failed"]


async def test_the_model_is_told_what_it_lost_and_may_mend_it(
    database: Database, settings: Settings, row: Round
) -> None:
    done = await revised(database, settings, row, [BROKEN, GOOD])

    assert 'no longer says this: "A tram line carries up to 9,000' in done.prompts[1]
    assert done.row.outcome == "accepted"
    assert [version.accepted for version in done.versions] == [True, False, True]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (BROKEN, "The text no longer says this"),
        (OLD, "The text says nothing new. Work in what was found out, and cite it: [e4]."),
        (f"{GOOD} {TEXTS['2']}", "A bus lane carries"),
        (f"Here is the revised section:\n\n{GOOD}", "is no part of a report"),
        ("", "The text has 0 words."),
        (f"{COST} {COST} {COST}", "The text no longer says this"),
    ],
)
async def test_a_text_that_loses_repeats_or_leaks_is_refused_and_kept_with_its_reasons(
    database: Database, settings: Settings, row: Round, bad: str, why: str
) -> None:
    done = await revised(database, settings, row, [bad] * 3)

    assert (done.row.outcome, done.standing) == ("refused", OLD)
    assert (done.gap.state, done.gap.closing) == ("closed", "refused")
    assert [version.accepted for version in done.versions] == [True, False, False, False]
    assert why in " ".join(done.versions[-1].problems)
    assert [event.outcome for event in done.judged] == ["refused"]
    assert done.citable == {1}


async def test_a_text_that_was_cut_off_never_stands(database: Database, settings: Settings, row: Round) -> None:
    def endless(_: Request) -> str:
        return f"{GOOD} " + "Rails and wires last for a long time [e4]. " * 60

    done = await revised(database, settings, row, endless)

    assert (done.row.outcome, done.standing) == ("refused", OLD)


async def test_an_invented_id_is_taken_out_with_what_it_stood_for(
    database: Database, settings: Settings, row: Round
) -> None:
    done = await revised(database, settings, row, [GOOD.replace("years [e4].", "years [e4, e3, e99].")])

    assert done.row.outcome == "accepted"
    assert cited(done.standing) == [1, 4]


async def test_beside_a_locked_text_the_new_one_is_proposed(database: Database, settings: Settings, row: Round) -> None:
    drafts.set_locked(database, midway.section(database, TRAMS), locked=True)

    done = await revised(database, settings, row, [GOOD])

    assert (done.row.outcome, done.standing) == ("proposed", OLD)
    assert [(version.accepted, version.proposed) for version in done.versions] == [(True, False), (False, True)]
    assert done.section.stale == midway.COST_QUESTION
    assert done.gap.closing == "answered"
    assert done.written == []


async def test_nothing_is_proposed_that_does_not_pass(database: Database, settings: Settings, row: Round) -> None:
    drafts.set_locked(database, midway.section(database, TRAMS), locked=True)

    done = await revised(database, settings, row, [OLD] * 3)

    assert done.row.outcome == "refused"
    assert done.section.stale is None
    assert not any(version.proposed for version in done.versions)


async def test_a_claim_that_the_gap_doubts_may_go_and_is_named(database: Database, settings: Settings) -> None:
    midway.begin(database, settings)
    question = "Is it so that a tram line carries up to 9,000 passengers an hour in each direction?"
    row = midway.routed(database, "denoise", "unsupported", question=question)

    done = await revised(database, settings, row, [BROKEN])

    gone = "A tram line carries up to 9,000 passengers an hour in each direction [e1]."
    assert done.row.outcome == "accepted"
    assert done.row.reason == f'The new text keeps 1 claims and corrects 0. It leaves out: "{gone}"'
    assert done.judged[0].lost == 1


async def test_any_draft_may_stand_for_quotations(database: Database, settings: Settings) -> None:
    midway.begin(database, settings)
    quotes = f"- *Trams*: “{OLD.split(' [e1]')[0]}.” [e1]\n- *Trams*: “Trams run on rails in the street.” [e1]"
    drafts.append(database, [drafts.version_of(midway.section(database, TRAMS), "quote", quotes, accepted=True)])
    row = midway.routed(database, "denoise", "thin")

    new = f"{COST} In euros that is a lot for a kilometre of tram line, whose rails are built to last for years [e4]."
    done = await revised(database, settings, row, [new])

    assert (done.row.outcome, done.standing) == ("accepted", new)
    assert done.judged[0].lost == 2


FORTY = f"{OLD} The rails of a tram line last for about forty years [e2]."
THIRTY = FORTY.replace("forty", "thirty").replace("e2", "e4")
"""As many claims, from as many pieces of evidence: only the model can say which is better."""


def ballot(better: str) -> str:
    return json.dumps({"why": "It is newer.", "better": better})


def agreed(request: Request) -> str:
    return ballot("B" if f"# Text A\n\n{FORTY}\n" in request.messages[1].content else "A")


async def even(database: Database, settings: Settings, votes: Script) -> Outcome:
    midway.begin(database, settings)
    section = midway.section(database, TRAMS)
    drafts.append(database, [drafts.version_of(section, "draft", FORTY, accepted=True)])
    row = midway.routed(database, "denoise", "outdated", question="How long do the rails last?")
    return await revised(database, settings, row, [THIRTY], votes)


async def test_where_the_counts_are_even_the_model_decides(database: Database, settings: Settings) -> None:
    done = await even(database, settings, agreed)

    assert (done.row.outcome, done.standing) == ("accepted", THIRTY)
    assert (done.judged[0].kept, done.judged[0].updated, done.judged[0].lost) == (2, 1, 0)
    assert len(done.votes) == 2


async def test_a_vote_that_does_not_agree_leaves_the_old_text(database: Database, settings: Settings) -> None:
    done = await even(database, settings, lambda _: ballot("B"))

    assert (done.row.outcome, done.standing) == ("refused", FORTY)
    assert done.row.reason == "The vote did not agree on the new text."
    assert done.versions[-1].problems == [done.row.reason]


async def test_without_a_vote_a_text_that_passed_stands(database: Database, settings: Settings) -> None:
    done = await even(database, settings.model_copy(update={"vote": False}), ())

    assert (done.row.outcome, done.standing, done.votes) == ("accepted", THIRTY, [])


PIECES = st.sampled_from(
    [
        *(f"{sentence.rstrip('.')}." for text in (*TEXTS.values(), COST) for sentence in text.split(". ")),
        "A tram line carries up to 7,000 passengers an hour in each direction [e4].",
        "The rails last for about thirty years [e4, e77].",
        *("# Trams\n\n", "\n\n", "<think>So.</think>", "It is so [e9].", "Here is the revised section:\n"),
    ]
)
REPLIES = ANY | st.lists(PIECES, max_size=8).map(" ".join) | PIECES.map(lambda piece: f"{GOOD} {piece}")


@given(replies=st.lists(REPLIES, min_size=3, max_size=3), kind=st.sampled_from(["thin", "outdated"]))
@trying(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_the_reply_what_stands_cites_its_evidence_keeps_its_length_and_loses_nothing_unseen(
    database: Database, settings: Settings, row: Round, tmp_path: Path, replies: list[str], kind: str
) -> None:
    with midway.copied(database, tmp_path) as copy:
        question = "Is it so that a tram line carries up to 9,000 passengers an hour in each direction?"
        (again,) = midway.wave(copy, midway.gap(copy, kind, TRAMS, question), number=2)
        rounds.update(copy, again, route="denoise", section=TRAMS)

        done = await revised(copy, settings, again, replies, lambda _: ballot("A"))

        (judged,) = done.judged
        assert judged.outcome == done.row.outcome
        assert done.row.outcome in ("accepted", "refused")
        if done.row.outcome == "refused":
            assert done.standing == OLD
            return
        shown = [e for e in drafts.run_exhibits(copy, midway.RUN) if e.evidence.number in (1, 4)]
        words = max(min(done.section.words, evidence_words(shown)), word_count(OLD))
        assert REVISED_RANGE[0] * words <= word_count(done.standing) <= REVISED_RANGE[1] * words
        assert set(cited(done.standing)) <= {1, 4} & done.citable
        assert judged.kept + judged.updated + judged.lost == len(claims(OLD))
        assert done.row.reason.count("It leaves out") == judged.lost
