"""Bytes into text worth quoting: one function a format. What a file holds says more about its kind than its name."""

import codecs
import email
import re
from email.message import Message
from pathlib import Path

import trafilatura
from charset_normalizer import from_bytes
from trafilatura.settings import Document as Page

from redraft.tools import markdown, rst
from redraft.tools.errors import Unreadable
from redraft.tools.labels import first_heading, iso_date
from redraft.tools.pdf import read_pdf
from redraft.tools.sanitize import visible
from redraft.tools.types import Content

METADATA_NAMES = frozenset({"METADATA", "PKG-INFO"})
"""Files of core metadata, as every installed Python package has one."""

_HTML_START = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html\b)", re.IGNORECASE | re.DOTALL
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset=[\"']?([\w-]{2,40})", re.IGNORECASE)
_SPACES = re.compile(r"[\xa0\u2000-\u200a\u202f\u205f\u3000]")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n((?:(?:[\w-]+:|[ \t]|- |#)[^\n]*\n|\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_TITLE_FIELD = re.compile(r"^title:[ \t]*[\"']?(.+?)[\"']?[ \t]*$", re.MULTILINE)
_DATE_FIELD = re.compile(r"^date:[ \t]*[\"']?(\d{4})-(\d{2})-(\d{2})(?!\d)", re.MULTILINE)
_LOOKS_LIKE_MARKDOWN = re.compile(r"^#{1,6} \S|^```|\]\(", re.MULTILINE)
# The share of bytes above ASCII below which a text is taken for Western European: sentences in Spanish, German and
# French have 5 to 12 in a hundred, in Greek, Russian and Japanese 79 to 86. Guessing from so few goes wrong:
# charset_normalizer 3.5 read a French sentence as Central European.
_WESTERN = 0.3
# Broken characters in a hundred others that still leave a text UTF-8: one cut in half, not another encoding.
_FEW = 0.1


def extract(data: bytes, path: Path) -> Content:
    """What the bytes of the file at `path` say. Raises `Unreadable`."""
    if data[:1024].lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"%PDF-"):
        return read_pdf(data, path)
    content = _from_text(data, path)
    if not content.text:
        raise Unreadable(path, "an empty document: nothing in it to quote")
    return content


def _from_text(data: bytes, path: Path) -> Content:
    text = _SPACES.sub(" ", visible(decode(data, path)))
    if path.name in METADATA_NAMES and text.startswith("Metadata-Version:"):
        return _from_metadata(text)
    match path.suffix.lower():
        case ".html" | ".htm" | ".xhtml":
            return _from_html(text, path)
        case ".md" | ".markdown":
            return _from_markdown(text)
        case ".rst":
            return Content(text=markdown.clean(rst.to_markdown(text)))
    return _from_html(text, path) if _HTML_START.match(text) else Content(text=_plain(text))


def decode(data: bytes, path: Path) -> str:
    """The characters: UTF-8 or what the byte order mark or an HTML page declares, else the likeliest encoding.

    Raises `Unreadable` for what is no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data:
        raise Unreadable(path, _binary(data, path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _guessed(data)


def _binary(data: bytes, path: Path) -> str:
    if path.suffix.lower() == ".pdf":
        return "a damaged PDF, it does not begin as one: fetch or export it again"
    if data.startswith(b"PK\x03\x04"):
        return "an Office, EPUB or ZIP file: export it as PDF, HTML or text"
    return "a binary file: only text, Markdown, reStructuredText, HTML and PDF can be read"


def _guessed(data: bytes) -> str:
    if declared := _CHARSET.search(data[:4096]):
        return data.decode(_codec(declared[1].decode("ascii")), errors="replace")
    lenient = data.decode("utf-8-sig", errors="replace")
    if lenient.count("\ufffd") <= _FEW * sum(character > "\x7f" for character in lenient):
        return lenient
    best = from_bytes(data).best() if sum(byte > 127 for byte in data) > _WESTERN * len(data) else None
    return str(best) if best else data.decode("cp1252", errors="replace")


def _codec(declared: str) -> str:
    """Pages that declare Latin-1 mean its Windows superset, as browsers have it; unknown names mean nothing."""
    try:
        name = codecs.lookup(declared).name
    except LookupError:
        return "cp1252"
    return "cp1252" if name in ("iso8859-1", "ascii") else name


def _plain(text: str) -> str:
    lines = (line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _from_markdown(text: str) -> Content:
    front = _FRONT_MATTER.match(text)
    fields = front[1] if front else ""
    title, date = _TITLE_FIELD.search(fields), _DATE_FIELD.search(fields)
    body = markdown.clean(text[front.end() :] if front else text)
    return Content(text=body, title=title[1] if title else None, date=iso_date(*date.groups()) if date else None)


def _from_html(text: str, path: Path) -> Content:
    if not _HTML_START.match(text):  # a fragment, which trafilatura takes for anything but HTML
        text = f"<html><body>{text}</body></html>"
    body = markdown.clean(_main_text(text))
    if not body:
        raise Unreadable(path, "an HTML page without text of its own, perhaps filled in by scripts: save it as PDF")
    # Dates that htmldate would gather from anywhere in the text are guesses; only stated ones are the page's own.
    page = trafilatura.extract_metadata(text, date_config={"original_date": True, "extensive_search": False})
    # The heading that opens the article is surer than the page's first one, which may belong to a hidden menu.
    title = first_heading(body) if body.startswith("#") else page.title
    return Content(text=body, title=title or None, date=page.date, site=page.sitename or None)


def _main_text(text: str) -> str:
    """The article as Markdown; where none stands out, more of the page, at last all of it."""
    for recall in (False, True):
        page = trafilatura.bare_extraction(text, include_comments=False, include_formatting=True, favor_recall=recall)
        if isinstance(page, Page) and page.text:
            return page.text
    return trafilatura.html2txt(text)


def _from_metadata(text: str) -> Content:
    """Core metadata of a Python package: its summary and description, labelled with name and version."""
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
        return _plain(text)
    if kind == "text/markdown" or (not kind and _LOOKS_LIKE_MARKDOWN.search(text)):
        return markdown.clean(text)
    return markdown.clean(rst.to_markdown(text))
