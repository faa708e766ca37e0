"""Whose turn it is to ask a provider."""

from typing import Protocol

REST_SECONDS = 60.0
"""For a provider that says "too many requests" and not for how long. Most count by the second or the minute, so that a
minute is enough; where it is not, each minute costs one refused request. A starting point, not measured."""


class Pacer(Protocol):
    """Hands out turns. Knows providers by name alone, so that all processes of a user can share one."""

    def reserve(self, name: str, interval: float) -> float:
        """Takes the next turn and returns the seconds until it comes. Turns lie at least `interval` seconds apart.

        An interval of 0 takes no time from anybody, and so just asks whether the provider may be asked. Raises
        `SearchFailed` with reason `resting` while it may not, saying for how long and why.
        """

    def rest(self, name: str, seconds: float, why: str) -> None:
        """Nobody is to ask for so long. Never shortens a longer rest."""
