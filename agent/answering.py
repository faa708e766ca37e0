"""ANSWER: what a round's evidence says to its question.

Several answers are sampled and merged into one that says nothing beyond them (TTD-DR, arXiv 2507.16075, section 2.2).
An answer is material for a section: it has no length to keep, and every sentence of it cites.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from langgraph.runtime import Runtime

from redraft.agent import waves
from redraft.agent.asking import ask, best, fitted, sampled
from redraft.agent.citations import cited
from redraft.agent.events import QuestionAnswered
from redraft.agent.gaps import Kind
from redraft.agent.languages import language_of_run
from redraft.agent.llm import Message, Request
from redraft.agent.novelty import is_said, novelty
from redraft.agent.prompting import messages, shown
from redraft.agent.state import Deps, RoundTask, Update
from redraft.agent.statements import distinct, joined, quoted, reader, sentences
from redraft.store import gaps, rounds, runs
from redraft.store.drafts import Exhibit
from redraft.store.models import Round
from redraft.tools.retrieve import terms

SENTENCES = 6
"""Of an answer: what one section can take in at a time. Starting point, not measured."""
PART_SENTENCES = 2
"""The least that each part of a hard question may say."""
QUOTES = 3
"""For want of an answer."""
SENTENCE_TOKENS = 80
"""One of 25 words with its citation takes about 45 with an 8B model's tokenizer, and more in other languages."""
TEMPERATURE = 0.3
"""Of a single answer and of the merge, as of other prose."""
VARIED = 0.7
"""Of several answers, so that they differ. Starting point, not measured: they must still keep to their evidence."""


class Task(NamedTuple):
    """A question of a round, or a part of one, with what may answer it."""

    row: Round
    question: str
    exhibits: Sequence[Exhibit]
    """What says most to it first."""
    most: int
    """Sentences."""
    quotes: int


async def answer(state: RoundTask, runtime: Runtime[Deps]) -> Update:
    deps = runtime.context
    row = rounds.get(deps.database, state["run_id"], state["round"])
    if row.outcome is not None or row.answer is not None:
        return {}
    exhibits = rounds.exhibits(deps.database, row.id or 0)
    replies = await asyncio.gather(*(_answered(deps, task) for task in _tasks(deps, row, exhibits)))
    if replies and all(reply is None for reply in replies):
        rounds.conclude(deps.database, row, "failed", "No answer of the model could be used.")
    else:
        _keep(deps, row, exhibits, (sentence for reply in replies for sentence in reply or ()))
    return {}


def _tasks(deps: Deps, row: Round, exhibits: Sequence[Exhibit]) -> list[Task]:
    """None without evidence; the parts of a hard question share the room of an answer."""
    asked = row.parts or [row.question]
    most, quotes = max(PART_SENTENCES, SENTENCES // len(asked)), max(1, QUOTES // len(asked))
    held = deps.settings.size.passages
    return [Task(row, one, _nearest(exhibits, one)[:held], most, quotes) for one in asked if exhibits]


def _nearest(exhibits: Sequence[Exhibit], question: str) -> list[Exhibit]:
    """Those that share most with a question first; of equals the order of the search stays."""
    wanted = terms(question)
    return sorted(exhibits, key=lambda exhibit: -len(wanted & terms(exhibit.passage.text)))


async def _answered(deps: Deps, task: Task) -> Sequence[str] | None:
    """The sentences of the answer: none where the evidence says nothing to it, None where nothing could be used."""
    found = await _replies(deps, task)
    telling = [reply for reply in found if reply]
    if telling:
        return await _merged(deps, task, telling)
    return () if found else quoted(task.exhibits, task.question, task.quotes) or None


async def _replies(deps: Deps, task: Task) -> list[Sequence[str]]:
    count = deps.settings.size.answer_variants
    room = SENTENCE_TOKENS * task.most
    prompts = (_prompt(deps, task, task.exhibits[:held]) for held in range(len(task.exhibits), 0, -1))
    request = Request(
        node="answer",
        section=task.row.focus or None,
        messages=(),
        max_tokens=room,
        temperature=VARIED if count > 1 else TEMPERATURE,
        think=deps.settings.think,
        n=count,
    )
    fit = await fitted(deps, request, prompts)
    if fit is None:
        return []
    seen = task.exhibits[: len(task.exhibits) - fit.skipped]
    tries = await sampled(deps, fit.request, reader(seen, task.most, _language(deps, task)))
    return [tried.value for tried in tries if tried.usable and tried.value is not None]


def _prompt(deps: Deps, task: Task, exhibits: Sequence[Exhibit]) -> tuple[Message, ...]:
    first, second = ([*(f"e{exhibit.evidence.number}" for exhibit in exhibits), None])[:2]
    return messages(
        deps.database,
        task.row.run_id,
        "answer",
        evidence=shown(exhibits),
        asked=task.question,
        most=task.most,
        first=first,
        second=second,
    )


async def _merged(deps: Deps, task: Task, answers: Sequence[Sequence[str]]) -> Sequence[str]:
    """One answer of several, by a request only where they differ; put together by code where no merge can be used."""
    fullest = max(answers, key=len)
    said = [sentence for one in (fullest, *answers) for sentence in one]
    if all(is_said(sentence, fullest) for sentence in said):
        return fullest
    return await _one_of(deps, task, answers) or distinct(said)[: task.most]


async def _one_of(deps: Deps, task: Task, answers: Sequence[Sequence[str]]) -> Sequence[str] | None:
    """Of as many answers as there is room for, from the first on; None where no merge can be used."""
    sizes = range(len(answers), 1, -1)
    request = Request(
        node="answer_merge",
        section=task.row.focus or None,
        messages=(),
        max_tokens=SENTENCE_TOKENS * task.most,
        temperature=TEMPERATURE,
    )
    fit = await fitted(deps, request, (_merging(deps, task, answers[:size]) for size in sizes))
    if fit is None:
        return None
    said = [sentence for one in answers[: sizes[fit.skipped]] for sentence in one]
    ids = cited(" ".join(said))
    exhibits = [exhibit for exhibit in task.exhibits if exhibit.evidence.number in ids]
    merged = best(await ask(deps, fit.request, reader(exhibits, task.most, _language(deps, task), among=said)))
    return merged.value if merged else None


def _merging(deps: Deps, task: Task, answers: Sequence[Sequence[str]]) -> tuple[Message, ...]:
    candidates = [" ".join(one) for one in answers]
    return messages(
        deps.database,
        task.row.run_id,
        "answer_merge",
        asked=task.question,
        candidates=candidates,
        most=task.most,
        first=f"e{cited(' '.join(candidates))[0]}",
    )


def _language(deps: Deps, task: Task) -> str | None:
    return language_of_run(runs.get(deps.database, task.row.run_id))


def _keep(deps: Deps, row: Round, exhibits: Sequence[Exhibit], said: Iterable[str]) -> None:
    text = joined(said)
    new = _novelty(deps, row, text)
    rounds.update(deps.database, row, answer=text, novelty=new)
    ids = cited(text)
    sources = {exhibit.source.id for exhibit in exhibits if exhibit.evidence.number in ids}
    deps.emit(QuestionAnswered(round=row.number, sentences=len(sentences(text)), sources=len(sources), novelty=new))


def _novelty(deps: Deps, row: Round, text: str) -> float:
    gap = gaps.get(deps.database, row.gap_id) if row.gap_id else None
    texts = waves.settled_texts(deps.database, row.run_id)
    # Subsections that are still to be written cite nothing yet.
    rewritten = gap.section if gap and gap.kind not in (Kind.MISSING, Kind.BRANCH) else ""
    return novelty(text, texts.values(), cited(texts.get(rewritten, "")))
