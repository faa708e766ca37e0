"""What every event has in common."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Event:
    """Anything that a run announces."""

    @property
    def kind(self) -> str:
        return type(self).__name__

    def data(self) -> dict[str, Any]:
        """The fields as plain values, ready for JSON."""
        return asdict(self)


def restored(kind: str, data: dict[str, Any]) -> Event:
    """The event that has this kind and these data. Raises `KeyError` for a kind that there is not."""
    return {event.__name__: event for event in Event.__subclasses__()}[kind](**data)


Emit = Callable[[Event], None]
