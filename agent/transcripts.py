"""The token ids of a run's calls, kept to measure by: what was said, as the server's own tokens.

A line of FOLDER/RUN.jsonl is one call, as a JSON object: `run`, `node`, `section`, `attempt`, `prompt_token_ids`, of
each reply `output_token_ids` and `finish_reason`, and `schema`, which they had to follow. Lines stand in the order in
which the calls were answered.
"""

import json
import operator
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from redraft.agent.client import Listens
from redraft.agent.errors import UserError
from redraft.agent.llm import Request
from redraft.agent.replies import Heard


class Said(NamedTuple):
    """One call."""

    run: str
    node: str
    section: str | None
    attempt: int
    prompt_token_ids: Sequence[int]
    output_token_ids: Sequence[Sequence[int]]
    """Of each reply."""
    finish_reason: Sequence[str]
    schema: Mapping[str, Any] | None = None
    """None for prose, and for what was recorded before schemas were."""


def transcript(folder: Path, run_id: str) -> Listens:
    """Keeps what a run's client hears. Calls whose token ids the server does not tell are left out."""
    folder.mkdir(parents=True, exist_ok=True)
    return partial(_keep, folder / f"{run_id}.jsonl", run_id)


def _keep(file: Path, run_id: str, request: Request, heard: Heard) -> None:
    if not heard.prompt_token_ids:
        return
    said = Said(
        run=run_id,
        node=request.node,
        section=request.section,
        attempt=request.attempt,
        prompt_token_ids=heard.prompt_token_ids,
        output_token_ids=[choice.token_ids for choice in heard.choices],
        finish_reason=[choice.finish_reason for choice in heard.choices],
        schema=request.schema,
    )
    append(file, said)


def append(file: Path, said: Said) -> None:
    with file.open("a") as lines:
        lines.write(json.dumps(said._asdict(), separators=(",", ":")) + "\n")


def read(path: Path) -> list[Said]:
    """The calls of a file, or of all files of a folder by their names. Raises `UserError` where there are none."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    found = [said for file in files for said in _lines(file)]
    if not found:
        message = f"{path} holds no transcripts: record some with REDRAFT_TRANSCRIPTS=FOLDER, on a vLLM server"
        raise UserError(message)
    return found


def _lines(file: Path) -> Iterator[Said]:
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read {file}: {error}"
        raise UserError(message) from error
    for number, line in enumerate(lines, 1):
        try:
            yield _checked(json.loads(line))
        except (ValueError, TypeError) as error:
            message = f"{file}, line {number}, is no call of a transcript"
            raise UserError(message) from error


def _checked(line: dict[str, Any]) -> Said:
    """Raises `TypeError` or `ValueError` for what is not the line of a call."""
    said = Said(**line)
    for ids in (said.prompt_token_ids, *said.output_token_ids):
        if any(operator.index(token) < 0 for token in ids):
            raise ValueError("no token has a negative id")
    return said
