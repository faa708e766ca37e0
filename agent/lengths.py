"""FIT: the report brought nearer to the length that was asked for, by shortening, or by evidence that it does not use.

A length is never reached by padding: where the evidence does not give it the report stays short.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from langgraph.runtime import Runtime

from redraft.agent import guard, writing
from redraft.agent.asking import Problem
from redraft.agent.citations import cited, without_marks
from redraft.agent.comparing import lost
from redraft.agent.events import LengthFitted
from redraft.agent.facts import facts
from redraft.agent.llm import Message
from redraft.agent.numerals import known
from redraft.agent.polishing import Rewriting, Standing, body, keep, rewrite, was_done
from redraft.agent.preserving import additions
from redraft.agent.prompting import messages, shown
from redraft.agent.prose import word_count
from redraft.agent.state import Deps, RunState, Update
from redraft.agent.writing import Check
from redraft.store import drafts, runs
from redraft.store.drafts import Exhibit
from redraft.store.models import Section, Version
from redraft.tools.sentences import sentence_spans

OP = "fit"
TOLERANCE = 0.2
"""Of the wanted length: what is nearer is left alone. A report that much too long scores 93, one too short 88."""
LEAST = 0.7
"""Of its budget, below which no section is shortened."""
MOST = 1.6
"""Of its budget, above which no section is expanded: the guard's bound for any text."""
NAMED = 120
"""Characters of a sentence that went, in the record."""


class Budgeted(NamedTuple):
    """A section with its share of the wanted length."""

    standing: Standing
    budget: int

    @property
    def excess(self) -> int:
        return self.standing.words - self.budget


def length_score(wanted: int, written: int) -> float:
    """How near a text is to the length asked for, of 100: LongWriter's score (arXiv 2408.07055).

    Twice as long as wanted gives 67, half as long 50, four times or a third 0.
    """
    if written >= wanted:
        return 100 * max(0.0, 1 - (written / max(1, wanted) - 1) / 3)
    return 100 * max(0.0, 1 - (wanted / written - 1) / 2) if written else 0.0


async def fit(state: RunState, runtime: Runtime[Deps]) -> Update:
    deps, run_id = runtime.context, state["run_id"]
    standing = body(deps, run_id) if deps.settings.fit else []
    if not standing or was_done(deps, run_id, OP):
        return {}
    wanted = _wanted(deps, run_id)
    tasks = _tasks(deps, _budgeted(standing, wanted), wanted)
    made = await asyncio.gather(*(rewrite(deps, task) for task in tasks))
    texts = {entry.section.id: entry.text for entry in standing}
    versions = [_recorded(version, texts[version.section_id]) for rows in made for version in rows]
    keep(deps, standing, versions)
    written = sum(entry.words for entry in body(deps, run_id))
    deps.emit(LengthFitted(wanted=wanted, written=written, score=round(length_score(wanted, written), 1)))
    return {}


def _wanted(deps: Deps, run_id: str) -> int:
    """Words for the body: what the brief asks for, without the shares of summary and conclusion."""
    brief = runs.brief(deps.database, run_id)
    whole = brief.words if brief else deps.settings.size.words
    sections = runs.outline(deps.database, run_id)
    return max(1, whole - sum(s.words for s in sections if s.origin in ("summary", "conclusion")))


def _budgeted(standing: Sequence[Standing], wanted: int) -> list[Budgeted]:
    """The wanted length spread over the sections as their own lengths are: subsections came when it was spread."""
    planned = sum(entry.section.words for entry in standing)
    return [Budgeted(entry, round(entry.section.words * wanted / max(1, planned))) for entry in standing]


def _tasks(deps: Deps, sections: Sequence[Budgeted], wanted: int) -> list[Rewriting]:
    """At most half of the sections: the farthest from their budgets, until the report would have its length."""
    off = sum(entry.standing.words for entry in sections) - wanted
    if abs(off) <= TOLERANCE * wanted:
        return []
    farthest = sorted(sections, key=lambda entry: -entry.excess if off > 0 else entry.excess)
    changeable = [entry for entry in farthest if entry.standing.may_change and entry.excess * off > 0]
    make, left = (_shortening if off > 0 else _expansion), abs(off)
    tasks: list[Rewriting] = []
    for entry in changeable:
        task = make(deps, entry, left) if left > 0 and len(tasks) < max(1, len(sections) // 2) else None
        if task is not None:
            tasks.append(task)
            left -= abs(task.words - entry.standing.words)
    return tasks


def _shortening(deps: Deps, entry: Budgeted, left: int) -> Rewriting:
    """Down to its budget, or by what is `left` to go."""
    section, text = entry.standing.section, entry.standing.text
    ids = cited(text)
    words = max(entry.budget, entry.standing.words - left, guard.SHORTEST)
    return Rewriting(
        op=OP,
        node="shorten",
        section=section,
        old=text,
        exhibits=[exhibit for exhibit in _all(deps, section) if exhibit.evidence.number in ids],
        words=words,
        prompts=[_asked(deps, "shorten", entry, words, first=f"e{ids[0]}" if ids else None)],
        check=_shorter(text, words, round(LEAST * entry.budget)),
        reason=f"The report was too long: shortened from {entry.standing.words} words to about {words}.",
    )


def _expansion(deps: Deps, entry: Budgeted, left: int) -> Rewriting | None:
    """By what its evidence has that it does not cite; None where there is none."""
    section, text = entry.standing.section, entry.standing.text
    ids = cited(text)
    unused = [e for e in drafts.exhibits(deps.database, section.id or 0) if e.evidence.number not in ids]
    if not unused:
        return None
    more = min(writing.evidence_words(unused), left, -entry.excess)
    words = entry.standing.words + more
    return Rewriting(
        op=OP,
        node="expand",
        section=section,
        old=text,
        exhibits=[*(e for e in _all(deps, section) if e.evidence.number in ids), *unused],
        words=words,
        prompts=[
            _asked(deps, "expand", entry, words, first=f"e{unused[0].evidence.number}", evidence=shown(unused[:count]))
            for count in range(len(unused), 0, -1)
        ],
        check=_longer(text, round(MOST * max(entry.budget, guard.SHORTEST))),
        reason="The report was too short: more is said of the evidence that the section has.",
    )


def _all(deps: Deps, section: Section) -> list[Exhibit]:
    return drafts.run_exhibits(deps.database, section.run_id)


def _asked(deps: Deps, node: str, entry: Budgeted, words: int, **values: str | None) -> tuple[Message, ...]:
    section, text = entry.standing.section, entry.standing.text
    return messages(deps.database, section.run_id, node, section=section, text=text, words=words, **values)


def _shorter(old: str, wanted: int, least: int) -> Check:
    """Claims may go; what stays is what was there."""

    def check(text: str) -> list[Problem]:
        values = known(text)
        gone = [number.said for number in facts(old).numbers if not number.values & values]
        found = additions(text, old)
        if word_count(text) >= word_count(old):
            found.append(Problem("The text is not shorter. Leave out what matters least."))
        if word_count(text) < least:
            found.append(Problem("The text is too short now. Leave out less."))
        if gone and word_count(text) < wanted:
            figures = ", ".join(gone[: guard.REASONS])
            found.append(Problem(f"There is room for these figures: {figures}. Keep them.", fatal=False))
        return found

    return check


def _longer(old: str, most: int) -> Check:
    """Everything stays, and what is added rests on evidence that was not used."""

    def check(text: str) -> list[Problem]:
        missing = lost(old, text)[: guard.REASONS]
        found = [Problem(f'The text no longer says: "{claim[:NAMED]}". Keep it.') for claim in missing]
        if not set(cited(text)) - set(cited(old)):
            found.append(Problem("The text says nothing of the new evidence. Add what it says, and cite it."))
        if not word_count(old) < word_count(text) <= most:
            found.append(Problem("Keep what stands, and add only what the new evidence says."))
        if _uncited_words(text) > _uncited_words(old):
            found.append(Problem("What is added without evidence is padding. Cite an id after each new sentence."))
        return found

    return check


def _uncited_words(text: str) -> int:
    sentences = (text[span.start : span.end] for span in sentence_spans(text))
    return sum(word_count(sentence) for sentence in sentences if not cited(sentence))


def _recorded(version: Version, old: str) -> Version:
    """The version with what it leaves out in its reason."""
    gone = [" ".join(without_marks(claim).split())[:NAMED] for claim in lost(old, version.text)]
    if version.accepted and gone:
        version.reason += " Left out: " + "; ".join(f"“{claim}”" for claim in gone) + "."
    return version
