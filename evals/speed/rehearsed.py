"""Transcripts without a model that is any good: the stand-in's reports, in the tokens of a tokenizer.

    python -m redraft.evals.speed.rehearsed FOLDER MODEL [--preset standard]

The stand-in (`redraft.evals.standin`) writes what its evidence says, sentence by sentence, some with their clauses in
another order. So its texts are as close to their evidence as those of a good model that is asked to quote are; a model
that says things in its own words copies less. MODEL is a folder with `tokenizer.json` and a chat template.
"""

import asyncio
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from redraft.agent.settings import load_settings
from redraft.agent.transcripts import Said, append
from redraft.evals import rehearsal
from redraft.store import calls
from redraft.store.models import Call


def main(
    folder: Annotated[Path, typer.Argument(help="Where RUN.jsonl is put.")],
    model: Annotated[Path, typer.Argument(help="The folder of a model.")],
    preset: Annotated[str, typer.Option()] = "standard",
) -> None:
    """Carry out a run of the stand-in, and write its transcript."""
    speaker = Speaker(model)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=Path(home), preset=preset, library=rehearsal.LIBRARY, search=("none",))
        with closing(rehearsal.opened(settings, Path(home))) as database:
            writer = rehearsal.writer()
            run_id = asyncio.run(rehearsal.rehearsed(database, settings, writer))
            schemas = {request.key: request.schema for request in writer.requests}
            for said in spoken(calls.of_run(database, run_id), schemas, speaker):
                append(folder / f"{run_id}.jsonl", said)
    typer.echo(folder / f"{run_id}.jsonl")


class Speaker:
    """A model's tokenizer with its chat template."""

    def __init__(self, model: Path) -> None:
        config: dict[str, Any] = json.loads((model / "tokenizer_config.json").read_text())
        self._tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        template = config.get("chat_template") or (model / "chat_template.jinja").read_text()
        self._template = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(template)
        self._end = config["eos_token"]

    def prompt(self, messages: Iterable[dict[str, str]]) -> list[int]:
        text = self._template.render(messages=list(messages), add_generation_prompt=True, eos_token=self._end)
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def reply(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text + self._end, add_special_tokens=False).ids)


def spoken(made: Iterable[Call], schemas: Mapping[str, Any], speaker: Speaker) -> Iterator[Said]:
    """The calls of a run as a server with this tokenizer would have told them; `schemas` by the keys of calls."""
    for _, group in groupby(made, key=lambda call: call.key):
        replies = list(group)
        first = replies[0]
        yield Said(
            run=first.run_id,
            node=first.node,
            section=first.section,
            attempt=first.attempt,
            prompt_token_ids=speaker.prompt(first.messages),
            output_token_ids=[speaker.reply(reply.text) for reply in replies],
            finish_reason=[reply.finish_reason for reply in replies],
            schema=schemas[first.key],
        )


if __name__ == "__main__":
    typer.run(main)
