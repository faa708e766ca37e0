"""What goes wrong on the way to a page, in the terms of `PageFault`."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from redraft.tools.errors import PageFailed, PageFault
from redraft.tools.fetch.address import Address, shown

_STATUSES: dict[int, PageFault] = {
    401: "forbidden",
    402: "forbidden",
    403: "forbidden",
    404: "not_found",
    410: "not_found",
    429: "rate_limited",
    451: "forbidden",
}


def refused(address: Address, status: int) -> PageFailed:
    """For an answer that is not the page."""
    reason: PageFault = _STATUSES.get(status) or ("server_error" if status >= 500 else "http_error")
    phrase = f"{status} {httpx.codes.get_reason_phrase(status)}".strip()
    return PageFailed(shown(address.url), reason, f"the server answered {phrase}")


@contextmanager
def typed(address: Address) -> Iterator[None]:
    """Raises `PageFailed` for whatever the network or a server does."""
    url = shown(address.url)
    try:
        yield
    except TimeoutError as error:
        raise PageFailed(url, "timeout", "not complete in the time that a page may take") from error
    except httpx.TimeoutException as error:
        awaited = "no connection" if isinstance(error, httpx.ConnectTimeout) else "silence where the answer should be"
        raise PageFailed(url, "timeout", f"{awaited}, for too long") from error
    except httpx.DecodingError as error:
        raise PageFailed(url, "bad_encoding", str(error)) from error
    except (httpx.TransportError, ssl.SSLError) as error:
        reason: PageFault = "tls" if is_tls(error) else "unreachable"
        raise PageFailed(url, reason, f"the connection failed: {str(error) or type(error).__name__}") from error


def is_tls(error: BaseException | None) -> bool:
    """Whether TLS is what failed, a certificate for example. The libraries between wrap such errors several times."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error is not None
