import os
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redraft.agent.jobs.channels import DeliveryFailed
from redraft.agent.jobs.filing import file_report, slug

MONDAY = datetime(2025, 3, 10, 7, tzinfo=UTC)
NAMES = st.text(max_size=80) | st.sampled_from(
    ["weekly", "Weekly", "..", "a/b", "a\\b", "-x", ".x", "日本の電車", "%", ""]
)
RUN_IDS = st.integers(0, 2**32 - 1).map("{:08x}".format)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def no_links(target: str, link: Path) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_a_report_is_filed_under_its_job_day_and_run_and_the_newest_as_latest(tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "trams"

    file_report(folder, "trams", "0000000a", MONDAY, {"md": b"old"})
    filed = file_report(folder, "trams", "0000000b", MONDAY + timedelta(7), {"md": b"new", "html": b"<p>"})

    assert [path.name for path in filed] == ["trams-2025-03-17-0000000b.md", "trams-2025-03-17-0000000b.html"]
    assert names(folder) == [
        *("trams-2025-03-10-0000000a.md", "trams-2025-03-17-0000000b.html", "trams-2025-03-17-0000000b.md"),
        *("trams-latest.html", "trams-latest.md"),
    ]
    assert str((folder / "trams-latest.md").readlink()) == "trams-2025-03-17-0000000b.md"


def test_a_report_that_comes_late_is_not_the_latest(tmp_path: Path) -> None:
    file_report(tmp_path, "trams", "0000000a", MONDAY + timedelta(hours=9), {"md": b"evening"})
    file_report(tmp_path, "trams", "0000000f", MONDAY, {"md": b"morning"})

    assert (tmp_path / "trams-latest.md").read_bytes() == b"evening"


@pytest.mark.parametrize("link", [os.symlink, no_links])
def test_latest_follows_the_newest_report_with_links_and_without(
    tmp_path: Path, link: Callable[[str, Path], None]
) -> None:
    for day in range(3):
        file_report(tmp_path, "trams", f"{day:08}", MONDAY + timedelta(day), {"md": f"day {day}".encode()}, link=link)

        assert (tmp_path / "trams-latest.md").read_text() == f"day {day}"
    assert (tmp_path / "trams-latest.md").is_symlink() == (link is os.symlink)
    assert len(names(tmp_path)) == 4


def test_filing_a_run_again_leaves_the_same_files(tmp_path: Path) -> None:
    def file() -> list[str]:
        file_report(tmp_path, "trams", "0000000a", MONDAY, {"md": b"text", "html": b"<p>"}, keep=1)
        return names(tmp_path)

    assert file() == file()


def test_only_the_newest_reports_stay_with_all_their_files(tmp_path: Path) -> None:
    for day in range(4):
        file_report(tmp_path, "trams", f"{day:08}", MONDAY + timedelta(day), {"md": b"", "html": b""}, keep=2)

    reports = [name for name in names(tmp_path) if "latest" not in name]
    assert reports == [
        f"trams-2025-03-1{2 + day}-0000000{2 + day}.{ending}" for day in range(2) for ending in ("html", "md")
    ]


def test_a_report_that_comes_too_late_to_be_kept_is_there_until_the_next(tmp_path: Path) -> None:
    file_report(tmp_path, "trams", "0000000b", MONDAY + timedelta(7), {"md": b""}, keep=1)

    late = file_report(tmp_path, "trams", "0000000a", MONDAY, {"md": b""}, keep=1)

    assert [path.exists() for path in late] == [True]
    file_report(tmp_path, "trams", "0000000c", MONDAY + timedelta(14), {"md": b""}, keep=1)
    assert names(tmp_path) == ["trams-2025-03-24-0000000c.md", "trams-latest.md"]


def test_latest_of_a_format_that_no_report_has_any_more_goes(tmp_path: Path) -> None:
    file_report(tmp_path, "trams", "0000000a", MONDAY, {"md": b"", "html": b""}, keep=1)
    file_report(tmp_path, "trams", "0000000b", MONDAY + timedelta(1), {"md": b""}, keep=1)

    assert names(tmp_path) == ["trams-2025-03-11-0000000b.md", "trams-latest.md"]


def test_a_folder_that_cannot_be_written_is_a_failed_delivery_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DeliveryFailed, match=r"^the report cannot be put into .*/file: File exists$") as caught:
        file_report(tmp_path / "file", "trams", "0000000a", MONDAY, {"md": b""})

    assert not caught.value.for_good


@pytest.mark.parametrize("name", ["weekly-trams", "v1.2_x", "日本の電車", "काठमाडौं", "كهرباء"])
def test_a_name_that_can_be_a_file_name_is_kept(name: str) -> None:
    assert slug(name) == name


@given(NAMES)
def test_whatever_a_job_is_called_its_slug_is_safe(name: str) -> None:
    made = slug(name)

    assert made
    assert len(made.encode()) <= 59
    assert made[0] not in ".-_"
    assert made[-1] not in ".-_ "
    assert not {"/", "\\", "\0", ":", "*", "?", '"', "<", ">", "|"} & set(made)
    assert all(unicodedata.category(sign)[0] in "LMNP" for sign in made)
    assert slug(made) == made or len(made.encode()) > 50


@settings(max_examples=40)
@given(st.sets(st.tuples(NAMES, RUN_IDS), min_size=1, max_size=6))
def test_no_report_leaves_its_folder_or_takes_the_place_of_another(reports: set[tuple[str, str]]) -> None:
    with TemporaryDirectory() as home:
        folder = Path(home) / "folder"

        filed = [file_report(folder, job, run_id, MONDAY, {"md": b""}) for job, run_id in reports]

        assert len({path for (path,) in filed}) == len(reports)
        assert {path.parent for (path,) in filed} == {folder}
        assert names(Path(home)) == ["folder"]


FOREIGN = st.sampled_from(
    [
        *(
            "notes.md",
            "trams.md",
            "trams-2025-03-01.md",
            "trams-2025-03-01-0000000a.txt",
            "trams-2025-03-01-0000000a.md.bak",
        ),
        *(
            "trams-2025-03-01-final.md",
            "trams-2025-03-01-my-notes.md",
            "x-trams-2025-03-01-0000000a.md",
            "trams-x-2025-03-01-0000000a.md",
            "trams-latest.txt",
        ),
        *(
            "other-2025-03-01-0000000a.md",
            "Trams-2025-03-01-0000000a.md",
            "trams-1-2025-03-01-0000000a.md",
            "other-latest.md",
        ),
    ]
)


@settings(max_examples=40)
@given(st.sets(FOREIGN), st.lists(st.tuples(RUN_IDS, st.integers(0, 9)), min_size=1, max_size=6), st.integers(0, 2))
def test_what_a_job_has_not_put_there_is_never_touched_and_the_newest_report_never_goes(
    foreign: set[str], reports: list[tuple[str, int]], keep: int
) -> None:
    with TemporaryDirectory() as home:
        folder = Path(home)
        for name in foreign:
            (folder / name).write_text(name)
        (folder / "trams-2025-03-01-0000000d.md").mkdir()
        for run_id, day in reports:
            file_report(folder, "trams", run_id, MONDAY + timedelta(day), dict.fromkeys(("md", "pdf"), b""), keep)

        assert {name for name in foreign if (folder / name).read_text() == name} == foreign
        assert (folder / "trams-2025-03-01-0000000d.md").is_dir()
        newest = max(reports, key=lambda report: (report[1], report[0]))
        assert (
            str((folder / "trams-latest.md").readlink())
            == f"trams-{MONDAY + timedelta(newest[1]):%Y-%m-%d}-{newest[0]}.md"
        )
        assert (folder / "trams-latest.md").exists()
