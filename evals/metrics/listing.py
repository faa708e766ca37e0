"""The list of references at the end of a report, whatever its form. Pure functions."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from redraft.agent.prose import tidy
from redraft.evals.metrics.marks import KEY, LINK, URL
from redraft.tools.blocks import blocks

LONGEST_HEADING = 40
"""Characters of a line that can head a list of references."""
LONGEST_ENTRY = 300
"""Characters of an entry without an address. What is longer is a paragraph, and the list has ended before it."""

_DEEPEST = 7
"""Below all headings: the level of a heading that is only set in bold."""
_HEADING = re.compile(r" {0,3}(#{1,6})\s")
_ORDER = re.compile(r"^(?:\d{1,2}(?:\.\d{1,2}){0,3}|[一二三四五六七八九十]{1,3})\s?[.、．)]?\s?")
_ALSO = re.compile(
    r"(?:key|main|selected|full|cited|primary|list of)\s(?:citations?|references|sources)|(?:sources|references) cited"
    r"|(?:关键|主要|重要|全部)?(?:参考|引用|引文)(?:文献|来源|资料|链接)?(?:列表|清单)?|(?:主要)?(?:资料|信息)来源",
    re.IGNORECASE,
)
_ENTRY = re.compile(
    rf"\s{{0,8}}(?:[-*+•]\s{{1,3}})?(?P<keys>(?:[\[【［]\^?{KEY}[\]】］]:?\s{{0,3}}){{1,30}}+|{KEY}[.)、]\s{{1,3}}|{KEY}:\s{{1,3}})?"
    r"(?P<rest>.*)"
)
_LINK, _URL = re.compile(LINK), re.compile(URL)
_FOOTNOTE = re.compile(rf"\s{{0,3}}\[\^{KEY}\]:")
_EDGES = " \t-–—:：.|,()（）<>*_"


class Entry(NamedTuple):
    keys: Sequence[str]
    """What the text cites it by; none where it is linked."""
    title: str
    url: str
    """Empty where the list has none."""


class Divided(NamedTuple):
    text: str
    entries: Sequence[Entry]


def divided(text: str) -> Divided:
    """A report without its list of references, and that list.

    A list stands below a heading that says so, to the next heading of its level. Without one it is every line that
    begins with a number in brackets and holds an address, and every footnote.
    """
    kept: list[str] = []
    entries: list[Entry] = []
    listing = 0  # the level of the heading of the list that we are in
    for line, is_code in _lines(text):
        level = 0 if is_code else _level(line)
        if level and is_list_heading(line):
            listing = level
        elif is_code or _ends(line, level, listing):
            listing = 0
            kept.append(line)
        elif entry := _entry(line) if listing else _open_entry(line):
            entries.append(entry)
        elif not listing:
            kept.append(line)
    return Divided("\n".join(kept), entries)


def is_list_heading(line: str) -> bool:
    """Whether a line heads a list of references, in any language that `redraft.agent.prose.tidy` ends a text at."""
    bare = _ORDER.sub("", line.strip("#*_ \t:："), count=1).strip("*_ :：")
    if not bare[:1].isalpha() or len(bare) > LONGEST_HEADING:
        return False
    return not tidy(bare, title="", cut_off=False) or _ALSO.fullmatch(bare) is not None


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """The lines, each with whether it is code."""
    at = 0
    for block in blocks(text):
        if block.kind == "code":
            yield from ((line, False) for line in text[at : block.start].splitlines())
            yield text[block.start : block.end], True
            at = block.end
    yield from ((line, False) for line in text[at:].splitlines())


def _level(line: str) -> int:
    """Of a line that can head something; 0 of any other."""
    heading = _HEADING.match(line)
    if heading:
        return len(heading[1])
    return _DEEPEST if 0 < len(line.strip()) <= LONGEST_HEADING else 0


def _ends(line: str, level: int, listing: int) -> bool:
    """Whether a list ends above a line: at a heading, or at a paragraph."""
    if not listing:
        return False
    return 0 < level <= min(listing, _DEEPEST - 1) or (len(line) > LONGEST_ENTRY and not _URL.search(line))


def _open_entry(line: str) -> Entry | None:
    """An entry outside of any list."""
    entry = _entry(line) if line.lstrip()[:1] in ("[", "【", "［") else None
    return entry if entry and entry.keys and (entry.url or _FOOTNOTE.match(line)) else None


def _entry(line: str) -> Entry | None:
    match = _ENTRY.fullmatch(line)
    if match is None:
        return None
    keys = re.findall(KEY, match["keys"] or "")
    link = _LINK.search(match["rest"])
    address = link or _URL.search(match["rest"])
    url = link["target"] if link else address[0] if address else ""
    before = match["rest"][: address.start()] if address else match["rest"]
    title = (link["title"] if link else "") or before.strip(_EDGES) or _behind(match["rest"], address)
    return Entry(keys, title, url) if keys or url else None


def _behind(rest: str, address: re.Match[str] | None) -> str:
    return rest[address.end() :].strip(_EDGES) if address else ""
