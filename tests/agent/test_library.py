"""Documents on their way into a library."""

import shutil
from pathlib import Path

import pytest

from redraft.agent import library
from redraft.agent.library import Added, Outcome
from redraft.store.database import Database
from redraft.store.library import holdings
from redraft.tools.errors import PathNotFound


def add(database: Database, *paths: Path) -> Added:
    return library.add(database, "mine", [str(path) for path in paths], lambda *_: None)


def urls(database: Database) -> list[str]:
    return [holding.source.url for holding in holdings(database, "mine")]


def test_what_has_not_changed_is_left_alone_and_what_has_is_read_again(database: Database, documents: Path) -> None:
    add(database, documents)
    (documents / "trams.md").write_text("# Trams\n\nThey have become much faster since.")

    again = add(database, documents)

    assert (again.added, again.changed, again.unchanged, again.total) == (0, 1, 2, 3)


def test_every_document_is_announced_with_what_became_of_it(database: Database, documents: Path) -> None:
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    seen: list[tuple[str, Outcome, int, int]] = []

    library.add(database, "mine", [str(documents)], lambda path, *rest: seen.append((path.name, *rest)))

    assert seen == [
        ("broken.pdf", "failed", 1, 4),
        ("buses.md", "added", 2, 4),
        ("cycling.md", "added", 3, 4),
        ("trams.md", "added", 4, 4),
    ]


def test_an_unreadable_document_keeps_none_of_the_others_out(database: Database, documents: Path) -> None:
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")

    result = add(database, documents)

    assert (result.added, [failure.path.name for failure in result.failed]) == (3, ["broken.pdf"])


def test_a_document_that_was_moved_is_cited_where_it_lies_now(database: Database, documents: Path) -> None:
    add(database, documents)
    moved = documents.rename(documents.with_name("elsewhere"))

    add(database, moved)

    assert urls(database) == [(moved / name).as_uri() for name in ("buses.md", "cycling.md", "trams.md")]


def test_a_document_that_was_copied_is_held_in_both_places(database: Database, documents: Path) -> None:
    add(database, documents / "trams.md")
    copy = Path(shutil.copy(documents / "trams.md", documents / "a copy of trams.md"))

    add(database, copy)

    assert len(urls(database)) == 2


def test_a_path_that_is_not_there_stops_the_addition_before_it_begins(database: Database, documents: Path) -> None:
    with pytest.raises(PathNotFound):
        add(database, documents, documents / "nothing.md")

    assert urls(database) == []
