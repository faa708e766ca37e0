"""Addresses of pages: taken apart strictly, brought to one form, and refused where the name alone tells enough."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx
import idna

from redraft.tools.errors import Misconfigured, PageFailed
from redraft.tools.fetch.networks import IPAddress, is_public

MAX_CHARS = 8000
"""What every server should accept at least (RFC 9110, section 4.1); real addresses are shorter."""
PORTS = {"http": 80, "https": 443}
SHOWN_QUERY = 60
"""Characters of a query that messages show: enough to know the page again."""
SHOWN = 300

_FORM = re.compile(r"(https?)://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
# Backslashes, white space, invisible characters: what parsers of addresses read in different ways.
_TRICKY = re.compile(r"[\\\s\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff]")
_AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:@%]+))(?::([0-9]{1,5}))?")
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?!.{{254}})(?:{_LABEL}\.)*{_LABEL}")
# Read as numbers by browsers (WHATWG URL) and by inet_aton: 2130706433, 0x7f.1, 127.1, 1.2.3.08.
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
# RFC 6761, 6762 and 8375; ICANN has set `internal` aside, and Google's metadata live there. A name without a dot means
# a host nearby wherever it means anything.
_PRIVATE_NAME = re.compile(r"[^.]+|.*\.(?:localhost|local|internal|home\.arpa)")


@dataclass(frozen=True)
class Address:
    """Where a page is, in one form for all ways of writing it. Made by `parse`."""

    scheme: str
    host: str
    """A name in lower-case ASCII or an IP address, without brackets."""
    port: int
    url: str
    """The whole, without a fragment, ready to be sent."""
    trusted: bool
    """The user has named this host and port: it may be private."""

    @property
    def place(self) -> str:
        """`host:port`, as `allowed_hosts` has it."""
        return _place(self.host, self.port)

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.place}"


def parse(url: str, allowed: frozenset[str] = frozenset()) -> Address:
    """Raises `PageFailed`: `bad_url` for what is no address of a page, `private_address` where that shows already.

    `allowed` is what `allowed_hosts` gives. A name may still lead to a private address: `PinnedTransport` looks there.
    """
    form = _FORM.fullmatch(url)
    if form is None or len(url) > MAX_CHARS or _TRICKY.search(url):
        raise PageFailed(shown(url), "bad_url", "not an http or https address")
    scheme, path = form[1].lower(), form[3].partition("#")[0]
    try:
        host, stated = _split(form[2])
        whole = str(httpx.URL(f"{scheme}://{_place(host, stated)}/{path.removeprefix('/')}"))
    except (ValueError, httpx.InvalidURL) as error:
        raise PageFailed(shown(url), "bad_url", str(error)) from error
    port = PORTS[scheme] if stated is None else stated
    trusted = _place(host, port) in allowed
    if not trusted:
        _check(url, host, port)
    return Address(scheme, host, port, whole, trusted)


def allowed_hosts(text: str) -> frozenset[str]:
    """The hosts of `host:port,host:port`, each in the form that `Address.place` has.

    Raises `Misconfigured` for an entry that is not a host and a port.
    """
    return frozenset(_allowed(entry.strip()) for entry in text.split(",") if entry.strip())


def literal(host: str) -> IPAddress | None:
    """The IP address that a host is, if it is one."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def shown(url: str) -> str:
    """An address for messages and logs, on one line: without name and password, and with a long query cut."""
    start = (re.match(r"(?:https?:)?//", url, re.IGNORECASE) or [""])[0]
    rest = url[len(start) :]
    authority = re.split(r"[/\\?#]", rest.lstrip("/\\"), maxsplit=1)[0]
    if not start or re.search(r"@|:(?!\d+$)", authority):  # a password may hold any character: the last @ ends it
        rest = rest.rpartition("@")[2]
    path, mark, query = rest.partition("#")[0].partition("?")
    line = f"{start}{path}{mark}{_cut(query, SHOWN_QUERY)}"
    return _cut("".join(char if char.isprintable() else "\ufffd" for char in line), SHOWN)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"


def _allowed(entry: str) -> str:
    try:
        host, port = _split(entry)
    except ValueError:
        host, port = "", None
    if port is None:
        message = f"{shown(entry)!r} is not a host and a port: write it like 127.0.0.1:8080 or [::1]:8080"
        raise Misconfigured(message)
    return _place(host, port)


def _split(authority: str) -> tuple[str, int | None]:
    """Host and stated port of the part after `//`. Raises `ValueError` for all but a plain host and port."""
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise ValueError("no plain host, or a name and password before it")
    port = int(parts[3]) if parts[3] else None
    if port is not None and not 0 < port < 65536:
        message = f"there is no port {port}"
        raise ValueError(message)
    return str(IPv6Address(parts[1])) if parts[1] else _name(parts[2]), port


def _name(text: str) -> str:
    """A host name in ASCII (UTS 46), or an IPv4 address that is written as four decimal numbers."""
    name = text.lower() if text.isascii() else idna.encode(text, uts46=True, std3_rules=True).decode("ascii")
    if _NUMERIC.fullmatch(name):
        return str(IPv4Address(name))
    if not _NAME.fullmatch(name):
        raise ValueError("not the name of a host")
    return name


def _check(url: str, host: str, port: int) -> None:
    ip = literal(host)
    if _PRIVATE_NAME.fullmatch(host) if ip is None else not is_public(ip):
        raise PageFailed(shown(url), "private_address", private(_place(host, port)))
    if port not in PORTS.values():
        raise PageFailed(shown(url), "bad_url", f"port {port}: pages are read from ports 80 and 443 alone")


def private(place: str) -> str:
    return f"{place} is on this machine or a private network, and not among the allowed hosts"


def _place(host: str, port: int | None) -> str:
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if port is None else f"{bracketed}:{port}"
