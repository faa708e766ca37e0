import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from redraft.tools.errors import PathNotFound, ToolError, Unreadable
from redraft.tools.library import Reading, find, folder_of, read, reading
from redraft.tools.types import Document

FILES = [
    "notes.md",
    "report.pdf",
    "deep/er/page.HTML",
    "deep/data.csv",
    "deep/.hidden.md",
    ".git/notes.md",
    "log.txt",
    "README",
    "lib/trams-3.1.dist-info/METADATA",
    "lib/trams-3.1.dist-info/top_level.txt",
    "lib/trams-3.1.dist-info/licenses/LICENSE.md",
    "lib/old.egg-info/PKG-INFO",
    "lib/old.egg-info/SOURCES.txt",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("Trams run.")
    return tmp_path


@pytest.fixture
def found(folder: Path) -> Callable[..., list[str]]:
    """What `find` finds for paths below the folder, as paths below the folder."""

    def names(*paths: str) -> list[str]:
        return [str(file.relative_to(folder)) for file in find([str(folder / path) for path in paths])]

    return names


def test_a_folder_is_searched_to_the_bottom_for_supported_kinds(found: Callable[..., list[str]]) -> None:
    assert found("") == [
        "deep/er/page.HTML",
        "lib/old.egg-info/PKG-INFO",
        "lib/trams-3.1.dist-info/METADATA",
        "log.txt",
        "notes.md",
        "report.pdf",
    ]


@pytest.mark.parametrize("name", ["README", "deep/data.csv", "deep/.hidden.md", "lib/old.egg-info/SOURCES.txt"])
def test_a_file_named_outright_is_taken_whatever_it_is(found: Callable[..., list[str]], name: str) -> None:
    assert found(name) == [name]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.md", ["notes.md"]),
        ("**/*.csv", ["deep/data.csv"]),
        ("**/METADATA", ["lib/trams-3.1.dist-info/METADATA"]),
        ("lib/*.dist-info", ["lib/trams-3.1.dist-info/METADATA"]),
        ("deep/**", ["deep/er/page.HTML"]),
        ("[ln]*.*", ["log.txt", "notes.md"]),
    ],
)
def test_a_pattern_takes_what_it_spells_out_and_else_supported_kinds(
    found: Callable[..., list[str]], pattern: str, names: list[str]
) -> None:
    assert found(pattern) == names


def test_files_come_sorted_and_once_however_often_they_are_named(found: Callable[..., list[str]]) -> None:
    assert found("notes.md", "log.txt", "deep/../notes.md", "*.md", "log.txt") == ["log.txt", "notes.md"]


def test_a_name_with_the_signs_of_a_pattern_is_a_name_first(tmp_path: Path) -> None:
    (tmp_path / "notes[1].md").touch()

    assert find([str(tmp_path / "notes[1].md")]) == [tmp_path / "notes[1].md"]


@pytest.mark.parametrize("path", ["missing.md", "*.docx", "missing/**", ".git/objects", "empty"])
def test_a_path_that_leads_to_no_file_is_an_error(folder: Path, path: str) -> None:
    (folder / "empty").mkdir()

    with pytest.raises(PathNotFound, match=r"no (such file|readable document)"):
        find([str(folder / "notes.md"), str(folder / path)])


def test_links_to_folders_are_not_followed_in_circles(folder: Path, found: Callable[..., list[str]]) -> None:
    (folder / "deep" / "up").symlink_to(folder)

    assert found("deep") == ["deep/er/page.HTML"]


def test_a_document_says_where_it_lies_and_where_it_comes_from(tmp_path: Path) -> None:
    file = tmp_path / "town news" / "trams.md"
    file.parent.mkdir()
    file.write_text("# Trams in Bergen\n\nThey **run**.")

    assert read(file.parent / ".." / "town news" / "trams.md") == Document(
        url=f"file://{tmp_path}/town%20news/trams.md",
        title="Trams in Bergen",
        site="town news",
        date=None,
        text="# Trams in Bergen\n\nThey run.",
    )


def test_a_package_is_its_own_site(folder: Path) -> None:
    file = folder / "lib/trams-3.1.dist-info/METADATA"
    file.write_text("Metadata-Version: 2.4\nName: trams\nVersion: 3.1\nSummary: Rails\n\nThey run.")

    document = read(file)

    assert (document.title, document.site) == ("trams: Rails", "trams 3.1")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Intro.\n\n## Trams in Bergen ##\n", "Trams in Bergen"),
        ("---\n\nTrams in Bergen\nThey run.", "Trams in Bergen"),
        (f"{'Trams run. ' * 20}\nShort.", "notes"),
    ],
)
def test_a_text_is_called_by_its_heading_or_first_short_line_or_file(tmp_path: Path, text: str, title: str) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(text)

    assert read(file).title == title


def test_a_reading_has_the_document_its_passages_and_the_digest_of_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "trams.md"
    file.write_text("# Trams\n\nThey run.\n\n# Cost\n\nMuch.")

    brought = reading(file, None)

    assert isinstance(brought, Reading)
    assert brought.digest == hashlib.sha256(file.read_bytes()).hexdigest()
    assert brought.document == read(file)
    assert [(span.heading, brought.document.text[span.start : span.end]) for span in brought.spans] == [
        ("Trams", "They run."),
        ("Cost", "Much."),
    ]


def test_what_is_known_by_its_digest_is_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "trams.md"
    file.write_text("Trams run.")
    known = hashlib.sha256(b"Trams run.").hexdigest()

    assert reading(file, known) == Reading(known, None, ())


def test_what_cannot_be_read_gives_the_reason_as_a_value(tmp_path: Path) -> None:
    (tmp_path / "empty.md").touch()

    assert "empty" in str(reading(tmp_path / "empty.md", None))
    assert "no such file" in str(reading(tmp_path / "gone.md", None))


def test_a_file_that_is_gone_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(PathNotFound, match=r"no such file: .*gone\.md"):
        read(tmp_path / "gone.md")


def test_a_folder_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="is a directory"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("path", "folder"),
    [("deep", "deep"), ("deep/**/*.md", "deep"), ("*.md", ""), ("notes.md", "notes.md"), ("no[nt]e/x?.md", "")],
)
def test_the_folder_of_a_pattern_is_where_its_first_sign_stands(tmp_path: Path, path: str, folder: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "notes.md").touch()

    assert folder_of(str(tmp_path / path)) == tmp_path / folder


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_unreadable(tmp_path: Path) -> None:
    file = tmp_path / "secret.md"
    file.touch(mode=0o000)

    with pytest.raises(ToolError, match="permission denied"):
        read(file)
