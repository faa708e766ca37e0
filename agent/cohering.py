"""COHERE: the sections made parts of one report. What is said twice goes, and terms and figures are brought together.

Only what is at fault by computation is written again, and it may say nothing that it did not say before.
"""

import asyncio
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import NamedTuple

from langgraph.runtime import Runtime

from redraft.agent import digest, guard, waves
from redraft.agent.abbreviations import defined_again, used_before
from redraft.agent.asking import Problem
from redraft.agent.citations import cited, without_marks
from redraft.agent.comparing import lost
from redraft.agent.ledger import Ledger, conflicts, ledger, shown
from redraft.agent.llm import Message
from redraft.agent.polishing import Rewriting, Standing, body, keep, rewrite, was_done
from redraft.agent.preserving import additions
from redraft.agent.prompting import messages
from redraft.agent.prose import word_count
from redraft.agent.repetition import Pair, Sentence, repeated
from redraft.agent.state import Deps, RunState, Update
from redraft.agent.writing import Check
from redraft.store import drafts, runs
from redraft.store.models import Version

OP = "cohere"
POLISHED_RANGE = (0.7, 1.2)
"""Of the old length; at least so much of it without the sentences that were to go. Less has lost something, more has
gained. Starting point."""
CONTAINED = 0.8
"""The share of a sentence's terms that an earlier one must hold for the program to take it out itself. Of 30 near
repetitions in published reports 19 reach it, and none of these says anything of its own; of the others some do."""
CONFLICT = (
    'This section says "{mine}", and section {section} "{theirs}". Keep the figure, and say whose it is or what it '
    "counts, as far as the text tells."
)
NAMED = 160
"""Characters of a sentence by which a writer knows it again."""


class Faults(NamedTuple):
    """What is wrong with a section, given the others."""

    repeats: list[Pair]
    """Its sentences that say again what the report has said before them."""
    notes: list[str]
    """Where its terms and figures do not agree with other sections, as sentences for its writer."""


async def cohere(state: RunState, runtime: Runtime[Deps]) -> Update:
    deps, run_id = runtime.context, state["run_id"]
    if not deps.settings.cohere or was_done(deps, run_id, OP):
        return {}
    standing = body(deps, run_id)
    texts = {entry.section.number: entry.text for entry in standing}
    found = faults(texts)
    tasks = [
        _rewriting(deps, entry, texts, found[entry.section.number])
        for entry in standing
        if entry.may_change and entry.section.number in found
    ]
    versions = [version for made in await asyncio.gather(*(rewrite(deps, task) for task in tasks)) for version in made]
    keep(deps, standing, _trimmed(deps, standing, versions))
    return {}


def faults(texts: Mapping[str, str]) -> dict[str, Faults]:
    """What is wrong with each section that something is wrong with. `texts`: by number, in the order of the report."""
    found: dict[str, Faults] = defaultdict(lambda: Faults([], []))
    for pair in repeated(texts):
        found[pair.later.section].repeats.append(pair)
    for section, note in _disagreements(texts):
        found[section].notes.append(note)
    return dict(found)


def without_repeats(texts: Mapping[str, str], changeable: Container[str]) -> dict[str, str]:
    """What becomes of the sections whose repeated sentences can go: an earlier one says all of it, with its citations.

    The report goes on citing all that it cited, and no section loses its last words.
    """
    gone: dict[str, list[Sentence]] = defaultdict(list)
    for earlier, later, _, contained in repeated(texts):
        told = contained >= CONTAINED and set(cited(later.text)) <= set(cited(earlier.text))
        if told and later.section in changeable:
            gone[later.section].append(later)
    left = {section: _without(texts[section], sentences) for section, sentences in gone.items()}
    return {section: text for section, text in left.items() if text != texts[section]}


def _without(text: str, sentences: Sequence[Sentence]) -> str:
    """A text without these sentences, the last ones first, as long as it stays a text that cites."""
    for sentence in reversed(sentences):
        shorter = guard.without(text, [sentence.span])
        if word_count(shorter) >= guard.SHORTEST and cited(shorter):
            text = shorter
    return text


def _disagreements(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Section numbers, each with a sentence on what does not agree with another section."""
    kept = ledger(texts)
    for one, other in (pair for conflict in conflicts(kept) for pair in (conflict, conflict[::-1])):
        yield one.section, CONFLICT.format(mine=one.around, section=other.section, theirs=other.around)
    for again in defined_again(kept.abbreviations):
        yield again.section, f"An earlier section explains {again.short}: write {again.short} alone."
    for section, term in used_before(kept.abbreviations, texts):
        yield section, f"{term.short} is used here first: write {term.long} ({term.short}) where it is first used."


def _rewriting(deps: Deps, entry: Standing, texts: Mapping[str, str], wrong: Faults) -> Rewriting:
    section, repeats = entry.section, [pair.later.text for pair in wrong.repeats]
    wanted = max(guard.SHORTEST, entry.words - sum(map(word_count, repeats)))
    sections = runs.outline(deps.database, section.run_id)
    neighbours = digest.neighbours(sections, section.number, texts)
    told = [*(_told(pair) for pair in wrong.repeats), *wrong.notes]
    ids = cited(entry.text)
    exhibits = drafts.run_exhibits(deps.database, section.run_id)
    return Rewriting(
        op=OP,
        node=OP,
        section=section,
        old=entry.text,
        exhibits=[exhibit for exhibit in exhibits if exhibit.evidence.number in ids],
        words=wanted,
        prompts=_prompts(deps, entry, told, neighbours, ledger(texts), wanted),
        check=_check(entry.text, repeats, [neighbours, *(s.title for s in sections), *wrong.notes]),
        reason=" ".join(told),
    )


def _prompts(
    deps: Deps, entry: Standing, told: Sequence[str], neighbours: str, kept: Ledger, words: int
) -> list[tuple[Message, ...]]:
    """With all that helps, then with less of it."""
    section, ids = entry.section, cited(entry.text)
    figures = shown(kept, entry.text)
    return [
        messages(
            deps.database,
            section.run_id,
            OP,
            section=section,
            text=entry.text,
            faults=told,
            neighbours=near,
            ledger=fixed,
            words=words,
            first=f"e{ids[0]}" if ids else None,
        )
        for near, fixed in ((neighbours, figures), ("", figures), ("", ""))
    ]


def _told(pair: Pair) -> str:
    said = " ".join(without_marks(pair.later.text).split())[:NAMED]
    if pair.earlier.section == pair.later.section:
        return f'This is said twice: "{said}". Say it once.'
    return f'Section {pair.earlier.section} says this already: "{said}". Leave it out here.'


def _check(old: str, repeats: Sequence[str], around: Sequence[str]) -> Check:
    """`around`: what a text may speak of to lead over to it."""
    most = POLISHED_RANGE[1] * word_count(old)
    least = POLISHED_RANGE[0] * (word_count(old) - sum(map(word_count, repeats)))

    def check(text: str) -> list[Problem]:
        missing = [claim for claim in lost(old, text) if claim not in repeats]
        found = [Problem(f'The text no longer says: "{claim[:NAMED]}". Keep it.') for claim in missing[: guard.REASONS]]
        if not least <= word_count(text) <= most:
            found.append(Problem("Keep the length: change only what is at fault."))
        return [*additions(text, old, around), *found]

    return check


def _trimmed(deps: Deps, standing: Sequence[Standing], versions: Sequence[Version]) -> list[Version]:
    """The versions without what is still said twice, and one more for each other section that has such a sentence."""
    polished = {version.section_id: version for version in versions if version.accepted}
    texts = {s.number: polished.get(s.id or 0, version).text for s, version in standing}
    left = without_repeats(texts, {entry.section.number for entry in standing if entry.may_change})
    more = []
    for section, _ in standing:
        text, version = left.get(section.number), polished.get(section.id or 0)
        if text is not None and version is not None:
            version.text = text
        elif text is not None:
            wave = waves.current(deps.database, section.run_id)
            reason = "Sentences went that an earlier one says."
            more.append(drafts.version_of(section, OP, text, accepted=True, wave=wave, reason=reason))
    return [*versions, *more]
