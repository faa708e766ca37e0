"""Putting documents into a library: found, read, cut into passages, kept. What has not changed is left alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from redraft.store import library
from redraft.store.database import Database
from redraft.store.models import Passage, Source, now
from redraft.tools.errors import Unreadable
from redraft.tools.library import digest, find, path_of, read
from redraft.tools.passages import cut

Outcome = Literal["added", "changed", "unchanged", "failed"]
Watch = Callable[[Path, Outcome, int, int], None]
"""Told of each document: its path, what became of it, how many are done, and of how many."""


@dataclass
class Added:
    """What an addition came to."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: list[Unreadable] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.added + self.changed + self.unchanged


def add(database: Database, name: str, paths: Sequence[str], watch: Watch) -> Added:
    """Brings the library `name` up to date with the files at `paths`.

    Every document is kept as soon as it is read, so an interrupted addition has lost nothing and can be repeated. One
    that cannot be read is reported at the end and keeps nobody waiting. Raises `PathNotFound` before reading anything.
    """
    files = find(paths)
    result = Added()
    for done, path in enumerate(files, start=1):
        outcome: Outcome = "failed"
        try:
            outcome = _add_one(database, name, path)
        except Unreadable as error:
            result.failed.append(error)
        else:
            setattr(result, outcome, getattr(result, outcome) + 1)
        watch(path, outcome, done, len(files))
    return result


def _add_one(database: Database, name: str, path: Path) -> Outcome:
    checksum = digest(path)
    known = library.current(database, name, path.resolve().as_uri())
    if known is not None and known.digest == checksum:
        return "unchanged"
    document = read(path)
    source = Source(
        library=name,
        url=document.url,
        title=document.title,
        site=document.site,
        date=document.date,
        digest=checksum,
        page_digest="",
        added_at=now(),
    )
    passages = [
        Passage(source_id=0, start=s.start, end=s.end, heading=s.heading, text=document.text[s.start : s.end])
        for s in cut(document.text)
    ]
    library.add(database, source, document.text, passages)
    for copy in library.copies(database, source):
        if not path_of(copy.url).exists():  # it was moved here: the place it had must not be cited any more
            library.remove(database, name, copy.url)
    return "changed" if known is not None else "added"
