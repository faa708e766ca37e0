"""What can go wrong with a document. The caller decides whether that ends the run or costs one source.

ToolError
├── PathNotFound    a path or a pattern that matches nothing
└── Unreadable      a file that cannot be read as text
"""

from pathlib import Path


class ToolError(Exception):
    """The message is one line a user can act on."""


class PathNotFound(ToolError):
    pass


class Unreadable(ToolError):
    """The message names the file and the reason."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        """The file as the caller named it."""
        self.reason = reason
        """What is wrong with it and, where something helps, what to do."""
