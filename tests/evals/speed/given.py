"""Calls and drafters for the tests of the speed benches."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from redraft.agent.speculation.drafter import Ids
from redraft.agent.transcripts import Said


def call(prompt: str, *outputs: str, node: str = "draft") -> Said:
    """A call in letters."""
    ids = [[ord(sign) for sign in output] for output in outputs]
    return Said("run", node, None, 0, [ord(sign) for sign in prompt], ids, ["stop"] * len(ids))


@dataclass
class Oracle:
    """Knows what comes next, or says what never does. `said` has what it was told of each request."""

    calls: Sequence[Said]
    longest: int
    right: bool = True
    said: dict[str, list[int]] = field(default_factory=dict)
    prompts: dict[str, list[int]] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)

    def begin(self, request: str, prompt: Ids) -> None:
        self.prompts[request], self.said[request] = prompt.tolist(), []
        self.open.add(request)

    def propose(self, request: str, context: Ids, chance: float = 0.0) -> Sequence[int]:
        assert context.tolist() == self.prompts[request] + self.said[request]
        number, variant = map(int, request.split("."))
        left = self.calls[number].output_token_ids[variant][len(self.said[request]) :]
        draft = left[: self.longest]
        return draft if self.right else [token + 1 for token in draft]

    def accept(self, request: str, tokens: Sequence[int]) -> None:
        self.said[request].extend(tokens)

    def end(self, request: str) -> None:
        self.open.remove(request)
