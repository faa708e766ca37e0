"""BRIEF and OUTLINE: what the report must give its reader, and in which sections."""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field, StringConstraints, create_model

from redraft.agent.asking import Problem, Try, ask, best, form
from redraft.agent.events import BriefWritten, OutlinePlanned
from redraft.agent.guard import repeats_itself
from redraft.agent.languages import labels_of_run, language_of_run
from redraft.agent.llm import Request
from redraft.agent.prompting import messages
from redraft.agent.prose import CHARACTERS_PER_WORD, one_line, word_count
from redraft.agent.state import Deps, RunState, Update
from redraft.prompts.labels import LANGUAGES, Labels, labels
from redraft.store import runs
from redraft.store.library import Match
from redraft.store.models import Brief, Section
from redraft.tools.language import comparable, language_of_question
from redraft.tools.retrieve import search_words, terms
from redraft.tools.sanitize import fence
from redraft.tools.suspicion import harmless

# Room for what the schema allows, in tokens; a reply that needs more is out of its form.
BRIEF_TOKENS = 500
TOKENS_PER_SECTION = 110
TEMPERATURE = 0.4
SUMMARY_SHARE = 0.15
"""Of the wanted length: a summary of one page for a report of seven."""
TITLE_WORDS = 12
SHARED_TERMS = 2
"""Of the report's title with the question: one, such as the name of a language, is shared by a thousand matters."""
SHORT_TITLE = 4
"""Words up to which a title may be all that the question says: a short question has no more to it."""
TITLE_LENGTH = 120

Line = Annotated[str, StringConstraints(min_length=3, max_length=TITLE_LENGTH)]
Sentence = Annotated[str, StringConstraints(min_length=8, max_length=240)]


class BriefForm(BaseModel):
    title: Line
    intent: Sentence
    points: Annotated[list[Sentence], Field(min_length=3, max_length=6)]


class SectionForm(BaseModel):
    title: Line
    purpose: Sentence


class OutlineForm(BaseModel):
    sections: list[SectionForm]


async def brief(state: RunState, runtime: Runtime[Deps]) -> Update:
    deps, run_id = runtime.context, state["run_id"]
    if runs.brief(deps.database, run_id):  # killed after it was kept: with it in view the model would be asked anew
        return {}
    run = runs.get(deps.database, run_id)
    request = Request(
        node="brief",
        messages=messages(deps.database, run_id, "brief"),
        max_tokens=BRIEF_TOKENS,
        temperature=TEMPERATURE,
        schema=BriefForm.model_json_schema(),
    )
    read = form(BriefForm, lambda reply: _brief_problems(reply, run.question, language_of_run(run)))
    chosen = best(await ask(deps.llm, deps.emit, request, read, retries=deps.settings.retries))
    written = chosen.value if chosen else None
    # Without a usable brief the question itself is the brief: it asks for what it asks for.
    title = one_line(written.title if written else run.question)
    intent = written.intent if written else run.question
    points = list(written.points) if written else []
    runs.save_brief(deps.database, Brief(run_id=run_id, title=title, intent=intent, points=points))
    deps.emit(BriefWritten(title=title))
    return {}


async def outline(state: RunState, runtime: Runtime[Deps]) -> Update:
    deps, run_id = runtime.context, state["run_id"]
    if runs.outline(deps.database, run_id):
        return {}
    size = deps.settings.size
    run = runs.get(deps.database, run_id)
    question, said = run.question, labels_of_run(run)
    at_hand = (await deps.corpus()).known()
    request = Request(
        node="outline",
        messages=messages(deps.database, run_id, "outline", count=size.sections, sources=_shown_sources(at_hand)),
        max_tokens=TOKENS_PER_SECTION * size.sections + 100,
        temperature=TEMPERATURE,
        schema=_outline_form(size.sections).model_json_schema(),
    )
    # A server without structured output may bring more or fewer sections than the schema asks for: all that are good.
    read = form(OutlineForm, lambda reply: _outline_problems(reply, question))
    tries = await ask(deps.llm, deps.emit, request, read, retries=deps.settings.retries)
    planned = _usable(tries, question)[: size.sections]
    spare = _spare(question, at_hand, planned, said)[: size.sections - len(planned)]
    sections = _rows(run_id, planned, spare, said, words=size.words)
    runs.save_outline(deps.database, run_id, sections)
    titles = [section.title for section in sections if section.number > 0]
    deps.emit(OutlinePlanned(titles=titles, by_code=len(spare)))
    return {}


def _brief_problems(reply: BriefForm, question: str, language: str | None) -> list[Problem]:
    if repeats_itself(" ".join((reply.title, reply.intent, *reply.points))):
        return [Problem("The brief repeats itself. Make every point a different one.")]
    # A title in another language than the question can share no words with it.
    asked = terms(question) if comparable(language_of_question(question), language) else set()
    if not _is_title(reply.title) or len(terms(reply.title) & asked) < min(SHARED_TERMS, len(asked)):
        return [Problem("The title does not name what the question is about.")]
    return []


def _outline_form(count: int) -> type[OutlineForm]:
    exactly = Annotated[list[SectionForm], Field(min_length=count, max_length=count)]
    return create_model("Outline", __base__=OutlineForm, sections=(exactly, ...))


def _outline_problems(reply: OutlineForm, question: str) -> list[Problem]:
    good = [section.title for section in _distinct(reply.sections, question)]
    bad = [section.title for section in reply.sections if section.title not in good]
    wrong = '"{}" is no title of a section, or says what another one says. Name one part of the matter in each.'
    return [Problem(wrong.format(title[:TITLE_LENGTH]), fatal=False) for title in dict.fromkeys(bad)]


def _usable(tries: Sequence[Try[OutlineForm]], question: str) -> list[SectionForm]:
    chosen = best(tries)
    return _distinct(chosen.value.sections, question) if chosen and chosen.value else []


def _distinct(sections: Iterable[SectionForm], question: str) -> list[SectionForm]:
    """Those with a title that is one, that no earlier one covers, and that is not the whole question again."""
    kept: list[SectionForm] = []
    for section in sections:
        others = [other.title for other in kept]
        if word_count(section.title) > SHORT_TITLE:
            others.append(question)
        if _is_title(section.title) and not any(_overlap(section.title, other) for other in others):
            kept.append(section)
    return kept


def _is_title(text: str) -> bool:
    title = one_line(text)
    return bool(terms(title)) and word_count(title) <= TITLE_WORDS and title.casefold() not in _RESERVED


_RESERVED = frozenset({"title", "section", "conclusion", "outline", "report", "introduction"}).union(
    heading.casefold() for said in map(labels, LANGUAGES) for heading in (said.summary, said.references)
)


def _overlap(title: str, other: str) -> bool:
    mine, theirs = terms(title), terms(other)
    return 2 * len(mine & theirs) > len(mine | theirs)


def _spare(question: str, known: Sequence[Match], taken: Sequence[SectionForm], said: Labels) -> list[SectionForm]:
    """Sections for want of better ones: the parts of the question, then what the library holds on it.

    Whatever the model said, they are about the matter.
    """
    parts = _parts(question)
    titles = [*(parts if len(parts) > 1 else []), *(_short(match.source.title) for match in known)]
    spare = [SectionForm(title=title, purpose=said.purpose.format(title=title)) for title in titles if len(title) > 2]
    return _distinct([*taken, *spare], question)[len(taken) :]


def _parts(question: str) -> list[str]:
    """What stands between the commas and the "and"s of a question, as far as it names something."""
    named = [part for part in map(_short, _JOINT.split(question)) if any(len(w) > 1 for w in search_words(part))]
    return [part[:1].upper() + part[1:] for part in named]


_JOINT = re.compile(r"[,;:?!。？！，、；：،؛؟¿¡]|\b(?:and|or|und|oder|sowie|et|ou|y|e|и|или)\b", re.IGNORECASE)


_NUMBERING = re.compile(r"^(?:(?:chapter|section|part|appendix)\s+)?(?:\d+|[A-Z](?=\.))(?:\.\d+)*\.\s+", re.IGNORECASE)


def _short(title: str) -> str:
    """The first clause of a title, without its number, and of that no more words than a heading holds."""
    clause = re.split(r"[,;–—|。？！，、；：｜]|\. | - ", _NUMBERING.sub("", one_line(title)))[0]
    words = " ".join(clause.split()[:TITLE_WORDS])[:TITLE_LENGTH]
    # Where nothing stands between words, the first of them are so many characters.
    return words if word_count(words) <= TITLE_WORDS else words[: TITLE_WORDS * CHARACTERS_PER_WORD]


def _rows(
    run_id: str, planned: Sequence[SectionForm], spare: Sequence[SectionForm], said: Labels, *, words: int
) -> list[Section]:
    chosen = [(section, "model") for section in planned] + [(section, "code") for section in spare]
    summary = round(words * SUMMARY_SHARE)
    each = (words - summary) // max(1, len(chosen))
    body = [
        Section(run_id=run_id, number=n, title=one_line(s.title), purpose=s.purpose, words=each, origin=origin)
        for n, (s, origin) in enumerate(chosen, start=1)
    ]
    heading, purpose = said.summary, said.summary_purpose
    first = Section(run_id=run_id, number=0, title=heading, purpose=purpose, words=summary, origin="plan")
    return [first, *body]


def _shown_sources(known: Sequence[Match]) -> str:
    titles = dict.fromkeys(one_line(match.source.title) for match in known)
    return fence("\n".join(f"- {harmless(title).text}" for title in titles)) if titles else ""
