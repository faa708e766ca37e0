"""SCOPE and GATHER: the web is searched, the most promising pages are read, and their best links followed.

SCOPE looks around before there is an outline, and reads the news of a run that brings a report up to date. GATHER
serves all sections that wait at once, so that which pages a run reads does not depend on which section's query came
first. It comes again for the sections that a wave of rounds adds.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from langgraph.runtime import Runtime

from redraft.agent import allowance
from redraft.agent.jobs.news import Item
from redraft.agent.research import awaiting, no_evidence
from redraft.agent.state import Deps, RunState, Update
from redraft.agent.world import Candidate, World
from redraft.store import drafts, pages, rounds, runs
from redraft.store.database import Database
from redraft.tools.explore import promising
from redraft.tools.retrieve import fuse
from redraft.tools.search.together import Combined
from redraft.tools.search.types import Hit
from redraft.tools.types import Link

LINK_SHARE = 0.25
"""Of the pages read before the first text, those that are left for links."""
QUESTION_WORDS = 32
"""What engines take; of a longer question the beginning says what it is about. Google's limit."""
LINK_DEPTH = 2
LINKS_PER_PAGE = 3
TELLING = 10
"""Passages that a query is answered by: the pages they stand on are good ones, whose links are worth a look."""


async def scope(state: RunState, runtime: Runtime[Deps]) -> Update:
    """Searches for the question as a whole; of a run that begins with an outline it reads the news.

    Raises `NoEvidence` when neither the web nor the library knows of the question.
    """
    deps, run_id = runtime.context, state["run_id"]
    if runs.outline(deps.database, run_id):
        await _read_news(deps, run_id)
        return {}
    candidates: list[Candidate] = []
    if deps.world.can_search:
        candidates = ranking(await asked(deps.world, whole(deps.database, run_id)))
    await deps.world.read(candidates, wanted=allowance.for_scope(deps.settings))
    if not candidates and not (await deps.corpus()).known():
        raise no_evidence(deps.database, deps.settings.library, run_id)
    return {}


async def gather(state: RunState, runtime: Runtime[Deps]) -> Update:
    """Searches for every query of the sections that wait for evidence, and reads the best pages of each in turn.

    Before the first text it looks at the question as a whole as well, and follows links with a part of its pages.
    """
    deps, run_id = runtime.context, state["run_id"]
    sections = awaiting(deps.database, run_id)
    if not deps.world.can_search or not sections:
        return {}
    begun = len(rounds.of_run(deps.database, run_id))
    queries = [[query.text for query in drafts.queries(deps.database, section.id or 0)] for section in sections]
    groups = queries if begun else [whole(deps.database, run_id), *queries]
    answers = await asked(deps.world, [text for texts in groups for text in texts])
    found = list(in_turn([ranking({text: answers[text] for text in texts}) for texts in groups]))
    wanted = allowance.for_sections(deps.settings, begun)
    if not begun:
        await deps.world.read(found, wanted=round((1 - LINK_SHARE) * wanted))
        await _follow(deps, run_id, list(answers), wanted)
    await deps.world.read(found, wanted=wanted)
    return {}


async def _read_news(deps: Deps, run_id: str) -> None:
    """What lies in files is in the library already."""
    items = [Item.model_validate(entry) for entry in runs.get(deps.database, run_id).news]
    found = [_candidate(item) for item in items if item.url.startswith("http")]
    deps.world.allow(candidate.url for candidate in found)
    await deps.world.read(found, wanted=allowance.for_news(deps.settings))


def _candidate(item: Item) -> Candidate:
    hint = Hit(url=item.url, title=item.title, snippet=item.snippet, date=item.date)
    return Candidate(url=item.url, via=item.via, hint=hint)


def whole(database: Database, run_id: str) -> list[str]:
    """Searches for the matter as a whole: the question as a search engine takes it, and the title of the brief."""
    brief = runs.brief(database, run_id)
    question = " ".join(runs.get(database, run_id).question.split()[:QUESTION_WORDS])
    return [question, *([brief.title] if brief else [])]


async def asked(world: World, texts: Sequence[str]) -> dict[str, Combined]:
    """All at once, each text once."""
    distinct = list(dict.fromkeys(texts))
    return dict(zip(distinct, await asyncio.gather(*map(world.search, distinct)), strict=True))


def ranking(answers: Mapping[str, Combined]) -> list[Candidate]:
    """The pages that the queries for one matter found, those first that several of them agree on."""
    found: dict[str, Candidate] = {}
    for text, answer in answers.items():
        for entry in answer.found:
            found.setdefault(entry.key, Candidate(url=entry.hit.url, via=text, hint=entry.hit))
    return [found[key] for key in fuse([[entry.key for entry in answer.found] for answer in answers.values()])]


def in_turn(rankings: Sequence[Sequence[Candidate]]) -> Iterator[Candidate]:
    """The first of each matter, then the second of each: none is left without pages of its own."""
    for row in zip_longest(*rankings):
        yield from (candidate for candidate in row if candidate is not None)


async def _follow(deps: Deps, run_id: str, queries: Sequence[str], wanted: int) -> None:
    """Opens the most promising links of good pages, and then of the pages these led to, while the budget lasts."""
    for depth in range(LINK_DEPTH):
        good = await _telling(deps, queries)
        ranked = [
            (link.score, Candidate(url=link.link.url, via=entry.source.url, depth=depth + 1))
            for entry in pages.visited(deps.database, run_id)
            if entry.source is not None and entry.visit.depth == depth and entry.source.id in good
            for link in promising(
                [Link(url=url, text=text) for url, text in deps.world.listed(entry)],
                " ".join(queries),
                page_url=entry.source.url,
                limit=LINKS_PER_PAGE,
            )
        ]
        best = [candidate for _, candidate in sorted(ranked, key=lambda pair: -pair[0])]
        if best:
            await deps.world.read(best, wanted=wanted)


async def _telling(deps: Deps, queries: Sequence[str]) -> set[int | None]:
    """The sources of the passages that answer a query best."""
    corpus = await deps.corpus()
    return {match.source.id for query in queries for match in corpus.search(query, limit=TELLING)}
