import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from redraft.agent import server
from redraft.agent.launch import Launch
from redraft.agent.process import Server
from redraft.agent.settings import Settings, load_settings
from redraft.cli import app

FAKE = Path(__file__).with_name("agent") / "fake_model_server.py"


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


@pytest.fixture
def running(home: Path) -> Iterator[Server]:
    """A server that has been asked for more than it serves."""

    def launch(settings: Settings, port: int) -> Launch:
        command = [sys.executable, str(FAKE), "healthy", str(port), str(home / "pids")]
        warnings = ("the drafter suffix is left out: nothing is there",)
        return Launch("small", 2048, command, {}, 20, asked=4096, drafter="ngram", warnings=warnings)

    settings = load_settings(home=home)
    yield server.start_detached(settings, lambda step: None, launch)
    server.stop(settings)


@pytest.mark.enable_socket  # loopback only
def test_the_status_of_a_running_server_tells_how_its_work_goes(running: Server) -> None:
    result = redraft("serve", "status")

    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            f"running: small at {running.url}, 1024 tokens of context (4096 were asked for), process {running.pid}",
            "requests: 3 running, 2 waiting",
            "KV cache: 25% in use",
            "prefix cache: 72% of prompt tokens found in it",
            "drafter: ngram, 3.40 tokens a step with a draft, 30% of drafted tokens taken",
        ],
    )
    assert result.stderr == "warning: the drafter suffix is left out: nothing is there\n"


@pytest.mark.enable_socket  # loopback only
def test_a_program_reads_the_same_of_a_running_server(running: Server) -> None:
    told = json.loads(redraft("serve", "status", "--json").stdout)

    assert (told["state"], told["url"], told["asked"], told["context"]) == ("running", running.url, 4096, 2048)
    assert (told["served_context"], told["drafter"]) == (1024, "ngram")
    assert told["load"] == {
        "running": 3,
        "waiting": 2,
        "cache_used": 0.25,
        "cache_hits": 0.72,
        "acceptance_length": 3.4,
        "acceptance_rate": 0.3,
    }


def test_a_server_that_an_earlier_release_has_started_is_still_known(home: Path) -> None:
    old = {"url": "http://127.0.0.1:1", "model": "small", "context": 1024, "pid": 1, "created": 0, "log": "/log"}
    old |= {"started": "2026-01-01T00:00:00Z", "limit": 1, "grace": 1}

    assert Server.model_validate(old).drafter is None


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


def test_a_server_is_planned_for_without_a_gpu() -> None:
    result = redraft("serve", "plan", "--gpu", "h200", "--model", "Qwen/Qwen3-8B", "--dtype", "bfloat16")

    assert result.exit_code == 0
    assert "at most 317 tokens a second, 200 to 212 expected, for one request" in result.stdout
    assert "--max-model-len 16384" in result.stdout


def test_a_plan_can_be_read_by_a_program_and_its_warnings_are_said() -> None:
    asked = ("serve", "plan", "--gpu", "rtx3090", "--model", "AgentCPM-Report", "--context", "4096")

    assert json.loads(redraft(*asked, "--json").stdout)["context"] == 4096
    assert "warning: the model needs Python from its own folder" in redraft(*asked).stderr


def test_what_cannot_be_planned_for_is_refused() -> None:
    result = redraft("serve", "plan", "--gpu", "tpu", "--model", "Qwen/Qwen3-8B")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "no GPU 'tpu'" in result.stderr


@pytest.mark.parametrize(
    ("option", "value"), [("--profile", "tpu"), ("--dtype", "int3"), ("--memory", "1.5"), ("--context", "10")]
)
def test_an_option_that_no_server_can_be_started_with_is_refused(option: str, value: str) -> None:
    assert redraft("serve", "start", option, value).exit_code == 2
