import json
from pathlib import Path

import pytest

from redraft.agent.planned import Planned, as_data, as_lines, planned
from redraft.agent.planner import find_gpu, find_model
from redraft.agent.settings import load_settings
from redraft.tests.agent.test_shapes import QWEN3


def made(model: str, gpu: str = "h100", **given: object) -> Planned:
    settings = load_settings(**given)
    return planned(settings, find_model(model, settings.folders.cache), find_gpu(gpu))


def test_a_plan_ends_with_the_command_that_starts_vllm() -> None:
    found = made("Qwen3-8B", dtype="fp8", gpu_memory=0.8, speculation="off", context=32_768)

    assert found.command == (
        "VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1 "
        "python -P -m vllm.entrypoints.openai.api_server --model Qwen/Qwen3-8B --served-model-name Qwen/Qwen3-8B "
        "--host 127.0.0.1 --port 8000 --max-model-len 32768 --enable-prompt-tokens-details "
        "--scheduling-policy priority --structured-outputs-config "
        """'{"backend": "xgrammar", "disable_any_whitespace": true}' """
        "--reasoning-parser qwen3 --dtype auto --quantization fp8 --gpu-memory-utilization 0.8 "
        "--max-num-seqs 16 --max-num-batched-tokens 8192 --performance-mode interactivity"
    )
    assert list(as_lines(found))[-1].strip() == found.command


def test_a_folder_is_served_without_asking_the_hub(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(QWEN3))

    found = made(str(tmp_path))

    assert found.command.startswith("HF_HUB_OFFLINE=1 ")
    assert f"--model {tmp_path} --served-model-name {tmp_path.name}" in found.command


def test_a_plan_reads_as_lines() -> None:
    lines = list(as_lines(made("Llama-3.1-8B-Instruct")))

    assert lines[0].startswith("GPU       H100 SXM, 85.5 GB, of which 90% are taken (NVIDIA H100 data sheet")
    assert lines[2] == "weights   16.1 GB"
    assert lines[3] == "KV cache  131,072 bytes a token; 58.8 GB hold 448,312 tokens, 27.4 requests of 16,384"
    assert lines[4] == "decoding  at most 223 tokens a second, 141 to 150 expected, for one request"
    assert lines[5] == "          at most 195 tokens a second, 123 to 131 expected, at 16,384 tokens of context"
    assert lines[6] == "reading   16,384 tokens in 0.30 s at best, 0.42 s expected"
    assert "arXiv 2601.11580" in lines[7]


def test_a_plan_reads_as_data() -> None:
    data = json.loads(json.dumps(as_data(made("Llama-3.1-8B-Instruct"))))

    assert (data["token_bytes"], data["cache_tokens"], data["fits"]) == (131_072, 448_312, True)
    assert data["tokens_per_second"]["bound"] == pytest.approx(223, abs=0.5)
    assert data["prefill_seconds"]["bound"] == pytest.approx(0.302, abs=0.001)
    assert data["gpu"]["source"]


@pytest.mark.parametrize(
    ("model", "given", "warning"),
    [
        ("Qwen3-8B", {"gpu_memory": 0.5}, "the weights do not fit"),
        ("Qwen3-8B", {"context": 40_000}, "vLLM will not start: the cache holds 31,556 tokens"),
        ("Qwen3-8B", {"context": 65_536}, "the model was made for 40960 tokens of context"),
        ("Qwen3-8B", {"speculation": "eagle3"}, "the drafter eagle3 is left out: no draft model was given"),
        ("AgentCPM-Report", {}, "the model needs Python from its own folder"),
    ],
)
def test_what_will_not_go_as_asked_is_said(model: str, given: dict[str, object], warning: str) -> None:
    found = made(model, "rtx4090", **given)

    assert any(said.startswith(warning) for said in found.warnings), found.warnings


def test_a_plan_that_works_out_has_no_warning() -> None:
    assert made("Qwen3-8B", "rtx4090").warnings == ()
