"""Plain text and Markdown."""

import re

from redraft.tools.extract import markdown
from redraft.tools.extract.charset import legible
from redraft.tools.labels import iso_date
from redraft.tools.types import Content

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n((?:(?:[\w-]+:|[ \t]|- |#)[^\n]*\n|\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_TITLE_FIELD = re.compile(r"^title:[ \t]*[\"']?(.+?)[\"']?[ \t]*$", re.MULTILINE)
_DATE_FIELD = re.compile(r"^date:[ \t]*[\"']?(\d{4})-(\d{2})-(\d{2})(?!\d)", re.MULTILINE)


def read_plain(text: str) -> Content:
    """The lines as they are. The text may be blank."""
    lines = (line.rstrip() for line in legible(text).split("\n"))
    return Content(text=re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n"))


def read_markdown(text: str) -> Content:
    """Markdown without its decoration; its front matter states title and date. The text may be blank."""
    text = legible(text)
    front = _FRONT_MATTER.match(text)
    fields = front[1] if front else ""
    title, date = _TITLE_FIELD.search(fields), _DATE_FIELD.search(fields)
    body = markdown.clean(text[front.end() :] if front else text)
    return Content(text=body, title=title[1] if title else None, date=iso_date(*date.groups()) if date else None)
