"""Installs a peer into an environment of its own, and prints the command that runs it.

    python -m redraft.evals.peers.install NAME FOLDER [--python PROGRAM]

It is installed by pip from what is pinned beside its recipe, so that its report can be had again. Each recipe says in
its first lines what it changes of the peer, and why.
"""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

RECIPES = Path(__file__).parent / "recipes"


class Recipe(NamedTuple):
    name: str
    module: str
    python: str
    """What its pins are for."""

    @property
    def script(self) -> Path:
        return RECIPES / f"{self.module}.py"

    @property
    def pins(self) -> Path:
        return RECIPES / f"{self.module}.txt"

    def command(self, folder: Path) -> str:
        """What writes a report, as it is given to redraft. `-P`, for a recipe is called as the package it imports."""
        return shlex.join([str(_python(folder)), "-P", str(self.script)])


KNOWN = {
    recipe.name: recipe
    for recipe in (
        Recipe("gpt-researcher", "gpt_researcher", "3.12"),
        Recipe("knowledge-storm", "knowledge_storm", "3.11"),
    )
}


def install(recipe: Recipe, folder: Path, python: str) -> None:
    """Raises `CalledProcessError` where the environment or pip fails; both have then said why."""
    subprocess.run([python, "-m", "venv", str(folder)], check=True)  # noqa: S603 - the user's own choice
    pip = [str(_python(folder)), "-m", "pip", "install", "--quiet", "--requirement", str(recipe.pins)]
    subprocess.run(pip, check=True)  # noqa: S603 - the program that has just been made


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    recipe, folder = KNOWN[options.name], Path(options.folder).absolute()
    try:
        install(recipe, folder, options.python or f"python{recipe.python}")
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"{recipe.name} is not installed: {error}\n")
        return 1
    sys.stdout.write(f"{recipe.command(folder)}\n")
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="redraft.evals.peers.install", description="Install a peer.")
    parser.add_argument("name", choices=KNOWN)
    parser.add_argument("folder", help="for its environment, which is made there")
    parser.add_argument("--python", help="the Python to make it with; that of the version of its pins without it")
    return parser.parse_args(arguments)


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
