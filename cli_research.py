"""`redraft research` and `resume`: a run is begun or taken up again, and drawn on the terminal as it goes."""

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from redraft.cli_outline import approved
from redraft.cli_terminal import check_target, resumable, write_report

if TYPE_CHECKING:
    from redraft.agent.events import Emit
    from redraft.agent.settings import Settings
    from redraft.store.database import Database
    from redraft.store.models import Run

Output = Annotated[Path | None, typer.Option("-o", "--output", help="Write the report to this file.")]
_URL_HELP = "A running OpenAI-compatible server; its key: REDRAFT_LLM_API_KEY. Given again: more with the same model."
Urls = Annotated[list[str] | None, typer.Option("--llm-url", metavar="URL", help=_URL_HELP, show_default=False)]
Events = Annotated[bool, typer.Option("--json", help="Print the run's events, one JSON object a line, to stdout.")]
RunId = Annotated[str, typer.Argument(help="The run's id, or how it begins.", show_default=False)]

SIZE, EVIDENCE, STEPS, MODEL = "Size and form", "Evidence", "Steps", "Model"


def option(panel: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, rich_help_panel=panel, show_default=False, **more)


def _step(text: str, *names: str) -> Any:
    return option(STEPS, *names, help=text)


Flag = bool | None
"""None where it is not given: then the environment or the file tells."""


@dataclass(frozen=True, kw_only=True)
class Flags:
    """The settings that have a flag, each under its own name."""

    preset: Annotated[str | None, option(SIZE, help="quick, standard or deep.")] = None
    sections: Annotated[int | None, option(SIZE, help="Number of sections, instead of the preset's.")] = None
    words: Annotated[int | None, option(SIZE, help="Wanted length, instead of the question's or the preset's.")] = None
    language: Annotated[str | None, option(SIZE, metavar="CODE", help="As en, de or zh; else the question's.")] = None
    spec: Annotated[Path | None, option(SIZE, metavar="FILE", help="What the report must cover, as a list.")] = None
    style: Annotated[
        list[Path] | None, option(SIZE, metavar="FILE", help="A text to write like; may be given again.")
    ] = None
    library: Annotated[str | None, option(EVIDENCE, help="The collection of documents to draw on.")] = None
    pages: Annotated[int | None, option(EVIDENCE, help="Web pages to read, instead of the preset's.")] = None
    search: Annotated[str | None, option(EVIDENCE, help="Search providers, such as 'searxng,scholar'; or none.")] = None
    since: Annotated[str | None, option(EVIDENCE, metavar="DATE", help="Use nothing older, as 2024-01-31.")] = None
    offline: Annotated[Flag, option(EVIDENCE, "--offline", help="Nothing goes out: use what is kept.")] = None
    dense: Annotated[Flag, option(EVIDENCE, "--dense", help="Find passages by their meaning as well.")] = None
    approve: Annotated[Flag, _step("Stop at the outline, to look at it and change it.", "--approve")] = None
    rounds: Annotated[int | None, _step("Rounds of deepening and denoising, instead of the preset's.")] = None
    question_variants: Annotated[int | None, _step("Questions tried in each round, likewise.")] = None
    answer_variants: Annotated[int | None, _step("Answers tried in each round, likewise.")] = None
    tokens: Annotated[int | None, _step("Tokens after which no further round begins.")] = None
    deepen: Annotated[Flag, _step("Add subsections where a matter is missing.", "--deepen/--no-deepen")] = None
    denoise: Annotated[Flag, _step("Rewrite sections with new evidence.", "--denoise/--no-denoise")] = None
    critique: Annotated[Flag, _step("Look for faults between rounds.", "--critique/--no-critique")] = None
    vote: Annotated[Flag, _step("Let the model choose between close versions.", "--vote/--no-vote")] = None
    verify: Annotated[
        Flag, _step("Hold claims against their evidence: as many as the preset says.", "--verify/--no-verify")
    ] = None
    disputes: Annotated[Flag, _step("Show where sources disagree.", "--disputes/--no-disputes")] = None
    cohere: Annotated[Flag, _step("Take out repetition, and keep to one use of terms.", "--cohere/--no-cohere")] = None
    fit: Annotated[Flag, _step("Bring the report to its length.", "--fit/--no-fit")] = None
    conclusion: Annotated[Flag, _step("End with a conclusion.", "--conclusion/--no-conclusion")] = None
    serial: Annotated[Flag, _step("One section and one round at a time.", "--serial")] = None
    llm_url: Annotated[list[str] | None, option(MODEL, "--llm-url", metavar="URL", help=_URL_HELP)] = None
    llm_model: Annotated[str | None, option(MODEL, help="The model to ask for, or to serve.")] = None
    dialect: Annotated[str | None, option(MODEL, help="json, or warp for the AgentCPM-Report weights.")] = None
    think: Annotated[int | None, option(MODEL, metavar="TOKENS", help="Let it think before it writes a text.")] = None
    seed: Annotated[int | None, option(MODEL, help="Sampled with it, a report can be written again.")] = None
    terse: Annotated[Flag, option(MODEL, "--terse/--no-terse", help="Judge in a few words.")] = None


def with_flags(command: Callable[..., None]) -> Callable[..., None]:
    """The command with a flag for each field of its parameters that are dataclasses; it is called with these whole.

    Typer reads a command's options from its signature, and a signature with forty parameters is no function any more.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}

    def called(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{field.name: values.pop(field.name) for field in fields(group)})
        command(**values)

    own = [parameter for name, parameter in inspect.signature(command).parameters.items() if name not in groups]
    flags = [flag for group in groups.values() for flag in _parameters(group)]
    called.__name__, called.__doc__ = command.__name__, command.__doc__
    own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    called.__signature__ = inspect.Signature([*own, *flags])  # type: ignore[attr-defined]  # of any function
    return called


def _parameters(group: Any) -> list[inspect.Parameter]:
    hints, keyword = get_type_hints(group, include_extras=True), inspect.Parameter.KEYWORD_ONLY
    return [inspect.Parameter(f.name, keyword, default=f.default, annotation=hints[f.name]) for f in fields(group)]


@with_flags
def research(
    question: Annotated[str, typer.Argument(help="What the report is to answer.", show_default=False)],
    flags: Flags,
    output: Output = None,
    as_json: Events = False,
) -> None:
    """Research a question and write a cited report, to stdout or a file."""
    from redraft.agent import archive, run
    from redraft.agent.settings import load_settings

    settings = load_settings(**chosen(flags))
    check_target(output)
    database = archive.open_database(settings)
    _carry_out(database, run.create(database, question, settings), settings, output, as_json=as_json)


def resume(
    run_id: RunId,
    llm_url: Urls = None,
    llm_model: Annotated[str | None, typer.Option(help="The model to ask for, or to serve.")] = None,
    output: Output = None,
    as_json: Events = False,
) -> None:
    """Go on with an interrupted, failed or waiting run; of a finished one, print the report."""
    from redraft.agent import archive
    from redraft.agent.settings import load_settings
    from redraft.store import runs

    settings = load_settings(llm_url=joined(llm_url), llm_model=llm_model)
    check_target(output)
    database = archive.open_database(settings)
    _carry_out(database, runs.get(database, run_id), settings, output, as_json=as_json)


def joined(values: list[str] | None) -> str | None:
    """An option that was given several times, as a setting is written."""
    return ",".join(values) if values else None


def chosen(flags: Flags) -> dict[str, Any]:
    """The settings that were given. Files are read here: what is kept holds what they say, and needs none of them."""
    from redraft.agent.files import given, specification

    read = {
        "spec": specification(flags.spec) if flags.spec else None,
        "style": tuple(map(given, flags.style)) if flags.style else None,
        "llm_url": joined(flags.llm_url),
    }
    return {name: value for name, value in (vars(flags) | read).items() if value is not None}


def _carry_out(database: "Database", row: "Run", settings: "Settings", output: Path | None, *, as_json: bool) -> None:
    import asyncio

    from redraft.agent import archive, run
    from redraft.agent.render import markdown
    from redraft.cli_progress import Progress
    from redraft.store import runs

    with resumable(row.id):
        while True:
            with Progress() as progress:
                asyncio.run(run.carry_out(database, row.id, settings, _listener(progress, as_json=as_json)))
            if runs.get(database, row.id).status != "waiting":
                break
            if not approved(database, row.id):
                return
        text = markdown(archive.report(database, row.id))
        if as_json:
            typer.echo(json.dumps({"kind": "Report", "run": row.id, "markdown": text}))
        if output or not as_json:
            write_report(text, output, row.id)


def _listener(progress: "Emit", *, as_json: bool) -> "Emit":
    def listen(event: Any) -> None:
        if as_json:
            typer.echo(json.dumps({"kind": event.kind, **event.data()}))
        progress(event)

    return listen
