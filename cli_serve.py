"""`redraft serve` and `redraft model`: the model server, and the models it can serve."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from redraft.agent.speculating import SPECULATIONS
from redraft.cli_terminal import say

if TYPE_CHECKING:
    from redraft.agent.metering import Load, Told
    from redraft.agent.process import Server

serve_app = typer.Typer(no_args_is_help=True, help="The model server that stays between commands.")
model_app = typer.Typer(no_args_is_help=True, help="The models on this machine.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="`embedded`, a folder, or the id of a model on the hub.", metavar="NAME")
]
ModelName = Annotated[
    str, typer.Argument(help="`embedded`, `minilm`, a folder, or the id of a model on the hub.", metavar="NAME")
]


ContextOption = Annotated[
    int | None, typer.Option("--context", help="Tokens of context, at most what the model was made for.", metavar="N")
]
DtypeOption = Annotated[
    str | None, typer.Option("--dtype", help="auto, bfloat16, float16, or fp8 (weights only).", metavar="TYPE")
]
MemoryOption = Annotated[
    float | None, typer.Option("--memory", help="Share of the GPU's memory to take (0.9).", metavar="SHARE")
]
SpeculationOption = Annotated[
    str | None, typer.Option("--speculation", help=f"{', '.join(SPECULATIONS)}.", metavar="HOW")
]
DraftOption = Annotated[
    str | None, typer.Option("--draft", help="The model of eagle3 and draft_model: a folder or hub id.", metavar="NAME")
]


@serve_app.command()
def start(
    model: ModelOption = None,
    profile: Annotated[
        str | None, typer.Option(help="gpu or cpu; as this machine is, without.", metavar="NAME")
    ] = None,
    context: ContextOption = None,
    dtype: DtypeOption = None,
    memory: MemoryOption = None,
    speculation: SpeculationOption = None,
    draft: DraftOption = None,
    trust_remote_code: Annotated[
        bool | None, typer.Option("--trust-remote-code", help="Run the Python in the model's folder, if it needs it.")
    ] = None,
) -> None:
    """Start the server, wait until it is ready, and leave it running; its URL goes to stdout."""
    from redraft.agent.server import start_detached
    from redraft.agent.settings import load_settings

    settings = load_settings(
        llm_model=model,
        profile=profile,
        context=context,
        dtype=dtype,
        gpu_memory=memory,
        speculation=speculation,
        llm_draft=draft,
        trust_remote_code=trust_remote_code,
    )
    with _steps() as on_step:
        server = start_detached(settings, on_step)
    _warn(server.warnings)
    say(f"{server.model} is served with {server.context} tokens of context; log: {server.log}")
    typer.echo(server.url)


@serve_app.command()
def status(*, as_json: AsJson = False) -> None:
    """Whether the server runs, `running`, `starting`, `silent` or `stopped`, and how its work goes. Fails unless it is
    running."""
    from redraft.agent.errors import ServerUnavailable
    from redraft.agent.metering import Told, ask
    from redraft.agent.server import status as find
    from redraft.agent.settings import load_settings

    state, server = find(load_settings())
    told = ask(server.url, server.model) if server and state == "running" else Told(None, None)
    if as_json:
        typer.echo(json.dumps({"state": state, **_as_data(server, told)}))
    elif server:
        _print_status(state, server, told)
    else:
        typer.echo(state)
    if state != "running":
        more = f"; log: {server.log}" if server else ": start it with `redraft serve start`"
        message = f"no model server is ready{more}"
        raise ServerUnavailable(message)


_TOLD = {"url", "model", "context", "asked", "drafter", "warnings", "pid", "log", "started"}


def _as_data(server: "Server | None", told: "Told") -> dict[str, Any]:
    if server is None:
        return {}
    load = told.load._asdict() if told.load else None
    return server.model_dump(mode="json", include=_TOLD) | {"served_context": told.context, "load": load}


def _print_status(state: str, server: "Server", told: "Told") -> None:
    context = f"{told.context or server.context} tokens of context"
    if server.asked not in (None, told.context or server.context):
        context += f" ({server.asked} were asked for)"
    typer.echo(f"{state}: {server.model} at {server.url}, {context}, process {server.pid}")
    _warn(server.warnings)
    if told.load:
        for line in _load_lines(server.drafter or "unknown", told.load):
            typer.echo(line)


def _load_lines(drafter: str, load: "Load") -> Iterator[str]:
    yield f"requests: {_shown(load.running)} running, {_shown(load.waiting)} waiting"
    yield f"KV cache: {_percent(load.cache_used)} in use"
    yield f"prefix cache: {_percent(load.cache_hits)} of prompt tokens found in it"
    if load.acceptance_length is None:
        yield f"drafter: {drafter}"
    else:
        taken = f"{load.acceptance_length:.2f} tokens a step with a draft"
        yield f"drafter: {drafter}, {taken}, {_percent(load.acceptance_rate)} of drafted tokens taken"


def _shown(count: int | None) -> str:
    return "?" if count is None else str(count)


def _percent(share: float | None) -> str:
    return "?" if share is None else f"{share:.0%}"


def _warn(warnings: Sequence[str]) -> None:
    for warning in warnings:
        say(f"warning: {warning}")


@serve_app.command()
def plan(
    gpu: Annotated[str, typer.Option(help="h100, h200, a100-80, a100-40, l40s, rtx4090 or rtx3090.", metavar="NAME")],
    model: Annotated[
        str, typer.Option(help="A folder with a config.json, or the id of a model on the hub.", metavar="NAME")
    ],
    context: ContextOption = None,
    dtype: DtypeOption = None,
    memory: MemoryOption = None,
    speculation: SpeculationOption = None,
    draft: DraftOption = None,
    *,
    as_json: AsJson = False,
) -> None:
    """What a GPU would make of a model, without the GPU: memory, cache, speed, and the command that starts vLLM."""
    from redraft.agent.planned import as_data, as_lines, planned
    from redraft.agent.planner import find_gpu, find_model
    from redraft.agent.settings import load_settings

    settings = load_settings(context=context, dtype=dtype, gpu_memory=memory, speculation=speculation, llm_draft=draft)
    made = planned(settings, find_model(model, settings.folders.cache), find_gpu(gpu))
    if as_json:
        typer.echo(json.dumps(as_data(made)))
        return
    for line in as_lines(made):
        typer.echo(line)
    _warn(made.warnings)


@serve_app.command()
def stop() -> None:
    """End the server and everything it started. It is no error when there is none."""
    from redraft.agent.server import stop as end
    from redraft.agent.settings import load_settings

    ended = end(load_settings())
    say("the server has ended" if ended else "no server was running")


@model_app.command()
def pull(
    name: ModelName = "embedded",
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read a model that is there again, against its checksums.")
    ] = False,
) -> None:
    """Get a model, unless it is here already; its folder goes to stdout."""
    from redraft.agent.pulling import pull as fetch
    from redraft.agent.settings import load_settings

    with _steps() as on_step:
        model = fetch(name, load_settings().folders.cache, on_step, verify=verify)
    typer.echo(model.path)


@model_app.command("list")
def list_models(*, as_json: AsJson = False) -> None:
    """What has been pulled."""
    from redraft.agent.models import installed
    from redraft.agent.settings import load_settings

    models = installed(load_settings().folders.cache)
    if as_json:
        typer.echo(json.dumps([model._asdict() for model in models], default=str))
        return
    for model in models:
        typer.echo(f"{model.name}  {model.size / 1e6:.0f} MB  {model.version}  {model.path}")
    if not models:
        say("no model has been pulled: get one with `redraft model pull`")


@model_app.command()
def path(name: ModelName = "embedded") -> None:
    """The folder of a model that is here."""
    from redraft.agent.models import find
    from redraft.agent.settings import load_settings

    typer.echo(find(name, load_settings().folders.cache))


@contextmanager
def _steps() -> Iterator[Callable[[str], None]]:
    """Tells each step on stderr: on a terminal in one line that changes, else once, without what counts up in it."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    if console.is_terminal:
        with console.status("") as line:
            yield lambda step: line.update(Text(step))
        return
    told: set[str] = set()

    def tell(step: str) -> None:
        subject = step.partition("…")[0]
        if subject not in told:
            told.add(subject)
            say(f"{subject}…" if "…" in step else step)

    yield tell
