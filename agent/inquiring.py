"""INQUIRE: what the rounds of a wave ask is searched for at once, and each is given what speaks to its question."""

from collections.abc import Collection, Sequence

from langgraph.runtime import Runtime

from redraft.agent import allowance, waves
from redraft.agent.corpus import Corpus
from redraft.agent.events import RoundSearched
from redraft.agent.gaps import NEWS
from redraft.agent.gathering import asked, in_turn, ranking
from redraft.agent.research import tell_suspicious
from redraft.agent.selecting import by_id, ids, selected
from redraft.agent.state import Deps, RunState, Update
from redraft.store import drafts, gaps, rounds, runs
from redraft.store.library import Match
from redraft.store.models import Round
from redraft.tools.retrieve import fuse
from redraft.tools.search.canonical import canonical

NEWS_DEPTH = 200
"""Passages among which those of the news are looked for: they were found by searches for less."""
MOST_PER_SOURCE = 3
"""Passages of one source in a round, whatever others have to say: an answer from one page is that page's opinion."""


async def inquire(state: RunState, runtime: Runtime[Deps]) -> Update:
    """Files the evidence of every round of the wave that has queries, by number, so that its ids do not depend on who
    was found first. A round for which nothing is found is filed with none."""
    deps, run_id = runtime.context, state["run_id"]
    wave = rounds.of_wave(deps.database, run_id, waves.current(deps.database, run_id))
    todo = [row for row in wave if row.queries and row.outcome is None and not row.searched]
    if not todo:
        return {}
    await _read(deps, wave, todo)
    corpus = await deps.corpus()
    for row in todo:
        used = {exhibit.passage.id or 0 for exhibit in drafts.run_exhibits(deps.database, run_id)}
        rounds.file_evidence(deps.database, row, await _found(deps, corpus, row, used))
        _announce(deps, row)
    return {}


async def _read(deps: Deps, wave: Sequence[Round], todo: Sequence[Round]) -> None:
    """Asks the web for all queries, and reads the best pages of each round in turn."""
    if not deps.world.can_search:
        return
    answers = await asked(deps.world, [text for row in todo for text in row.queries])
    found = list(in_turn([ranking({text: answers[text] for text in row.queries}) for row in todo]))
    before = wave[0].number - 1
    await deps.world.read(found, wanted=allowance.for_rounds(deps.settings, before, len(wave)))


async def _found(deps: Deps, corpus: Corpus, row: Round, used: Collection[int]) -> list[int]:
    """The passages that speak to a round's question and queries, best first; before them the news it was begun for."""
    news = _news(deps, corpus, row)
    by_query = [corpus.search(text) for text in row.queries]
    by_question = corpus.search(row.question)
    # The queries are one voice and the question is another, as for a section and its title.
    ranked = fuse([fuse(list(map(ids, by_query))), ids(by_question)])
    ranked = list(dict.fromkeys([*ids(news), *ranked]))
    return await selected(deps, ranked, by_id([*by_query, by_question, news]), used, most=MOST_PER_SOURCE)


def _news(deps: Deps, corpus: Corpus, row: Round) -> list[Match]:
    """What sources that are news say to the matter of the round's section, best first."""
    gap = gaps.get(deps.database, row.gap_id) if row.gap_id else None
    if gap is None or gap.opened_by != NEWS:
        return []
    run = runs.get(deps.database, row.run_id)
    urls = {canonical(item["url"]) for item in run.news}
    title = runs.section(deps.database, run.id, gap.section).title if gap.section else ""
    found = corpus.search(f"{title} {run.question}", limit=NEWS_DEPTH)
    return [match for match in found if canonical(match.source.url) in urls]


def _announce(deps: Deps, row: Round) -> None:
    found = rounds.found(deps.database, row.id or 0)
    fresh = [exhibit for exhibit, is_fresh in found if is_fresh]
    tell_suspicious(deps, fresh)
    deps.emit(RoundSearched(round=row.number, passages=len(found), fresh=len(fresh)))
