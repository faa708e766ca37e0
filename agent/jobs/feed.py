"""The reports of a job as an Atom feed (RFC 4287), which is a file: a web server may show it, a reader may open it."""

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from lxml import etree

from redraft.agent import atomic
from redraft.agent.jobs.channels import DeliveryFailed

MOST_ENTRIES = 50
"""A reader that looks once a week misses none of a job that writes every four hours."""
ATOM = "http://www.w3.org/2005/Atom"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 knows no way to write (section 2.2)."""
_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "https://redraft.invalid/")
_TYPES = {".html": "text/html", ".pdf": "application/pdf", ".json": "application/json", ".md": "text/markdown"}


class Entry(NamedTuple):
    """A report of the job."""

    run_id: str
    title: str
    updated: datetime
    text: str
    """What matters, as plain text."""
    html: str
    """The report, or what is new in it, as a fragment of HTML."""
    files: Sequence[Path] = ()
    """Where the report was put."""


def feed(job: str, question: str, entries: Sequence[Entry], folder: Path | None = None) -> bytes:
    """The feed of a job with its newest `entries`, of which there is one at least; newest first.

    Ids are the same each time for a job's name and for a run. Files at or below `folder`, where the feed is to lie, are
    linked by their way from there, so that both can be moved together; others by their `file:` URI.
    Characters that XML forbids are left out.
    """
    newest = sorted(entries, key=lambda entry: (entry.updated, entry.run_id), reverse=True)[:MOST_ENTRIES]
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})  # type: ignore[dict-item]  # the default one
    _add(root, "id", _urn(f"job/{job}"))
    _add(root, "title", job)
    _add(root, "subtitle", question)
    _add(root, "updated", _moment(newest[0].updated))
    _add(root, "generator", "redraft")
    _add(_add(root, "author"), "name", "redraft")
    for entry in newest:
        _entry(_add(root, "entry"), entry, folder)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def write(path: Path, job: str, question: str, entries: Sequence[Entry]) -> None:
    """Puts the feed in the place of a file. Raises `DeliveryFailed` where that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.replace(path, feed(job, question, entries, path.parent))
    except OSError as error:
        message = f"the feed cannot be written to {path}: {error.strerror}"
        raise DeliveryFailed(message) from error


def _entry(element: etree._Element, entry: Entry, folder: Path | None) -> None:
    _add(element, "id", _urn(f"run/{entry.run_id}"))
    _add(element, "title", entry.title)
    _add(element, "updated", _moment(entry.updated))
    _add(element, "summary", entry.text)
    _add(element, "content", entry.html, type="html")
    for file in entry.files:
        _add(element, "link", rel="alternate", type=_TYPES[file.suffix], href=_address(file, folder))


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    element.text = _FORBIDDEN.sub("", text) or None
    return element


def _urn(name: str) -> str:
    return uuid.uuid5(_NAMES, name).urn


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _address(file: Path, folder: Path | None) -> str:
    if folder and file.is_relative_to(folder):
        return quote(bytes(file.relative_to(folder)))
    return file.absolute().as_uri()
