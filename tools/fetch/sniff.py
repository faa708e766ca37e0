"""What kind of document some bytes are: by how they begin, then by what the server calls them."""

import re
from typing import Literal

Kind = Literal["html", "pdf", "docx", "epub", "markdown", "text"]

HEAD = 4096
"""Bytes that decide. WHATWG's MIME sniffing reads 1,445; Word's files name what they are in the third entry or so."""

_DECLARED: dict[str, Kind] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
}
_UNKNOWN = frozenset({"", "application/octet-stream", "application/x-unknown", "unknown/unknown", "*/*"})
_NO_PROSE = frozenset({"text/css", "text/javascript", "text/xml", "text/csv", "text/calendar", "text/vcard"})
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*+<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_BOM = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# Never text, whatever the server says: pictures, sound, films, archives, programs.
_MEDIA = re.compile(
    rb"\x89PNG|GIF8|\xff\xd8\xff|RIFF|OggS|ID3|fLaC|\x1a\x45\xdf\xa3|....ftyp|\x1f\x8b|BZh|7z\xbc|\xfd7zXZ|Rar!|\x7fELF",
    re.S,
)
# "Binary data bytes" of WHATWG's MIME sniffing: what no text in an encoding of the web has.
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")


def kind(data: bytes, content_type: str) -> Kind | None:
    """The kind of a document that begins with `data`; None for all that is not read here, such as pictures.

    Only the first `HEAD` bytes count, so the first bytes of a body and the whole give the same answer. `content_type`
    is as the server declares it, without parameters; empty if it does not.
    """
    head, declared = data[:HEAD], content_type.strip().lower()
    if head.startswith(b"PK\x03\x04"):
        return _zipped(head, declared)
    if _is_pdf(head, declared):
        return "pdf"
    return None if _MEDIA.match(head) else _DECLARED.get(declared) or _textual(head, declared)


def _is_pdf(head: bytes, declared: str) -> bool:
    """A PDF may have up to 1,024 bytes before its header, as its readers have always borne with."""
    if declared == "application/pdf":
        return b"%PDF-" in head[:1024]
    return head.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"%PDF-")


def _zipped(head: bytes, declared: str) -> Kind | None:
    if head[30:].startswith(b"mimetypeapplication/epub+zip") or declared == "application/epub+zip":
        return "epub"
    return "docx" if declared == _WORD or b"word/" in head else None


def _textual(head: bytes, declared: str) -> Kind | None:
    if not head.startswith(_BOM) and _BINARY.search(head):
        return None
    if _HTML.match(head.removeprefix(_BOM[0])):  # also in place of a PDF or a text: an error page
        return "html"
    plain = declared in _UNKNOWN or (declared.startswith("text/") and declared not in _NO_PROSE)
    return "text" if plain else None
