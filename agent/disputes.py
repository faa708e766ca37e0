"""Points of disagreement: where two sources give different figures for one thing, the reader is shown both sides.

Code finds the pairs, by their words and figures; a model says whether they speak of the same matter, and code checks
what it writes. Of Tree-of-Debate (arXiv 2502.14767) this keeps the two sides, each held to its own evidence.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Annotated, NamedTuple

from langgraph.runtime import Runtime
from pydantic import BaseModel, StringConstraints

from redraft.agent import tree, waves, writing
from redraft.agent.asking import Problem
from redraft.agent.citations import cited, resolve, without_marks
from redraft.agent.events import DisputesFound
from redraft.agent.examining import put
from redraft.agent.figures import Statistic, differ, statistics
from redraft.agent.languages import language_of_run
from redraft.agent.prompting import shown
from redraft.agent.prose import one_line
from redraft.agent.sentences import Sentence, checked
from redraft.agent.state import Deps, RunState, Update
from redraft.prompts import wording
from redraft.store import claims, drafts, runs
from redraft.store.drafts import Exhibit
from redraft.store.models import Dispute, Section
from redraft.tools.suspicion import harmless

MOST_BOXES = 3
"""In one report: more, and they are its matter."""
MOST_ASKED = 6
"""Pairs that a model is asked about: two for each box. Starting point."""
SHARED = 4
"""Terms that two statements must have in common, besides their figures. Starting point."""
TOKENS = 320
SIDE_WORDS = 50


class DisputeForm(BaseModel):
    disagree: bool
    topic: Annotated[str, StringConstraints(max_length=100, strip_whitespace=True)]
    one: Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]
    other: Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]


class Side(NamedTuple):
    """A statement with figures and the evidence it stands in."""

    exhibit: Exhibit
    statistic: Statistic


class Pair(NamedTuple):
    """Two statements that may contradict one another."""

    one: Side
    other: Side
    shared: int
    """Terms that both have."""

    @property
    def ids(self) -> set[int]:
        return {self.one.exhibit.evidence.number, self.other.exhibit.evidence.number}


async def disputes(state: RunState, runtime: Runtime[Deps]) -> Update:
    deps, run_id = runtime.context, state["run_id"]
    if not deps.settings.disputes:
        return {}
    texts = waves.texts(deps.database, run_id)
    used = {number for text in texts.values() for number in cited(text)}
    asked = candidates(drafts.run_exhibits(deps.database, run_id), used)[:MOST_ASKED]
    placed = [(section, pair) for pair in asked if (section := _place(deps, run_id, pair, texts))]
    found = await asyncio.gather(*(_dispute(deps, section, pair) for section, pair in placed))
    made = [dispute for dispute in found if dispute][:MOST_BOXES]
    kept = claims.disputes(deps.database, run_id)
    known = {(row.section, row.one, row.other) for row in kept}
    new = [row for row in made if (row.section, row.one, row.other) not in known]
    claims.save_disputes(deps.database, run_id, new[: max(0, MOST_BOXES - len(kept))])
    deps.emit(DisputesFound(asked=len(placed), found=len(made)))
    return {}


def candidates(exhibits: Sequence[Exhibit], used: set[int]) -> list[Pair]:
    """Pairs of passages from different sources with different figures for one thing, each two passages once.

    First those of which the report cites one, by `used`, and of these those with most words in common.
    """
    sides = [Side(exhibit, found) for exhibit in exhibits for found in statistics(exhibit.passage.text)]
    pairs = [Pair(one, other, _shared(one, other)) for one, other in combinations(sides, 2) if _may_differ(one, other)]
    likely = [pair for pair in pairs if pair.shared >= SHARED]
    likely.sort(key=lambda pair: (not pair.ids & used, -pair.shared, -len(pair.ids & used)))
    return list({frozenset(pair.ids): pair for pair in reversed(likely)}.values())[::-1]


def _may_differ(one: Side, other: Side) -> bool:
    return one.exhibit.source.id != other.exhibit.source.id and differ(one.statistic, other.statistic)


def _shared(one: Side, other: Side) -> int:
    return len(one.statistic.terms & other.statistic.terms)


def _place(deps: Deps, run_id: str, pair: Pair, texts: Mapping[str, str]) -> Section | None:
    """The first section that cites one of the two, else the first that may cite one; None where there is none."""
    body = [section for section in tree.body(runs.outline(deps.database, run_id)) if section.number in texts]
    for section in body:
        if pair.ids & set(cited(texts[section.number])):
            return section
    for section in body:
        if pair.ids & {exhibit.evidence.number for exhibit in drafts.exhibits(deps.database, section.id or 0)}:
            return section
    return None


async def _dispute(deps: Deps, section: Section, pair: Pair) -> Dispute | None:
    """The two sides in the model's words; None where it sees no disagreement, or says nothing that can stand."""
    language = language_of_run(runs.get(deps.database, section.run_id))
    sides = [_wanted(side.exhibit, language) for side in (pair.one, pair.other)]

    def check(form: DisputeForm) -> list[Problem]:
        return _problems(form, sides) if form.disagree else []

    form = await put(
        deps,
        "dispute",
        section,
        DisputeForm,
        check,
        TOKENS,
        evidence=shown([pair.one.exhibit, pair.other.exhibit]),
        one=pair.one.exhibit.evidence.number,
        other=pair.other.exhibit.evidence.number,
    )
    if form is None or not form.disagree:
        return None
    one, other = (checked(said, side).text for said, side in zip((form.one, form.other), sides, strict=True))
    topic = one_line(form.topic)
    return Dispute(run_id=section.run_id, number=0, section=section.number, topic=topic, one=one, other=other)


def _wanted(exhibit: Exhibit, language: str | None) -> Sentence:
    number = exhibit.evidence.number
    return Sentence(
        evidence={number: exhibit.passage.text},
        origins={number: writing.origin(exhibit)},
        instructions=wording("dispute"),
        language=language,
        words=SIDE_WORDS,
    )


def _problems(form: DisputeForm, sides: Sequence[Sentence]) -> list[Problem]:
    one, other = (checked(said, side) for said, side in zip((form.one, form.other), sides, strict=True))
    problems = [
        Problem(f"In `{name}`: {p.text}") for name, side in (("one", one), ("other", other)) for p in side.problems
    ]
    mine, its = (statistics(without_marks(side.text)) for side in (one, other))
    if not any(differ(here, there) for here in mine for there in its):
        problems.append(
            Problem("The two sentences give no different figures for one thing: then they do not disagree.")
        )
    if not one_line(form.topic) or harmless(resolve(form.topic, ()).text) != (form.topic, 0):
        problems.append(Problem("Name the matter in `topic`, in a few plain words."))
    return problems
