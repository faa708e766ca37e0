"""reStructuredText written as Markdown, so that one cleaner and one notion of a heading serve both."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from redraft.tools.blocks import FENCE

_DIRECTIVE = re.compile(r"\.\. (?:\|[^|]+\| *)?(?P<kind>[\w:.+-]+?) ?::(?:\s+(?P<argument>.*))?$")
_NOTE = re.compile(r"\.\. \[[^\]]+\] (.*)")
_OPTION = re.compile(r":[\w-]+:(?:\s|$)")
_AUTO_NUMBER = re.compile(r"(?<!\S)#\. (?=\S)")
_TABLE_BORDER = re.compile(r"^[ \t]*\+[-=+]+\+[ \t]*\n?", re.MULTILINE)
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}$")
_SUBSTITUTION = re.compile(r"^[ \t]*\.\. \|([^|\n]+)\| *(\w+) ?::[ \t]*(.*)$", re.MULTILINE)
_TARGET = re.compile(r"^[ \t]*\.\. _([\w.-]+):", re.MULTILINE)

_INLINE = re.compile(
    rf"(?P<fence>{FENCE.pattern})|``(?P<literal>.+?)``(?!`)"
    r"|(?::[\w:.+-]+:)?`(?P<words>[^`\n]+(?:\n[^`\n]+)*?)`(?P<ref>__?(?!\w))?"
    r"|\|(?P<name>[^|\s](?:[^|\n]*[^|\s])?)\|(?:__?(?!\w))?"
    r"|(?<![\w`])(?P<target>[\w.-]*\w)__?(?![\w`])|\\(?P<glue>\s)",
    re.MULTILINE | re.DOTALL,
)
_POINTER = re.compile(r"\s*<([^<>]*)>$")

_CODE = re.compile("code|code-block|sourcecode|parsed-literal|prompt|doctest|testcode|console")
# Directives that hold no text of the document, or none in words.
_DROPPED = re.compile(
    "autoclass|autofunction|automodule|class|contents|currentmodule|default-role|figure|footer|header|highlight|image"
    "|include|index|literalinclude|meta|module|raw|replace|role|sectnum|testcleanup|testsetup|toctree|unicode"
)
_LABELS = {
    "versionadded": "New in version {}:",
    "versionchanged": "Changed in version {}:",
    "deprecated": "Deprecated since version {}:",
} | {
    name: f"{name.capitalize()}: {{}}"
    for name in ("attention", "caution", "danger", "error", "hint", "important", "note", "tip", "warning")
}


class _Step(NamedTuple):
    """What some lines mean, and where to read on."""

    lines: list[str]
    next: int
    body: Sequence[str] = ()
    """Lines to be read in their turn before reading on."""


def to_markdown(text: str) -> str:
    """`text` with Markdown's headings, fences, links and code; directives become their content, comments go."""
    words = {name: value if kind == "replace" else "" for name, kind, value in _SUBSTITUTION.findall(text)}
    targets = set(_TARGET.findall(text))
    lines = "\n".join(_translate(_TABLE_BORDER.sub("", text.expandtabs())))
    return _INLINE.sub(lambda match: _inline(match, words, targets), lines)


def _inline(match: re.Match[str], words: dict[str, str], targets: set[str]) -> str:
    if match["literal"] is not None:
        return f"`{match['literal']}`"
    if match["words"] is not None:
        return _role(match["words"], linked=match["ref"] is not None)
    if match["name"] is not None:
        return words.get(match["name"], match[0])
    if match["target"] is not None:
        return match["target"] if match["target"] in targets else match[0]
    return "" if match["glue"] else match[0]


def _role(words: str, *, linked: bool) -> str:
    """Interpreted text: a link with its target, or a name shown as code."""
    shown = _POINTER.sub("", words) or words
    target = _POINTER.search(words)
    if target:
        return f"[{shown}]({target[1]})"
    if linked:
        return shown
    return f"`{shown.removeprefix('~').removeprefix('!')}`"


def _translate(text: str) -> Iterator[str]:
    """The lines of Markdown."""
    styles: list[str] = []  # the underlines of headings in the order in which levels use them
    pending: list[tuple[Sequence[str], int]] = [(text.split("\n"), 0)]
    while pending:
        lines, at = pending.pop()
        if at < len(lines):
            step = _title(lines, at, styles) or _explicit(lines, at) or _doctest(lines, at) or _literal(lines, at)
            step = step or _Step([_AUTO_NUMBER.sub("- ", lines[at])], at + 1)
            yield from step.lines
            pending += [(lines, step.next), (step.body, 0)]


def _explicit(lines: Sequence[str], at: int) -> _Step | None:
    """Directives, footnotes, targets and comments: whatever two full stops begin."""
    line = lines[at].strip()
    if line.startswith("__ "):
        return _Step([], at + 1)
    if line != ".." and not line.startswith(".. "):
        return None
    body, after = _body(lines, at)
    if directive := _DIRECTIVE.match(line):
        return _directive(directive["kind"].rpartition(":")[2], directive["argument"] or "", body, after)
    if note := _NOTE.match(line):
        return _Step([note[1], *body], after)
    return _Step([""], after)


def _directive(name: str, argument: str, body: list[str], after: int) -> _Step:
    if _DROPPED.fullmatch(name):
        return _Step([""], after)
    while body and (_OPTION.match(body[0].strip()) or not body[0].strip()):
        body = body[1:]
    if _CODE.fullmatch(name):
        return _Step(_fenced(body), after)
    label = _LABELS.get(name, "{}").replace("{}", argument).strip()
    return _Step(["", label, ""], after, [*body, ""])


def _title(lines: Sequence[str], at: int, styles: list[str]) -> _Step | None:
    """A heading, with or without a line above it; a line alone is only decoration."""
    over = _adornment(lines, at)
    title = at + bool(over)
    under = _adornment(lines, title + 1)
    if under and over in ("", under) and lines[title].strip() and (over or not lines[title].startswith(" ")):
        style = over + under
        if style not in styles:
            styles.append(style)
        return _Step(["", f"{'#' * min(6, styles.index(style) + 1)} {lines[title].strip()}", ""], title + 2)
    return _Step([""], at + 1) if over else None


def _adornment(lines: Sequence[str], at: int) -> str:
    """The character that makes up the whole line, if one does."""
    match = _ADORNMENT.match(lines[at].rstrip()) if at < len(lines) else None
    return match[1] if match else ""


def _doctest(lines: Sequence[str], at: int) -> _Step | None:
    if not lines[at].lstrip().startswith(">>> "):
        return None
    after = next((later for later in range(at, len(lines)) if not lines[later].strip()), len(lines))
    return _Step(_fenced(lines[at:after]), after)


def _literal(lines: Sequence[str], at: int) -> _Step | None:
    """A paragraph's last line that announces an indented block."""
    if not lines[at].rstrip().endswith("::"):
        return None
    body, after = _body(lines, at)
    announcement = lines[at].rstrip().removesuffix(":")
    return _Step(
        [announcement.removesuffix(":") if announcement.strip() == ":" else announcement, *_fenced(body)], after
    )


def _body(lines: Sequence[str], at: int) -> tuple[list[str], int]:
    """The lines below `at` that are indented further, flush left, and where they end."""
    after = at + 1
    while after < len(lines) and (not lines[after].strip() or _indent(lines[after]) > _indent(lines[at])):
        after += 1
    return textwrap.dedent("\n".join(lines[at + 1 : after])).strip("\n").split("\n"), after


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _fenced(body: Sequence[str]) -> list[str]:
    return ["", "```", *textwrap.dedent("\n".join(body)).strip("\n").split("\n"), "```", ""] if any(body) else [""]
