"""Rules that hold for the whole of the program."""

import tomllib
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from redraft.agent import errors
from redraft.cli import app
from redraft.cli_terminal import EXIT_CODES, exit_code
from redraft.store import errors as store_errors
from redraft.tools import errors as tools_errors

ROOT = Path(__file__).parents[1]


def commands() -> dict[str, str | None]:
    """Every command by its full name, with its help."""
    found: dict[str, str | None] = {}

    def walk(command: typer.core.TyperCommand | typer.core.TyperGroup, name: str) -> None:
        for part, child in getattr(command, "commands", {}).items():
            walk(child, f"{name} {part}".strip())
        if not hasattr(command, "commands"):
            found[name] = command.help

    walk(get_command(app), "")  # type: ignore[arg-type]
    return found


def test_every_package_is_shipped() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = [file.parent.relative_to(ROOT) for file in ROOT.glob("[a-z]*/**/__init__.py")]
    packages = {".".join(("redraft", *folder.parts)) for folder in folders if folder.parts[0] != "build"}

    assert set(settings["packages"]) == packages | {"redraft"}


@pytest.mark.parametrize(("name", "text"), commands().items())
def test_every_command_has_help_and_is_documented(name: str, text: str | None) -> None:
    assert text
    assert f"redraft {name}" in (ROOT / "docs" / "usage.md").read_text()


def every(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *(heir for child in kind.__subclasses__() for heir in every(child))]


@pytest.mark.parametrize("base", [errors.RedraftError, store_errors.StoreError, tools_errors.ToolError])
def test_every_error_a_user_can_meet_has_an_exit_code(base: type[Exception]) -> None:
    unmapped = [kind for kind in every(base)[1:] if not issubclass(kind, tuple(EXIT_CODES))]

    assert unmapped == []


def test_the_exit_codes_are_those_of_the_documentation() -> None:
    documented = (ROOT / "docs" / "usage.md").read_text()

    for code in {*EXIT_CODES.values(), 130}:
        assert f"| {code} |" in documented
    assert exit_code(errors.ServerRefused()) == exit_code(errors.ServerUnavailable()) == 6
