"""`redraft serve` and `redraft model`: the model server, and the models it can serve."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from redraft.cli_terminal import say

serve_app = typer.Typer(no_args_is_help=True, help="The model server that stays between commands.")
model_app = typer.Typer(no_args_is_help=True, help="The models on this machine.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="`embedded`, a folder, or the id of a model on the hub.", metavar="NAME")
]
ModelName = Annotated[
    str, typer.Argument(help="`embedded`, `minilm`, a folder, or the id of a model on the hub.", metavar="NAME")
]


@serve_app.command()
def start(
    model: ModelOption = None,
    context: Annotated[int | None, typer.Option(help="Tokens of context, at most what the model was made for.")] = None,
    speculation: Annotated[str | None, typer.Option(help="ngram or off.", metavar="HOW")] = None,
) -> None:
    """Start the server, wait until it is ready, and leave it running; its URL goes to stdout."""
    from redraft.agent.server import start_detached
    from redraft.agent.settings import load_settings

    settings = load_settings(llm_model=model, context=context, speculation=speculation)
    with _steps() as on_step:
        server = start_detached(settings, on_step)
    say(f"{server.model} is served with {server.context} tokens of context; log: {server.log}")
    typer.echo(server.url)


@serve_app.command()
def status(*, as_json: AsJson = False) -> None:
    """Whether the server runs: `running`, `starting`, `silent` or `stopped`. Fails unless it is running."""
    from redraft.agent.errors import ServerUnavailable
    from redraft.agent.server import status as find
    from redraft.agent.settings import load_settings

    state, server = find(load_settings())
    if as_json:
        told = (
            server.model_dump(mode="json", include={"url", "model", "context", "pid", "log", "started"})
            if server
            else {}
        )
        typer.echo(json.dumps({"state": state, **told}))
    elif server:
        typer.echo(f"{state}: {server.model} at {server.url}, {server.context} tokens of context, process {server.pid}")
    else:
        typer.echo(state)
    if state != "running":
        more = f"; log: {server.log}" if server else ": start it with `redraft serve start`"
        message = f"no model server is ready{more}"
        raise ServerUnavailable(message)


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
