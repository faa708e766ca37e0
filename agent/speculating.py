"""Which drafter a vLLM server gets, by name: its `--speculative-config`, or why it gets none."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, Literal, NamedTuple, get_args

Speculation = Literal["suffix", "ngram", "eagle3", "draft_model", "redraft", "off"]
"""How tokens are drafted ahead: looked up in what was said (`suffix`, `ngram`, `redraft`), said by a small model or
head (`eagle3`, `draft_model`), or not at all."""
SPECULATIONS: tuple[Speculation, ...] = get_args(Speculation)

SETTINGS: Mapping[Speculation, Mapping[str, Any]] = {
    # SuffixDecoding (arXiv 2411.04975). The best of six settings on transcripts of an 8B model that rewrites
    # (InstructCoder), with one of two requests at once and with 32; vLLM's own, depth 24 and factor 1, took a fifth
    # more steps there.
    "suffix": {
        "method": "suffix",
        "num_speculative_tokens": 32,
        "suffix_decoding_max_tree_depth": 64,
        "suffix_decoding_max_spec_factor": 2.0,
        "suffix_decoding_min_token_prob": 0.3,
    },
    # Eight tokens copied from the text so far after a match of two: a section quotes its evidence and its own earlier
    # version. On such text this took 2.8 s for what took 5.3 s without; vLLM's own, matches of five, find half as much.
    "ngram": {"method": "ngram", "num_speculative_tokens": 8, "prompt_lookup_min": 2, "prompt_lookup_max": 8},
    # Three tokens are where heads that draft token by token peak (P-EAGLE's authors), and what OpenBMB gives for
    # MiniCPM4.1. Not measured here.
    "eagle3": {"method": "eagle3", "num_speculative_tokens": 3, "draft_tensor_parallel_size": 1},
    # A starting point, not measured.
    "draft_model": {"method": "draft_model", "num_speculative_tokens": 4},
    # As long as its longest draft.
    "redraft": {
        "method": "custom_class",
        "model": "redraft.agent.speculation.vllm_proposer.TemporalProposer",
        "num_speculative_tokens": 32,
    },
    "off": {},
}
"""What vLLM 0.26 to 0.32 are given for each, but for the draft."""

NEEDS_DRAFT = frozenset[Speculation]({"eagle3", "draft_model"})
NEEDS_MODULE: Mapping[Speculation, tuple[str, str]] = {
    "suffix": ("arctic_inference", "Arctic Inference is not installed (pip install arctic-inference==0.1.1)"),
    "redraft": ("numba", "Numba is not installed (pip install numba)"),
}
"""What must be importable, and what to say where it is not. vLLM comes with Numba, and without it redraft's drafter
takes longer than a step."""

Importable = Callable[[str], bool]


class Drafting(NamedTuple):
    """What comes of a name."""

    config: dict[str, Any] | None
    """For `--speculative-config`; None for no drafter."""
    dropped: str | None = None
    """Why there is none where one was asked for, as half a sentence."""


def speculation_config(
    name: Speculation, *, draft: str | None = None, importable: Importable | None = None
) -> Drafting:
    """The drafter of that name with settings that were found to be good. `draft`: folder or hub id of the small model.

    `importable` tells whether vLLM's Python has a module; by default, whether this one has.
    """
    if name in NEEDS_DRAFT and not draft:
        return Drafting(None, "no draft model was given")
    module, missing = NEEDS_MODULE.get(name, ("", ""))
    if module and not (importable or _importable)(module):
        return Drafting(None, missing)
    config = dict(SETTINGS[name])
    if name in NEEDS_DRAFT:
        config["model"] = draft
    return Drafting(config or None)


def _importable(module: str) -> bool:
    return find_spec(module) is not None
