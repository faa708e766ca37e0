"""The drafters that vLLM brings, as its proposers call them, and the one that never drafts."""

from collections.abc import Sequence

import numpy as np

from redraft.agent.speculation.drafter import Ids
from redraft.tools.errors import Misconfigured

INSTALL = "pip install arctic-inference==0.1.1"
try:
    from arctic_inference.suffix_decoding import SuffixDecodingCache
except ImportError:  # a source package for Linux, that few need
    SuffixDecodingCache = None
HAS_SUFFIX = SuffixDecodingCache is not None


def check_suffix() -> None:
    """Raises `Misconfigured` where what `Suffix` needs is not installed."""
    if not HAS_SUFFIX:
        message = f"drafting by suffixes needs Arctic Inference: run `{INSTALL}`"
        raise Misconfigured(message)


class Off:
    """Never drafts."""

    longest = 0

    def begin(self, request: str, prompt: Ids) -> None:
        """Nothing to keep."""

    def propose(self, request: str, context: Ids, chance: float = 0.0) -> Sequence[int]:
        return []

    def accept(self, request: str, tokens: Sequence[int]) -> None:
        """Nothing to keep."""

    def end(self, request: str) -> None:
        """Nothing to keep."""


class Ngram(Off):
    """Prompt lookup by the rule of vLLM's `NgramProposer` (0.26 to 0.33): of the longest match, the earliest place."""

    def __init__(self, *, shortest: int, longest_match: int, longest: int) -> None:
        self.longest = longest
        self._shortest = shortest
        self._longest_match = longest_match

    def propose(self, request: str, context: Ids, chance: float = 0.0) -> Sequence[int]:
        places = np.arange(len(context) - 1)  # of the last token of a match; the end itself is none
        found = None
        for back in range(min(self._longest_match, len(context) - 1)):
            places = places[places >= back]
            places = places[context[places - back] == context[-1 - back]]
            if not len(places):
                break
            if back + 1 >= self._shortest:
                found = int(places[0]) + 1
        return [] if found is None else context[found : found + self.longest].tolist()


class Suffix:
    """SuffixDecoding (arXiv 2411.04975) by Arctic Inference's trees, called as vLLM's `SuffixDecodingProposer` does.

    Raises `Misconfigured` where the package is not installed.
    """

    def __init__(self, *, longest: int, depth: int, factor: float, min_prob: float, requests: int = 10_000) -> None:
        check_suffix()
        self.longest = longest
        self._depth = depth
        self._factor = factor
        self._min_prob = min_prob
        self._trees = SuffixDecodingCache(max_tree_depth=depth, max_cached_requests=requests)

    def begin(self, request: str, prompt: Ids) -> None:
        self._trees.start_request(request, prompt)

    def propose(self, request: str, context: Ids, chance: float = 0.0) -> Sequence[int]:
        draft = self._trees.speculate(
            request,
            context[-self._depth :],
            max_spec_tokens=self.longest,
            max_spec_factor=self._factor,
            min_token_prob=self._min_prob,
        )
        return list(draft.token_ids)

    def accept(self, request: str, tokens: Sequence[int]) -> None:
        self._trees.add_active_response(request, np.asarray(tokens, np.int32))

    def end(self, request: str) -> None:
        self._trees.stop_request(request)
