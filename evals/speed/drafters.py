"""The drafters that are compared, by name."""

from collections.abc import Callable, Mapping

from redraft.agent.errors import UserError
from redraft.agent.speculating import SETTINGS
from redraft.agent.speculation.drafter import Drafter
from redraft.agent.speculation.temporal import TemporalDrafter
from redraft.evals.speed.lookup import HAS_SUFFIX, Ngram, Off, Suffix, check_suffix

Make = Callable[[], Drafter]
"""Anew, with nothing remembered."""


def _ngram() -> Drafter:
    settings = SETTINGS["ngram"]
    return Ngram(
        shortest=settings["prompt_lookup_min"],
        longest_match=settings["prompt_lookup_max"],
        longest=settings["num_speculative_tokens"],
    )


def _suffix() -> Drafter:
    settings = SETTINGS["suffix"]
    return Suffix(
        longest=settings["num_speculative_tokens"],
        depth=settings["suffix_decoding_max_tree_depth"],
        factor=settings["suffix_decoding_max_spec_factor"],
        min_prob=settings["suffix_decoding_min_token_prob"],
    )


DRAFTERS: Mapping[str, Make] = {"off": Off, "ngram": _ngram, "suffix": _suffix, "redraft": TemporalDrafter}


def chosen(names: str | None) -> dict[str, Make]:
    """Those of a list with commas, else all that are installed; before them `off`, which they are held against.

    Raises `UserError` for a name that is none, and `Misconfigured` for one whose parts are missing: before a server is
    started, in which it would be found out too late.
    """
    missing = [] if HAS_SUFFIX else ["suffix"]
    wanted = [name.strip() for name in names.split(",")] if names else [n for n in DRAFTERS if n not in missing]
    if unknown := [name for name in wanted if name not in DRAFTERS]:
        message = f"there is no drafter {unknown[0]!r}; known are {', '.join(DRAFTERS)}"
        raise UserError(message)
    if "suffix" in wanted:
        check_suffix()
    return {name: DRAFTERS[name] for name in dict.fromkeys(["off", *wanted])}
