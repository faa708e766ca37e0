"""Closed worlds: the documents of a benchmark as a library, and runs that draw on nothing else."""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from redraft.agent.errors import UserError
from redraft.agent.settings import Settings
from redraft.evals.benchmarks.base import Benchmark, CorpusDocument
from redraft.store import library
from redraft.store.database import Database
from redraft.store.library import Changes, Entry
from redraft.store.models import Source, now
from redraft.tools.extract.html import host
from redraft.tools.extract.text import read_plain
from redraft.tools.labels import one_line
from redraft.tools.passages import cut

BATCH = 500
"""Documents kept in one transaction, about a second."""


class Filled(NamedTuple):
    """A closed world that is kept as a library."""

    library: str
    documents: int
    changed: int
    """Those that were new or said something else before, and those that are gone."""


def library_of(benchmark: Benchmark) -> str:
    return f"eval-{benchmark.name}"


def fill(database: Database, benchmark: Benchmark, folder: Path) -> Filled:
    """Makes the library of the benchmark's closed world hold the documents of this folder, and no others.

    Each is cited by its own address. What is there already stays, so that a second time changes nothing, and one that
    was interrupted is gone on with. Raises `UserError` for a benchmark that has no closed world, and for one without
    documents here.
    """
    name = library_of(benchmark)
    known = {source.url: source.digest for source in library.documents(database, name)}
    entries = {document.url: _entry(name, document) for document in _documents(benchmark, folder)}
    fresh = [entry for url, entry in entries.items() if known.get(url) != entry.source.digest]
    gone = [url for url in known if url not in entries]
    for start in range(0, len(fresh), BATCH):
        library.save(database, name, Changes(entries=fresh[start : start + BATCH]))
    if gone:
        library.save(database, name, Changes(removed=gone))
    return Filled(name, len(entries), len(fresh) + len(gone))


def closed_settings(settings: Settings, benchmark: Benchmark) -> Settings:
    """Settings of a run that draws on the closed world alone: nothing goes out but the calls of the model."""
    return settings.restored({"library": library_of(benchmark), "search": ["none"], "offline": True})


def _documents(benchmark: Benchmark, folder: Path) -> list[CorpusDocument]:
    documents = list(benchmark.corpus(folder)) if benchmark.corpus else []
    if not documents:
        message = f"{benchmark.name} has no closed world: its data in {folder} holds no documents to write from"
        raise UserError(message)
    return documents


def _entry(name: str, document: CorpusDocument) -> Entry:
    """A document below its title, as passages and searches take it to be."""
    title = one_line(document.title) or document.url
    text = read_plain(f"# {title}\n\n{document.text}").text
    source = Source(
        library=name,
        url=document.url,
        title=title,
        site=host(document.url) or "",
        date=document.date,
        digest=hashlib.sha256(json.dumps(document).encode()).hexdigest(),
        page_digest="",
        added_at=now(),
    )
    return Entry(source, text, cut(text))
