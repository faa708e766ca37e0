"""Books in EPUB into Markdown, chapter by chapter (W3C EPUB 3.3)."""

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote

import lxml.html
from lxml import etree

from redraft.tools.extract.archive import Archive, damaged, opened
from redraft.tools.extract.charset import decode
from redraft.tools.extract.dom import parse, tidy
from redraft.tools.extract.fault import Fault
from redraft.tools.extract.html import fragment_to_markdown
from redraft.tools.labels import authors, given_title, iso_date, one_line
from redraft.tools.types import Content

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_CHAPTER = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read_epub(data: bytes) -> Content:
    """The chapters in reading order, and what the package says of the book. Raises `Fault`."""
    with opened(data) as archive:
        path = _package_path(archive)
        package = archive.xml(path)
        texts = [_chapter(archive.read(name)) for name in _spine(package, path)]
    text = "\n\n".join(filter(None, texts))
    if not text:
        raise Fault("empty", "a book without text")
    date = _DATE.match(_first(package, "date"))
    return Content(
        text=text,
        title=given_title(_first(package, "title")),
        date=iso_date(*date.groups()) if date else None,
        site=one_line(_first(package, "publisher")) or None,
        author=authors(";".join(_stated(package, "creator"))),
    )


def _package_path(archive: Archive) -> str:
    paths = archive.xml("META-INF/container.xml").xpath("//*[local-name()='rootfile']/@full-path")
    if not isinstance(paths, list) or not paths:
        raise damaged()
    return str(paths[0])


def _spine(package: etree._Element, path: str) -> Iterator[str]:
    """The names of the chapters' entries."""
    items = {item.get("id"): item for item in package.iterfind(".//{*}manifest/{*}item")}
    for reference in package.iterfind(".//{*}spine/{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is not None and item.get("media-type") in _CHAPTER and "nav" not in item.get("properties", "").split():
            yield posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(item.get("href", ""))))


def _chapter(data: bytes) -> str:
    text = decode(data)
    if not text.strip():
        return ""
    tree = parse(text)
    tidy(tree)
    return fragment_to_markdown(lxml.html.tostring(tree.find("body"), encoding="unicode"))


def _stated(package: etree._Element, name: str) -> list[str]:
    return [element.text or "" for element in package.iterfind(f".//{{*}}metadata/{{*}}{name}")]


def _first(package: etree._Element, name: str) -> str:
    return next(iter(_stated(package, name)), "")
