"""What this machine has: its GPUs as the driver tells of them."""

import subprocess
from collections.abc import Sequence
from typing import NamedTuple

QUERY = ("nvidia-smi", "--query-gpu=name,driver_version,memory.total,memory.free", "--format=csv,noheader,nounits")
QUERY_SECONDS = 30
"""A driver that has to be loaded first takes some seconds, one that hangs takes for ever."""


class Card(NamedTuple):
    """A GPU of this machine."""

    name: str
    driver: str
    total: int
    """MiB of memory."""
    free: int


def cards(query: Sequence[str] = QUERY) -> list[Card]:
    """Empty where there is no NVIDIA driver, or one that finds no GPU."""
    try:
        told = subprocess.run(query, capture_output=True, text=True, check=True, timeout=QUERY_SECONDS)  # noqa: S603 - our own command
    except (OSError, subprocess.SubprocessError):
        return []
    found = (_card(line) for line in told.stdout.splitlines())
    return [card for card in found if card]


def _card(line: str) -> Card | None:
    """None for a line that tells something else; memory that the driver does not tell, as of a shared one, is 0."""
    fields = [field.strip() for field in line.split(",")]
    if len(fields) != len(Card._fields):
        return None
    name, driver, *memory = fields
    total, free = (int(size) if size.isdecimal() else 0 for size in memory)
    return Card(name, driver, total, free)
