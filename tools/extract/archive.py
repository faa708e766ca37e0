"""Documents that are ZIP archives, opened without trusting what they say of themselves."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from lxml import etree

from redraft.tools.extract.fault import Fault

MAX_BYTES = 50_000_000
"""Unpacked, of all entries that are read. Long books and reports have a few megabytes beside their pictures."""
MAX_ENTRIES = 10_000

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError, OSError)
"""What `zipfile` raises for an archive that is cut off, forged, encrypted or lacks the entry."""


class Archive:
    """The entries of an archive. All methods raise `Fault`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._left = MAX_BYTES
        if len(archive.infolist()) > MAX_ENTRIES:
            raise Fault("damaged", f"an archive of more than {MAX_ENTRIES} files")

    def read(self, name: str) -> bytes:
        """The entry, whose real size counts, whatever the archive says of it."""
        try:
            with self._archive.open(name) as entry:
                data = entry.read(self._left + 1)
        except _DAMAGED as error:
            raise damaged() from error
        self._left -= len(data)
        if self._left < 0:
            raise Fault("damaged", f"an archive that unpacks to more than {MAX_BYTES // 1_000_000} MB")
        return data

    def xml(self, name: str) -> etree._Element:
        """The entry parsed, without entities, definitions of types, or anything from elsewhere."""
        parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, recover=True)
        try:
            return etree.fromstring(self.read(name), parser)
        except etree.XMLSyntaxError as error:  # nothing to recover
            raise damaged() from error

    def names(self) -> list[str]:
        return self._archive.namelist()


@contextmanager
def opened(data: bytes) -> Iterator[Archive]:
    """The archive in `data`. Raises `Fault`."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGED as error:
        raise damaged() from error
    with archive:
        yield Archive(archive)


def damaged() -> Fault:
    return Fault("damaged", "a damaged or incomplete document", "fetch or export it again")
