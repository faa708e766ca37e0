"""The drafters that are compared, by name, with what starts vLLM with each."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from redraft.agent.errors import UserError
from redraft.agent.launch import DRAFTING
from redraft.agent.speculation.drafter import Drafter
from redraft.agent.speculation.temporal import TemporalDrafter
from redraft.evals.speed.lookup import HAS_SUFFIX, Ngram, Off, Suffix

SUFFIX: Mapping[str, Any] = {
    "method": "suffix",
    "num_speculative_tokens": 32,
    "suffix_decoding_max_tree_depth": 64,
    "suffix_decoding_max_spec_factor": 2.0,
    "suffix_decoding_min_token_prob": 0.3,
}
"""The best of six settings on transcripts of an 8B model that rewrites (InstructCoder), with one of two requests at
once and with 32; vLLM's own settings, depth 24 and factor 1, took a fifth more steps there."""


class Named(NamedTuple):
    """One way of drafting."""

    make: Callable[[], Drafter]
    """Anew, with nothing remembered."""
    config: Mapping[str, Any] | None
    """vLLM's `--speculative-config`; empty for none, None where vLLM has no such drafter."""

    @property
    def flags(self) -> Sequence[str]:
        """For vLLM's command line."""
        return ("--speculative-config", json.dumps(self.config)) if self.config else ()


def _ngram() -> Drafter:
    return Ngram(
        shortest=int(str(DRAFTING["prompt_lookup_min"])),
        longest_match=int(str(DRAFTING["prompt_lookup_max"])),
        longest=int(str(DRAFTING["num_speculative_tokens"])),
    )


def _suffix() -> Drafter:
    return Suffix(
        longest=SUFFIX["num_speculative_tokens"],
        depth=SUFFIX["suffix_decoding_max_tree_depth"],
        factor=SUFFIX["suffix_decoding_max_spec_factor"],
        min_prob=SUFFIX["suffix_decoding_min_token_prob"],
    )


DRAFTERS: Mapping[str, Named] = {
    "off": Named(Off, {}),
    "ngram": Named(_ngram, DRAFTING),
    "suffix": Named(_suffix, SUFFIX),
    "redraft": Named(TemporalDrafter, None),
}


def chosen(names: str | None) -> dict[str, Named]:
    """Those of a list with commas, else all that are installed; before them `off`, which they are held against.

    Raises `UserError` for a name that is none.
    """
    missing = [] if HAS_SUFFIX else ["suffix"]
    wanted = [name.strip() for name in names.split(",")] if names else [n for n in DRAFTERS if n not in missing]
    if unknown := [name for name in wanted if name not in DRAFTERS]:
        message = f"there is no drafter {unknown[0]!r}; known are {', '.join(DRAFTERS)}"
        raise UserError(message)
    return {name: DRAFTERS[name] for name in dict.fromkeys(["off", *wanted])}


def servable(names: str | None) -> dict[str, Named]:
    """The same of those that vLLM can be started with. Raises `UserError` where another is asked for."""
    found = chosen(names)
    if names and (strange := [name for name, named in found.items() if named.config is None]):
        message = f"vLLM has no drafter {strange[0]!r}: it can be replayed only"
        raise UserError(message)
    return {name: named for name, named in found.items() if named.config is not None}
