"""DENOISE: one section is written anew with what a round found out, and stands only if it loses nothing by that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from langgraph.runtime import Runtime

from redraft.agent import digest, guard, tree, voting, waves, writing
from redraft.agent.asking import Problem, Try, best
from redraft.agent.citations import cited
from redraft.agent.comparing import Comparison, Demands, compare
from redraft.agent.errors import ContextTooSmall
from redraft.agent.events import RevisionJudged
from redraft.agent.gaps import Kind
from redraft.agent.languages import language_of_run
from redraft.agent.llm import Message
from redraft.agent.prompting import fitting, messages, shown
from redraft.agent.prose import word_count
from redraft.agent.state import Deps, RoundTask, Update
from redraft.agent.writing import Assignment, Draft
from redraft.store import drafts, gaps, rounds, runs
from redraft.store.drafts import Exhibit
from redraft.store.models import Gap, Round, Section, Version

REWRITABLE = 600
"""Words that a section is not made longer than by rewriting: beyond it a small model loses the thread."""
DOUBTS = (Kind.UNSUPPORTED, Kind.OUTDATED, Kind.CONFLICTING)
"""Kinds of gap whose question names what is wrong: a claim that is in it may go."""
TOLD_AT_LENGTH = 2
"""Words that a section may grow by for each of the answer's: what is added also has to be led over to and compared."""
DOUBTED = 0.6
"""The share of a claim's terms that the question must hold for that. Starting point, not measured."""


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A section that is to be written anew, with all that this rests on."""

    row: Round
    gap: Gap
    section: Section
    standing: Version | None
    exhibits: Sequence[Exhibit]
    """What the round found, best first, then what the standing text cites."""
    fresh: frozenset[int]
    """The numbers of what the round found."""
    texts: Mapping[str, str]
    """What is known of the report, by section."""
    sections: Sequence[Section]
    language: str | None

    @property
    def old(self) -> str:
        return self.standing.text if self.standing else ""

    @property
    def words(self) -> int:
        """Wanted length: the section's as far as there is news for it, and no less than stands there."""
        news = word_count(self.old) + TOLD_AT_LENGTH * word_count(self.row.answer or "")
        most = writing.evidence_words(self.exhibits) if self.is_quoted else news
        return max(min(self.section.words, REWRITABLE, most), word_count(self.old), guard.SHORTEST)

    @property
    def is_quoted(self) -> bool:
        """Whether the evidence stands there for want of a draft that passed."""
        return self.standing is not None and self.standing.op == "quote"

    def compared(self, new: str) -> Comparison:
        return compare(self.old, new, self._demands())

    def may_go(self, claim: str) -> bool:
        """What the gap doubts, and quotations: they stand where no draft passed, for want of anything better."""
        doubted = self.gap.kind in DOUBTS and guard.support(claim, [self.gap.question]) >= DOUBTED
        return self.is_quoted or doubted

    def _demands(self) -> Demands:
        body = [section.number for section in tree.body(self.sections) if section.number != self.section.number]
        return Demands(
            known=frozenset(exhibit.evidence.number for exhibit in self.exhibits),
            fresh=self.fresh,
            others={number: self.texts[number] for number in body if number in self.texts},
            words=self.words,
            language=self.language,
            may_go=self.may_go,
        )


class Judgement(NamedTuple):
    """What becomes of a revision."""

    outcome: str
    reason: str
    chosen: Try[Draft] | None = None
    """The one that stands, is proposed, or lost the vote."""
    comparison: Comparison | None = None


async def denoise(state: RoundTask, runtime: Runtime[Deps]) -> Update:
    deps, run_id = runtime.context, state["run_id"]
    row = rounds.get(deps.database, run_id, state["round"])
    if row.outcome is not None:
        return {}
    revision = _revision(deps, row)
    try:
        tries = await _attempts(deps, revision)
    except ContextTooSmall as error:
        # The section stands as it is: for want of a better text no run has to end.
        rounds.conclude(deps.database, row, "failed", str(error))
        _announce(deps, revision, Judgement("failed", str(error)))
        return {}
    judgement = await _judge(deps, revision, tries)
    _keep(deps, revision, tries, judgement)
    return {}


def _revision(deps: Deps, row: Round) -> Revision:
    database, run_id = deps.database, row.run_id
    sections = [section for section in runs.outline(database, run_id) if section.wave < row.wave]
    section = next(section for section in sections if section.number == row.section)
    standing = drafts.accepted(database, run_id).get(section.id or 0)
    found = rounds.exhibits(database, row.id or 0)
    fresh = frozenset(exhibit.evidence.number for exhibit in found)
    held = drafts.by_number(database, run_id)
    # What the answer cites comes first: where the context is small, the rest is not shown.
    answered = [number for number in cited(row.answer or "") if number in fresh]
    order = dict.fromkeys([*answered, *(e.evidence.number for e in found), *cited(standing.text if standing else "")])
    return Revision(
        row=row,
        gap=gaps.get(database, row.gap_id or 0),
        section=section,
        standing=standing,
        exhibits=[held[number] for number in order],
        fresh=fresh,
        texts=waves.settled_texts(deps.database, section.run_id),
        sections=sections,
        language=language_of_run(runs.get(database, run_id)),
    )


async def _attempts(deps: Deps, revision: Revision) -> list[Try[Draft]]:
    section = revision.section
    reserve = writing.reserve(deps, section, revision.words)
    _, prompt = await fitting(deps.llm, _prompts(deps, revision), reserve=reserve)
    assignment = Assignment(
        node="denoise",
        section=section,
        # What the text cites stays citable where there was no room to show it: the sentences are shown that cite it.
        exhibits=revision.exhibits,
        words=revision.words,
        prompt=prompt,
        check=lambda text: revision.compared(text).problems,
    )
    return await writing.attempts(deps, assignment)


def _prompts(deps: Deps, revision: Revision) -> Iterator[tuple[Message, ...]]:
    """With all of the evidence, then with less and less: the new comes first."""
    row, section = revision.row, revision.section
    for count in range(len(revision.exhibits), 0, -1):
        exhibits = revision.exhibits[:count]
        yield messages(
            deps.database,
            row.run_id,
            "denoise",
            section=section,
            text=revision.old,
            gap=revision.gap.question,
            answer=row.answer,
            evidence=shown(exhibits),
            neighbours=digest.neighbours(revision.sections, section.number, revision.texts),
            words=revision.words,
            first=f"e{exhibits[0].evidence.number}",
        )


async def _judge(deps: Deps, revision: Revision, tries: Sequence[Try[Draft]]) -> Judgement:
    chosen = best([attempt for attempt in tries if attempt.call.finish_reason == "stop"])
    if chosen is None or chosen.value is None:
        return Judgement("refused", _said(tries[-1].problems))
    comparison = revision.compared(chosen.value.text)
    if not comparison.gains and not await _is_better(deps, revision, chosen.value.text):
        return Judgement("refused", "The vote did not agree on the new text.", chosen, comparison)
    outcome = "proposed" if revision.section.locked else "accepted"
    return Judgement(outcome, _reason(comparison), chosen, comparison)


async def _is_better(deps: Deps, revision: Revision, new: str) -> bool:
    """Asked only where the counts are even: what can be counted is not put to a vote."""
    if not deps.settings.vote:
        return True
    return await voting.prefers(deps, revision.section, revision.gap.question, old=revision.old, new=new)


def _keep(deps: Deps, revision: Revision, tries: Sequence[Try[Draft]], judgement: Judgement) -> None:
    row, section, outcome = revision.row, revision.section, judgement.outcome
    versions = _versions(revision, tries, judgement)
    # Both can be done twice: a step that is killed after them begins anew.
    if outcome != "refused":
        cites = {
            number for version in versions if version.accepted or version.proposed for number in cited(version.text)
        }
        new = [exhibit.evidence.id or 0 for exhibit in revision.exhibits if exhibit.evidence.number in cites]
        drafts.allow(deps.database, section, new)
    if outcome == "proposed":
        drafts.set_stale(deps.database, section, revision.gap.question)
    closing = "refused" if outcome == "refused" else "answered"
    rounds.conclude(deps.database, row, outcome, judgement.reason, versions=versions, closing=closing)
    _announce(deps, revision, judgement)
    if outcome == "accepted":
        writing.announce(deps, section, versions)


def _versions(revision: Revision, tries: Sequence[Try[Draft]], judgement: Judgement) -> list[Version]:
    chosen, outcome = judgement.chosen, judgement.outcome
    accepted = chosen if outcome == "accepted" else None
    reason = revision.gap.question
    versions = writing.rows(revision.section, "denoise", tries, accepted, wave=revision.row.wave, reason=reason)
    for attempt, version in zip(tries, versions, strict=True):
        if attempt is chosen and outcome == "refused":
            version.problems = [*version.problems, judgement.reason]
        version.proposed = attempt is chosen and outcome == "proposed"
    return versions


def _said(problems: Sequence[Problem]) -> str:
    return " ".join(problem.text for problem in problems if problem.fatal) or "The reply was cut off."


def _reason(comparison: Comparison) -> str:
    """What the revision did, and every claim that it left out."""
    kept, updated = len(comparison.kept), len(comparison.updated)
    said = f"The new text keeps {kept} claims and corrects {updated}."
    gone = [f'It leaves out: "{" ".join(claim.split())}"' for claim in comparison.lost]
    return " ".join([said, *gone])


def _announce(deps: Deps, revision: Revision, judgement: Judgement) -> None:
    found = judgement.comparison
    deps.emit(
        RevisionJudged(
            round=revision.row.number,
            section=revision.section.number,
            outcome=judgement.outcome,
            reason=judgement.reason,
            kept=len(found.kept) if found else 0,
            updated=len(found.updated) if found else 0,
            lost=len(found.lost) if found else 0,
        )
    )
