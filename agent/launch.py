"""How vLLM is started: the command and the environment for a model on this machine."""

import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from redraft.agent.errors import UserError
from redraft.agent.hardware import cards
from redraft.agent.models import find, place, preferred, served_name, source_of
from redraft.agent.profiles import Profile, choose, flags
from redraft.agent.settings import Settings
from redraft.agent.shapes import OWN_CODE, Shape, read_shape
from redraft.agent.speculating import NEEDS_DRAFT, Drafting, speculation_config

CACHE_BLOCK = 128
"""Tokens in a block of the CPU cache: each sequence may leave one part-filled, and drafts one more."""
UNKNOWN_CACHE_GIB = 4
"""For a model whose configuration does not tell the size of its cache: four times 8K tokens of an 8B model."""
STRUCTURE = {"backend": "xgrammar", "disable_any_whitespace": True}
"""A small model left free to put blanks between JSON tokens fills its whole answer with them."""


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
    asked: int | None = None
    """Tokens of context that were wished for, where the model holds fewer."""
    drafter: str = "off"
    """The name of the speculation that it is served with."""
    warnings: tuple[str, ...] = ()
    """What is otherwise than was asked for, a line for each."""


Launcher = Callable[[Settings, int], Launch]
"""From the settings and a free port."""


def vllm(settings: Settings, port: int) -> Launch:
    """vLLM with the model of the settings, as this machine can serve it. `EngineMissing` says what to install when
    either is not there."""
    return launch(settings, port, choose(settings.profile, installed_engines(), gpu=bool(cards())))


def launch(settings: Settings, port: int, profile: Profile) -> Launch:
    """vLLM with the model of the settings. A drafter whose parts are missing is left out, with a warning.

    Raises `EngineMissing` for a model that has to be pulled, `UserError` for one that cannot be served so.
    """
    name = settings.llm_model or preferred(settings.folders.cache, gpu=profile.name == "gpu")
    served = served_name(name)
    model = find(name, settings.folders.cache)
    shape = read_shape(model)
    context = fitted_context(settings, profile, shape)
    drafting = drafter(settings)
    wanted = settings.context or profile.context
    return Launch(
        model=served,
        context=context,
        command=command(
            str(model), shape, settings, name=served, port=port, context=context, profile=profile, drafting=drafting
        ),
        environment=environment(profile, shape, context=context, cores=os.sched_getaffinity(0)),
        limit=profile.limit,
        asked=wanted,
        drafter=settings.speculation if drafting.config else "off",
        warnings=tuple(warnings(settings, context, drafting)),
    )


def fitted_context(settings: Settings, profile: Profile, shape: Shape) -> int:
    """Tokens to serve: what is asked for, else the profile's, and at most what the model was made for."""
    wanted = settings.context or profile.context
    return min(wanted, shape.longest or wanted)


def drafter(settings: Settings) -> Drafting:
    """The speculation of the settings, with its draft model where that is on this machine."""
    if settings.speculation not in NEEDS_DRAFT or settings.llm_draft is None:
        return speculation_config(settings.speculation)
    name, cache = settings.llm_draft, settings.folders.cache
    folder = Path(name).expanduser().resolve() if source_of(name) == "folder" else place(name, cache)
    if not (folder / "config.json").is_file():
        return Drafting(None, f"{name} is not on this machine: run `redraft model pull {name}`")
    return speculation_config(settings.speculation, draft=str(folder))


def warnings(settings: Settings, context: int, drafting: Drafting) -> Iterator[str]:
    """What is otherwise than the settings have it."""
    if drafting.dropped:
        yield f"the drafter {settings.speculation} is left out: {drafting.dropped}"
    if settings.context and context < settings.context:
        yield f"the model was made for {context} tokens of context: it is served with these, not {settings.context}"


def command(
    model: str,
    shape: Shape,
    settings: Settings,
    *,
    name: str,
    port: int,
    context: int,
    profile: Profile,
    drafting: Drafting,
) -> list[str]:
    """`python -m`, not `vllm serve`, which looks for a distribution called vllm; -P, so that no file of the folder that
    redraft is run in is imported by its name.

    Raises `UserError` where the model needs Python of its own, which nobody has allowed to run.
    """
    return [
        *(sys.executable, "-P", "-m", "vllm.entrypoints.openai.api_server"),
        *("--model", model, "--served-model-name", name, "--host", "127.0.0.1", "--port", str(port)),
        *("--max-model-len", str(context), "--enable-prompt-tokens-details"),
        *("--scheduling-policy", "priority"),  # what a job asks for waits for what somebody waits for
        *("--structured-outputs-config", json.dumps(STRUCTURE)),
        *(("--speculative-config", json.dumps(drafting.config)) if drafting.config else ()),
        *(("--reasoning-parser", shape.reasoning_parser) if shape.reasoning_parser else ()),
        *(("--trust-remote-code",) if _runs_own_code(shape, name, trusted=settings.trust_remote_code) else ()),
        *flags(profile, settings.dtype, settings.gpu_memory),
    ]


def _runs_own_code(shape: Shape, name: str, *, trusted: bool) -> bool:
    needed = shape.own_code and shape.family in OWN_CODE
    if needed and not trusted:
        message = (
            f"{name} cannot be read without the Python in its folder: allow it to run with --trust-remote-code "
            "(REDRAFT_TRUST_REMOTE_CODE=true) if you trust whom it comes from"
        )
        raise UserError(message)
    return needed


def environment(profile: Profile, shape: Shape, *, context: int, cores: Iterable[int]) -> dict[str, str]:
    """Offline and untold to anyone; on a CPU every core computes, of which vLLM would keep one back."""
    quiet = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    if profile.name == "gpu":
        return quiet
    return quiet | {
        "VLLM_CPU_KVCACHE_SPACE": str(cache_gib(shape, context, profile.sequences)),
        "VLLM_CPU_OMP_THREADS_BIND": ",".join(str(core) for core in sorted(cores)),
        "VLLM_CPU_NUM_OF_RESERVED_CPU": "0",
    }


def cache_gib(shape: Shape, context: int, sequences: int) -> int:
    """Whole GiB that hold every sequence at its longest. Without a number, vLLM would take nearly all memory."""
    if shape.token_bytes is None:
        return UNKNOWN_CACHE_GIB
    return math.ceil((context + 2 * CACHE_BLOCK) * sequences * shape.token_bytes / 2**30)


def installed_engines() -> dict[str, str]:
    """The builds of vLLM that are installed, with their versions."""
    found = {}
    for name in ("vllm", "vllm-cpu"):
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
