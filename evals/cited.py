"""The pages that reports of any system cite, read as a run of redraft reads pages."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from redraft.agent.reading import Reader
from redraft.agent.settings import Settings
from redraft.agent.web import Web, open_web
from redraft.evals.metrics.citations import cited_references
from redraft.evals.metrics.document import parse
from redraft.store import library, pages
from redraft.store.database import Database
from redraft.store.models import Fetch
from redraft.tools.passages import cut
from redraft.tools.search.canonical import canonical

Texts = Mapping[str, Sequence[str]]
"""The passages of pages, by canonical address: what `redraft.evals.metrics.measure` takes as `cited`."""


async def read_cited(
    articles: Sequence[str], settings: Settings, database: Database, web: Web | None = None
) -> list[Texts]:
    """For each article the pages that its text cites; one that cannot be read is not there.

    Pages are kept in the store: one that is there is asked for once a day at most, and with `settings.offline` never.
    Raises as `redraft.agent.web.open_web`, unless a web is given.
    """
    cited = [_cited(article) for article in articles]
    addresses = {page: url for article in cited for page, url in article.items()}
    async with AsyncExitStack() as stack:
        if web is None:
            web = await stack.enter_async_context(open_web(settings, database))
        reader = Reader(database, web.get, web.understand)
        fetched = await asyncio.gather(*map(reader.page, addresses.values()))
    texts = {page: _texts(database, fetch) for page, fetch in zip(addresses, fetched, strict=True)}
    return [{page: texts[page] for page in article if texts[page]} for article in cited]


def _cited(article: str) -> dict[str, str]:
    """The pages that its text cites, each with an address that it has there."""
    references = cited_references(parse(article)).values()
    return {canonical(reference.url): reference.url for reference in references if reference and reference.url}


def _texts(database: Database, fetch: Fetch) -> list[str]:
    source = pages.source(database, fetch)
    if source is None:
        return []
    text = library.page_text(database, source.page_digest)
    passages = [text[span.start : span.end] for span in cut(text)]
    return [source.title, *passages] if passages else []
