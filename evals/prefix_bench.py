"""What share of a run's prompts a server's prefix cache holds already: a run is replayed through a model of vLLM's.

    python -m redraft.evals.prefix_bench [--preset standard] [--model FOLDER] [--capacity 400000,33792]

A stand-in writes a whole report through the very state machine that a model would. Its calls are replayed one after the
other, in the order in which they were answered: what goes side by side would find as much, once the first of it has
been read. With the FOLDER of a model, tokens are its own and prompts go through its chat template; without, they are
words, and shares come out a little lower, as a block of words holds more text.
"""

import asyncio
import re
import tempfile
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from redraft.agent.settings import load_settings
from redraft.evals import rehearsal
from redraft.store import calls
from redraft.store.models import Call

BLOCK = 16
"""Tokens in a block of vLLM's cache on a GPU; on a CPU they are 128."""
CAPACITIES = "400000,33792"
"""Tokens: what an 8B model of 144 KiB a token leaves of an H100 at 0.9 of its memory, and what the embedded model is
given on a CPU."""

Tokens = Sequence[Hashable]


class Replayed(NamedTuple):
    """A call in tokens."""

    node: str
    prompt: Tokens
    replies: Sequence[Tokens]


class Speaks(NamedTuple):
    """How text becomes tokens."""

    prompt: Callable[[Sequence[dict[str, Any]]], Tokens]
    reply: Callable[[str], Tokens]


class BlockCache:
    """vLLM's prefix cache: full blocks, each known by all the tokens up to its end; the one longest unused goes first.

    Of a request's blocks the last go before the first, as they are of use to fewer. The last token of a prompt is
    always computed: the first token of the reply comes of it (`vllm.v1.core.kv_cache_manager`, 0.32).
    """

    def __init__(self, capacity: int, block: int = BLOCK) -> None:
        """`capacity` is in tokens."""
        self._block = block
        self._room = capacity // block
        self._held: OrderedDict[int, None] = OrderedDict()

    def hit(self, prompt: Tokens) -> int:
        """Tokens of the prompt that need not be computed."""
        found = 0
        for key in self._keys(prompt[:-1]):
            if key not in self._held:
                break
            found += self._block
        return found

    def keep(self, tokens: Tokens) -> None:
        """What stands in the cache once a prompt and its reply are through."""
        for key in reversed(self._keys(tokens)):
            self._held[key] = None
            self._held.move_to_end(key)
        while len(self._held) > self._room:
            self._held.popitem(last=False)

    def _keys(self, tokens: Tokens) -> list[int]:
        keys, key = [], 0
        for end in range(self._block, len(tokens) + 1, self._block):
            key = hash((key, *tokens[end - self._block : end]))
            keys.append(key)
        return keys


class Share(NamedTuple):
    prompt: int
    """Tokens."""
    hit: int

    @property
    def share(self) -> float:
        return self.hit / self.prompt if self.prompt else 0.0


def shares(replayed: Iterable[Replayed], cache: BlockCache) -> dict[str, Share]:
    """By the step that asked. Each variant of a reply is a sequence with the prompt as its own, as vLLM counts them
    (`vllm:prefix_cache_queries`): the first reads what is new, the others find it."""
    prompt, hit = Counter[str](), Counter[str]()
    for call in replayed:
        for reply in call.replies:
            prompt[call.node] += len(call.prompt)
            hit[call.node] += cache.hit(call.prompt)
            cache.keep([*call.prompt, *reply])
    return {node: Share(prompt[node], hit[node]) for node in sorted(prompt)}


def total(found: Iterable[Share]) -> Share:
    parts = list(found)
    return Share(sum(part.prompt for part in parts), sum(part.hit for part in parts))


def words() -> Speaks:
    def cut(text: str) -> Tokens:
        return re.findall(r"\s*\w+|\s*[^\w\s]", text)

    return Speaks(lambda messages: [token for message in messages for token in cut(message["content"])], cut)


def tokens_of(model: Path) -> Speaks:
    from redraft.evals.speed.rehearsed import Speaker  # noqa: PLC0415 - needs the tokenizer's package

    speaker = Speaker(model)
    return Speaks(speaker.prompt, speaker.reply)


def replay(made: Iterable[Call], speaks: Speaks) -> list[Replayed]:
    """The calls of a run, in the order in which they were answered."""
    replayed = []
    for _, group in groupby(made, key=lambda call: call.key):
        replies = list(group)
        prompt = speaks.prompt(replies[0].messages)
        replayed.append(Replayed(replies[0].node, prompt, [speaks.reply(reply.text) for reply in replies]))
    return replayed


async def rehearsed(preset: str) -> list[Call]:
    """The calls of a run of the stand-in."""
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=Path(home), preset=preset, library=rehearsal.LIBRARY, search=("none",))
        with closing(rehearsal.opened(settings, Path(home))) as database:
            return list(calls.of_run(database, await rehearsal.rehearsed(database, settings, rehearsal.writer())))


def main(
    preset: Annotated[str, typer.Option()] = "standard",
    model: Annotated[Path | None, typer.Option(help="The folder of a model, for its tokens.")] = None,
    capacity: Annotated[str, typer.Option(help="Tokens that the cache holds, with commas between.")] = CAPACITIES,
    block: Annotated[int, typer.Option(help="Tokens in a block.")] = BLOCK,
) -> None:
    """Print the shares, by step and over all."""
    replayed = replay(asyncio.run(rehearsed(preset)), tokens_of(model) if model else words())
    sizes = [int(size) for size in capacity.split(",")]
    found = [shares(replayed, BlockCache(size, block)) for size in sizes]
    once = [call._replace(replies=call.replies[:1]) for call in replayed]
    alone = [total(shares(once, BlockCache(size, block)).values()) for size in sizes]
    table = Table(title=f"{preset}: share of prompt tokens that the cache holds")
    for name in ("step", "calls", "prompt tokens", *(f"{size:,} tokens" for size in sizes)):
        table.add_column(name, justify="right")
    made = Counter(call.node for call in replayed)
    for node in found[0]:
        of_node = [entry[node] for entry in found]
        table.add_row(node, f"{made[node]}", f"{of_node[0].prompt:,}", *(f"{entry.share:.0%}" for entry in of_node))
    sums = [total(entry.values()) for entry in found]
    table.add_section()
    for name, made_of in (("all", sums), ("each prompt once", alone)):
        row = (f"{len(replayed)}", f"{made_of[0].prompt:,}", *(f"{entry.share:.1%}" for entry in made_of))
        table.add_row(name, *row)
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
