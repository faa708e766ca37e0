"""SCOPE and GATHER: the web is searched, the most promising pages are read, and their best links followed.

SCOPE looks around before there is an outline. GATHER serves all sections at once, so that which pages a run reads does
not depend on which section's query came first.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from langgraph.runtime import Runtime

from redraft.agent.research import no_evidence
from redraft.agent.state import Deps, RunState, Update
from redraft.agent.world import Candidate, World
from redraft.store import drafts, pages, runs
from redraft.tools.explore import promising
from redraft.tools.retrieve import fuse
from redraft.tools.search.together import Combined
from redraft.tools.types import Link

SCOPE_SHARE = 0.25
"""Of the pages of a run, those read before there is an outline."""
LINK_SHARE = 0.25
"""Of the pages of a run, those that are left for links."""
QUESTION_WORDS = 32
"""What engines take; of a longer question the beginning says what it is about. Google's limit."""
LINK_DEPTH = 2
LINKS_PER_PAGE = 3
TELLING = 10
"""Passages that a query is answered by: the pages they stand on are good ones, whose links are worth a look."""


async def scope(state: RunState, runtime: Runtime[Deps]) -> Update:
    """Searches for the question as a whole. Raises `NoEvidence` when neither the web nor the library knows of it."""
    deps, run_id = runtime.context, state["run_id"]
    if runs.outline(deps.database, run_id):
        return {}
    candidates: list[Candidate] = []
    if deps.world.can_search:
        candidates = _ranking(await _asked(deps.world, _whole(deps, run_id)))
    await deps.world.read(candidates, wanted=_share(deps, SCOPE_SHARE))
    if not candidates and not (await deps.corpus()).known():
        raise no_evidence(deps.database, deps.settings.library, run_id)
    return {}


async def gather(state: RunState, runtime: Runtime[Deps]) -> Update:
    """Searches for every query of every section, reads the best pages of each, and follows links with what is left."""
    deps, run_id = runtime.context, state["run_id"]
    if not deps.world.can_search or drafts.run_exhibits(deps.database, run_id):
        return {}
    body = [section for section in runs.outline(deps.database, run_id) if section.number > 0]
    queries = [[query.text for query in drafts.queries(deps.database, section.id or 0)] for section in body]
    asked = [_whole(deps, run_id), *queries]
    answers = await _asked(deps.world, [text for texts in asked for text in texts])
    found = list(_in_turn([_ranking({text: answers[text] for text in texts}) for texts in asked]))
    await deps.world.read(found, wanted=_share(deps, 1 - LINK_SHARE))
    await _follow(deps, run_id, list(answers))
    await deps.world.read(found, wanted=_share(deps, 1))  # what the links left of the budget
    return {}


def _whole(deps: Deps, run_id: str) -> list[str]:
    """Searches for the matter as a whole: the question as a search engine takes it, and the title of the brief."""
    brief = runs.brief(deps.database, run_id)
    question = " ".join(runs.get(deps.database, run_id).question.split()[:QUESTION_WORDS])
    return [question, *([brief.title] if brief else [])]


def _share(deps: Deps, share: float) -> int:
    return round(share * deps.settings.size.pages)


async def _asked(world: World, texts: Sequence[str]) -> dict[str, Combined]:
    """All at once, each text once."""
    distinct = list(dict.fromkeys(texts))
    return dict(zip(distinct, await asyncio.gather(*map(world.search, distinct)), strict=True))


def _ranking(answers: Mapping[str, Combined]) -> list[Candidate]:
    """The pages that a section's queries found, those first that several of them agree on."""
    found: dict[str, Candidate] = {}
    for text, answer in answers.items():
        for entry in answer.found:
            found.setdefault(entry.key, Candidate(url=entry.hit.url, via=text, hint=entry.hit))
    return [found[key] for key in fuse([[entry.key for entry in answer.found] for answer in answers.values()])]


def _in_turn(rankings: Sequence[Sequence[Candidate]]) -> Iterator[Candidate]:
    """The first of each section, then the second of each: no section is left without pages of its own."""
    for row in zip_longest(*rankings):
        yield from (candidate for candidate in row if candidate is not None)


async def _follow(deps: Deps, run_id: str, asked: Sequence[str]) -> None:
    """Opens the most promising links of good pages, and then of the pages these led to, while the budget lasts."""
    for depth in range(LINK_DEPTH):
        good = await _telling(deps, asked)
        ranked = [
            (link.score, Candidate(url=link.link.url, via=entry.source.url, depth=depth + 1))
            for entry in pages.visited(deps.database, run_id)
            if entry.source is not None and entry.visit.depth == depth and entry.source.id in good
            for link in promising(
                [Link(url=url, text=text) for url, text in deps.world.listed(entry)],
                " ".join(asked),
                page_url=entry.source.url,
                limit=LINKS_PER_PAGE,
            )
        ]
        best = [candidate for _, candidate in sorted(ranked, key=lambda pair: -pair[0])]
        if best:
            await deps.world.read(best, wanted=_share(deps, 1))


async def _telling(deps: Deps, queries: Sequence[str]) -> set[int | None]:
    """The sources of the passages that answer a query best."""
    corpus = await deps.corpus()
    return {match.source.id for query in queries for match in corpus.search(query, limit=TELLING)}
