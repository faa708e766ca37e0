"""Which links of a page are worth opening, and why each page was opened. Pure functions: nothing is fetched here."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote, urldefrag, urlsplit

from redraft.tools.retrieve import terms
from redraft.tools.types import Link

MAX_DEPTH = 2
"""Links followed in a row from a page that a search found. A starting point, not measured."""
ADDRESS = 0.5
"""What a term counts that only the address holds. A starting point, not measured: addresses are cut and numbered."""
THRESHOLD = 0.5
"""The least score, before its place counts, of a link that is worth opening: its words hold a term of the question that
at most about the square root of all links hold, or several commoner ones. A starting point, not measured."""
SAME_SITE, DEEPER = 1.1, 1.1
"""What a link gains that stays on the site, and once more below the folder of the page. Starting points: enough to
decide between near equals, too little to lift a link over one that holds a term more."""

# Files that hold no text, or none that can be read.
_NO_TEXT = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp|avif|ico|bmp|tiff?|mp[34]|m4[av]|ogg|og[av]|wav|flac|webm|avi|mov|mkv|zip|gz|tgz|bz2|xz"
    r"|zst|7z|rar|tar|jar|war|whl|deb|rpm|dmg|exe|msi|iso|img|bin|apk|css|js|mjs|map|json|xml|rss|atom|ya?ml|csv|xlsx?|pptx?"
    r"|docx?|odt|ods|epub|mobi|woff2?|ttf|eot|ics|torrent|sig|asc)$",
    re.IGNORECASE,
)
# A part of an address that marks a page for visitors and not for readers, or a list of pages.
_NO_READING = re.compile(
    r"(?:(?:log|sign)[-_]?(?:in|out|up|on|off)|register|registration|account|subscribe|newsletter|sharer?|intent|imprint"
    r"|impressum|legal(?:[-_]?notice)?|privacy(?:[-_]policy)?|terms(?:[-_]of[-_](?:use|service))?|tos|cookies?[-_]policy"
    r"|contact(?:[-_]us)?|cart|checkout|donate|careers|search|sitemap|genindex|(?:book)?index|py-modindex)(?:\.\w{1,5})?"
    r"|calendar|events?|tags?|categor(?:y|ies)|archives?|feed|edit",
    re.IGNORECASE,
)
_DATE = re.compile(r"/(?:19|20)\d\d/\d{1,2}(?:/\d{1,2})?/?$")
_WORD_BREAK = re.compile(r"(?<=[a-z])(?=[A-Z])|[\W_]+|(?<=\D)(?=\d)|(?<=\d)(?=\D)")
_EXTENSION = re.compile(r"\.(?:x?html?|php|aspx?|jsp|md|txt|pdf)$", re.IGNORECASE)


class Ranked(NamedTuple):
    """A link that is worth opening."""

    link: Link
    score: float
    """From `THRESHOLD` up, with what its place gains it. 1 is a term of the question in the words of no other link."""


class Trail(NamedTuple):
    """Why a page was opened: the links that led there from a page that a search found."""

    page: str
    """The address of the page that a search found."""
    steps: tuple[Link, ...] = ()

    @property
    def address(self) -> str:
        """Where the trail has come to."""
        return self.steps[-1].url if self.steps else self.page

    def then(self, link: Link) -> "Trail":
        """The trail one link further. Raises `ValueError` beyond `MAX_DEPTH`."""
        if len(self.steps) >= MAX_DEPTH:
            message = f"{link.url} lies more than {MAX_DEPTH} links from {self.page}"
            raise ValueError(message)
        return self._replace(steps=(*self.steps, link))

    def __str__(self) -> str:
        return " → ".join([self.page, *(f"“{step.text or '…'}” → {step.url}" for step in self.steps)])


def promising(links: Sequence[Link], about: str, *, page_url: str, limit: int) -> list[Ranked]:
    """The links that share most with what is asked, best first, at most `limit`; of equals, the one met first.

    A term weighs the more, the fewer links of this page hold it (Spärck Jones, 1972), so that the words of a menu count
    little. What cannot be a page of text is left out, and the page itself.
    """
    readable = list(_readable(links, page_url))
    held = [_Held(terms(link.text), terms(_address_words(link.url, page_url))) for link in readable]
    weight = _weights(terms(about), held)
    shared = [(link, words.score(weight)) for link, words in zip(readable, held, strict=True)]
    ranked = [Ranked(link, score * _place(link.url, page_url)) for link, score in shared if score >= THRESHOLD]
    return sorted(ranked, key=lambda item: -item.score)[:limit]


class _Held(NamedTuple):
    """The terms that a link holds."""

    words: set[str]
    address: set[str]

    def score(self, weight: Mapping[str, float]) -> float:
        said = self.words & weight.keys()
        hinted = (self.address & weight.keys()) - said
        # Sorted, as the sum of fractions depends on their order.
        return sum(weight[term] for term in sorted(said)) + ADDRESS * sum(weight[term] for term in sorted(hinted))


def _weights(wanted: set[str], held: Sequence[_Held]) -> dict[str, float]:
    """The weight of each wanted term that is held: 1 where one link holds it, next to nothing where all do."""
    count = Counter(term for link in held for term in (link.words | link.address) & wanted)
    links = len(held) + 1
    return {term: math.log(links / count[term]) / math.log(links) for term in count}


def _readable(links: Sequence[Link], page_url: str) -> Iterator[Link]:
    seen = {_same(page_url)}
    for link in links:
        if _may_be_text(link.url) and _same(link.url) not in seen:
            seen.add(_same(link.url))
            yield link


def _same(url: str) -> str:
    """What is equal for addresses of one page."""
    return urldefrag(url).url.removesuffix("/").removesuffix("/index.html")


def _may_be_text(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no IPv6 address
        return False
    if parts.scheme not in ("http", "https") or _NO_TEXT.search(parts.path) or _DATE.search(parts.path):
        return False
    return not any(_NO_READING.fullmatch(part) for part in parts.path.split("/"))


def _address_words(url: str, page_url: str) -> str:
    """The words of an address: its path without the extension and the folders that the page lies in too."""
    path = unquote(urlsplit(url).path)
    if urlsplit(url).netloc == urlsplit(page_url).netloc:
        path = path.removeprefix(_folder(page_url))
    return _WORD_BREAK.sub(" ", _EXTENSION.sub("", path))


def _folder(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[0] + "/"


def _place(url: str, page_url: str) -> float:
    there = urlsplit(url)
    if there.netloc != urlsplit(page_url).netloc:
        return 1.0
    return SAME_SITE * (DEEPER if unquote(there.path).startswith(_folder(page_url)) else 1.0)
