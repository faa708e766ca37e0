"""The labels of a source where its format does not simply state them."""

import datetime
import re

from redraft.tools.blocks import blocks
from redraft.tools.sanitize import visible

# A title still fits on one line of a list of sources; what is longer is the first sentence of the text.
_MAX_TITLE = 120

# What word processors and converters leave in the field when nobody gave a title.
_NO_TITLE = re.compile(
    r"microsoft (?:word|powerpoint)|word document|untitled|document\d*$|slide \d|powerpoint|layout \d"
    r"|.*\.(?:docx?|dvi|tex|indd|pptx?|pdf|rtf|odt|qxd|fm)$",
    re.IGNORECASE,
)
# What content management systems and programs call whoever wrote a page.
_NO_AUTHOR = re.compile(
    r"(?:web)?(?:admin(?:istrator)?|master)|root|user|author|editor|editors|staff|guest|anonymous|unknown|none|null"
    r"|python-docx|un-named|(?:microsoft )?office user|[\W\d]*",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\S+@\S+|https?:\S*|www\.\S*|\S+/\S*")
_BY = re.compile(r"^(?:written )?by:?\s+", re.IGNORECASE)
_MAX_AUTHORS = 20
"""Papers of large collaborations have thousands."""


def first_heading(text: str) -> str | None:
    """The words of the first heading."""
    found = (text[block.start : block.end] for block in blocks(text) if block.kind == "heading")
    return next((heading_words(heading) for heading in found), None)


def first_short_line(text: str) -> str | None:
    """The first line with words that is short enough for a title, unless a longer one with words comes before it."""
    line = next((line.strip() for line in text.split("\n") if re.search(r"\w", line)), "")
    return line if 0 < len(line) <= _MAX_TITLE else None


def heading_words(heading: str) -> str:
    """A heading line without its marks."""
    return re.sub(r"^#+\s+|\s+#+$", "", heading)


def iso_date(year: str, month: str, day: str) -> str | None:
    """The date as `yyyy-mm-dd`; None for one that the calendar does not have."""
    try:
        return datetime.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def one_line(text: str) -> str:
    """The words of a label, on one line, without characters that print nothing."""
    return " ".join(visible(text).split())


def given_title(field: str) -> str | None:
    """The title in a field of a document's properties, unless it is what a program puts there."""
    title = one_line(field)
    return title if len(title) > 3 and not _NO_TITLE.match(title) else None


def authors(field: str) -> str | None:
    """The names in a list divided by semicolons, joined by `, `: no addresses, no "admin", each once."""
    names = (_BY.sub("", one_line(_ADDRESS.sub("", name))).strip(" ,<>()") for name in field.split(";"))
    people = [name for name in dict.fromkeys(names) if not _NO_AUTHOR.fullmatch(name)]
    return ", ".join(people[:_MAX_AUTHORS]) or None
