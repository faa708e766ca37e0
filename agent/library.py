"""Bringing a library up to date: documents found, read in processes of their own, cut up, and kept in batches."""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from redraft.agent.errors import UserError
from redraft.store import library
from redraft.store.database import Database
from redraft.store.library import Changes, Entry, Stamp
from redraft.store.models import Source, now
from redraft.tools.errors import Unreadable
from redraft.tools.library import PLAIN_SUFFIXES, Reading, find, folder_of, path_of, reading
from redraft.tools.pool import Pool, TaskCrashed, TaskTimedOut
from redraft.tools.types import Document

Outcome = Literal["added", "changed", "unchanged", "failed"]
Watch = Callable[[Path, Outcome, int, int], None]
"""Told of each document: its path, what became of it, how many are done, and of how many."""

BATCH = 50
"""Documents kept in one transaction: what a kill may cost, and reading it again takes a second."""
BATCH_SECONDS = 1.0
"""Slow documents are kept after so long, however few."""
DEADLINE = 300.0
"""Seconds for one document. A starting point, not measured: a scanned encyclopaedia should pass, a loop should not."""
AHEAD = 64
"""Documents read before the first of them is kept: while a batch is kept, two processes read about so many."""
FEW_BYTES = 1_000_000
"""Plain text up to this size is read in this process: it takes 0.2 s, and a process is ready after 0.3 s."""


@dataclass
class Added:
    """What an addition came to."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0
    """Documents of the library, below the paths given, whose files are gone."""
    failed: list[Unreadable] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.added + self.changed + self.unchanged


class _File(NamedTuple):
    """A file as it was before it was read, and the document that the library has of it."""

    path: Path
    stamp: Stamp
    known: Source | None


def add(
    database: Database,
    name: str,
    paths: Sequence[str],
    watch: Watch,
    workers: int | None = None,
    deadline: float = DEADLINE,
) -> Added:
    """Brings the library `name` up to date with the files at `paths`.

    A file that looks as it did (size and time stamp) is not opened; one that says what it did is not read. Documents
    are kept a batch at a time, in the order of their paths, so an interrupted addition loses the last batch at most,
    and repeating it goes on from there. One that cannot be read is reported at the end and keeps nobody waiting.
    Documents below `paths` whose files are gone are marked, and stay. `workers` is the number of processes that read,
    `deadline` the seconds that one document may take them.

    Raises `PathNotFound` before reading anything, and `UserError` for a name that is not the user's to give.
    """
    check_name(name)
    files = find(paths)
    addition = _Addition(database, name, watch, len(files))
    todo = [file for file in map(addition.file, files) if not addition.is_untouched(file)]
    with closing(_readings(todo, workers, deadline)) as readings:
        for file, outcome in readings:
            addition.take(file, outcome)
    return addition.close([folder_of(path) for path in paths])


def check_name(name: str) -> None:
    """Raises `UserError` for a name that a user's library cannot have."""
    if not name.strip() or name.startswith("@"):
        message = f"{name!r} is no name for a library: names that begin with @ belong to redraft"
        raise UserError(message)


class _Addition:
    """The state of one: what the library held when it began, and what is not yet kept."""

    def __init__(self, database: Database, name: str, watch: Watch, total: int) -> None:
        self.result = Added()
        self._database, self._name, self._watch, self._total = database, name, watch, total
        self._known = {source.url: source for source in library.documents(database, name)}
        self._by_text: dict[str, list[str]] = {}
        for source in self._known.values():
            self._by_text.setdefault(source.page_digest, []).append(source.url)
        self._changes = Changes()
        self._saved_at = time.monotonic()
        self._done = 0

    def file(self, path: Path) -> _File:
        url = path.as_uri()
        try:
            status = path.stat()
        except OSError:  # reading it will say why
            return _File(path, Stamp(url, -1, -1), self._known.get(url))
        return _File(path, Stamp(url, status.st_size, status.st_mtime_ns), self._known.get(url))

    def is_untouched(self, file: _File) -> bool:
        """Whether the library has the file as it is; if so, it is done with."""
        known = file.known
        if known is None or (known.size, known.modified_ns) != file.stamp[1:]:
            return False
        if known.missing_since is not None:
            self._changes.stamps.append(file.stamp)
        self._count(file, "unchanged")
        return True

    def take(self, file: _File, outcome: Reading | str) -> None:
        """Files what reading brought, and keeps it as soon as there is enough."""
        if isinstance(outcome, str):
            self.result.failed.append(Unreadable(file.path, outcome))
            self._count(file, "failed")
        elif outcome.document is None:
            self._changes.stamps.append(file.stamp)
            self._count(file, "unchanged")
        else:
            self._changes.entries.append(_entry(self._name, file, outcome, outcome.document))
            self._count(file, "changed" if file.known else "added")
        if len(self._changes) >= BATCH or time.monotonic() - self._saved_at > BATCH_SECONDS:
            self.save()

    def save(self) -> None:
        """Keeps what is ready, and looks where else the library has the same texts."""
        changes, self._changes = self._changes, Changes()
        if changes:
            library.save(self._database, self._name, changes)
        for entry in changes.entries:
            for url in self._by_text.get(entry.source.page_digest, ()):
                if url != entry.source.url and not path_of(url).exists():
                    # It was moved here: the place it had must not be cited any more.
                    self._changes.removed.append(url)
                    self._known.pop(url, None)
        self._saved_at = time.monotonic()

    def close(self, folders: Sequence[Path]) -> Added:
        """Keeps the rest, and marks the documents below the folders whose files are gone."""
        self.save()
        below = [folder.as_uri() for folder in folders]
        gone = [url for url in self._known if _is_below(url, below) and not path_of(url).exists()]
        self._changes.missing.extend(gone)
        self.save()
        self.result.missing = len(gone)
        return self.result

    def _count(self, file: _File, outcome: Outcome) -> None:
        self._done += 1
        if outcome != "failed":
            setattr(self.result, outcome, getattr(self.result, outcome) + 1)
        self._watch(file.path, outcome, self._done, self._total)


def _is_below(url: str, folders: Iterable[str]) -> bool:
    return any(url == folder or url.startswith(folder.rstrip("/") + "/") for folder in folders)


def _entry(name: str, file: _File, outcome: Reading, document: Document) -> Entry:
    source = Source(
        library=name,
        url=document.url,
        title=document.title,
        site=document.site,
        date=document.date,
        author=document.author,
        digest=outcome.digest,
        page_digest="",
        added_at=now(),
        size=file.stamp.size,
        modified_ns=file.stamp.modified_ns,
    )
    return Entry(source, document.text, outcome.spans)


def _readings(files: Sequence[_File], workers: int | None, deadline: float) -> Generator[tuple[_File, Reading | str]]:
    """Each file with what reading it brought, or why it cannot be read, in the order given."""
    if _are_light(files):
        yield from ((file, reading(file.path, _digest(file))) for file in files)
        return
    with Pool(workers, deadline=deadline) as pool:
        waiting: deque[tuple[_File, Future[Reading | str]]] = deque()
        for file in files:
            waiting.append((file, pool.submit(reading, file.path, _digest(file))))
            if len(waiting) >= AHEAD:
                yield _finished(*waiting.popleft())
        while waiting:
            yield _finished(*waiting.popleft())


def _are_light(files: Sequence[_File]) -> bool:
    plain = all(file.path.suffix.lower() in PLAIN_SUFFIXES for file in files)
    return plain and sum(file.stamp.size for file in files) <= FEW_BYTES


def _digest(file: _File) -> str | None:
    return file.known.digest if file.known else None


def _finished(file: _File, future: Future[Reading | str]) -> tuple[_File, Reading | str]:
    try:
        return file, future.result()
    except (TaskTimedOut, TaskCrashed) as error:
        return file, f"reading it failed: {error}"
