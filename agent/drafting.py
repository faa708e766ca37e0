"""DRAFT: a section's first text, from its evidence, and quoted from it where no draft holds."""

from collections.abc import Mapping, Sequence

from langgraph.runtime import Runtime

from redraft.agent import digest, guard, waves, writing
from redraft.agent.asking import ROOM_FOR_REASONS, Try, best
from redraft.agent.dialects import dialect
from redraft.agent.errors import ContextTooSmall
from redraft.agent.events import CallLeftOut
from redraft.agent.llm import Message
from redraft.agent.prompting import fitting, messages
from redraft.agent.quoting import quotation
from redraft.agent.settings import Settings
from redraft.agent.state import Deps, SectionTask, Update
from redraft.agent.writing import TOKENS_PER_WORD, Assignment, Draft
from redraft.store import drafts, runs
from redraft.store.drafts import Exhibit
from redraft.store.models import Section

FRAME_TOKENS, TITLE_TOKENS, PASSAGE_TOKENS = 900, 60, 300
"""A draft's prompt: with the embedded model's tokenizer, which makes more of a text than an 8B model's, its fixed words
with the brief took up to 520 tokens, a line of the outline 25 to 50, and a passage of evidence 80 to 280."""


async def draft(state: SectionTask, runtime: Runtime[Deps]) -> Update:
    deps, run_id = runtime.context, state["run_id"]
    section = runs.section(deps.database, run_id, state["section"])
    if not drafts.is_open(deps.database, section):
        return {}
    exhibits = drafts.exhibits(deps.database, section.id or 0)
    tries = await _attempts(deps, section, exhibits)
    chosen = best(tries)
    versions = writing.rows(section, "draft", tries, chosen, wave=section.wave)
    if chosen is None:
        # The title of a source, for want of a better one, says less of what is wanted than the question does.
        question = runs.get(deps.database, run_id).question if section.origin == "code" else ""
        quotes = quotation(exhibits, f"{section.title} {section.purpose} {question}")
        versions.append(drafts.version_of(section, "quote", quotes, accepted=True, wave=section.wave))
    drafts.append(deps.database, versions)
    writing.announce(deps, section, versions)
    return {}


async def _attempts(deps: Deps, section: Section, exhibits: Sequence[Exhibit]) -> list[Try[Draft]]:
    """With as much evidence as there is room for. Raises `ContextTooSmall` where there is none for a first text: a
    report of nothing but quotations is no use to anybody. A later section is quoted then."""
    prompts = (_prompt(deps, section, exhibits[:count]) for count in range(len(exhibits), 0, -1))
    try:
        dropped, prompt = await fitting(deps.llm, prompts, reserve=writing.reserve(deps, section, section.words))
    except ContextTooSmall as error:
        if section.wave == 0:
            raise
        deps.emit(CallLeftOut(node="draft", section=section.number, reason=str(error)))
        return []
    kept = exhibits[: len(exhibits) - dropped]
    assignment = Assignment(node="draft", section=section, exhibits=kept, words=_words(section, kept), prompt=prompt)
    return await writing.attempts(deps, assignment)


def _known_texts(deps: Deps, section: Section) -> Mapping[str, str]:
    """What the writer of a section may know of the others: one after another, all that stands, else what is settled."""
    view = waves.texts if deps.settings.serial else waves.settled_texts
    return view(deps.database, section.run_id)


def smallest_context(settings: Settings) -> int:
    """Tokens that a served model must hold: the prompt of a draft with one passage of evidence, and its reply."""
    size, beside = settings.size, settings.think + dialect(settings.dialect).thought_tokens
    reply = round(size.words / size.sections * TOKENS_PER_WORD) + ROOM_FOR_REASONS + beside
    return reply + FRAME_TOKENS + TITLE_TOKENS * size.sections + PASSAGE_TOKENS


def _words(section: Section, exhibits: Sequence[Exhibit]) -> int:
    return min(section.words, max(writing.evidence_words(exhibits), guard.SHORTEST))


def _prompt(deps: Deps, section: Section, exhibits: Sequence[Exhibit]) -> tuple[Message, ...]:
    sections = runs.outline(deps.database, section.run_id)
    first, second = ([*(f"e{exhibit.evidence.number}" for exhibit in exhibits), None, None])[:2]
    return messages(
        deps.database,
        section.run_id,
        deps.dialect.prompt("draft"),
        section=section,
        words=_words(section, exhibits),
        evidence=deps.dialect.shown(exhibits),
        neighbours=digest.neighbours(sections, section.number, _known_texts(deps, section)),
        first=first,
        second=second,
    )
