"""From the passages that searches found to the few that a section or a round is given."""

import asyncio
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

from redraft.agent.llm import Message
from redraft.agent.state import Deps
from redraft.store.library import Match
from redraft.tools.retrieve import distinct, fill, spread
from redraft.tools.sanitize import sanitize

SPARE = 2
"""Passages looked at for each one taken: what is too long for the budget makes room for what is not."""
PASSAGE_TOKENS = 280
"""Of the served model, for each passage of the preset. A passage of 1,000 characters took 80 to 280 with the embedded
model's tokenizer; only text of another kind, such as tables of numbers or a script of its own, takes more."""
PER_SOURCE = 2
"""Passages of one source, as long as others have something to say."""


def ids(matches: Iterable[Match]) -> list[int]:
    return [match.passage.id or 0 for match in matches]


def by_id(rankings: Iterable[Iterable[Match]]) -> dict[int, Match]:
    """All that was found, by the passage's id."""
    return {match.passage.id or 0: match for ranking in rankings for match in ranking}


async def selected(
    deps: Deps, ranked: Sequence[int], matches: Mapping[int, Match], used: Collection[int], *, most: int | None = None
) -> list[int]:
    """The passages to give, best first: as many as the preset says, and as its tokens hold.

    What is `used` elsewhere yields to what is about as good; near duplicates go, and no source crowds out the others.
    With `most`, none has more than so many passages.
    """
    limit = deps.settings.size.passages
    source = {i: matches[i].source.id for i in ranked}
    alone = distinct(_fresh_first(ranked, used, limit), {i: matches[i].passage.text for i in ranked})
    chosen = spread(_capped(alone, source, most), source, limit=SPARE * limit, per_group=PER_SOURCE)
    costs = await asyncio.gather(*(_tokens(deps, matches[i]) for i in chosen))
    price = dict(zip(chosen, costs, strict=True))
    return fill(chosen, price.__getitem__, limit * PASSAGE_TOKENS)[:limit]


def _fresh_first(ranked: Sequence[int], used: Collection[int], places: int) -> list[int]:
    """What is used goes back by so many places: it comes after what is ranked little worse, and before what is far
    off."""
    place = {item: rank + places * (item in used) for rank, item in enumerate(ranked)}
    return sorted(ranked, key=place.__getitem__)


def _capped(ranked: Sequence[int], group: Mapping[int, Hashable], most: int | None) -> list[int]:
    kept: list[int] = []
    count: Counter[Hashable] = Counter()
    for item in ranked:
        count[group[item]] += 1
        if most is None or count[group[item]] <= most:
            kept.append(item)
    return kept


async def _tokens(deps: Deps, match: Match) -> int:
    return await deps.llm.count([Message(role="user", content=sanitize(match.passage.text))])
