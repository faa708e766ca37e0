"""The web as a process sees it: who is asked, how pages are fetched, and where they are understood."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

import httpx

from redraft.agent.client import LOOPBACK
from redraft.agent.memory import Archive, Stored, StorePacer
from redraft.agent.reading import Get, Understand
from redraft.agent.settings import Settings
from redraft.store.database import Database
from redraft.store.models import WEB
from redraft.tools.extract.page import extract_in
from redraft.tools.fetch.address import allowed_hosts
from redraft.tools.fetch.fetcher import Fetched, Fetcher, user_agent
from redraft.tools.pool import Pool
from redraft.tools.search.pacing import Pacer
from redraft.tools.search.recorded import Replay
from redraft.tools.search.registry import Access, automatic, expanded, providers
from redraft.tools.search.types import Provider
from redraft.tools.types import Content

SEARCH_SECONDS = 20.0
"""For one provider and one query, without the wait for its turn. SearXNG itself gives its engines 3 to 10."""
NONE = "none"
AUTO = "auto"
LIBRARY, PAGES = "library", "pages"
"""Providers that need no network: the user's library, and the pages that were read before."""


@dataclass(frozen=True, kw_only=True)
class Web:
    """What searching and reading need. Without `get` nothing goes out."""

    providers: Sequence[Provider]
    pacer: Pacer
    get: Get | None
    understand: Understand


@asynccontextmanager
async def open_web(settings: Settings, database: Database) -> AsyncIterator[Web]:
    """The web as the settings allow it.

    Raises `Misconfigured` for a provider that is unknown or lacks its key, and for a malformed list of hosts.
    """
    agent = user_agent(version("redraft"), settings.contact)
    # Providers are the user's own choice and may be on this machine, to which no proxy leads. Pages are anybody's
    # choice, and go through a client of their own.
    direct = {f"all://{f'[{host}]' if ':' in host else host}": httpx.AsyncHTTPTransport() for host in LOOPBACK}
    async with (
        httpx.AsyncClient(headers={"User-Agent": agent}, timeout=SEARCH_SECONDS, mounts=direct) as client,
        Fetcher(agent=agent, allow_hosts=allowed_hosts(settings.allow_hosts)) as fetcher,
    ):
        with Pool() as pool:
            yield Web(
                providers=_providers(settings, database, client),
                pacer=StorePacer(database),
                get=None if settings.offline else fetcher.fetch,
                understand=partial(_understand, pool),
            )


def check_web(settings: Settings) -> None:
    """Raises what `open_web` does, before there is anything to search."""
    allowed_hosts(settings.allow_hosts)
    outside, _ = _named(settings, access := _access(settings, httpx.AsyncClient()))
    _ = expanded(outside) if settings.offline else providers(outside, access)


def _providers(settings: Settings, database: Database, client: httpx.AsyncClient) -> list[Provider]:
    access = _access(settings, client)
    outside, inside = _named(settings, access)
    held = {LIBRARY: settings.library, PAGES: WEB}
    if settings.offline and outside:  # what was read before stands in for what cannot be searched
        inside = [PAGES, *inside]
    at_home = [Stored(database, name, held[name]) for name in dict.fromkeys(inside)]
    if settings.offline:
        return [*(Replay(name, Archive(database)) for name in expanded(outside)), *at_home]
    return [*providers(outside, access), *at_home]


def _access(settings: Settings, client: httpx.AsyncClient) -> Access:
    return Access(client, settings.searxng_url, settings.contact, settings.search_keys)


def _named(settings: Settings, access: Access) -> tuple[list[str], list[str]]:
    """The providers that the settings name: those that need a network, and those that do not."""
    names = [name for given in settings.search for name in (automatic(access) if given == AUTO else (given,))]
    outside = [name for name in names if name not in (LIBRARY, PAGES, NONE)]
    return outside, [name for name in names if name in (LIBRARY, PAGES)]


async def _understand(pool: Pool, fetched: Fetched) -> Content:
    return await extract_in(pool, fetched.data, fetched.final_url, fetched.content_type, fetched.charset)
