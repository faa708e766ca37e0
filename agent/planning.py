"""OUTLINE: the sections of the report, what each is to tell, and how long it is."""

from collections.abc import Iterable, Sequence
from typing import Annotated, NamedTuple

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field, StringConstraints, create_model

from redraft.agent import tree
from redraft.agent.asking import ROOM_FOR_REASONS, Problem, aside, fill
from redraft.agent.events import OutlinePlanned
from redraft.agent.guard import repeats_itself
from redraft.agent.languages import labels_of_run
from redraft.agent.llm import Message, Request
from redraft.agent.prompting import fitting, messages
from redraft.agent.prose import one_line, word_count
from redraft.agent.settings import SECTION_WORDS, Settings
from redraft.agent.state import Deps, RunState, Update
from redraft.agent.titles import TITLE_LENGTH, covered, is_title, parts, short
from redraft.prompts.labels import Labels
from redraft.store import runs
from redraft.store.library import Match
from redraft.store.models import Section
from redraft.tools.retrieve import terms
from redraft.tools.sanitize import fence
from redraft.tools.suspicion import harmless

TOKENS_PER_SECTION, HYPOTHESES_TOKENS = 110, 120
"""Room for what the form allows, in tokens. For the hypotheses only where the served context leaves it."""
TEMPERATURE = 0.4
SUMMARY_SHARE = 0.15
"""Of the wanted length: a summary of one page for a report of seven."""
CONCLUSION_SHARE = 0.08
LONGEST_SECTION = 600
"""Words that a small model writes without losing the thread: a longer report has more sections."""
MOST_SECTIONS = 40
SHORT_TITLE = 4
"""Words up to which a title may be all that the question says: a short question has no more to it."""
HYPOTHESES = 3
HYPOTHESIS_LENGTH = 160
"""Characters."""
USUAL_WEIGHT, HEAVIEST = 1, 3

Line = Annotated[str, StringConstraints(min_length=2, max_length=TITLE_LENGTH)]
"""Of two characters is a word of Chinese."""
Sentence = Annotated[str, StringConstraints(min_length=4, max_length=240)]


class SectionForm(BaseModel):
    title: Line
    purpose: Sentence
    # A wish more than a demand: too many or too long ones are cut, and cost no section.
    hypotheses: Annotated[list[str], Field(json_schema_extra={"maxItems": HYPOTHESES})] = []
    weight: Annotated[int, Field(ge=USUAL_WEIGHT, le=HEAVIEST)] = USUAL_WEIGHT


class OutlineForm(BaseModel):
    sections: list[SectionForm]


class Shares(NamedTuple):
    """The words of a report, divided among its parts."""

    summary: int
    body: list[int]
    conclusion: int


async def outline(state: RunState, runtime: Runtime[Deps]) -> Update:
    deps, run_id = runtime.context, state["run_id"]
    if runs.outline(deps.database, run_id):
        return {}
    run = runs.get(deps.database, run_id)
    question, said = run.question, labels_of_run(run)
    words = _wanted_words(deps, run_id)
    count = section_count(deps.settings, words)
    at_hand = (await deps.corpus()).known()
    request = await _request(deps, run_id, count, at_hand)
    form = _outline_form(count)
    reply = await fill(deps, request, form, lambda value: _outline_problems(value, question))
    planned = _distinct(reply.sections, question)[:count] if reply else []
    spare = _spare(question, at_hand, planned, said)[: count - len(planned)]
    sections = _rows(run_id, planned, spare, said, words=words, conclusion=deps.settings.conclusion)
    runs.save_outline(deps.database, run_id, sections)
    titles = [section.title for section in tree.body(sections)]
    deps.emit(OutlinePlanned(titles=titles, by_code=len(spare)))
    return {}


def section_count(settings: Settings, words: int) -> int:
    """How many sections a report of this length has: those of the settings, unless they became too short or too long.

    A number that the user gave is never raised.
    """
    wanted = settings.size.sections
    if settings.sections is None:
        wanted = max(wanted, min(MOST_SECTIONS, -(-words // LONGEST_SECTION)))
    return max(1, min(wanted, words // SECTION_WORDS))


def divided(words: int, weights: Sequence[int], *, conclusion: bool) -> Shares:
    """Words for each part of a report, which add up to `words`. A section has its share of the body by its weight."""
    summary = round(words * SUMMARY_SHARE)
    last = round(words * CONCLUSION_SHARE) if conclusion else 0
    return Shares(summary, _by_weight(words - summary - last, weights), last)


def _by_weight(words: int, weights: Sequence[int]) -> list[int]:
    """Whole numbers in the proportion of the weights, none below `SECTION_WORDS` as long as there are enough words."""
    least = min(SECTION_WORDS, words // max(1, len(weights)))
    rest = words - least * len(weights)
    shares = [least + rest * weight // sum(weights) for weight in weights]
    # What rounding left over goes to the heaviest ones, a word each.
    more = sorted(range(len(weights)), key=lambda at: -weights[at])[: words - sum(shares)]
    return [share + (at in more) for at, share in enumerate(shares)]


def _wanted_words(deps: Deps, run_id: str) -> int:
    brief = runs.brief(deps.database, run_id)
    return brief.words if brief else deps.settings.size.words


async def _request(deps: Deps, run_id: str, count: int, at_hand: Sequence[Match]) -> Request:
    """What is at hand is left out where the served context cannot hold it."""

    def prompt(sources: str) -> tuple[Message, ...]:
        return messages(deps.database, run_id, deps.dialect.prompt("outline"), count=count, sources=sources)

    needed, kept_free = TOKENS_PER_SECTION * count + 100, ROOM_FOR_REASONS + aside(deps)
    offered = (prompt(sources) for sources in (_shown_sources(at_hand), ""))
    _, chosen = await fitting(deps.llm, offered, reserve=needed + kept_free)
    free = deps.llm.context - await deps.llm.count(chosen) - kept_free
    room = min(free, needed + HYPOTHESES_TOKENS * count)
    return Request(node="outline", messages=chosen, max_tokens=room, temperature=TEMPERATURE)


def _outline_form(count: int) -> type[OutlineForm]:
    """A form of exactly so many sections.

    A server without structured output may bring more or fewer: all that are good are taken, so only the schema demands
    the number.
    """
    exactly = Annotated[list[SectionForm], Field(json_schema_extra={"minItems": count, "maxItems": count})]
    return create_model("Outline", __base__=OutlineForm, sections=(exactly, ...))


def _outline_problems(reply: OutlineForm, question: str) -> list[Problem]:
    good = [section.title for section in _distinct(reply.sections, question)]
    bad = [section.title for section in reply.sections if section.title not in good]
    wrong = '"{}" is no title of a section, or says what another one says. Name one part of the matter in each.'
    return [Problem(wrong.format(title), fatal=False) for title in dict.fromkeys(bad)]


def _distinct(sections: Iterable[SectionForm], question: str) -> list[SectionForm]:
    """Those with a title that is one, that no earlier one covers, and that is not the whole question again."""
    kept: list[SectionForm] = []
    for section in sections:
        others = [other.title for other in kept]
        if word_count(section.title) > SHORT_TITLE:
            others.append(question)
        if is_title(section.title) and not covered(section.title, others):
            kept.append(section)
    return kept


def _spare(question: str, known: Sequence[Match], taken: Sequence[SectionForm], said: Labels) -> list[SectionForm]:
    """Sections for want of better ones: the parts of the question, then what the library holds on it.

    Whatever the model said, they are about the matter. Where neither gives a title, the question itself does.
    """
    asked = parts(question)
    titles = [*(asked if len(asked) > 1 else []), *(short(match.source.title) for match in known)]
    spare = [_section(title, said) for title in titles if len(title) > 2]
    found = _distinct([*taken, *spare], question)[len(taken) :]
    return found if found or taken else [_section(short(question) or said.summary, said)]


def _section(title: str, said: Labels) -> SectionForm:
    return SectionForm(title=title, purpose=said.purpose.format(title=title))


def _rows(
    run_id: str,
    planned: Sequence[SectionForm],
    spare: Sequence[SectionForm],
    said: Labels,
    *,
    words: int,
    conclusion: bool,
) -> list[Section]:
    chosen = [*planned, *spare]
    shares = divided(words, [section.weight for section in chosen], conclusion=conclusion)

    def row(number: int, title: str, purpose: str, length: int, origin: str) -> Section:
        return Section(
            run_id=run_id, number=str(number), title=title, purpose=purpose, words=length, origin=origin, hypotheses=[]
        )

    rows = [row(0, said.summary, said.summary_purpose, shares.summary, "summary")]
    for number, (section, length) in enumerate(zip(chosen, shares.body, strict=True), start=1):
        origin = "model" if number <= len(planned) else "code"
        rows.append(row(number, one_line(section.title), section.purpose, length, origin))
        rows[-1].hypotheses = _hypotheses(section)
    if conclusion:
        rows.append(row(len(rows), said.conclusion, said.conclusion_purpose, shares.conclusion, "conclusion"))
    return rows


def _hypotheses(section: SectionForm) -> list[str]:
    """Those that say something, each once."""
    lines = dict.fromkeys(one_line(text, limit=HYPOTHESIS_LENGTH) for text in section.hypotheses)
    told = [line for line in lines if terms(line) - terms(section.title) and not repeats_itself(line)]
    return told[:HYPOTHESES]


def _shown_sources(known: Sequence[Match]) -> str:
    titles = dict.fromkeys(one_line(match.source.title) for match in known)
    return fence("\n".join(f"- {harmless(title).text}" for title in titles)) if titles else ""
