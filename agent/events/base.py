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


Emit = Callable[[Event], None]
