import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from redraft.cli import app


def redraft(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (folder / name).write_text("{}")
    return folder


def pulled(home: Path) -> Path:
    folder = model(home / "cache" / "models" / "org--name")
    files = {"config.json": {"size": 2, "sha256": ""}}
    manifest = {"name": "org/name", "source": "hub", "version": "abc", "files": files}
    (folder / "redraft.json").write_text(json.dumps(manifest))
    return folder


def test_without_a_server_the_status_is_stopped_and_fails() -> None:
    result = redraft("serve", "status")

    assert (result.exit_code, result.stdout) == (6, "stopped\n")
    assert "redraft serve start" in result.stderr


def test_the_status_can_be_read_by_a_program() -> None:
    assert json.loads(redraft("serve", "status", "--json").stdout) == {"state": "stopped"}


def test_stopping_no_server_is_no_error() -> None:
    result = redraft("serve", "stop")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no server was running\n")


def test_a_speculation_that_does_not_exist_is_refused() -> None:
    result = redraft("serve", "start", "--speculation", "magic")

    assert result.exit_code == 2
    assert "speculation" in result.stderr


def test_models_are_listed_with_what_they_are(home: Path) -> None:
    folder = pulled(home)

    assert redraft("model", "list").stdout == f"org/name  0 MB  abc  {folder}\n"
    assert json.loads(redraft("model", "list", "--json").stdout) == [
        {"name": "org/name", "path": str(folder), "source": "hub", "version": "abc", "size": 2}
    ]


def test_an_empty_list_says_how_to_get_a_model() -> None:
    result = redraft("model", "list")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "redraft model pull" in result.stderr


def test_the_folder_of_a_model_is_printed(home: Path) -> None:
    folder = pulled(home)

    assert redraft("model", "path", "org/name").stdout == f"{folder}\n"


def test_the_folder_of_a_model_that_is_not_there_is_an_error() -> None:
    result = redraft("model", "path", "org/name")

    assert (result.exit_code, result.stdout) == (9, "")
    assert "run `redraft model pull org/name`" in result.stderr


def test_pulling_a_folder_checks_it_and_prints_it(home: Path) -> None:
    folder = model(home / "mine")

    assert redraft("model", "pull", str(folder)).stdout == f"{folder}\n"


def test_a_model_that_cannot_be_had_ends_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")

    result = redraft("model", "pull")

    assert (result.exit_code, result.stdout) == (9, "")
    assert result.stderr.splitlines()[-1].startswith("redraft: ")
