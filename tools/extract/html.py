"""HTML into Markdown: the text of a page without its furniture, and what the page says of itself."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import lxml.html
import trafilatura
from html_to_markdown import ConversionOptions, convert
from lxml.html import HtmlElement
from resiliparse.extract.html2text import extract_plain_text
from trafilatura.settings import Document as Extracted

from redraft.tools.extract import markdown
from redraft.tools.extract.charset import legible
from redraft.tools.extract.documentation import main_element
from redraft.tools.extract.dom import parse, tidy
from redraft.tools.extract.fault import Fault
from redraft.tools.extract.links import links
from redraft.tools.labels import authors, first_heading, one_line
from redraft.tools.types import Content

LARGE = 2_000_000
"""Characters above which a page is read the quick way. Measured: a page of 1.8 to 2 MB takes 0.5 to 4 s, one of 4 to
5 MB 6 to 7 s; the quick way takes 1.3 s for 6 MB."""
_LITTLE = 250
"""Characters below which an article may not be all of it. trafilatura's own limit for trying harder."""

_START = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*+<(?:!doctype\s+html|html\b)", re.IGNORECASE | re.DOTALL)
_OPTIONS = ConversionOptions(
    strip_tags=["a"],
    skip_images=True,
    extract_metadata=False,
    autolinks=False,
    expand_abbreviations=False,
    bullets="-",
    highlight_style="none",
    escape_asterisks=True,
    escape_underscores=True,
)


def is_html(text: str) -> bool:
    """Whether a text begins as a page does."""
    return bool(_START.match(text))


def read_html(text: str, url: str | None = None, *, quick: bool = False) -> Content:
    """What the page `text` says, with links if its address is given. The text may be blank.

    `quick` does without trafilatura, and so without most labels: for pages that were too much for it. Raises `Fault`.
    """
    text = legible(text)
    if not is_html(text):  # a fragment, which trafilatura takes for anything but HTML
        text = f"<html><body>{text}</body></html>"
    tree = parse(text)
    quick = quick or len(text) > LARGE
    labels = Extracted(title=tree.findtext(".//title")) if quick else _labels(tree, url)
    onward = links(tree, url) if url else ()
    body = markdown.clean(legible(_quick_text(text) if quick else _text(tree) or _quick_text(text)))
    # The heading that opens the article is surer than the page's first one, which may belong to a hidden menu.
    title = first_heading(body) if body.startswith("#") else one_line(labels.title or "")
    return Content(
        text=body,
        title=title or None,
        date=labels.date,
        site=_site(labels.sitename or "", url),
        author=authors(labels.author or ""),
        links=onward,
    )


def fragment_to_markdown(html: str) -> str:
    """All of a fragment, links as their words."""
    return markdown.clean(legible(convert(html, _OPTIONS).content or ""))


@contextmanager
def _trafilatura() -> Iterator[None]:
    """What trafilatura raises over a page is a fault of the page: it is made for well-meant ones."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        message = f"trafilatura gave up on it: {type(error).__name__}"
        raise Fault("extraction_crashed", message) from error


def _labels(tree: HtmlElement, url: str | None) -> Extracted:
    # Dates that htmldate would gather from anywhere in the text are guesses; only stated ones are the page's own.
    stated = {"original_date": True, "extensive_search": False}
    with _trafilatura():
        return trafilatura.extract_metadata(tree, default_url=url, date_config=stated)


def _site(stated: str, url: str | None) -> str | None:
    """The name as stated, unless that is an address; else the host."""
    name = one_line(stated)
    return name if name and "/" not in name else host(url) if url else None


def host(url: str) -> str | None:
    """The name of the host, without `www.`."""
    return (urlsplit(url).hostname or "").removeprefix("www.") or None


def _text(tree: HtmlElement) -> str:
    main = main_element(tree)
    tidy(tree)
    if main is None:
        return _article(tree)
    return convert(lxml.html.tostring(main, encoding="unicode", with_tail=False), _OPTIONS).content or ""


def _article(tree: HtmlElement) -> str:
    """The article as Markdown; where none stands out, more of the page."""
    text = ""
    for recall in (False, True):
        with _trafilatura():
            page = trafilatura.bare_extraction(
                tree, include_comments=False, include_formatting=True, favor_recall=recall
            )
        found = page.text if isinstance(page, Extracted) else None
        text = max(text, found or "", key=len)
        if len(text) >= _LITTLE:
            break
    return text


def _quick_text(text: str) -> str:
    """The main text by resiliparse's rules; where they find none, all text."""
    main = extract_plain_text(text, preserve_formatting="minimal_html", main_content=True)
    return convert(main or extract_plain_text(text, preserve_formatting="minimal_html"), _OPTIONS).content or ""
