"""The labels of a source where its format does not simply state them."""

import datetime
import re

from redraft.tools.blocks import blocks

# A title still fits on one line of a list of sources; what is longer is the first sentence of the text.
_MAX_TITLE = 120


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
