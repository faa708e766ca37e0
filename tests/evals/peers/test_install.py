import re
import shlex
from pathlib import Path

import pytest

from redraft.evals.peers.install import KNOWN, main

PYTHON = """#!/bin/sh
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "$@" > "{told}"; exit {code}\\n' > "$3/bin/python"
chmod +x "$3/bin/python"
"""
"""Makes an environment whose Python only says what it was asked."""


def python(folder: Path, code: int = 0) -> str:
    path = folder / "python"
    path.write_text(PYTHON.format(told=folder / "told", code=code))
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("name", KNOWN)
def test_a_peer_is_installed_from_its_pins_and_its_command_printed(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name, str(tmp_path / "a b"), "--python", python(tmp_path)]) == 0

    program, flag, script = shlex.split(capsys.readouterr().out)
    assert (program, flag) == (str(tmp_path / "a b" / "bin" / "python"), "-P")
    assert Path(script).is_file()
    asked = (tmp_path / "told").read_text().split()
    assert asked[:3] == ["-m", "pip", "install"]
    pins = Path(asked[-1]).read_text().splitlines()
    assert any(pin.startswith(f"{name}==") for pin in pins)
    assert all(re.fullmatch(r"#.*|[\w.-]+==[\w.]+", pin) for pin in pins)


def test_where_pip_fails_no_command_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gpt-researcher", str(tmp_path / "venv"), "--python", python(tmp_path, code=1)]) == 1

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("gpt-researcher is not installed: ")


def test_a_python_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gpt-researcher", str(tmp_path / "venv"), "--python", "/no/such/python"]) == 1
    assert "/no/such/python" in capsys.readouterr().err


@pytest.mark.parametrize("name", KNOWN)
def test_a_recipe_says_what_it_changes_and_runs_without_redraft(name: str) -> None:
    text = KNOWN[name].script.read_text()

    assert "Changed are, and why:" in text
    assert "redraft" not in text
