"""Files into text worth quoting: one reader a format. What a file holds says more about its kind than its name."""

from pathlib import Path

from redraft.tools.errors import Unreadable
from redraft.tools.extract import markdown, rst
from redraft.tools.extract.charset import decode, legible
from redraft.tools.extract.core_metadata import read_metadata
from redraft.tools.extract.docx import read_docx
from redraft.tools.extract.epub import read_epub
from redraft.tools.extract.fault import Fault
from redraft.tools.extract.html import is_html, read_html
from redraft.tools.extract.pdf import read_pdf
from redraft.tools.extract.text import read_markdown, read_plain
from redraft.tools.types import Content

METADATA_NAMES = frozenset({"METADATA", "PKG-INFO"})
"""Files of core metadata, as every installed Python package has one."""

_ZIP = b"PK\x03\x04"


def extract(data: bytes, path: Path) -> Content:
    """What the bytes of the file at `path` say. Raises `Unreadable`."""
    try:
        content = _content(data, path)
    except Fault as fault:
        reason = f"{fault.detail}: {fault.remedy}" if fault.remedy else fault.detail
        raise Unreadable(path, reason) from fault
    if not content.text:
        raise Unreadable(path, "an empty document: nothing in it to quote")
    return content


def _content(data: bytes, path: Path) -> Content:
    if data[:1024].lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"%PDF-"):
        return read_pdf(data)
    if data.startswith(_ZIP):
        return _from_archive(data, path)
    if b"\0" in data and path.suffix.lower() == ".pdf":
        raise Fault("damaged", "a damaged PDF, it does not begin as one", "fetch or export it again")
    return _from_text(decode(data), path)


def _from_archive(data: bytes, path: Path) -> Content:
    match path.suffix.lower():
        case ".docx":
            return read_docx(data)
        case ".epub":
            return read_epub(data)
    raise Fault("unsupported_type", "an Office or ZIP file", "export it as PDF, HTML or text")


def _from_text(text: str, path: Path) -> Content:
    if path.name in METADATA_NAMES and text.startswith("Metadata-Version:"):
        return read_metadata(legible(text))
    match path.suffix.lower():
        case ".html" | ".htm" | ".xhtml":
            return _from_html(text)
        case ".md" | ".markdown":
            return read_markdown(text)
        case ".rst":
            return Content(text=markdown.clean(rst.to_markdown(legible(text))))
    return _from_html(text) if is_html(text) else read_plain(text)


def _from_html(text: str) -> Content:
    content = read_html(text)
    if not content.text:
        raise Fault(
            "javascript", "an HTML page without text of its own, perhaps filled in by scripts", "save it as PDF"
        )
    return content
