"""ROUTE: what is done with the answers of a wave: sections added below one, a section written anew, or nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from langgraph.runtime import Runtime

from redraft.agent import tree, waves
from redraft.agent.citations import cited
from redraft.agent.diagnosis import closest
from redraft.agent.events import RoundRouted
from redraft.agent.gaps import Kind
from redraft.agent.prose import word_count
from redraft.agent.state import Deps, RunState, Update
from redraft.store import drafts, gaps, rounds, runs
from redraft.store.models import Gap, Round, Section
from redraft.tools.sentences import sentence_spans

NOVEL = 0.25
"""The share of an answer that must be new. Of three or four sentences, which is what an answer has, one: a rewrite puts
some 300 words that stand at risk, and for less it is not worth it. Starting point, not measured on an 8B model."""
NEWS_TO_GROW = 4
"""New sentences from which on a thin section is divided: two for each of the two subsections that there must be. Two
short sentences are the least that counts as a section (`guard.SHORTEST`)."""
ADDS_MATTER = (Kind.MISSING, Kind.BRANCH, Kind.THIN)
"""Kinds of gap that are closed by saying more. The others are closed by resting what is said on other evidence."""
_URGENCY = {"high": 0, "medium": 1, "low": 2}

Route = Literal["deepen", "denoise", "none"]


class Finding(NamedTuple):
    """What a round found out about its gap."""

    round: Round
    gap: Gap
    citable: bool
    """The answer rests on evidence that the gap's section may not cite yet."""

    @property
    def news(self) -> int:
        """Sentences of the answer that the report did not say before."""
        return round((self.round.novelty or 0) * len(sentence_spans(self.round.answer or "")))

    @property
    def is_new(self) -> bool:
        if not self.round.answer:
            return False
        enough = self.news > 0 and (self.round.novelty or 0) >= NOVEL
        return enough if self.gap.kind in ADDS_MATTER else self.citable


class Routing(NamedTuple):
    """What is done about a round."""

    round: Round
    route: Route
    section: str
    """The number of the section that is divided or written anew; for `none` that of the gap."""
    reason: str
    outcome: str | None = None
    """Set where the round ends with this: for `none`."""
    closing: str | None = None
    """How its gap is closed by that; None where it stays open."""


class Means(NamedTuple):
    """What there is to work with."""

    sections: Sequence[Section]
    lengths: Mapping[str, int]
    """Words that stand in each section, by its number."""
    denoise: bool
    deepenings: int
    """How many more sections may be divided; 0 where none may."""

    def wants_to_grow(self, finding: Finding) -> bool:
        """Whether the gap asks for sections of its own, rather than for a better text."""
        if finding.gap.kind != Kind.THIN:
            return finding.gap.kind in ADDS_MATTER
        section = self._section(finding.gap.section)
        full = section is not None and self.lengths.get(section.number, 0) >= section.words
        enough = finding.news >= NEWS_TO_GROW
        return enough and tree.may_grow(self.sections, finding.gap.section) and (full or not self.denoise)

    def host(self, gap: Gap) -> str | None:
        """The section that new ones are put below: the gap's, else the nearest that may have some.

        Of equally near ones, that which shares most words with the gap's question.
        """
        for circle in self._circles(gap.section):
            able = [section for section in circle if tree.may_grow(self.sections, section.number)]
            if able:
                return closest(able, gap.question)
        return None

    def target(self, gap: Gap) -> str:
        """The section that is written anew: the gap's; for one of the report as a whole the closest to its matter."""
        found = self._section(gap.section)
        return found.number if found else closest(tree.body(self.sections), gap.question)

    def _section(self, number: str) -> Section | None:
        return next((section for section in tree.body(self.sections) if section.number == number), None)

    def _circles(self, number: str) -> Iterator[Sequence[Section]]:
        """A section, its siblings, the siblings of those above it; all sections for a number that none has."""
        found = self._section(number)
        if found is None:
            yield tree.body(self.sections)
            return
        yield [found]
        at: str | None = number
        while at is not None:
            yield tree.siblings(self.sections, at)
            at = tree.parent(at)


def plan_routes(findings: Sequence[Finding], means: Means) -> list[Routing]:
    """What is done about each round of a wave, the most urgent first: no section is worked on twice."""
    routings: list[Routing] = []
    taken: set[str] = set()
    for finding in sorted(findings, key=_urgency):
        routing = _routing(finding, means)
        if routing.route != "none" and routing.section in taken:
            reason = "Another round of this wave works on the section."
            routing = Routing(finding.round, "none", routing.section, reason, "failed")
        elif routing.route != "none":
            taken.add(routing.section)
        if routing.route == "deepen":
            means = means._replace(deepenings=means.deepenings - 1)
        routings.append(routing)
    return routings


def _urgency(finding: Finding) -> tuple[int, int]:
    return _URGENCY[finding.gap.priority], finding.round.number


def _routing(finding: Finding, means: Means) -> Routing:
    row, gap = finding.round, finding.gap
    if not finding.is_new:
        return Routing(row, "none", gap.section, _nothing_new(finding), "dry", "nothing_new")
    grows = means.wants_to_grow(finding)
    host = means.host(gap) if grows and means.deepenings > 0 else None
    if host is not None:
        return Routing(row, "deepen", host, _why_deepen(gap, host))
    if means.denoise:
        denied = ", as no section may be divided" if grows else ""
        return Routing(row, "denoise", means.target(gap), f"{_WHY_DENOISE[Kind(gap.kind)]}{denied}.")
    why = "No section may be divided, and none rewritten." if grows else "No section may be rewritten."
    return Routing(row, "none", gap.section, why, "dry", "failed")


def _nothing_new(finding: Finding) -> str:
    if not finding.round.answer:
        return "No evidence answers the question."
    if finding.gap.kind in ADDS_MATTER:
        return "The report says what the answer says."
    return "The section may cite all that the answer rests on."


def _why_deepen(gap: Gap, host: str) -> str:
    if gap.kind == Kind.THIN:
        return "The section is long enough, and the answer has more to say than fits into it."
    return "The matter has no section." if host == gap.section else f"The matter has no section; {host} is the nearest."


_WHY_DENOISE = {
    Kind.MISSING: "The answer goes into the section",
    Kind.BRANCH: "The answer goes into the section",
    Kind.THIN: "The section has room for the answer",
    Kind.UNSUPPORTED: "There is evidence for what lacks it",
    Kind.OUTDATED: "There is newer evidence",
    Kind.CONFLICTING: "There is evidence on what is contradicted",
    Kind.NOTE: "There is evidence on what the user asks for",
}


async def route(state: RunState, runtime: Runtime[Deps]) -> Update:
    """Leaves every round of the wave either routed or concluded.

    Killed in between and begun again, it comes to the same: what it plans with does not change while it notes the plan.
    """
    deps, run_id = runtime.context, state["run_id"]
    wave = waves.current(deps.database, run_id)
    found: list[Finding] = []
    for row in rounds.of_wave(deps.database, run_id, wave):
        if row.outcome is not None and row.route is None:
            continue
        finding = _finding(deps, row)
        if finding is None:
            rounds.conclude(deps.database, row, "failed", "The question has no answer that could be used.")
        else:
            found.append(finding)
    for routing in plan_routes(found, _means(deps, run_id, wave)):
        _note(deps, routing)
    return {}


def _finding(deps: Deps, row: Round) -> Finding | None:
    if row.gap_id is None or row.answer is None:
        return None
    gap = gaps.get(deps.database, row.gap_id)
    sections = runs.outline(deps.database, row.run_id)
    held = next((drafts.exhibits(deps.database, s.id or 0) for s in sections if s.number == gap.section), [])
    citable = set(cited(row.answer)) - {exhibit.evidence.number for exhibit in held}
    return Finding(row, gap, bool(citable))


def _means(deps: Deps, run_id: str, wave: int) -> Means:
    settings = deps.settings
    deepened = sum(row.route == "deepen" and row.wave < wave for row in rounds.of_run(deps.database, run_id))
    return Means(
        sections=runs.outline(deps.database, run_id),
        lengths={number: word_count(text) for number, text in waves.texts(deps.database, run_id).items()},
        denoise=settings.denoise,
        deepenings=settings.size.deepenings - deepened if settings.deepen else 0,
    )


def _note(deps: Deps, routing: Routing) -> None:
    row, announced = routing.round, routing.round.route is not None
    if not announced:
        rounds.update(deps.database, row, route=routing.route, section=routing.section)
    if routing.outcome is not None:
        rounds.conclude(deps.database, row, routing.outcome, routing.reason, closing=routing.closing)
    if not announced:
        deps.emit(RoundRouted(round=row.number, section=routing.section, route=routing.route, reason=routing.reason))
