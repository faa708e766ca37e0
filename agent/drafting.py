"""DRAFT and SUMMARY: a section's text from its evidence, checked, and quoted from it where no draft holds."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from langgraph.runtime import Runtime

from redraft.agent import guard
from redraft.agent.asking import Problem, Read, Try, ask, best
from redraft.agent.citations import cited, resolve
from redraft.agent.events import SectionWritten
from redraft.agent.languages import labels_of_run, language_of_run
from redraft.agent.llm import Message, Request
from redraft.agent.prompting import fitting, messages, shown
from redraft.agent.prose import tidy, word_count
from redraft.agent.quoting import quotation
from redraft.agent.settings import Size
from redraft.agent.state import Deps, RunState, SectionTask, Update
from redraft.prompts import wording
from redraft.store import drafts, runs
from redraft.store.drafts import Exhibit
from redraft.store.models import Call, Section, Version, now

TEMPERATURE = 0.3
"""Low: a writer that keeps to its evidence also copies more of it, which speculative decoding turns into speed."""
TOKENS_PER_WORD = 2.0
"""Room for the reply. English prose takes 1.3 tokens a word with an 8B model's tokenizer; citations, and a length
somewhat over the wanted one, take the rest."""
ROOM_FOR_REASONS = 200
"""Tokens kept free for what is wrong with a reply when it is sent back."""
FRAME_TOKENS, TITLE_TOKENS, PASSAGE_TOKENS = 700, 60, 300
"""A draft's prompt: with the embedded model's tokenizer, which makes more of a text than an 8B model's, its fixed words
with the brief took up to 520 tokens, a line of the outline 25 to 50, and a passage of evidence 80 to 280."""
SUMMARY_SHARES = (1.0, 0.6, 0.3, 0.1)
"""How much of each section the summary's writer is shown: the most that the served context holds."""


class Draft(NamedTuple):
    text: str
    """Cites ids that the section may cite, and nothing else."""
    invented: int
    unsupported: int


class Assignment(NamedTuple):
    """One text to write: what it is, what it may cite, and the messages that ask for it."""

    node: str
    section: Section
    exhibits: Sequence[Exhibit]
    words: int
    """Wanted length: the section's, or that of its evidence where it is shorter. More could only be made up."""
    prompt: tuple[Message, ...]
    last_resort: str
    """What stands there if no draft passes."""


async def draft(state: SectionTask, runtime: Runtime[Deps]) -> Update:
    deps, run_id = runtime.context, state["run_id"]
    section = runs.outline(deps.database, run_id)[state["section"]]
    if not drafts.is_open(deps.database, section):
        return {}
    exhibits = drafts.exhibits(deps.database, section.id or 0)
    prompts = (_draft_prompt(deps, section, exhibits[:count]) for count in range(len(exhibits), 0, -1))
    dropped, prompt = await fitting(deps.llm, prompts, reserve=_room(deps, section) + ROOM_FOR_REASONS)
    kept = exhibits[: len(exhibits) - dropped]
    # The title of a source, for want of a better one, says less of what is wanted than the question does.
    question = runs.get(deps.database, run_id).question if section.origin == "code" else ""
    quotes = quotation(exhibits, f"{section.title} {section.purpose} {question}")
    await _write(deps, Assignment("draft", section, kept, _words(section, kept), prompt, quotes))
    return {}


async def summary(state: RunState, runtime: Runtime[Deps]) -> Update:
    deps, run_id = runtime.context, state["run_id"]
    section, *body = runs.outline(deps.database, run_id)
    accepted = drafts.accepted(deps.database, run_id)
    # What the user locked before it was written has no text.
    texts = {part.title: accepted[part.id].text for part in body if part.id in accepted}
    if not texts or not drafts.is_open(deps.database, section):
        return {}
    numbers = {number for text in texts.values() for number in cited(text)}
    exhibits = [exhibit for exhibit in drafts.run_exhibits(deps.database, run_id) if exhibit.evidence.number in numbers]
    prompts = (_summary_prompt(deps, section, texts, share) for share in SUMMARY_SHARES)
    _, prompt = await fitting(deps.llm, prompts, reserve=_room(deps, section) + ROOM_FOR_REASONS)
    openings = "\n".join(_opening(text) for text in texts.values())
    await _write(deps, Assignment("summary", section, exhibits, _summary_words(section, texts), prompt, openings))
    return {}


async def _write(deps: Deps, assignment: Assignment) -> None:
    section = assignment.section
    request = Request(
        node=assignment.node,
        section=section.number,
        messages=assignment.prompt,
        max_tokens=_room(deps, section),
        temperature=TEMPERATURE,
    )
    language = language_of_run(runs.get(deps.database, section.run_id))
    read = _reader(assignment, _instructions(deps, assignment), language)
    tries = await ask(deps.llm, deps.emit, request, read, retries=deps.settings.retries)
    versions = _versions(assignment, tries)
    drafts.save_versions(deps.database, section.id or 0, versions)
    _announce(deps, section, next(version for version in versions if version.accepted), versions)


def _instructions(deps: Deps, assignment: Assignment) -> str:
    """What the model was told, apart from titles and evidence: none of it belongs into a text."""
    run_id = assignment.section.run_id
    brief = runs.brief(deps.database, run_id)
    intent = brief.intent if brief else ""
    return "\n".join((wording(assignment.node), wording("context"), runs.get(deps.database, run_id).question, intent))


def _reader(assignment: Assignment, instructions: str, language: str | None) -> Read[Draft]:
    section = assignment.section
    evidence = {exhibit.evidence.number: exhibit.passage.text for exhibit in assignment.exhibits}
    origins = {exhibit.evidence.number: _origin(exhibit) for exhibit in assignment.exhibits}

    def read(call: Call) -> tuple[Draft, Sequence[Problem]]:
        cut_off = call.finish_reason != "stop"
        resolved = resolve(tidy(call.text, title=section.title, cut_off=cut_off), evidence)
        text, dropped = guard.supported(resolved.text, evidence, origins)
        problems = guard.judge(
            text,
            wanted=assignment.words,
            evidence=evidence,
            instructions=instructions,
            cut_off=cut_off,
            language=language,
        )
        unsupported = [guard.not_supported(sentence) for sentence in dropped]
        return Draft(text, resolved.invented, len(dropped)), [*problems, *unsupported]

    return read


def _origin(exhibit: Exhibit) -> str:
    """What the model is shown of a piece of evidence beside its text."""
    source = exhibit.source
    return "\n".join(filter(None, (source.title, source.site, source.date, exhibit.passage.heading)))


def _versions(assignment: Assignment, tries: Sequence[Try[Draft]]) -> list[Version]:
    """Every draft with what was found in it; the best one accepted, or after them the quoted evidence."""
    chosen = best(tries)
    rows = [_draft_row(assignment.section, number, attempt, chosen) for number, attempt in enumerate(tries, start=1)]
    if chosen is None:
        text = assignment.last_resort
        rows.append(_row(assignment.section, len(rows) + 1, op="quote", text=text, accepted=True))
    return rows


def _draft_row(section: Section, number: int, attempt: Try[Draft], chosen: Try[Draft] | None) -> Version:
    made = attempt.value or Draft("", 0, 0)
    row = _row(section, number, op="draft", text=made.text, accepted=attempt is chosen)
    row.problems, row.call_id = [problem.text for problem in attempt.problems], attempt.call.id
    row.invented, row.unsupported = made.invented, made.unsupported
    return row


def _row(section: Section, number: int, *, op: str, text: str, accepted: bool) -> Version:
    return Version(
        section_id=section.id or 0,
        number=number,
        op=op,
        text=text,
        accepted=accepted,
        problems=[],
        invented=0,
        unsupported=0,
        created_at=now(),
    )


def _announce(deps: Deps, section: Section, standing: Version, versions: Sequence[Version]) -> None:
    deps.emit(
        SectionWritten(
            section=section.number,
            title=section.title,
            op=standing.op,
            words=word_count(standing.text),
            citations=len(cited(standing.text)),
            invented=sum(version.invented for version in versions),
            unsupported=sum(version.unsupported for version in versions),
        )
    )


def smallest_context(size: Size) -> int:
    """Tokens that a served model must hold: the prompt of a draft with one passage of evidence, and its reply."""
    reply = round(size.words / size.sections * TOKENS_PER_WORD) + ROOM_FOR_REASONS
    return reply + FRAME_TOKENS + TITLE_TOKENS * size.sections + PASSAGE_TOKENS


def _words(section: Section, exhibits: Sequence[Exhibit]) -> int:
    evidence = sum(word_count(exhibit.passage.text) for exhibit in exhibits)
    return min(section.words, max(evidence, guard.SHORTEST))


def _summary_words(section: Section, texts: Mapping[str, str]) -> int:
    """A summary is not longer than what it sums up."""
    return min(section.words, max(guard.SHORTEST, sum(map(word_count, texts.values())) // 2))


def _room(deps: Deps, section: Section) -> int:
    """Tokens for the reply; a word of Chinese, Japanese and Korean is two characters, of a token each or more."""
    per_word = labels_of_run(runs.get(deps.database, section.run_id)).per_word
    return round(section.words * per_word * TOKENS_PER_WORD)


def _draft_prompt(deps: Deps, section: Section, exhibits: Sequence[Exhibit]) -> tuple[Message, ...]:
    first, second = ([*(f"e{exhibit.evidence.number}" for exhibit in exhibits), None, None])[:2]
    evidence = shown(exhibits)
    words = _words(section, exhibits)
    values = {"section": section, "words": words, "evidence": evidence, "first": first, "second": second}
    return messages(deps.database, section.run_id, "draft", **values)


def _summary_prompt(deps: Deps, section: Section, texts: Mapping[str, str], share: float) -> tuple[Message, ...]:
    written = [{"title": title, "text": text[: round(len(text) * share)]} for title, text in texts.items()]
    first = next((f"e{number}" for text in texts.values() for number in cited(text)), None)
    values = {"written": written, "words": _summary_words(section, texts), "first": first}
    return messages(deps.database, section.run_id, "summary", **values)


def _opening(text: str) -> str:
    """The first line or paragraph of a section that cites: what the summary says when its writer fails."""
    lines = [line for line in text.splitlines() if cited(line)]
    return lines[0] if lines else text
