"""Bytes that say nothing, before anybody asks where they lie."""

from redraft.tools.errors import PageFault


class Fault(Exception):
    """Whoever knows where the bytes are from makes an `Unreadable` or a `PageFailed` of it."""

    def __init__(self, reason: PageFault, detail: str, remedy: str = "") -> None:
        super().__init__(reason, detail, remedy)
        self.reason: PageFault = reason
        self.detail = detail
        """What is wrong, in a few words."""
        self.remedy = remedy
        """What the owner of a file can do about it. Empty where nothing helps."""
