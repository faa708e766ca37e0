"""Several providers asked at once, and one ranking of what they found."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from redraft.tools.errors import SearchFailed
from redraft.tools.retrieve import fuse
from redraft.tools.search.canonical import canonical
from redraft.tools.search.pacing import REST_SECONDS, Pacer
from redraft.tools.search.recorded import Memory, key_of
from redraft.tools.search.types import Answer, Ask, Hit, Provider

PASSING = frozenset({"server_error", "unreachable"})
"""What is tried once more. A timeout is not: who was slow once is slow again."""
Sleep = Callable[[float], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page, however many providers listed it."""

    key: str
    """Its canonical address."""
    hit: Hit
    """What the providers say of it together: the first address, title, date, author and abstract that any of them has,
    in their order, and the longest snippet."""
    providers: tuple[str, ...]
    """Who listed it, in their order."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one provider."""

    provider: str
    hits: int
    note: str
    """What it said beside its hits, or of having none."""
    failure: SearchFailed | None
    ms: int
    """How long it took, its wait for its turn included."""
    remembered: bool
    """Whether the answer was known, and nobody was asked."""


@dataclass(frozen=True, kw_only=True)
class Combined:
    found: tuple[Found, ...]
    """Best first."""
    outcomes: tuple[Outcome, ...]
    """One for each provider, in their order."""


async def search_all(
    providers: Sequence[Provider],
    ask: Ask,
    pacer: Pacer,
    memory: Memory | None = None,
    *,
    timeout: float,
    sleep: Sleep = asyncio.sleep,
) -> Combined:
    """What all of them together find, by reciprocal rank. The same, whoever answers first.

    Each has `timeout` seconds from the moment when its turn comes. One that fails costs only its own hits: see its
    outcome. What `memory` knows is not asked again; what is asked is kept in it, failures too.
    """
    asking = _Asking(ask, pacer, timeout, sleep)
    said = await asyncio.gather(*(_said(provider, asking, memory) for provider in providers))
    listed = [(outcome.provider, answer.hits) for outcome, answer in said]
    return Combined(found=_fused(listed), outcomes=tuple(outcome for outcome, _ in said))


@dataclass(frozen=True)
class _Asking:
    ask: Ask
    pacer: Pacer
    timeout: float
    sleep: Sleep


async def _said(provider: Provider, asking: _Asking, memory: Memory | None) -> tuple[Outcome, Answer]:
    name, key, began = provider.name, key_of(asking.ask), time.monotonic()
    known = memory.recall(name, key) if memory else None
    said = known if known is not None else await _asked(provider, asking)
    ms = round((time.monotonic() - began) * 1000)
    if memory and known is None:
        memory.keep(name, asking.ask, key, said, ms)
    failure, answer = (said, Answer()) if isinstance(said, SearchFailed) else (None, said)
    outcome = Outcome(
        provider=name,
        hits=len(answer.hits),
        note=answer.note,
        failure=failure,
        ms=ms,
        remembered=known is not None,
    )
    return outcome, answer


async def _asked(provider: Provider, asking: _Asking) -> Answer | SearchFailed:
    try:
        return await _tried(provider, asking)
    except SearchFailed as failure:
        if failure.reason == "rate_limited":
            rest = REST_SECONDS if failure.retry_after is None else failure.retry_after
            asking.pacer.rest(provider.name, rest, failure.detail)
        return failure


async def _tried(provider: Provider, asking: _Asking) -> Answer:
    """The one place where searches are retried. The second try waits for a turn of its own, as any request does."""
    try:
        return await _in_turn(provider, asking)
    except SearchFailed as failure:
        if failure.reason not in PASSING:
            raise
    return await _in_turn(provider, asking)


async def _in_turn(provider: Provider, asking: _Asking) -> Answer:
    if provider.interval > 0:  # others are at home, and bear any number of questions
        await _turn(provider, asking)
    try:
        async with asyncio.timeout(asking.timeout):
            return await provider.search(asking.ask)
    except TimeoutError as error:
        message = f"no answer within {asking.timeout:g} s"
        raise SearchFailed(provider.name, "timeout", message) from error


async def _turn(provider: Provider, asking: _Asking) -> None:
    wait = asking.pacer.reserve(provider.name, provider.interval)
    if wait > 0:
        await asking.sleep(wait)
        asking.pacer.reserve(provider.name, 0)  # somebody who was before us may have been refused


def _fused(listed: Iterable[tuple[str, Sequence[Hit]]]) -> tuple[Found, ...]:
    pages: dict[str, list[tuple[str, Hit]]] = {}
    rankings = []
    for provider, hits in listed:
        keys = [canonical(hit.url) for hit in hits]
        rankings.append(list(dict.fromkeys(keys)))  # who lists a page twice has one voice for it
        for key, hit in zip(keys, hits, strict=True):
            pages.setdefault(key, []).append((provider, hit))
    return tuple(_merged(key, pages[key]) for key in fuse(rankings))


def _merged(key: str, listings: Sequence[tuple[str, Hit]]) -> Found:
    hits = [hit for _, hit in listings]
    together = Hit(
        url=hits[0].url,
        title=_first(hit.title for hit in hits) or "",
        snippet=max((hit.snippet for hit in hits), key=len),
        date=_first(hit.date for hit in hits),
        author=_first(hit.author for hit in hits),
        abstract=_first(hit.abstract for hit in hits),
    )
    return Found(key=key, hit=together, providers=tuple(dict.fromkeys(provider for provider, _ in listings)))


def _first(texts: Iterable[str | None]) -> str | None:
    return next((text for text in texts if text), None)
