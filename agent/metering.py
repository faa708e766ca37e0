"""What a vLLM server tells of its work: its gauges and counters, and the context that it really serves."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import httpx
from prometheus_client.parser import text_string_to_metric_families

SECONDS = 5.0
"""For an answer of a server on this machine, which may be busy."""


class Load(NamedTuple):
    """A share of nothing is None, as is what the server does not tell."""

    running: int | None
    """Requests that are being answered."""
    waiting: int | None
    cache_used: float | None
    """Share of the KV cache that requests hold; of several engines, the fullest."""
    cache_hits: float | None
    """Share of prompt tokens that were in the prefix cache, since the start."""
    acceptance_length: float | None
    """Tokens of a step that had a draft: those that were taken and the model's own. Since the start."""
    acceptance_rate: float | None
    """Share of drafted tokens that were taken. Since the start."""


class Told(NamedTuple):
    context: int | None
    """Tokens that a request may take, by `/v1/models`."""
    load: Load | None
    """None where the server has no `/metrics`, or does not answer in time."""


def ask(url: str, model: str, transport: httpx.BaseTransport | None = None) -> Told:
    """What the server at `url` tells of itself. Nothing fails: what it does not tell is None."""
    with httpx.Client(base_url=url, timeout=SECONDS, trust_env=False, transport=transport) as http:
        metrics = _answer(http, "/metrics")
        models = _answer(http, "/v1/models")
    return Told(_context(models, model) if models else None, read(metrics.text) if metrics else None)


def read(exposition: str) -> Load:
    """From Prometheus' text format. Counters of several engines are added up."""
    values: defaultdict[str, list[float]] = defaultdict(list)
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            values[sample.name.removeprefix("vllm:")].append(sample.value)
    sums = {name: sum(of) for name, of in values.items()}
    drafts, accepted = sums.get("spec_decode_num_drafts_total"), sums.get("spec_decode_num_accepted_tokens_total")
    return Load(
        running=_count(sums, "num_requests_running"),
        waiting=_count(sums, "num_requests_waiting"),
        cache_used=max(values.get("kv_cache_usage_perc", ()), default=None),
        cache_hits=_share(sums.get("prefix_cache_hits_total"), sums.get("prefix_cache_queries_total")),
        acceptance_length=None if not drafts or accepted is None else 1 + accepted / drafts,
        acceptance_rate=_share(accepted, sums.get("spec_decode_num_draft_tokens_total")),
    )


def _answer(http: httpx.Client, path: str) -> httpx.Response | None:
    try:
        response = http.get(path)
    except httpx.HTTPError:
        return None
    return response if response.is_success else None


def _context(response: httpx.Response, model: str) -> int | None:
    served = {entry["id"]: entry.get("max_model_len") for entry in response.json()["data"]}
    return served.get(model)


def _count(sums: Mapping[str, float], name: str) -> int | None:
    return int(sums[name]) if name in sums else None


def _share(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole
