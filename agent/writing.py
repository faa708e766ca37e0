"""One text of prose, asked for and checked: what a draft, a revision, a repair and a summary have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from redraft.agent import guard
from redraft.agent.asking import ROOM_FOR_REASONS, Problem, Read, Try, aside, ask
from redraft.agent.citations import cited, resolve
from redraft.agent.events import SectionWritten
from redraft.agent.languages import labels_of_run, language_of_run
from redraft.agent.llm import Message, Reply, Request
from redraft.agent.prose import tidy, word_count
from redraft.agent.state import Deps
from redraft.prompts import wording
from redraft.store import drafts, runs
from redraft.store.drafts import Exhibit
from redraft.store.models import Section, Version
from redraft.tools.suspicion import suspicious_spans

TEMPERATURE = 0.3
"""Low: a writer that keeps to its evidence also copies more of it, which speculative decoding turns into speed."""
TOKENS_PER_WORD = 2.0
"""Room for the reply. English prose takes 1.3 tokens a word with an 8B model's tokenizer; citations, and a length
somewhat over the wanted one, take the rest."""


class Draft(NamedTuple):
    text: str
    """Cites ids that the section may cite, and nothing else."""
    invented: int
    unsupported: int


Check = Callable[[str], Sequence[Problem]]


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One text to write: what it is, what it may cite, and the messages that ask for it."""

    node: str
    """Names the prompt, and the step in the records."""
    section: Section
    exhibits: Sequence[Exhibit]
    words: int
    """Wanted length: the section's, or that of its evidence where it is shorter. More could only be made up."""
    prompt: tuple[Message, ...]
    check: Check = lambda text: ()
    """What else may be wrong with a text that has passed as prose."""


async def attempts(deps: Deps, assignment: Assignment) -> list[Try[Draft]]:
    """What the model made of it, oldest first, each with what the checks found."""
    section = assignment.section
    request = Request(
        node=assignment.node,
        section=section.number,
        messages=assignment.prompt,
        max_tokens=room(deps, section, assignment.words),
        temperature=TEMPERATURE,
        think=deps.settings.think,
    )
    return await ask(deps, request, _reader(deps, assignment))


def rows(
    section: Section,
    op: str,
    tries: Sequence[Try[Draft]],
    chosen: Try[Draft] | None,
    *,
    wave: int = 0,
    reason: str = "",
) -> list[Version]:
    """Every text with what was found in it, and `chosen` accepted: as they are kept, refused ones too."""
    return [_row(section, op, attempt, attempt is chosen, wave, reason) for attempt in tries]


def room(deps: Deps, section: Section, words: int) -> int:
    """Tokens for a text; a word of Chinese, Japanese and Korean is two characters, of a token each or more."""
    per_word = labels_of_run(runs.get(deps.database, section.run_id)).per_word
    return round(words * per_word * TOKENS_PER_WORD)


def reserve(deps: Deps, section: Section, words: int) -> int:
    """Tokens that the prompt for a text must leave: for it, for thought beside it, and for what is wrong with it."""
    return room(deps, section, words) + ROOM_FOR_REASONS + aside(deps)


def evidence_words(exhibits: Sequence[Exhibit]) -> int:
    return sum(word_count(exhibit.passage.text) for exhibit in exhibits)


def announce(deps: Deps, section: Section, versions: Sequence[Version]) -> None:
    """Tells of the version that stands after an operation."""
    standing = next(version for version in versions if version.accepted)
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


def _reader(deps: Deps, assignment: Assignment) -> Read[Draft]:
    section = assignment.section
    evidence = {exhibit.evidence.number: exhibit.passage.text for exhibit in assignment.exhibits}
    origins = {exhibit.evidence.number: origin(exhibit) for exhibit in assignment.exhibits}
    instructions = _instructions(deps, assignment)
    language = language_of_run(runs.get(deps.database, section.run_id))

    def read(reply: Reply) -> tuple[Draft, Sequence[Problem]]:
        cut_off = reply.finish_reason != "stop"
        resolved = resolve(tidy(reply.text, title=section.title, cut_off=cut_off), evidence)
        # A model that repeats an order it has met does not say it to the reader.
        said = guard.without(resolved.text, suspicious_spans(resolved.text))
        text, dropped = guard.supported(said, evidence, origins)
        problems = guard.judge(
            text,
            wanted=assignment.words,
            evidence=evidence,
            instructions=instructions,
            cut_off=cut_off,
            language=language,
        )
        unsupported = [guard.not_supported(sentence) for sentence in dropped]
        return Draft(text, resolved.invented, len(dropped)), [*problems, *unsupported, *assignment.check(text)]

    return read


def _instructions(deps: Deps, assignment: Assignment) -> str:
    """What the model was told, apart from titles and evidence: none of it belongs into a text."""
    run_id = assignment.section.run_id
    brief = runs.brief(deps.database, run_id)
    intent = brief.intent if brief else ""
    return "\n".join(
        (
            wording(deps.dialect.prompt(assignment.node)),
            wording("context"),
            runs.get(deps.database, run_id).question,
            intent,
        )
    )


def origin(exhibit: Exhibit) -> str:
    """What the model is shown of a piece of evidence beside its text."""
    source = exhibit.source
    return "\n".join(filter(None, (source.title, source.site, source.date, exhibit.passage.heading)))


def _row(section: Section, op: str, attempt: Try[Draft], accepted: bool, wave: int, reason: str) -> Version:
    made = attempt.value or Draft("", 0, 0)
    row = drafts.version_of(section, op, made.text, accepted=accepted, wave=wave, reason=reason)
    row.problems, row.call_id = [problem.text for problem in attempt.problems], attempt.call.id
    row.invented, row.unsupported = made.invented, made.unsupported
    return row
