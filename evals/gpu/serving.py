"""The servers that are measured: vLLM with a dummy model, as `redraft serve start` would start it with a real one."""

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from redraft.agent.errors import ServerRefused
from redraft.agent.hardware import cards
from redraft.agent.launch import Launch, Launcher, command, environment, fitted_context, installed_engines
from redraft.agent.profiles import Profile, choose
from redraft.agent.server import started
from redraft.agent.settings import Settings
from redraft.agent.shapes import read_shape
from redraft.agent.speculating import Drafting

NAME = "dummy"
"""What a server calls its model."""
ANSWER_SECONDS = 600

Launchers = Callable[[Path, int, Sequence[str]], Launcher]
"""From the folder of a dummy model, the requests that are served at once, and flags of vLLM."""


def vllm(model: Path, sequences: int, flags: Sequence[str]) -> Launcher:
    """vLLM as this machine can serve it, and with `flags` behind its own."""

    def launch(settings: Settings, port: int) -> Launch:
        profile = choose(settings.profile, installed_engines(), gpu=bool(cards()))
        plain = dummy_launch(settings, port, profile._replace(sequences=sequences), model)
        return plain._replace(command=[*plain.command, *flags])

    return launch


def dummy_launch(settings: Settings, port: int, profile: Profile, model: Path) -> Launch:
    """vLLM with the dummy model of a folder, which makes up its weights."""
    shape = read_shape(model)
    context = fitted_context(settings, profile, shape)
    plain = command(
        str(model), shape, settings, name=NAME, port=port, context=context, profile=profile, drafting=Drafting(None)
    )
    return Launch(
        model=NAME,
        context=context,
        command=[*plain, "--load-format", "dummy"],
        environment=environment(profile, shape, context=context, cores=os.sched_getaffinity(0)),
        limit=profile.limit,
    )


@asynccontextmanager
async def served(settings: Settings, launcher: Launcher) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that is started for it. Raises `ServerUnavailable` where it does not start."""
    async with (
        started(settings, _quiet, launcher) as server,
        httpx.AsyncClient(base_url=server.url, timeout=ANSWER_SECONDS, trust_env=False) as http,
    ):
        yield http


def _quiet(step: str) -> None:
    """That a server is starting, which is told each second."""


def check(response: httpx.Response) -> None:
    """Raises `ServerRefused` unless it is a success."""
    if not response.is_success:
        message = f"the server refused a prompt: {response.text[:300]}"
        raise ServerRefused(message)
