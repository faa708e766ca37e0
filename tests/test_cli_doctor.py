import json
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from redraft.agent import server
from redraft.agent.launch import Launch
from redraft.agent.settings import Settings, load_settings
from redraft.cli_doctor import FAULTY, doctor

FAKE = Path(__file__).with_name("agent") / "fake_model_server.py"
DRIVER = "#!/bin/sh\necho 'NVIDIA L40S, 580.95.05, 46068, 45000'\n"


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(doctor)
    return CliRunner().invoke(app, arguments)


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that programs are found in, so that the machine of the test does not matter."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_every_finding_is_a_line_and_a_fault_is_an_exit_code() -> None:
    result = run()

    lines = {line[8:24].strip(): line for line in result.stdout.splitlines()}
    assert result.exit_code == FAULTY == 18
    assert lines["GPU"].startswith("ok ")
    assert lines["model"].startswith("fault ")
    assert "→ the model embedded is not on this machine: run `redraft model pull`" in lines["model"]


def test_without_a_fault_all_is_done(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home / "model"
    folder.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (folder / name).write_text("{}")
    monkeypatch.setenv("REDRAFT_LLM_MODEL", str(folder))

    result = run("--json")

    findings = [json.loads(line) for line in result.stdout.splitlines()]
    others = {finding["what"]: finding for finding in findings if finding["what"] != "vLLM"}
    assert set(others["Python"]) == {"what", "state", "said", "advice"}
    assert [finding for finding in others.values() if finding["state"] == "fault"] == []


def test_the_driver_is_asked_for_gpus(path: Path) -> None:
    program = path / "nvidia-smi"
    program.write_text(DRIVER)
    program.chmod(0o755)

    assert "NVIDIA L40S, driver 580.95.05, 45,000 of 46,068 MiB free" in run().stdout


@pytest.mark.enable_socket  # loopback only
def test_a_server_is_told_and_one_that_answers_no_more_is_a_fault(home: Path) -> None:
    def launch(settings: Settings, port: int) -> Launch:
        return Launch("small", 2048, [sys.executable, str(FAKE), "healthy", str(port), str(home / "pids")], {}, 20)

    settings = load_settings(home=home)
    found = server.start_detached(settings, lambda step: None, launch)
    told = run().stdout
    silent = found.model_copy(update={"url": "http://127.0.0.1:9", "limit": 0})
    (settings.folders.data / "server.json").write_text(silent.model_dump_json())
    told_then = run().stdout
    server.stop(settings)

    assert f"running: small at {found.url}, 2048 tokens of context" in told
    assert "fault   server          silent: small at http://127.0.0.1:9" in told_then
    assert "`redraft serve stop`" in told_then
