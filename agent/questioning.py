"""QUESTION: what a round is to find out.

Several questions are sampled and merged into one, without a judge (TTD-DR, arXiv 2507.16075, table 4). A hard one falls
into parts that are answered side by side (Adaptive Graph of Thoughts, arXiv 2502.05078), one level deep.
"""

from collections.abc import Sequence
from typing import Any

from langgraph.runtime import Runtime

from redraft.agent import llm
from redraft.agent.asking import Problem, Read, fill, fitted, form, sampled, schema_of
from redraft.agent.candidates import (
    LONGEST,
    Candidate,
    Reply,
    Wording,
    merge_problems,
    plan,
    reply_problems,
    wording_problems,
)
from redraft.agent.events import QuestionAsked
from redraft.agent.gaps import NEWS, Kind, alike
from redraft.agent.llm import Request
from redraft.agent.outlook import View, prompts, view_of
from redraft.agent.prompting import messages
from redraft.agent.prose import one_line
from redraft.agent.state import Deps, RoundTask, Update
from redraft.store import gaps, rounds
from redraft.store.models import Gap, Round

TOKENS = 500
"""Room for what the form allows: a question, four parts and four queries."""
TEMPERATURE = 0.4
"""Of a single question and of the merge, as of other decisions."""
VARIED = 0.8
"""Of several questions, so that they differ. Starting point, not measured: above 1 small models lose the form."""


async def question(state: RoundTask, runtime: Runtime[Deps]) -> Update:
    deps = runtime.context
    row = rounds.get(deps.database, state["run_id"], state["round"])
    if row.outcome is not None or row.question:
        return {}
    view = view_of(deps, row)
    # What is asked of news is settled: what do they say?
    replies = [] if view.gap and view.gap.opened_by == NEWS else await _replies(deps, view)
    found = [reply for reply in replies if not (isinstance(reply, Reply) and reply.nothing)]
    chosen = await _merged(deps, view, found) if found else _own(view)
    if chosen is not None:
        _keep(deps, view, chosen)
    elif replies:
        rounds.conclude(deps.database, row, "dry", "Nothing was found that the report lacks.")
    else:
        rounds.conclude(deps.database, row, "failed", "No question of the model could be used.")
    return {}


async def _replies(deps: Deps, view: View) -> list[Candidate]:
    """What the model proposes, as far as it can be used; a `Reply` may say that nothing is lacking."""
    count = deps.settings.size.question_variants
    request = Request(
        node="question",
        section=view.row.focus or None,
        messages=(),
        max_tokens=TOKENS,
        temperature=VARIED if count > 1 else TEMPERATURE,
        schema=schema_of(Wording) if view.gap else schema_of(Reply, section=view.bounds.choices),
        n=count,
    )
    fit = await fitted(deps, request, prompts(deps, view))
    tries = await sampled(deps, fit.request, _reader(view)) if fit else []
    return [tried.value for tried in tries if tried.usable and tried.value]


def _reader(view: View) -> Read[Candidate]:
    if view.gap is None:
        return form(Reply, lambda reply: reply_problems(reply, view.bounds))
    gap, worded = view.gap, form(Wording, lambda wording: wording_problems(wording, view.bounds))

    def read(reply: llm.Reply) -> tuple[Candidate | None, Sequence[Problem]]:
        wording, problems = worded(reply)
        return (_of_gap(gap, wording) if wording else None), problems

    return read


def _of_gap(gap: Gap, wording: Wording) -> Candidate:
    """The question of a gap that is known: its kind, place and priority are settled."""
    place: dict[str, Any] = {"section": gap.section, "kind": Kind(gap.kind), "priority": gap.priority}
    return Candidate.model_construct(**place, **dict(wording))


def _own(view: View) -> Candidate | None:
    """The gap in its own words, where the model has none: whatever it says, the run gets on."""
    if view.gap is None:
        return None
    return _of_gap(view.gap, Wording.model_construct(question=view.gap.question, hard=False, parts=[], queries=[]))


async def _merged(deps: Deps, view: View, candidates: Sequence[Candidate]) -> Candidate:
    """One question of several; the first where all ask the same, or no merge can be used."""
    distinct: list[Candidate] = []
    for candidate in candidates:
        if not alike(candidate.question, [other.question for other in distinct]):
            distinct.append(candidate)
    return await _one_of(deps, view, distinct) or distinct[0]


async def _one_of(deps: Deps, view: View, distinct: Sequence[Candidate]) -> Candidate | None:
    """Of as many as there is room for, from the first on; None where that is one, or no merge can be used."""
    focus, run_id = view.row.focus or None, view.row.run_id
    sizes = range(len(distinct), 1, -1)
    if not sizes:
        return None
    prompts = (messages(deps.database, run_id, "question_merge", candidates=distinct[:size]) for size in sizes)
    request = Request(node="question_merge", section=focus, messages=(), max_tokens=TOKENS, temperature=TEMPERATURE)
    fit = await fitted(deps, request, prompts)
    if fit is None:
        return None
    seen = distinct[: sizes[fit.skipped]]
    places = {"section": sorted({c.section for c in seen}), "kind": sorted({str(c.kind) for c in seen})}
    return await fill(deps, fit.request, Candidate, lambda reply: merge_problems(reply, seen, view.bounds), **places)


def _keep(deps: Deps, view: View, chosen: Candidate) -> None:
    row = view.row
    asked = one_line(chosen.question, limit=LONGEST)
    title = next((section.title for section in view.sections if section.number == chosen.section), asked)
    gap = view.gap or _known(view, chosen, asked) or gaps.open_all(deps.database, [_gap(row, chosen, asked)])[0]
    parts, queries = plan(chosen, title)
    rounds.update(deps.database, row, gap_id=gap.id, question=asked, parts=parts, queries=queries)
    deps.emit(QuestionAsked(round=row.number, section=gap.section, gap=gap.kind, question=asked, parts=parts))


def _known(view: View, chosen: Candidate, asked: str) -> Gap | None:
    """The open gap that the model has come upon again."""
    here = (gap for gap in view.open if gap.section == chosen.section)
    return next((gap for gap in here if alike(asked, [gap.question])), None)


def _gap(row: Round, chosen: Candidate, asked: str) -> Gap:
    return Gap(
        run_id=row.run_id,
        number=0,
        kind=chosen.kind.value,
        section=chosen.section,
        question=asked,
        priority=chosen.priority,
        opened_by="question",
        opened_in=row.wave,
    )
