"""`redraft doctor`: whether this machine has what redraft needs."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from redraft.agent.doctor import Finding

FAULTY = 18
"""The exit code where something is at fault. Documented in docs/usage.md."""
_COLOURS = {"ok": typer.colors.GREEN, "warning": typer.colors.YELLOW, "fault": typer.colors.RED}


def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """Look for what redraft needs: versions, GPU, memory, disk, models, extras, server, search and database."""
    from redraft.agent.doctor import examine, here
    from redraft.agent.settings import load_settings

    faults = 0
    for finding in examine(load_settings(), here()):
        faults += finding.state == "fault"
        if as_json:
            typer.echo(json.dumps(finding._asdict()))
        else:
            _print(finding)
    if faults:
        raise typer.Exit(FAULTY)


def _print(finding: "Finding") -> None:
    state = typer.style(f"{finding.state:8}", fg=_COLOURS[finding.state])
    advice = f" → {finding.advice}" if finding.advice else ""
    typer.echo(f"{state}{finding.what:16}{finding.said}{advice}")
