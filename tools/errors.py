"""What can go wrong with the world. The caller decides whether that ends the run or costs one source.

ToolError
├── PathNotFound    a path or a pattern that matches nothing
├── Unreadable      a file that cannot be read as text
├── PageFailed      a page of the web that cannot be had, or that says nothing
├── SearchFailed    a search provider that gives no answer
└── Misconfigured   a provider that does not exist, or lacks what it needs
"""

from pathlib import Path
from typing import Literal

PageFault = Literal[
    # Never asked for
    "bad_url",  # no address of a page: malformed, not http(s), a port other than 80 and 443, a name and password in it
    "private_address",  # leads into this machine or a private network
    "unlisted",  # no search result and no page that was read has named it
    "robots",  # the site's robots.txt forbids it
    "offline",  # not in the page store, and the run may not go out
    # Asked for, and not had
    "dns",
    "unreachable",
    "tls",
    "timeout",
    "redirects",  # too many, or in a circle
    "not_found",  # 404, 410
    "forbidden",  # 401, 402, 403, 451
    "rate_limited",  # 429
    "server_error",  # 5xx
    "http_error",  # any other status but 200
    "too_big",
    "bad_encoding",  # the body is not what its Content-Encoding says
    # Had, and of no use
    "unsupported_type",
    "empty",
    "javascript",  # a shell that scripts would fill in
    "challenge",  # a check for humans, by Cloudflare and the like
    "consent",  # a wall that asks for consent first
    "paywall",
    "no_text_layer",  # a PDF of pictures
    "damaged",
    "extraction_timeout",
    "extraction_crashed",
]
SearchFault = Literal[
    "resting",  # asked too often: nobody asks it again before its time
    "rate_limited",
    "forbidden",  # a wrong key, or a form of answer that is not allowed
    "unreachable",
    "timeout",
    "server_error",
    "bad_answer",  # not the form that is documented
    "offline",  # no recorded answer, and the run may not go out
]


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


class PageFailed(ToolError):
    """The message names the address, without any password in it, and the reason. Can be pickled."""

    def __init__(self, url: str, reason: PageFault, detail: str) -> None:
        super().__init__(url, reason, detail)
        self.url = url
        """The address as the caller gave it, credentials taken out."""
        self.reason = reason
        self.detail = detail
        """What happened, in a few words for the user, the model and the log."""

    def __str__(self) -> str:
        return f"{self.url}: {self.detail} ({self.reason})"


class SearchFailed(ToolError):
    """The message names the provider and what helps. Can be pickled."""

    def __init__(self, provider: str, reason: SearchFault, detail: str, retry_after: float | None = None) -> None:
        super().__init__(provider, reason, detail, retry_after)
        self.provider = provider
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after
        """Seconds for which the provider wants to be left alone, if it said so."""

    def __str__(self) -> str:
        return f"{self.provider}: {self.detail} ({self.reason})"


class Misconfigured(ToolError):
    pass
