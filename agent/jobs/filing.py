"""Reports in the folder of a job: each under a name of its own, the newest also as `SLUG-latest`, the oldest put away.

Several jobs may share a folder. What a job has not put there is never touched.
"""

import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from redraft.agent import atomic
from redraft.agent.export import FORMATS
from redraft.agent.jobs.channels import DeliveryFailed

LONGEST_SLUG = 50
"""Bytes of UTF-8, before what tells names apart: with date, run and ending a name stays below the 143 bytes that
eCryptfs takes, the fewest of the file systems in use."""
_ENDINGS = "|".join(FORMATS)


class _Filed(NamedTuple):
    """A file of a report, to be sorted by age."""

    date: str
    modified: float
    run_id: str
    path: Path


def file_report(
    folder: Path,
    job: str,
    run_id: str,
    at: datetime,
    contents: Mapping[str, bytes],
    keep: int = 0,
    *,
    link: Callable[[str, Path], None] = os.symlink,
) -> list[Path]:
    """Puts the files of a report, by their endings, into the folder of the job with this name; gives their paths.

    `at` is when the report was written, in the zone of its reader: it names the day, and orders the reports. The newest
    `keep` reports of the job stay, and this one; 0 keeps all. `SLUG-latest` is a relative link to the newest one, and a
    copy where the file system has no links. Filing a run again leaves the same files.
    Raises `DeliveryFailed` where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stem = slug(job)
        filed = [path(folder, job, run_id, at, ending) for ending in contents]
        for target, data in zip(filed, contents.values(), strict=True):
            atomic.replace(target, data, at=at)
        for old in _beyond(_filed(folder, stem), keep, run_id):
            old.unlink(missing_ok=True)
        _point(folder, stem, link)
    except OSError as error:
        message = f"the report cannot be put into {folder}: {error.strerror}"
        raise DeliveryFailed(message) from error
    return filed


def path(folder: Path, job: str, run_id: str, at: datetime, ending: str) -> Path:
    """Where a file of a report is put."""
    return folder / f"{slug(job)}-{at:%Y-%m-%d}-{run_id}.{ending}"


def slug(name: str) -> str:
    """A name as the beginning of file names: small letters of any script, digits, and `-`, `_` and `.` between them.

    Never empty, and no two names have the same one: a name that is no slug itself ends in a digest of it.
    """
    signs = (sign if _is_kept(sign) else " " for sign in unicodedata.normalize("NFKC", name).lower())
    words = unicodedata.normalize("NFC", "-".join("".join(signs).split()))
    short = words.lstrip("-_.").encode()[:LONGEST_SLUG].decode(errors="ignore").rstrip("-_.")
    if short and short == name:
        return short
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{short or 'report'}-{digest}"


def _is_kept(sign: str) -> bool:
    """A letter, a digit, a mark on a letter, as the vowels of many scripts are, or what may stand between them."""
    return unicodedata.category(sign)[0] in "LMN" or sign in "-_."


def _filed(folder: Path, stem: str) -> list[_Filed]:
    """The files of the job's reports, newest first. A run's own files have one time stamp."""
    name = re.compile(rf"{re.escape(stem)}-([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})-([0-9a-f]{{8}})\.(?:{_ENDINGS})")
    files = (entry for entry in folder.iterdir() if entry.is_file() and not entry.is_symlink())
    found = ((name.fullmatch(file.name), file) for file in files)
    filed = [_Filed(match[1], file.stat().st_mtime, match[2], file) for match, file in found if match]
    return sorted(filed, reverse=True)


def _beyond(filed: Sequence[_Filed], keep: int, run_id: str) -> list[Path]:
    """The files of all reports but the newest `keep`, and but that of `run_id`."""
    newest = list(dict.fromkeys(file.run_id for file in filed))[: keep or None]
    return [file.path for file in filed if file.run_id not in (*newest, run_id)]


def _point(folder: Path, stem: str, link: Callable[[str, Path], None]) -> None:
    """Has the `latest` of each ending lead to the newest file that has it, and that of no file to nothing."""
    newest = {file.path.suffix: file.path for file in reversed(_filed(folder, stem))}
    for ending in FORMATS:
        latest, target = folder / f"{stem}-latest.{ending}", newest.get(f".{ending}")
        if target:
            _lead(latest, target, link)
        elif latest.is_symlink():
            latest.unlink()


def _lead(latest: Path, target: Path, link: Callable[[str, Path], None]) -> None:
    spare = atomic.spare(latest)
    try:
        link(target.name, spare)
        spare.replace(latest)
    except OSError:  # FAT and some shares of other machines have no links
        atomic.replace(latest, target.read_bytes())
    finally:
        spare.unlink(missing_ok=True)
