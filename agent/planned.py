"""A server that is planned for: the numbers of `redraft.agent.planner`, and the command that starts vLLM."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from redraft.agent.gpus import Gpu
from redraft.agent.launch import command, drafter, environment, fitted_context, warnings
from redraft.agent.models import served_name
from redraft.agent.planner import SOURCES, Model, Plan, Speed, plan
from redraft.agent.profiles import PROFILES
from redraft.agent.settings import Settings

PORT = 8000
GB = 1e9


class Planned(NamedTuple):
    model: Model
    gpu: Gpu
    context: int
    memory: float
    """Share of the GPU's."""
    plan: Plan
    command: str
    """For a shell, with the environment before it."""
    warnings: tuple[str, ...]


def planned(settings: Settings, model: Model, gpu: Gpu) -> Planned:
    """With the context, dtype, memory and speculation of the settings, and else as the profile `gpu` has it."""
    profile = PROFILES["gpu"]
    context = fitted_context(settings, profile, model.shape)
    drafting = drafter(settings)
    made = plan(model.architecture, gpu, context=context, memory=settings.gpu_memory, dtype=settings.dtype)
    # What the model needs is said in a warning; whether it is allowed is asked when it is started.
    allowed = settings.model_copy(update={"trust_remote_code": True})
    _, *arguments = command(
        model.name,
        model.shape,
        allowed,
        name=served_name(model.name),
        port=PORT,
        context=context,
        profile=profile,
        drafting=drafting,
    )
    variables = environment(profile, model.shape, context=context, cores=())
    if not Path(model.name).is_dir():
        del variables["HF_HUB_OFFLINE"]  # vLLM has to get it from there
    line = " ".join([*(f"{name}={value}" for name, value in variables.items()), shlex.join(["python", *arguments])])
    said = (*warnings(settings, context, drafting), *_warnings(made, arguments))
    return Planned(model, gpu, context, settings.gpu_memory, made, line, said)


def _warnings(made: Plan, arguments: list[str]) -> Iterator[str]:
    if not made.cache:
        yield "the weights do not fit into this share of the GPU's memory"
    elif not made.fits:
        yield f"vLLM will not start: the cache holds {made.cache_tokens:,} tokens, fewer than one request may take"
    if "--trust-remote-code" in arguments:
        yield "the model needs Python from its own folder: `redraft serve start` asks for --trust-remote-code"


def as_data(planned: Planned) -> dict[str, Any]:
    """Bytes, tokens, tokens a second, and seconds."""
    made = planned.plan
    return {
        "model": planned.model.name,
        "model_source": planned.model.source,
        "gpu": planned.gpu._asdict(),
        "context": planned.context,
        "memory_share": planned.memory,
        "weight_bytes": made.weights,
        "token_bytes": made.token,
        "cache_bytes": made.cache,
        "cache_tokens": made.cache_tokens,
        "requests": made.requests,
        "fits": made.fits,
        "tokens_per_second": made.empty._asdict(),
        "tokens_per_second_at_context": made.full._asdict(),
        "prefill_seconds": {"bound": made.prefill_bound, "expected": made.prefill_expected},
        "sources": list(SOURCES),
        "warnings": list(planned.warnings),
        "command": planned.command,
    }


def as_lines(planned: Planned) -> Iterator[str]:
    made, gpu, context = planned.plan, planned.gpu, f"{planned.context:,}"
    yield f"GPU       {gpu.name}, {gpu.memory / GB:.1f} GB, of which {planned.memory:.0%} are taken ({gpu.source})"
    yield f"model     {planned.model.name} ({planned.model.source})"
    yield f"weights   {made.weights / GB:.1f} GB"
    held = f"{made.cache / GB:.1f} GB hold {made.cache_tokens:,} tokens, {made.requests:.1f} requests of {context}"
    yield f"KV cache  {made.token:,} bytes a token; {held}"
    yield f"decoding  {_speed(made.empty)} for one request"
    yield f"          {_speed(made.full)} at {context} tokens of context"
    yield f"reading   {context} tokens in {made.prefill_bound:.2f} s at best, {made.prefill_expected:.2f} s expected"
    yield "sources   " + "; ".join(SOURCES)
    yield f"\n{planned.command}"


def _speed(speed: Speed) -> str:
    least, most = speed.expected
    return f"at most {speed.bound:.0f} tokens a second, {least:.0f} to {most:.0f} expected,"
