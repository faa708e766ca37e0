"""A peer as a writer: its reports are kept and scored as redraft's own."""

import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from redraft.agent.errors import UserError
from redraft.evals.peers.meter import worked
from redraft.evals.peers.program import Means, run
from redraft.evals.writers import Written
from redraft.store.models import EvalTask

PATIENCE = 7200.0
"""Seconds that a peer has for a report: generous, and not tuned. STORM took five minutes with a small model on two
cores."""


@dataclass(frozen=True, kw_only=True)
class CommandWriter:
    """A `redraft.evals.writers.Writer` that runs a command for each task: see `redraft.evals.peers.program`."""

    name: str
    command: tuple[str, ...]
    means: Means
    patience: float = PATIENCE
    """Seconds for one report."""
    named: tuple[str, ...] = ()
    """Variables of our environment that it is given beside the usual ones, as keys of its own services."""
    counts: bool = True
    """Whether tokens are counted, by the server. True only where nobody else asks it, so with one task at a time."""
    transport: httpx.AsyncBaseTransport | None = None
    """In the place of the network, for the server's counters."""

    @classmethod
    def of(cls, name: str, line: str, means: Means, *, named: Sequence[str] = (), **options: Any) -> Self:
        """Of a command as it is typed. No shell reads it, and it does not run where it was typed: files are to be named
        by their whole path. Options are the fields.

        Raises `UserError` where there is no such program, or no variable of a name.
        """
        if unset := [variable for variable in named if variable not in os.environ]:
            message = f"{name} is to be given variables that are not set: {', '.join(unset)}"
            raise UserError(message)
        return cls(name=name, command=_parsed(line), means=means, named=tuple(named), **options)

    @property
    def settings(self) -> Mapping[str, Any]:
        """What its reports depend on, without addresses and values of variables, in which passwords may stand."""
        asked = {"model": self.means.llm_model, "words": self.means.words}
        return asked | {"command": list(self.command), "patience": self.patience, "variables": list(self.named)}

    async def write(self, task: EvalTask) -> Written:
        """The report on a task. Raises `PeerFailed`."""
        async with httpx.AsyncClient(trust_env=False, transport=self.transport) as client:
            before = await worked(client, self.means.llm_url) if self.counts else None
            made = await run(self.command, task.prompt, self.means, patience=self.patience, named=self.named)
            after = await worked(client, self.means.llm_url) if before else None
        tokens = after.since(before).tokens if before and after else None
        return Written(made.report, made.seconds, tokens)


def _parsed(line: str) -> tuple[str, ...]:
    try:
        program, *arguments = shlex.split(line)
    except ValueError as error:
        message = f"no command: {line!r}"
        raise UserError(message) from error
    found = shutil.which(program)
    if found is None:
        message = f"there is no program {program!r}"
        raise UserError(message)
    return str(Path(found).absolute()), *arguments  # not resolved: the Python of an environment is a link
