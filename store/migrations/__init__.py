"""How a database comes to the schema of `redraft.store.models`: every change is one function, run once, in order.

A change is never edited after it was released; a test compares what they build with the tables. A new database on a
server begins with the tables as they are, and all changes count as seen: those up to m009 know SQLite alone, and those
after it have to run on both (`connection.dialect.name`).
"""

from collections.abc import Callable

from sqlalchemy import Connection

from redraft.store.migrations import evals, first, jobs, writer

Change = Callable[[Connection], None]
MIGRATIONS: list[Change] = [
    first.m001_first_tables,
    first.m002_passages_can_be_searched,
    first.m003_a_library_holds_a_document_once,
    first.m004_the_web,
    first.m005_an_index_for_each_library,
    first.m006_embeddings,
    first.m007_sections_can_be_locked,
    writer.m008_rounds,
    jobs.m009_jobs,
    evals.m010_evaluation_runs,
]
