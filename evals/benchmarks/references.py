"""The references of an article, and the works that they point to. Pure functions.

All but `listed` take redraft's own form: `[n]` or `[n, m]` in the text; at the end, below a heading, a line
`[n] Title. Site, date. Address` a source.
"""

import re
import unicodedata
from collections.abc import Callable

from redraft.evals.metrics.document import Reference, parse
from redraft.prompts.labels import LANGUAGES, labels

_HEADINGS = "|".join(sorted({re.escape(labels(language).references) for language in LANGUAGES}))
_LIST = re.compile(rf"^#{{1,6}}[ \t]+(?:{_HEADINGS})[ \t]*$", re.MULTILINE | re.IGNORECASE)
_ENTRY = re.compile(r"^\[(?P<number>\d{1,4})\][ \t]+(?P<label>.*?)[ \t]*(?P<url>[a-z]+://\S+)[ \t]*$", re.MULTILINE)
_MARK = re.compile(r"(?P<gap>[ \t]*)\[(?P<numbers>\d{1,4}(?:, ?\d{1,4})*)\](?!\()")
_ARXIV = re.compile(
    r"(?:arxiv\.org/(?:abs|pdf|html)/|\barxiv:)(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})", re.I
)


def split(article: str) -> tuple[str, str]:
    """The text, and the list of references with its heading, which may be empty."""
    heads = list(_LIST.finditer(article))
    border = heads[-1].start() if heads else len(article)
    return article[:border].rstrip(), article[border:]


def references(article: str) -> list[Reference]:
    """The entries of its list, in order."""
    entries = _ENTRY.finditer(split(article)[1])
    return [Reference(int(entry["number"]), _title(entry["label"]), entry["url"]) for entry in entries]


def listed(article: str) -> list[Reference]:
    """The entries of the list of references of any system, as `redraft.evals.metrics.document` finds them."""
    document = parse(article)
    titles = {(reference.number, reference.url): reference.title for reference in references(article)}
    return [
        reference._replace(title=titles.get((reference.number, reference.url), reference.title))
        for reference in document.references[: document.listed]
    ]


def _title(label: str) -> str:
    """What stands before site and date."""
    title, stop, _ = label.rstrip(".").rpartition(". ")
    return title if stop else label.rstrip(".")


def cited(text: str) -> list[int]:
    """The numbers in its marks, in order."""
    return [int(number) for match in _MARK.finditer(text) for number in match["numbers"].split(",")]


def with_marks(text: str, mark: Callable[[int], str]) -> str:
    """The text with every citation of a source in other words; for "" it goes, with the gap before it."""

    def replace(match: re.Match[str]) -> str:
        marks = " ".join(filter(None, (mark(int(number)) for number in match["numbers"].split(","))))
        return f"{match['gap']}{marks}" if marks else ""

    return _MARK.sub(replace, text)


def link(number: int, url: str) -> str:
    """A mark that is a link. Brackets are spelled out: many scripts take the first one for the end of the address."""
    return f"[{number}]({url.replace('(', '%28').replace(')', '%29')})"


def arxiv_id(text: str) -> str | None:
    """The first arXiv identifier in an address or a text, without its version."""
    match = _ARXIV.search(text)
    return match["id"] if match else None


def normalised(title: str) -> str:
    """A title as it is compared: without TeX, case, accents, punctuation and the number arXiv's pages put before it."""
    plain = re.sub(r"\\(?:[a-zA-Z]+\s?|[\"'`^~=.])|[{}$]", "", re.sub(r"^\s*\[[\w.\-/]+\]\s", "", title))
    letters = unicodedata.normalize("NFKD", plain).casefold()
    return " ".join(re.findall(r"\w+", "".join(sign for sign in letters if not unicodedata.combining(sign))))
