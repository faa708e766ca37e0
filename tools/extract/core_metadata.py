"""Core metadata, as every installed Python package has a file of it."""

import email
import re
from email.message import Message

from redraft.tools.extract import markdown, rst
from redraft.tools.extract.text import read_plain
from redraft.tools.types import Content

_LOOKS_LIKE_MARKDOWN = re.compile(r"^#{1,6} \S|^```|\]\(", re.MULTILINE)


def read_metadata(text: str) -> Content:
    """Summary and description of the package, labelled with its name and version. The text may be blank."""
    message = email.message_from_string(text)
    name, version, summary = (_field(message, field) for field in ("Name", "Version", "Summary"))
    described = _described(message)
    # Many descriptions open with the very summary, and many summaries with the name.
    body = described if summary.rstrip(".") in described[:500] else f"{summary}\n\n{described}"
    title = summary if summary.casefold().startswith(f"{name.casefold()}:") else f"{name}: {summary}"
    return Content(text=body.strip(), title=title if summary else name, site=f"{name} {version}".strip())


def _field(message: Message, name: str) -> str:
    return " ".join(_stated(str(message.get(name, ""))).split())


def _stated(text: str) -> str:
    """Old build tools wrote UNKNOWN where the author had written nothing."""
    return "" if text.strip() == "UNKNOWN" else text


def _described(message: Message) -> str:
    # In a header, continuation lines are indented by eight spaces or by seven and a bar.
    header = re.sub(r"\n(?: {7}\||[ ]{8}|\t)", "\n", str(message.get("Description", "")))
    text = _stated(str(message.get_payload()).strip("\n") or header)
    kind = str(message.get("Description-Content-Type", "")).partition(";")[0].strip().lower()
    if kind == "text/plain":
        return read_plain(text).text
    if kind == "text/markdown" or (not kind and _LOOKS_LIKE_MARKDOWN.search(text)):
        return markdown.clean(text)
    return markdown.clean(rst.to_markdown(text))
