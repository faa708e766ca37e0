"""Which providers there are, and what each needs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import httpx
from pydantic import SecretStr

from redraft.tools.errors import Misconfigured
from redraft.tools.search.arxiv import Arxiv
from redraft.tools.search.brave import Brave
from redraft.tools.search.crossref import Crossref
from redraft.tools.search.ddgs import Ddgs
from redraft.tools.search.exa import Exa
from redraft.tools.search.http import key_variable
from redraft.tools.search.openalex import OpenAlex
from redraft.tools.search.pubmed import PubMed
from redraft.tools.search.searxng import Searxng
from redraft.tools.search.semantic_scholar import SemanticScholar
from redraft.tools.search.serper import Serper
from redraft.tools.search.tavily import Tavily
from redraft.tools.search.types import Provider
from redraft.tools.search.wikipedia import Wikipedia

SEARXNG_VARIABLE = "REDRAFT_SEARXNG_URL"
SCHOLAR = "scholar"
"""The name for all of `SCHOLARLY` together."""
SCHOLARLY = ("arxiv", "openalex", "crossref", "semantic_scholar", "pubmed")
PAID = ("brave", "tavily", "serper", "exa")
"""Search the whole web, for a key."""


@dataclass(frozen=True)
class Access:
    """What providers are reached with."""

    client: httpx.AsyncClient = field(repr=False)
    """Its user agent says who asks, as Wikipedia demands."""
    searxng_url: str | None = field(default=None, repr=False)
    contact: str | None = None
    """An e-mail address that catalogues may write to. They serve those better who give one."""
    keys: Mapping[str, SecretStr] = field(default_factory=dict)
    """By name of the provider."""


PROVIDERS: Mapping[str, Callable[[Access], Provider]] = {
    "searxng": lambda access: Searxng(access.client, _searxng_url(access)),
    "ddgs": lambda access: Ddgs(),
    "wikipedia": lambda access: Wikipedia(access.client),
    "arxiv": lambda access: Arxiv(access.client),
    "openalex": lambda access: OpenAlex(access.client, access.contact, _key(access, "openalex")),
    "crossref": lambda access: Crossref(access.client, access.contact),
    "semantic_scholar": lambda access: SemanticScholar(access.client, _key(access, "semantic_scholar")),
    "pubmed": lambda access: PubMed(access.client, access.contact, _key(access, "pubmed")),
    "brave": lambda access: Brave(access.client, _needed_key(access, "brave")),
    "tavily": lambda access: Tavily(access.client, _needed_key(access, "tavily")),
    "serper": lambda access: Serper(access.client, _needed_key(access, "serper")),
    "exa": lambda access: Exa(access.client, _needed_key(access, "exa")),
}


def providers(names: Iterable[str], access: Access) -> list[Provider]:
    """Those with these names, each once, in this order. Raises `Misconfigured`."""
    return [PROVIDERS[name](access) for name in expanded(names)]


def expanded(names: Iterable[str]) -> list[str]:
    """The names of single providers, each once, in this order. Raises `Misconfigured` for one that is not known."""
    known = list(dict.fromkeys(part for name in names for part in (SCHOLARLY if name == SCHOLAR else (name,))))
    for name in known:
        if name not in PROVIDERS:
            message = f"there is no search provider {name!r}: choose from {', '.join([*PROVIDERS, SCHOLAR])}"
            raise Misconfigured(message)
    return known


def automatic(access: Access) -> tuple[str, ...]:
    """Where to search unless somebody says: the user's own engine, else what asks for no key; and what has one."""
    free = ("searxng",) if access.searxng_url else ("ddgs", "wikipedia")
    return free + tuple(name for name in PAID if name in access.keys)


def _key(access: Access, name: str) -> SecretStr | None:
    key = access.keys.get(name)
    if key is None:
        return None
    value = key.get_secret_value().strip()
    if not value or not value.isascii() or not value.isprintable():  # the error for such a header would show it
        message = f"the key for {name} is empty or holds characters that cannot be sent: look at {key_variable(name)}"
        raise Misconfigured(message)
    return SecretStr(value)


def _needed_key(access: Access, name: str) -> SecretStr:
    key = _key(access, name)
    if key is None:
        message = f"searching with {name} needs a key: put it into {key_variable(name)}"
        raise Misconfigured(message)
    return key


def _searxng_url(access: Access) -> str:
    url = (access.searxng_url or "").strip()
    try:
        if url and httpx.URL(url).scheme in {"http", "https"} and httpx.URL(url).host:
            return url
    except httpx.InvalidURL:
        pass
    message = f"searching with searxng needs its address, like http://localhost:8080: put it into {SEARXNG_VARIABLE}"
    raise Misconfigured(message)
