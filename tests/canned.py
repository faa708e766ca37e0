"""A web of a few pages, for tests: searched by words, fetched from memory, understood in this process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from redraft.agent.web import Web
from redraft.tools.errors import PageFailed, PageFault, SearchFailed, SearchFault
from redraft.tools.extract.page import extract_page
from redraft.tools.fetch.fetcher import Fetched, Validators
from redraft.tools.retrieve import terms
from redraft.tools.search.types import Answer, Ask, Hit
from redraft.tools.types import Content


def page(title: str, *paragraphs: str, links: Mapping[str, str] | None = None) -> str:
    """An article as sites write them. `links`: address → words."""
    linked = [f'<p>Read on: <a href="{url}">{words}</a>.</p>' for url, words in (links or {}).items()]
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return (
        f"<!doctype html><html><head><title>{title}</title></head><body><nav><a href='/login'>Log in</a></nav>"
        f"<main><article><h1>{title}</h1>{body}{''.join(linked)}</article></main></body></html>"
    )


PAGES = {
    "https://rails.example/trams": page(
        "Trams in figures",
        "A modern tram carries 250 passengers, and a line with a tram every two minutes carries 7,500 an hour. "
        "Drivers, rails and overhead wires are shared by many passengers.",
        "A tram depot stands at the end of most lines. Trams are washed and inspected there every night.",
        links={"https://rails.example/cost": "What building a tram line costs a kilometre"},
    ),
    "https://rails.example/cost": page(
        "The cost of tram lines",
        "Building a tram line in Rouen cost 22 million euros a kilometre, of which the rails took one third. "
        "Moving pipes and cables out of the way took another third of the money.",
    ),
    "https://roads.example/buses": page(
        "Buses in figures",
        "A bus with two joints carries 180 passengers, and buses in a lane of their own carry 5,400 passengers an "
        "hour. Building such a lane costs two million euros a kilometre.",
    ),
    "https://roads.example/cycling": page(
        "Cycle paths in figures",
        "A cycle path two metres wide carries 6,000 people an hour in cities. Building it costs half a million euros a "
        "kilometre, and keeping it clear of snow costs little.",
    ),
}


@dataclass
class CannedSearch:
    """Finds the pages that share words with the query, those that share most first."""

    pages: Mapping[str, str]
    name: str = "canned"
    interval: float = 0.0
    asked: list[str] = field(default_factory=list)

    async def search(self, ask: Ask) -> Answer:
        self.asked.append(ask.text)
        wanted = terms(ask.text)
        shared = {url: len(wanted & terms(text)) for url, text in self.pages.items()}
        best = sorted((url for url in shared if shared[url]), key=lambda url: -shared[url])
        return Answer(
            hits=tuple(Hit(url=url, title=url, snippet=_snippet(self.pages[url])) for url in best[: ask.limit])
        )


def _snippet(markup: str) -> str:
    """The words of the first paragraph."""
    return markup.partition("<p>")[2].partition("</p>")[0]


@dataclass
class DeadSearch:
    """Gives no answer."""

    name: str = "dead"
    interval: float = 0.0
    reason: SearchFault = "unreachable"
    asked: list[str] = field(default_factory=list)

    async def search(self, ask: Ask) -> Answer:
        self.asked.append(ask.text)
        raise SearchFailed(self.name, self.reason, f"cannot be reached for {ask.text[:20]}")


@dataclass
class CannedSites:
    """Serves pages; what is not among them is not found."""

    pages: Mapping[str, str]
    faults: Mapping[str, PageFault] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str, validators: Validators | None = None) -> Fetched:
        self.asked.append(url)
        if url in self.faults or url not in self.pages:
            raise PageFailed(url, self.faults.get(url, "not_found"), "the site says so")
        return Fetched(
            url=url,
            final_url=url,
            status=200,
            content_type="text/html",
            charset="utf-8",
            data=self.pages[url].encode(),
            etag='"1"',
            last_modified=None,
            not_modified=validators is not None and validators.etag == '"1"',
            hops=(),
            ms=1,
        )


@dataclass
class FreePacer:
    """Everybody's turn is now."""

    resting: list[str] = field(default_factory=list)

    def reserve(self, name: str, interval: float) -> float:
        return 0.0

    def rest(self, name: str, seconds: float, why: str) -> None:
        self.resting.append(name)


async def understand(fetched: Fetched) -> Content:
    return extract_page(fetched.data, fetched.final_url, fetched.content_type, fetched.charset)


def canned_web(sites: CannedSites | None = None, *, search: Sequence[CannedSearch | DeadSearch] | None = None) -> Web:
    sites = sites or CannedSites(PAGES)
    # What is linked can be found by its link alone: the search engine has not seen it yet.
    seen = {url: text for url, text in sites.pages.items() if not url.endswith("/cost")}
    return Web(providers=search or [CannedSearch(seen)], pacer=FreePacer(), get=sites.get, understand=understand)
