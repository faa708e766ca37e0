"""The forms in which a model puts a question, and what is wrong with what it puts there. Pure functions."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Annotated, NamedTuple

from pydantic import BaseModel, Field, StringConstraints

from redraft.agent.asking import Problem
from redraft.agent.gaps import Kind, Priority, alike
from redraft.agent.guard import SUPPORT, repeats_itself, support
from redraft.agent.prose import one_line
from redraft.agent.research import QUERY_WORDS, Words, is_query
from redraft.store.models import Gap
from redraft.tools.retrieve import search_words, terms

PARTS = range(2, 5)
"""Of a hard question, as Adaptive Graph of Thoughts opens a nested graph of a few (arXiv 2502.05078)."""
LONGEST = 240
"""Characters of a question: three lines."""

Sentence = Annotated[str, StringConstraints(max_length=LONGEST)]


class Wording(BaseModel):
    question: Sentence
    hard: bool
    parts: Annotated[list[Sentence], Field(max_length=max(PARTS))]
    queries: Annotated[list[Words], Field(max_length=max(PARTS))]


class Place(BaseModel):
    section: str
    kind: Kind
    priority: Priority


class Candidate(Wording, Place):
    """A question with the gap that it is to close."""


class _Nothing(BaseModel):
    nothing: bool


class Reply(Candidate, _Nothing):
    """A candidate, or nothing."""


class Bounds(NamedTuple):
    """Within which a question must be."""

    choices: Sequence[str]
    """The numbers of the sections it may be for."""
    asked: Sequence[str]
    """What was asked before."""
    urgent: Sequence[Gap]
    """While one of these is open something is lacking."""
    about: set[str]
    """The terms of what the report is about: a question without any is about something else."""


class Plan(NamedTuple):
    """What is to be searched and answered."""

    parts: list[str]
    """Empty for a question that is answered as one."""
    queries: list[str]


def reply_problems(reply: Reply, bounds: Bounds) -> list[Problem]:
    if reply.nothing:
        lacking = '`nothing` is false: section {} has the gap "{}". Ask for it.'
        return [Problem(lacking.format(gap.section, gap.question)) for gap in bounds.urgent[:1]]
    found = wording_problems(reply, bounds)
    if reply.section not in bounds.choices:
        found.append(Problem(f"`section` is one of {', '.join(bounds.choices)}."))
    if reply.kind is Kind.NOTE:
        found.append(Problem("`kind` is one of those listed."))
    return found


def merge_problems(merged: Candidate, candidates: Sequence[Candidate], bounds: Bounds) -> list[Problem]:
    """A merge is checked like any candidate, and for what no candidate has."""
    found = wording_problems(merged, bounds)
    texts = [text for candidate in candidates for text in (candidate.question, *candidate.parts, *candidate.queries)]
    if support(merged.question, texts) < SUPPORT:
        found.append(Problem("The question is none of the candidates'. Follow them."))
    if (merged.section, merged.kind) not in [(candidate.section, candidate.kind) for candidate in candidates]:
        found.append(Problem("Take `section` and `kind` from one of the candidates."))
    return found


def wording_problems(wording: Wording, bounds: Bounds) -> list[Problem]:
    """What is wrong with the question itself: how it is searched for is mended by `plan`."""
    asked = one_line(wording.question, limit=LONGEST)
    if not terms(asked) & bounds.about:
        return [Problem("`question` is one sentence that names the matter itself.")]
    found = []
    if alike(asked, bounds.asked):
        found.append(Problem(f'"{asked}" was asked before. Ask for something else.'))
    if repeats_itself(" ".join((asked, *wording.parts))):
        found.append(Problem("The question repeats itself. Ask for each thing once."))
    return found


def plan(wording: Wording, title: str) -> Plan:
    """One search for an easy question, and one for each part of a hard one; without parts a hard one is easy.

    Where the model gave no query that is one, the words of the question are searched for, and else the section's title.
    """
    parts = _distinct(wording.parts)
    if not wording.hard or len(parts) not in PARTS:
        parts = []
    given = [" ".join(query.split()) for query in wording.queries if is_query(query)]
    wanted = parts or [one_line(wording.question, limit=LONGEST)]
    pairs = zip_longest(wanted, given[: len(wanted)])
    queries = [query or as_query(text or "", otherwise=title) for text, query in pairs]
    return Plan(parts, list(dict.fromkeys(queries)))


def as_query(text: str, *, otherwise: str) -> str:
    """A sentence as it can be searched for: its telling words, or `otherwise` where they make no query."""
    words = [word for word in text.strip(" .?!。？！").split() if search_words(word)]
    query = " ".join(words[:QUERY_WORDS])
    return query if is_query(query) else otherwise


def _distinct(questions: Sequence[str]) -> list[str]:
    kept: list[str] = []
    for question in (one_line(text, limit=LONGEST) for text in questions):
        if terms(question) and not alike(question, kept):
            kept.append(question)
    return kept
