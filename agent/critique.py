"""CRITIQUE: the report reviewed for one aspect at a time, each of which may open gaps.

Aspects first, then a review of each, says more than one request to review (Reviewer2, arXiv 2402.10886). They are the
dimensions of the brief's checklist, so that what a good report is was settled before anybody wrote.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field, StringConstraints

from redraft.agent import digest, tree, waves
from redraft.agent.asking import Problem, fill, fitted
from redraft.agent.checklist import Item, items
from redraft.agent.dialects import reasoning_rule
from redraft.agent.gaps import Kind, alike
from redraft.agent.guard import repeats_itself
from redraft.agent.llm import Message, Request
from redraft.agent.prompting import messages
from redraft.agent.settling import open_sections, rounds_under_way
from redraft.agent.state import Deps, RunState, Update
from redraft.agent.stopping import round_limit
from redraft.store import gaps, rounds, runs
from redraft.store.models import Gap

EVERY = 2
"""Waves between two critiques. Most of what one finds takes more than a wave to mend."""
TOKENS = 400
SHARES = (1, 0.5, 0.25)
"""Of the usual digest of the report: less would say of each section hardly more than its title."""
TEMPERATURE = 0.4
ASPECTS = {
    "comprehensiveness": "is everything there that the reader needs to answer the question",
    "insight": "does it compare, explain and weigh, or only list",
    "instruction": "does it do what the question asks, in the form it asks for",
    "readability": "does each section say its own matter, clearly and once",
}


class GapForm(BaseModel):
    kind: Literal["missing", "branch", "thin", "outdated", "conflicting"]
    section: str
    question: Annotated[str, StringConstraints(min_length=5, max_length=240)]
    priority: Literal["high", "medium", "low"]


class CritiqueForm(BaseModel):
    gaps: Annotated[list[GapForm], Field(max_length=2)]


async def critique(state: RunState, runtime: Runtime[Deps]) -> Update:
    deps, run_id = runtime.context, state["run_id"]
    wave = waves.current(deps.database, run_id)
    if not deps.settings.critique or wave % EVERY or not _is_due(deps, run_id):
        return {}
    brief = runs.brief(deps.database, run_id)
    checklist = items(brief) if brief else []
    aspects = [aspect for aspect in ASPECTS if any(item.dimension == aspect for item in checklist)]
    replies = await asyncio.gather(*(_reviewed(deps, run_id, aspect, checklist) for aspect in aspects))
    found = [gap for reply in replies if reply is not None for gap in reply.gaps]
    gaps.open_all(deps.database, [_row(run_id, gap, wave) for gap in _distinct(found)])
    return {}


def _is_due(deps: Deps, run_id: str) -> bool:
    """Whether another wave may follow, and nothing of the last one is under way."""
    run = runs.get(deps.database, run_id)
    done = not open_sections(deps, run_id) and not rounds_under_way(deps, run_id)
    left = len(rounds.of_run(deps.database, run_id)) < round_limit(deps.settings)
    return run.stopped is None and done and left


async def _reviewed(deps: Deps, run_id: str, aspect: str, checklist: Sequence[Item]) -> CritiqueForm | None:
    known = {section.number for section in tree.body(runs.outline(deps.database, run_id))}
    request = Request(node="critique", messages=(), max_tokens=TOKENS, temperature=TEMPERATURE)
    fit = await fitted(deps, request, _prompts(deps, run_id, aspect, checklist))
    if fit is None:
        return None
    return await fill(deps, fit.request, CritiqueForm, lambda reply: _problems(reply, known), section=sorted(known))


def _prompts(deps: Deps, run_id: str, aspect: str, checklist: Sequence[Item]) -> Iterator[tuple[Message, ...]]:
    """With less and less of what each section says."""
    sections, texts = runs.outline(deps.database, run_id), waves.texts(deps.database, run_id)
    for share in SHARES:
        yield messages(
            deps.database,
            run_id,
            "critique",
            report=digest.report(sections, texts, limit=round(share * digest.MOST_CHARACTERS)),
            aspect=ASPECTS[aspect],
            items=[item.text for item in checklist if item.dimension == aspect],
            reasoning=reasoning_rule(deps.settings),
        )


def _problems(reply: CritiqueForm, known: set[str]) -> list[Problem]:
    wrong = [gap.section for gap in reply.gaps if gap.section not in known]
    problems = [Problem(f'There is no section "{number[:20]}". Take a number from the outline.') for number in wrong]
    if any(repeats_itself(gap.question) for gap in reply.gaps):
        problems.append(Problem("A question repeats itself. Ask each thing once."))
    return problems


def _distinct(found: Sequence[GapForm]) -> list[GapForm]:
    """What two aspects ask alike is asked once."""
    kept: list[GapForm] = []
    for gap in found:
        if not alike(gap.question, [other.question for other in kept]):
            kept.append(gap)
    return kept


def _row(run_id: str, gap: GapForm, wave: int) -> Gap:
    return Gap(
        run_id=run_id,
        number=0,
        kind=Kind(gap.kind),
        section=gap.section,
        question=gap.question,
        priority=gap.priority,
        opened_by="critique",
        opened_in=wave,
    )
