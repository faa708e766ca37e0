"""Where a page leads on to, from its text and not from its furniture."""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from redraft.tools.labels import one_line
from redraft.tools.types import Link

MAX_LINKS = 300
"""More are an index. Of 300 pages of documentation one in a hundred has more; a run follows a few of a page."""

_FURNITURE = (
    "ancestor::nav or ancestor::header or ancestor::footer or ancestor::aside or ancestor::form"
    " or ancestor::*[@role='navigation' or @role='banner' or @role='contentinfo' or @role='complementary']"
    " or ancestor::*[contains(@class, 'navheader') or contains(@class, 'navfooter') or contains(@class, 'docnav')"
    " or contains(@class, 'breadcrumb') or contains(@class, 'sidebar') or contains(@class, 'navbox')"
    " or contains(@class, 'footer') or contains(@class, 'menu')]"
)
_ANCHORS = f".//a[@href and not({_FURNITURE})]"
_MAX_URL = 2000
"""Characters, beyond which servers stop to read (RFC 9110, section 4.1, asks for 8,000). Longer ones carry state."""


def links(tree: HtmlElement, url: str) -> tuple[Link, ...]:
    """The links of the page at `url`, in order, each address once, none to the page itself."""
    found: dict[str, Link] = {}
    for link in _links(tree, _base(tree, url)):
        if len(found) == MAX_LINKS:
            break
        found.setdefault(link.url, link)
    found.pop(_without_fragment(url), None)
    return tuple(found.values())


def _links(tree: HtmlElement, base: str) -> Iterator[Link]:
    for anchor in _place(tree).xpath(_ANCHORS):
        address = _absolute(base, anchor.get("href", ""))
        if address:
            yield Link(url=address, text=one_line(anchor.text_content()))


def _place(tree: HtmlElement) -> HtmlElement:
    """The one main element of a page that has just one; else the whole page."""
    for place in ("//main|//*[@role='main']", "//article"):
        found = tree.xpath(place)
        if len(found) == 1:
            return found[0]
    return tree


def _base(tree: HtmlElement, url: str) -> str:
    stated = tree.xpath("string(//base/@href)").strip()
    return _absolute(url, stated) or url


def _absolute(base: str, reference: str) -> str | None:
    """The address without its fragment; None for what is not one of the web."""
    try:
        address = _without_fragment(urljoin(base, "".join(reference.split())))
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:  # a malformed host or port
        return None
    return address if usable and len(address) <= _MAX_URL else None


def _without_fragment(url: str) -> str:
    return url.partition("#")[0]
