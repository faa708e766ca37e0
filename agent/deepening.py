"""DEEPEN: a section is given sections below it, for what the answer of a round has to say beyond it."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field, StringConstraints

from redraft.agent import digest, tree, waves
from redraft.agent.asking import ROOM_FOR_REASONS, Problem, aside, fill
from redraft.agent.errors import ContextTooSmall
from redraft.agent.events import SectionsAdded
from redraft.agent.llm import Message, Request
from redraft.agent.prompting import fitting, messages
from redraft.agent.prose import one_line, word_count
from redraft.agent.state import Deps, RoundTask, Update
from redraft.agent.titles import TITLE_LENGTH, covered, is_title
from redraft.store import rounds, runs
from redraft.store.models import Round, Section

FEWEST, MOST = 2, 7
"""Subsections at a time: WARP's own bounds (AgentCPM-Report, hard mode of its validation)."""
SHORTEST_CHILD = 80
"""Words wanted of a subsection at least, however little is left: a paragraph."""
TOKENS_PER_CHILD = 200
"""Room for what the form allows of one: a title, a purpose, and three hypotheses of a sentence."""
TEMPERATURE = 0.4

Line = Annotated[str, StringConstraints(min_length=2, max_length=TITLE_LENGTH)]
"""Of two characters is a word of Chinese."""
Sentence = Annotated[str, StringConstraints(min_length=4, max_length=200)]


class Child(BaseModel):
    title: Line
    purpose: Sentence
    hypotheses: Annotated[list[Sentence], Field(max_length=3)] = []


class Deepening(BaseModel):
    subsections: Annotated[list[Child], Field(max_length=MOST)]
    """Empty where the section needs none."""


async def deepen(state: RoundTask, runtime: Runtime[Deps]) -> Update:
    """The evidence of the round goes to no child by itself: it is in the run, and their own searches find it."""
    deps, run_id = runtime.context, state["run_id"]
    row = rounds.get(deps.database, run_id, state["round"])
    if row.outcome is not None:
        return {}
    sections = [section for section in runs.outline(deps.database, run_id) if section.wave < row.wave]
    above = next(section for section in sections if section.number == row.section)
    if not tree.may_grow(sections, above.number):
        rounds.conclude(deps.database, row, "failed", "The section cannot have sections below it.")
        return {}
    try:
        reply = await _ask(deps, row, above, sections)
    except ContextTooSmall as error:
        rounds.conclude(deps.database, row, "failed", str(error))
        return {}
    if reply is None:
        rounds.conclude(deps.database, row, "failed", "The model named no subsections that could be used.")
    elif not reply.subsections:
        reason = "The model sees no need for subsections."
        rounds.conclude(deps.database, row, "dry", reason, closing="nothing_new")
    else:
        _add(deps, row, above, _good(reply, sections))
    return {}


def _add(deps: Deps, row: Round, above: Section, planned: Sequence[Child]) -> None:
    words = _words(deps, row, above, len(planned))
    # Numbers of sections that left the report are not given out again: their texts are kept under them.
    ever = tree.children(runs.outline(deps.database, row.run_id, dropped=True), above.number)
    children = [
        Section(
            run_id=row.run_id,
            number=f"{above.number}.{place}",
            title=one_line(child.title),
            purpose=child.purpose,
            hypotheses=child.hypotheses,
            words=words,
            origin="model",
            wave=row.wave,
        )
        for place, child in enumerate(planned, start=len(ever) + 1)
    ]
    titles = [child.title for child in children]
    reason = f"Section {above.number} was given {len(children)} subsections."
    rounds.conclude(deps.database, row, "accepted", reason, sections=children, closing="answered")
    deps.emit(SectionsAdded(round=row.number, section=above.number, titles=titles))


def _words(deps: Deps, row: Round, above: Section, count: int) -> int:
    """For each of so many subsections: an equal part of what the report may still grow by.

    That is what is wanted of the report less what stood in it when the wave began, shared among the sections that the
    wave divides. No child gets more than its parent, nor less than a paragraph: what that is too much in the end, the
    fitting of lengths sees to.
    """
    brief = runs.brief(deps.database, row.run_id)
    wanted = brief.words if brief else deps.settings.size.words
    left = wanted - sum(map(word_count, waves.settled_texts(deps.database, row.run_id).values()))
    divided = sum(other.route == "deepen" for other in rounds.of_wave(deps.database, row.run_id, row.wave))
    return max(SHORTEST_CHILD, min(above.words, left // (count * max(1, divided))))


async def _ask(deps: Deps, row: Round, above: Section, sections: Sequence[Section]) -> Deepening | None:
    room = MOST * TOKENS_PER_CHILD
    prompts = _prompts(deps, row, above, sections)
    _, prompt = await fitting(deps.llm, prompts, reserve=room + ROOM_FOR_REASONS + aside(deps))
    request = Request(node="deepen", section=above.number, messages=prompt, max_tokens=room, temperature=TEMPERATURE)
    return await fill(deps, request, Deepening, lambda reply: _problems(reply, sections))


def _prompts(deps: Deps, row: Round, above: Section, sections: Sequence[Section]) -> Iterable[tuple[Message, ...]]:
    """With as much of the rest of the report as there is room for."""
    texts = waves.settled_texts(deps.database, row.run_id)
    others = [section for section in sections if section.number != above.number]
    for report in (digest.report(others, texts), digest.neighbours(sections, above.number, texts), ""):
        yield messages(
            deps.database,
            row.run_id,
            deps.dialect.prompt("deepen"),
            section=above,
            text=texts.get(above.number, ""),
            report=report,
            gap=row.question,
            answer=row.answer,
            fewest=FEWEST,
            most=MOST,
        )


def _good(reply: Deepening, sections: Sequence[Section]) -> list[Child]:
    """Those with a title that is one, and that neither a section of the report nor one before it covers."""
    kept: list[Child] = []
    for child in reply.subsections:
        taken = [*(section.title for section in sections), *(other.title for other in kept)]
        if is_title(child.title) and not covered(child.title, taken):
            kept.append(child)
    return kept


def _problems(reply: Deepening, sections: Sequence[Section]) -> list[Problem]:
    good = _good(reply, sections)
    if reply.subsections and len(good) < FEWEST:
        few = f"Only {len(good)} subsections say what no section says. Name {FEWEST} to {MOST}, or none at all."
        return [Problem(few)]
    bad = [child.title for child in reply.subsections if child not in good]
    wrong = '"{}" is no title of a section, or says what another one says. Name one part of the matter in each.'
    return [Problem(wrong.format(title), fatal=False) for title in dict.fromkeys(bad)]
