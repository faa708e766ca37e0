"""Documents on their way into a library."""

import os
import shutil
from pathlib import Path

import pytest

from redraft.agent import library
from redraft.agent.errors import UserError
from redraft.agent.library import Added, Outcome
from redraft.store.database import Database
from redraft.store.library import holdings, search
from redraft.tools.errors import PathNotFound


def add(database: Database, *paths: Path) -> Added:
    return library.add(database, "mine", [str(path) for path in paths], lambda *_: None)


def missing(database: Database) -> list[str]:
    return [holding.source.url for holding in holdings(database, "mine") if holding.source.missing_since]


def rewrite(path: Path, text: str, *, stamp: int | None = None) -> None:
    """Puts another text into a file; with a stamp, the file says that it was last changed then."""
    path.write_text(text)
    if stamp is not None:
        os.utime(path, ns=(stamp, stamp))


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


def test_a_file_that_looks_as_it_did_is_not_opened(database: Database, documents: Path) -> None:
    file = documents / "trams.md"
    add(database, documents)
    text, stamp = file.read_text(), file.stat().st_mtime_ns

    rewrite(file, text.upper(), stamp=stamp)
    blind = add(database, documents)
    rewrite(file, text.upper() + "!", stamp=stamp)
    larger = add(database, documents)

    assert (blind.unchanged, blind.changed) == (3, 0)
    assert (larger.unchanged, larger.changed) == (2, 1)


def test_a_file_that_was_touched_and_says_the_same_is_known_by_its_new_stamp(
    database: Database, documents: Path
) -> None:
    file = documents / "trams.md"
    add(database, documents)
    text = file.read_text()

    rewrite(file, text, stamp=1_000_000_000)
    touched = add(database, documents)
    rewrite(file, text.upper(), stamp=1_000_000_000)
    again = add(database, documents)

    assert (touched.unchanged, again.unchanged) == (3, 3)


def test_a_document_whose_file_is_gone_is_missing_and_can_still_be_found(database: Database, documents: Path) -> None:
    add(database, documents)
    (documents / "trams.md").unlink()

    gone = add(database, documents)

    assert (gone.unchanged, gone.missing) == (2, 1)
    assert missing(database) == [(documents / "trams.md").as_uri()]
    assert search(database, "mine", ["overhead", "wire"], limit=1)[0].source.title == "Trams in cities"


def test_a_document_is_no_longer_missing_when_its_file_is_back(database: Database, documents: Path) -> None:
    add(database, documents)
    away = (documents / "trams.md").rename(documents / "trams.away")
    add(database, documents)

    away.rename(documents / "trams.md")
    back = add(database, documents)

    assert (back.unchanged, back.missing, missing(database)) == (3, 0, [])


@pytest.mark.parametrize(("path", "told"), [("*.md", 1), ("sub", 0), ("buses.md", 0)])
def test_only_what_lies_below_the_paths_given_is_missed(
    database: Database, documents: Path, path: str, told: int
) -> None:
    (documents / "sub").mkdir()
    shutil.copy(documents / "buses.md", documents / "sub")
    add(database, documents)
    (documents / "trams.md").unlink()

    assert add(database, documents / path).missing == told


def test_a_document_that_was_missing_and_turns_up_elsewhere_was_moved(database: Database, documents: Path) -> None:
    add(database, documents)
    away = (documents / "trams.md").rename(documents / "trams.away")
    add(database, documents)

    away.rename(documents / "streetcars.md")
    found = add(database, documents)

    assert (found.added, found.missing) == (1, 0)
    assert [url.rsplit("/")[-1] for url in urls(database)] == ["buses.md", "cycling.md", "streetcars.md"]


@pytest.mark.parametrize("name", ["@web", "@mine", " "])
def test_names_that_begin_with_an_at_sign_are_not_the_users_to_give(
    database: Database, documents: Path, name: str
) -> None:
    with pytest.raises(UserError, match="no name for a library"):
        library.add(database, name, [str(documents)], lambda *_: None)


@pytest.mark.parametrize("workers", [1, 2])
def test_many_documents_are_kept_in_the_order_of_their_paths_however_many_read(
    database: Database, tmp_path: Path, workers: int
) -> None:
    for number in range(130):
        (tmp_path / f"{number:03}.html").write_text(f"<p>Tram number {number} runs on rails every day of the year.</p>")

    result = library.add(database, "mine", [str(tmp_path / "*.html")], lambda *_: None, workers=workers)

    kept = [(holding.source.url, holding.source.id) for holding in holdings(database, "mine")]
    assert result.added == 130
    assert sorted(kept, key=lambda row: row[1] or 0) == kept


def test_a_document_that_takes_too_long_is_reported_and_keeps_none_of_the_others_out(
    database: Database, documents: Path
) -> None:
    (documents / "endless.html").write_text("<p>Trams run.</p>" * 200_000)

    result = library.add(database, "mine", [str(documents)], lambda *_: None, deadline=0.15)

    assert [failure.path.name for failure in result.failed] == ["endless.html"]
    assert "stopped after 0.15 s" in result.failed[0].reason
    assert result.added == 3
