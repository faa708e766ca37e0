"""What a model server has worked, by its own counters.

Peers count their tokens in different ways or not at all, some from what their own tokenizer makes of the text. The
server counts alike for all. Its counters are of everything that it was asked, so they tell what a report took only
while nobody else asks. Of vLLM; other servers have none, or others.
"""

from typing import NamedTuple

import httpx
from prometheus_client.parser import text_string_to_metric_families

PATIENCE = 10.0
"""Seconds for one answer; a busy vLLM gives it at once."""
_COUNTERS = ("vllm:prompt_tokens_total", "vllm:generation_tokens_total", "vllm:request_success_total")
"""Each has a sample for every model, engine and way to end."""


class Work(NamedTuple):
    prompt: int
    """Tokens, those that the server still knew among them."""
    generated: int
    """Tokens."""
    calls: int
    """Requests that it has answered."""

    @property
    def tokens(self) -> int:
        return self.prompt + self.generated

    def since(self, before: "Work") -> "Work":
        return Work(*(now - then for now, then in zip(self, before, strict=True)))


async def worked(client: httpx.AsyncClient, llm_url: str) -> Work | None:
    """All that the server has worked since it began; None where it cannot be told. `llm_url` ends in `/v1`."""
    try:
        reply = await client.get(f"{llm_url.removesuffix('/v1')}/metrics", timeout=PATIENCE)
    except httpx.HTTPError:  # without this number a report is still a report
        return None
    return _counted(reply.text) if reply.is_success else None


def _counted(text: str) -> Work | None:
    try:
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    except ValueError:  # a page of something else
        return None
    counted = {name: sum(int(s.value) for s in samples if s.name == name) for name in {s.name for s in samples}}
    return Work(*(counted[name] for name in _COUNTERS)) if counted.keys() >= set(_COUNTERS) else None
