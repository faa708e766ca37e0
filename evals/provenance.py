"""What it takes to repeat an evaluation run, and whether one that is begun is still the one that is asked for."""

import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx

from redraft import prompts
from redraft.agent.client import LOOPBACK, connect, server_root
from redraft.agent.errors import UserError
from redraft.agent.retrying import Mend, Patience, leave
from redraft.agent.settings import Settings
from redraft.evals.benchmarks.base import Benchmark
from redraft.evals.benchmarks.reading import found
from redraft.evals.choosing import Choice
from redraft.store.models import EvalRun, EvalTask

Facts = dict[str, Any]
"""Ready for JSON."""
SAME = ("redraft", "prompts", "model")
"""What all reports of an evaluation run have in common, of what is noted in `made_with`. The rest may change on the
way: another machine may go on with what one has begun."""


def of_program() -> Facts:
    """This program: its version, Python's, and each prompt's."""
    names = sorted(file.name.removesuffix(".md") for file in files(prompts).iterdir() if file.name.endswith(".md"))
    return {
        "redraft": version("redraft"),
        "python": platform.python_version(),
        "prompts": {name: prompts.version(name) for name in names},
    }


def of_tasks(benchmark: Benchmark, folder: Path, choice: Choice, seed: int) -> Facts:
    """The data's files by their SHA-256, how tasks were chosen, and the seed of each repeat."""
    data = {entry.name: entry.sha256 for file in benchmark.files for entry in found(folder, file)}
    sample = None if choice.sample is None else {"tasks": choice.sample, "seed": choice.sample_seed}
    return {"data": data, "sample": sample, "seeds": [seed + repeat for repeat in range(choice.repeats)]}


async def of_server(settings: Settings, mend: Mend = leave) -> Facts:
    """What the model servers say of themselves; of several, the first tells its version. Raises as
    `redraft.agent.client.connect`."""
    patience = Patience(tries=settings.llm_tries, silence=settings.llm_timeout)
    urls, model, key = settings.llm_url, settings.llm_model, settings.llm_api_key
    async with connect(*urls, model=model, api_key=key, patience=patience, mend=mend) as llm:
        facts: Facts = {"model": llm.served.model, "context": llm.context}
        return facts | ({"vllm": await _vllm(urls[0])} if llm.served.is_vllm else {})


async def _vllm(url: str) -> str | None:
    """The version that a server of vLLM tells; None where it does not: a key, or a proxy, may stand before it."""
    try:
        root = server_root(url)
        async with httpx.AsyncClient(base_url=root, trust_env=httpx.URL(root).host not in LOOPBACK) as http:
            told = (await http.get("/version")).json()
        return str(told["version"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


def check_same(kept: EvalRun, asked: Mapping[str, Any]) -> None:
    """Raises `UserError` naming the first thing that is asked for otherwise than the run was begun with.

    `asked` holds fields of the run, of which settings and what it was made with may be given in part.
    """
    begun = {"benchmark": kept.benchmark, "writer": kept.writer}
    parts = (
        ("", begun, {name: asked[name] for name in begun if name in asked}),
        ("setting ", kept.settings, asked.get("settings", {})),
        ("", kept.made_with, {name: asked["made_with"][name] for name in SAME if name in asked.get("made_with", {})}),
    )
    for what, had, wanted in parts:
        for name, old, new in _differences(had, wanted):
            message = (
                f"evaluation run {kept.name} was begun with {what}{name} {_short(old)}, not {_short(new)}: "
                "choose another name for another run"
            )
            raise UserError(message)


def check_tasks(kept: EvalRun, had: Sequence[EvalTask], wanted: Sequence[EvalTask]) -> None:
    """The same of tasks: their ids, repeats and prompts."""
    old, new = ({(task.task_id, task.repeat): task.prompt for task in tasks} for tasks in (had, wanted))
    for key in [*old, *new]:
        if old.get(key) != new.get(key):
            what = "with another prompt" if key in old and key in new else "without it" if key in new else "with it"
            message = (
                f"task {key[0]}, repeat {key[1]}: evaluation run {kept.name} was begun {what}: choose another name"
            )
            raise UserError(message)


def _differences(had: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name, new in wanted.items():
        old = had.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from (
                (f"{name} {part}", old.get(part), new.get(part))
                for part in {**old, **new}
                if old.get(part) != new.get(part)
            )
        elif old != new:
            yield name, old, new


def _short(value: object) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
