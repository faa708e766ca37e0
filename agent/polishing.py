"""What COHERE and FIT have in common: standing sections are written again side by side, and kept in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from redraft.agent import tree, waves, writing
from redraft.agent.asking import best
from redraft.agent.errors import ContextTooSmall
from redraft.agent.llm import Message
from redraft.agent.prompting import fitting
from redraft.agent.prose import word_count
from redraft.agent.state import Deps
from redraft.agent.writing import Assignment, Check
from redraft.store import drafts, runs
from redraft.store.drafts import Exhibit
from redraft.store.models import Section, Version

QUOTE = "quote"


class Standing(NamedTuple):
    """A section of the body and what stands there."""

    section: Section
    version: Version

    @property
    def text(self) -> str:
        return self.version.text

    @property
    def words(self) -> int:
        return word_count(self.version.text)

    @property
    def may_change(self) -> bool:
        """A quotation of the evidence stays as it is: it is no prose, and what it says of itself has to stay true."""
        return not self.section.locked and self.version.op != QUOTE


@dataclass(frozen=True, kw_only=True)
class Rewriting:
    """A section to be written again."""

    op: str
    node: str
    """Names the prompt, and the step in the records."""
    section: Section
    old: str
    """What stands there."""
    exhibits: Sequence[Exhibit]
    words: int
    prompts: Sequence[tuple[Message, ...]]
    """From the largest to the smallest that would do."""
    check: Check
    reason: str


def body(deps: Deps, run_id: str) -> list[Standing]:
    """The sections that have a text, in the order of the report, without summary and conclusion."""
    accepted = drafts.accepted(deps.database, run_id)
    sections = tree.body(runs.outline(deps.database, run_id))
    return [Standing(section, accepted[section.id]) for section in sections if section.id in accepted]


def was_done(deps: Deps, run_id: str, op: str) -> bool:
    """Whether an operation has been over the report since the last wave of rounds, whatever came of it."""
    wave = waves.current(deps.database, run_id)
    return any(row.op == op and row.wave == wave for row in drafts.versions(deps.database, run_id))


async def rewrite(deps: Deps, task: Rewriting) -> list[Version]:
    """Every text that the model made of it, the best one accepted if it passes; kept nowhere yet.

    None for a section that is too long to be shown to the model whole: that stays as it is.
    """
    reserve = writing.reserve(deps, task.section, task.words)
    try:
        _, prompt = await fitting(deps.llm, task.prompts, reserve=reserve)
    except ContextTooSmall:
        return []
    assignment = Assignment(
        node=task.node,
        section=task.section,
        exhibits=task.exhibits,
        words=task.words,
        prompt=prompt,
        check=task.check,
    )
    tries = await writing.attempts(deps, assignment)
    chosen, wave = best(tries), waves.current(deps.database, task.section.run_id)
    if chosen and chosen.value and chosen.value.text == task.old:
        chosen = None  # the model sees nothing to mend: that is no new version
    return writing.rows(task.section, task.op, tries, chosen, wave=wave, reason=task.reason)


def keep(deps: Deps, standing: Sequence[Standing], versions: Sequence[Version]) -> None:
    """Keeps the versions of all sections in one transaction, and tells of those that stand now."""
    drafts.append(deps.database, versions)
    for section, _ in standing:
        mine = [version for version in versions if version.section_id == section.id]
        if any(version.accepted for version in mine):
            writing.announce(deps, section, mine)
