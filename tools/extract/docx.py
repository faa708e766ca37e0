"""Word documents into Markdown."""

import io
import re
import zipfile
from xml.parsers.expat import ExpatError

import mammoth  # type: ignore[import-untyped]  # it ships no types

from redraft.tools.extract.archive import Archive, damaged, opened
from redraft.tools.extract.fault import Fault
from redraft.tools.extract.html import fragment_to_markdown
from redraft.tools.labels import authors, first_heading, given_title, iso_date
from redraft.tools.types import Content

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_PROPERTIES = "docProps/core.xml"


def read_docx(data: bytes) -> Content:
    """The text, with headings, lists and tables, and what the properties say. Raises `Fault`."""
    with opened(data) as archive:
        for name in archive.names():
            if name.endswith((".xml", ".rels")):  # all that mammoth reads beside pictures, within the bounds
                archive.read(name)
        properties = _properties(archive) if _PROPERTIES in archive.names() else {}
    text = fragment_to_markdown(_html(data))
    if not text:
        raise Fault("empty", "a document without text")
    created = _DATE.match(properties.get("created", ""))
    return Content(
        text=text,
        title=given_title(properties.get("title", "")) or first_heading(text),
        date=iso_date(*created.groups()) if created else None,
        author=authors(properties.get("creator", "")),
    )


def _html(data: bytes) -> str:
    try:
        # Without pictures, which mammoth would put into the HTML as a whole.
        made = mammoth.convert_to_html(
            io.BytesIO(data), convert_image=mammoth.images.img_element(lambda _: {"src": ""})
        )
    except (zipfile.BadZipFile, KeyError, OSError, ExpatError, ValueError, AttributeError, IndexError) as error:
        raise damaged() from error
    return str(made.value)


def _properties(archive: Archive) -> dict[str, str]:
    """The core properties by their names (ECMA-376, part 2, section 11)."""
    elements = archive.xml(_PROPERTIES).iterchildren("{*}*")
    return {str(element.tag).rpartition("}")[2]: element.text or "" for element in elements}
