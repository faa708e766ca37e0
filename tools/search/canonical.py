"""When two addresses are the same page."""

import re
from contextlib import suppress

import httpx

_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})|%")
_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_WWW = re.compile(r"^(?:www\.)+(?=[^.]+\.)")
_MOBILE_WIKIPEDIA = re.compile(r"^([a-z-]+)\.m\.wikipedia\.org$")
_TRACKING = re.compile(
    r"(?:utm|mtm|pk|hsa|oly|vero)_.*"
    r"|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|yclid|twclid|ttclid|li_fat_id|igsh|igshid"
    r"|mc_cid|mc_eid|mkt_tok|_ga|_gl|_hsenc|_hsmi|ref_src|srsltid",
    re.IGNORECASE,
)
"""Parameters that say where a visitor came from: the common ones of those that ClearURLs and Firefox
take out. Short words like `ref`, `source` or `id` are not here: on many sites they choose the page."""
_ARXIV_HOSTS = frozenset({"arxiv.org", "export.arxiv.org"})
_ARXIV_ID = r"([a-z-]+(?:\.[a-z]{2})?/\d{7}|\d{4}\.\d+)(?:v\d+)?"
_ARXIV_PATH = re.compile(rf"/(?:abs|pdf|html|format|ps)/{_ARXIV_ID}(?:\.pdf)?", re.IGNORECASE)
_ARXIV_DOI = re.compile(rf"/10\.48550/arxiv\.{_ARXIV_ID}", re.IGNORECASE)
_DOI_HOSTS = frozenset({"doi.org", "dx.doi.org"})
_DOI_LABEL = re.compile(r"^/doi:(?=10\.)")


def canonical(url: str) -> str:
    """The key under which addresses of one page are equal. Itself an address, but not one to fetch: it may not answer.

    RFC 3986 §6.2.2 and §6.2.3, and beyond them what is the same page on nearly every site: http and https, `www.`, a
    slash at the end, tracking parameters, fragments, credentials; versions and forms of one arXiv paper; the resolvers
    of one DOI; the mobile Wikipedia. What is no address of a page is its own key. Never raises.
    """
    url = url.strip()
    with suppress(httpx.InvalidURL, ValueError):
        parsed = httpx.URL(_escaped(url))
        if parsed.scheme in {"http", "https"} and parsed.host:
            path, _, query = parsed.raw_path.decode("ascii").partition("?")
            return _key(_host(parsed), path.rstrip("/"), _without_tracking(query))
    return url


def _escaped(url: str) -> str:
    """Percent-encoding as RFC 3986 §6.2.2 wants it: upper case, and none where none is needed."""
    return _ESCAPE.sub(_normal_escape, url)


def _normal_escape(match: re.Match[str]) -> str:
    if match[1] is None:
        return "%25"
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else f"%{match[1].upper()}"


def _host(url: httpx.URL) -> str:
    host = url.raw_host.decode("ascii").lower().rstrip(".")
    host = _MOBILE_WIKIPEDIA.sub(r"\1.wikipedia.org", _WWW.sub("", host))
    host = f"[{host}]" if ":" in host else host
    return host if url.port in {None, 80, 443} else f"{host}:{url.port}"


def _without_tracking(query: str) -> str:
    parts = query.split("&")
    return "&".join(part for part in parts if part and not _TRACKING.fullmatch(part.partition("=")[0]))


def _key(host: str, path: str, query: str) -> str:
    paper = _ARXIV_PATH.fullmatch(path) if host in _ARXIV_HOSTS else None
    if host in _DOI_HOSTS:
        host, path = "doi.org", _DOI_LABEL.sub("/", _escaped(path.lower()))
        paper = _ARXIV_DOI.fullmatch(path)
    if paper:
        return f"https://arxiv.org/abs/{paper[1].lower()}"
    return f"https://{host}{path}" + (f"?{query}" if query else "")
