"""vLLM with a drafter of a bench's own, which speaks with the bench by files in a folder."""

import json
from pathlib import Path

LONGEST = 32
"""Tokens of a draft that vLLM makes room for, as for redraft's own drafter."""
KEY = "redraft_bench"
"""Of vLLM's `--additional-config`: the folder."""


def flags(proposer: type, folder: Path) -> list[str]:
    """For vLLM's command line. The class must be importable in its processes."""
    drafting = {
        "method": "custom_class",
        "model": f"{proposer.__module__}.{proposer.__name__}",
        "num_speculative_tokens": LONGEST,
    }
    return ["--speculative-config", json.dumps(drafting), "--additional-config", json.dumps({KEY: str(folder)})]
