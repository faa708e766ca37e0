"""BRIEF: what the question asks for: a title, what its reader wants, what a good answer does, and how long it is."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, NamedTuple

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field, StringConstraints

from redraft.agent.asking import Problem, fill, fitted
from redraft.agent.checklist import HEAVIEST, Dimension, Item, demanded, joined
from redraft.agent.events import BriefWritten
from redraft.agent.guard import repeats_itself
from redraft.agent.languages import language_of_run
from redraft.agent.llm import Message, Request
from redraft.agent.prompting import messages
from redraft.agent.prose import one_line
from redraft.agent.settings import Settings
from redraft.agent.state import Deps, RunState, Update
from redraft.agent.stated_length import stated_words
from redraft.agent.styling import style_rules
from redraft.agent.titles import TITLE_LENGTH, is_title, parts
from redraft.store import runs
from redraft.store.models import Brief, Run
from redraft.tools.language import comparable, language_of_question
from redraft.tools.retrieve import terms

BRIEF_TOKENS = 1000
"""Room for what the form allows; a reply that needs more is out of its form."""
TEMPERATURE = 0.4
SHARED_TERMS = 2
"""Of the report's title with the question: one, such as the name of a language, is shared by a thousand matters."""
PROPOSED_RANGE = (0.6, 1.5)
"""Of the preset's length, within which the model may propose another: a preset is also a promise of how long it takes.
Starting point, not measured."""
LEAST_COVERED = 2
"""Points on what the report has to cover: a checklist of nothing but form would let an empty report pass."""

Line = Annotated[str, StringConstraints(min_length=2, max_length=TITLE_LENGTH)]
"""Of two characters is a word of Chinese."""
Sentence = Annotated[str, StringConstraints(min_length=4, max_length=240)]
Point = Annotated[str, StringConstraints(min_length=4, max_length=160)]
"""Short, because every later prompt shows all of them."""
Weight = Annotated[int, Field(ge=1, le=HEAVIEST)]


class ItemForm(BaseModel):
    dimension: Dimension
    text: Point
    weight: Weight


class BriefForm(BaseModel):
    title: Line
    intent: Sentence
    audience: Annotated[str, StringConstraints(max_length=TITLE_LENGTH)]
    constraints: Annotated[list[Point], Field(max_length=4)]
    checklist: Annotated[list[ItemForm], Field(min_length=4, max_length=8)]
    words: int


class Length(NamedTuple):
    words: int
    by: Literal["user", "question", "model", "preset"]
    """Who set it."""


async def brief(state: RunState, runtime: Runtime[Deps]) -> Update:
    deps, run_id = runtime.context, state["run_id"]
    if runs.brief(deps.database, run_id):  # killed after it was kept: with it in view the model would be asked anew
        return {}
    run = runs.get(deps.database, run_id)
    spec = deps.settings.spec
    request = Request(node="brief", messages=(), max_tokens=BRIEF_TOKENS, temperature=TEMPERATURE)
    fit = await fitted(deps, request, _prompts(deps, run_id))
    reply = await fill(deps, fit.request, BriefForm, lambda value: _problems(value, run, spec)) if fit else None
    row = _row(run, reply, deps.settings)
    row.style = await style_rules(deps, run_id)
    runs.save_brief(deps.database, row)
    deps.emit(BriefWritten(title=row.title))
    return {}


def known_length(question: str, settings: Settings) -> Length | None:
    """The length that is settled before any model is asked: the user's, else the question's."""
    if settings.words:
        return Length(settings.words, "user")
    stated = stated_words(question)
    return Length(stated, "question") if stated else None


def _prompts(deps: Deps, run_id: str) -> Iterator[tuple[Message, ...]]:
    """With the points that the user wants covered, then without: in the checklist they stand in either case."""
    for spec in (deps.settings.spec, ()):
        yield messages(deps.database, run_id, "brief", usual=deps.settings.size.words, spec=spec)


def _row(run: Run, reply: BriefForm | None, settings: Settings) -> Brief:
    """Without a usable reply the question itself is the brief: it asks for what it asks for."""
    length = known_length(run.question, settings) or _proposed(reply, settings.size.words)
    return Brief(
        run_id=run.id,
        title=one_line(reply.title if reply else run.question),
        intent=reply.intent if reply else run.question,
        audience=one_line(reply.audience) if reply else "",
        constraints=[one_line(text) for text in reply.constraints] if reply else [],
        words=length.words,
        words_from=length.by,
        checklist=[item.to_dict() for item in _checklist(run.question, reply, settings.spec)],
        style=[],
    )


def _proposed(reply: BriefForm | None, usual: int) -> Length:
    if reply is None or reply.words <= 0:
        return Length(usual, "preset")
    least, most = (round(share * usual) for share in PROPOSED_RANGE)
    return Length(min(max(reply.words, least), most), "model")


def _checklist(question: str, reply: BriefForm | None, spec: Sequence[str]) -> list[Item]:
    required = demanded(spec, "spec")
    told = [Item(**item.model_dump(), origin="model") for item in reply.checklist] if reply else []
    found = joined(required, told)
    if sum(item.dimension == "comprehensiveness" for item in found) >= LEAST_COVERED:
        return found
    # What the model left open, the question says: it asks for each of its parts.
    asked = parts(question)
    return joined(found, demanded(asked, "question")) if len(asked) > 1 else found


def _problems(reply: BriefForm, run: Run, spec: Sequence[str]) -> list[Problem]:
    if repeats_itself(" ".join((reply.title, reply.intent, *(item.text for item in reply.checklist)))):
        return [Problem("The brief repeats itself. Make every point a different one.")]
    # A title in another language than the question can share no words with it.
    alike = comparable(language_of_question(run.question), language_of_run(run))
    asked = terms(run.question) if alike else set[str]()
    if not is_title(reply.title) or len(terms(reply.title) & asked) < min(SHARED_TERMS, len(asked)):
        return [Problem("The title does not name what the question is about.")]
    covered = sum(item.dimension == "comprehensiveness" for item in reply.checklist) + len(spec)
    if covered < LEAST_COVERED:
        wanted = f"Give at least {LEAST_COVERED} items of the dimension comprehensiveness: what the report must cover."
        return [Problem(wanted, fatal=False)]
    return []
