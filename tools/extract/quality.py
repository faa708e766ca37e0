"""Pages that came with status 200 and are none: walls, shells and error messages.

Every rule wants both little text and a mark, so that an article about paywalls or Cloudflare passes. The limits are
starting points. Of 2,439 pages of documentation none is refused.
"""

import re
from typing import NamedTuple

from redraft.tools.errors import PageFault
from redraft.tools.extract.fault import Fault
from redraft.tools.types import Content

_SCRIPTS = "without scripts the page says nothing"


class _Rule(NamedTuple):
    reason: PageFault
    detail: str
    limit: int
    """Characters of text from which on the page is one, whatever its marks."""
    titles: re.Pattern[str] | None = None
    """Where the title or the first words are these."""
    words: re.Pattern[str] | None = None
    """Where these stand in the text."""
    source: re.Pattern[str] | None = None
    """Where these stand in the HTML."""


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_RULES = (
    _Rule(
        "challenge",
        "a check for humans stands before the page",
        800,
        titles=_any(
            r"^(?:just a moment\b|attention required!|access denied$|pardon our interruption|ddos-guard)",
            r"^(?:request unsuccessful|one more step$|checking your browser|verifying (?:that )?you are|robot check)",
            r"^(?:are you (?:a )?(?:human|robot)|(?:human|security|bot) (?:verification|check)$)",
        ),
        words=_any(
            r"(?:verify|confirm|prove|checking|make sure)(?: that| if)? you(?: are|'re| aren't)"
            r" (?:not )?(?:a )?(?:human|robot)",
            r"checking (?:if the site connection is secure|your browser before)|press (?:and|&) hold",
            r"unusual (?:traffic|activity) from your (?:computer )?network|you have been blocked",
            r"needs to review the security of your connection|enable javascript and cookies to continue",
            r"you don't have permission to access .{0,300}reference\W{1,3}[0-9a-f.]+|incapsula incident id",
            r"solve (?:the|this) captcha|complete the (?:security check|captcha)|automated (?:access|requests)",
        ),
        source=_any(
            r"challenges\.cloudflare\.com/turnstile|cdn-cgi/challenge-platform/\S{1,80}/orchestrate|_cf_chl_opt",
            r"_incapsula_resource|captcha-delivery\.com|px-captcha|sec-if-cpt-container|awswafcookiedomainlist",
            r"geetest_challenge|hcaptcha\.com/1/api\.js|recaptcha/challengepage",
        ),
    ),
    _Rule(
        "not_found",
        "says that there is no such page",
        800,
        titles=_any(
            r"^(?:error|http)?\W*404\b|\b404 (?:error|not found|page)\b|\berror 404\b|^not found$",
            r"\bpage\b.{0,40}(?:not (?:be )?found|(?:not|n't) (?:exist|available)|no longer (?:exists|available))\b",
            r"\b(?:can't|cannot|couldn't|could not) find\b.{0,40}\bpage\b|\bpage\b.{0,40}(?:can't|cannot) be found",
            r"seite (?:wurde )?nicht gefunden|page introuvable|página no encontrada|pagina non trovata",
        ),
    ),
    _Rule(
        "consent",
        "a wall that asks for consent stands before the page",
        1500,
        titles=_any(r"^before you continue to (?:google|youtube)|^bevor sie (?:zu google|fortfahren)"),
        words=_any(
            r"(?:we|we and our (?:\d+ )?(?:partners|vendors)) (?:value|care about|respect) your privacy",
            r"we(?:, [^.]{0,80},| and our [^.]{0,40})? use cookies .{0,600}(?:accept|agree|reject|manage)",
            r"(?:accept|reject|agree to) all(?: cookies)?\W.{0,80}(?:manage|reject|accept) (?:options|all|settings)",
            r"alle (?:akzeptieren|ablehnen)|mit werbung weiterlesen|continuer sans accepter",
            r"nous respectons votre vie privée",
        ),
    ),
    _Rule(
        "paywall",
        "only subscribers can read the whole text",
        1500,
        words=_any(
            r"(?:subscribe|sign up|log ?in|sign in|register|create (?:a free|an) account)(?: now| today)?"
            r" (?:to|and) (?:continue|keep|read|unlock|get full)\b",
            r"(?:article|story|content|text) is (?:only )?(?:for|available to|reserved for|exclusive to)"
            r" (?:our |paying |registered )?(?:subscribers|members)",
            r"already (?:a subscriber|subscribed)\?|(?:reached|used) your (?:monthly )?limit of (?:free )?articles",
            r"(?:to|continue) read(?:ing)? (?:the rest of )?this (?:article|story)\W+(?:subscribe|sign|log|buy|start)",
            r"(?:jetzt|hier) (?:abonnieren|weiterlesen mit)|cet article est réservé aux abonnés",
        ),
        source=_any(r'"isaccessibleforfree"\s*:\s*"?false'),
    ),
    _Rule(
        "javascript",
        _SCRIPTS,
        400,
        words=_any(
            r"(?:enable|requires?|needs?|turn on|without|activate) javascript|javascript aktivieren|activer javascript",
            r"javascript (?:is|has been|seems) (?:not )?(?:enabled|disabled|required|turned off)",
        ),
    ),
)
_SHELL = _any(
    r"<div(?=\s)[^<>]*\sid=[\"']?(?:root|app|__next|__nuxt|___gatsby|svelte)[\"'\s>][^<]*(?:<div[^<>]*>\s*)*</div>",
    r"<app-root[^<>]*>\s*</app-root>",
)
_SHELL_TEXT = 200
"""Characters of text beside an empty place for the whole application: a head line, a note on cookies."""
_SOURCE = 500_000
"""Characters of the source that are looked at. Marks of walls stand at its start, and walls are small."""
_MOST = max(rule.limit for rule in _RULES)
# Every pattern here stops at the next opening of its own kind, so that unclosed ones cost linear time.
_TITLE = re.compile(r"<title\b[^<>]*>([^<]*)", re.IGNORECASE)
_NOSCRIPT = re.compile(r"<noscript\b[^<>]*>([^<]*(?:<(?!/?noscript)[^<]*)*)", re.IGNORECASE)
_TAG = re.compile(r"<[^>]{0,500}>")


def check(content: Content, html: str) -> None:
    """Raises `Fault` if `content`, extracted from the source `html`, is not what a reader would call the page."""
    html = html[:_SOURCE]
    titles, words = _titles(content, html), _plain(f"{content.title} {content.text[:_MOST]}")
    for rule in _RULES:
        if len(content.text) < rule.limit and _is_marked(rule, titles, words, html):
            raise Fault(rule.reason, rule.detail)
    if len(content.text) < _SHELL_TEXT and (_SHELL.search(html) or _asks_for_scripts(html)):
        raise Fault("javascript", _SCRIPTS)
    if not re.search(r"\w", content.text):
        raise Fault("empty", "without text")


def _titles(content: Content, html: str) -> list[str]:
    """What the page is called: by us, by itself, and by its first line."""
    own = _TITLE.search(html)
    return [_plain(title) for title in (content.title or "", own[1] if own else "", content.text.partition("\n")[0])]


def _plain(text: str) -> str:
    return " ".join(text.replace("’", "'").lstrip("# ").split())


def _is_marked(rule: _Rule, titles: list[str], words: str, html: str) -> bool:
    return bool(
        (rule.titles and any(map(rule.titles.search, titles)))
        or (rule.words and rule.words.search(words))
        or (rule.source and rule.source.search(html))
    )


def _asks_for_scripts(html: str) -> bool:
    return "javascript" in " ".join(_TAG.sub(" ", found[1]) for found in _NOSCRIPT.finditer(html)).casefold()
