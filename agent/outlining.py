"""The outline as a text that a user can edit, and the changes to it that have a command. Pure functions."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from redraft.agent.errors import UserError
from redraft.agent.guard import SHORTEST
from redraft.agent.prose import one_line
from redraft.agent.titles import TITLE_LENGTH, is_reserved

LONGEST = 240
"""Characters of a purpose or a hypothesis."""
MOST_WORDS = 10_000
"""Of one section: more than any served context holds."""
MOST_SECTIONS = 40
HELP = """<!-- A section is a line that begins with ##, then its purpose, its words, and what it may find as a list. -->
<!-- Change, add, remove and move sections. Leave out the number of a new one; the others keep theirs. -->"""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A section that is not begun."""

    number: str = ""
    """Its place in the outline as it stands; empty for a new one."""
    title: str
    purpose: str = ""
    """Empty where nobody has told it."""
    words: int = 0
    """Wanted length; 0 where nobody has told it."""
    hypotheses: tuple[str, ...] = ()


def text_of(sections: Iterable[Planned]) -> str:
    """The outline as Markdown. What `parsed` reads from it are these sections again."""
    return "\n\n".join([HELP, *map(_block, sections)]) + "\n"


def parsed(text: str, known: Sequence[str]) -> list[Planned]:
    """The sections of such a text; `known` are the numbers that stand for a section of the outline as it is.

    Raises `UserError` that names the first line which cannot be used.
    """
    blocks: list[list[_Line]] = []
    for line in _lines(text):
        if line.key == "title":
            blocks.append([])
        elif not blocks:
            raise line.error("an outline begins with a section, as in ## 1. Title")
        blocks[-1].append(line)
    return _checked([_planned(block, known) for block in blocks], [block[0] for block in blocks])


def plain(text: str) -> str:
    """A purpose or a hypothesis as the text of an outline holds it: on one line, and of bounded length."""
    return " ".join(text.split())[:LONGEST].strip()


def renamed(sections: Sequence[Planned], number: str, title: str) -> list[Planned]:
    at = _place(sections, number)
    return _checked(
        [*sections[:at], replace(sections[at], title=one_line(title, limit=TITLE_LENGTH)), *sections[at + 1 :]]
    )


def resized(sections: Sequence[Planned], number: str, words: int) -> list[Planned]:
    at = _place(sections, number)
    return _checked([*sections[:at], replace(sections[at], words=words), *sections[at + 1 :]])


def dropped(sections: Sequence[Planned], number: str) -> list[Planned]:
    at = _place(sections, number)
    return _checked([*sections[:at], *sections[at + 1 :]])


def added(sections: Sequence[Planned], title: str) -> list[Planned]:
    return _checked([*sections, Planned(title=one_line(title, limit=TITLE_LENGTH))])


def moved(sections: Sequence[Planned], number: str, place: int) -> list[Planned]:
    """With one section at another place, counted from 1."""
    at = _place(sections, number)
    if not 1 <= place <= len(sections):
        message = f"there is no place {place}: the outline has {len(sections)} sections"
        raise UserError(message)
    others = [*sections[:at], *sections[at + 1 :]]
    return [*others[: place - 1], sections[at], *others[place - 1 :]]


@dataclass(frozen=True)
class _Line:
    """A line that says something, with what runs on below it."""

    at: int
    key: str
    """`title`, `purpose`, `words` or `hypothesis`."""
    value: str

    def error(self, wrong: str) -> UserError:
        message = f"line {self.at} of the outline: {wrong}"
        return UserError(message)


_KEYS = {
    "title": re.compile(r"##\s+(?P<value>.*)"),
    "purpose": re.compile(r"purpose:\s*(?P<value>.*)", re.IGNORECASE),
    "words": re.compile(r"words:\s*(?P<value>.*)", re.IGNORECASE),
    "hypothesis": re.compile(r"[-*](?:\s+|$)(?P<value>.*)"),
    "comment": re.compile(r"(?P<value><!--.*-->)"),
}
_NUMBER = re.compile(r"(?P<number>\d{1,3})[.)](?:\s+|$)(?P<title>.*)")


def _block(section: Planned) -> str:
    numbered = f"{section.number}. {section.title}" if section.number else section.title
    said = [f"Purpose: {section.purpose}"] if section.purpose else []
    length = [f"Words: {section.words}"] if section.words else []
    listed = ["", *(f"- {text}" for text in section.hypotheses)] if section.hypotheses else []
    return "\n".join([f"## {numbered}", "", *said, *length, *listed]).rstrip()


def _lines(text: str) -> Iterator[_Line]:
    """What the text says, line by line; a line that nothing begins belongs to the purpose or the point above it."""
    current: _Line | None = None
    for at, raw in enumerate(text.splitlines(), start=1):
        line = _read(at, raw.strip())
        if line is None or line.key:
            yield from [current] if current else []
            current = line if line and line.key != "comment" else None
        elif current is not None and current.key in ("purpose", "hypothesis"):
            current = replace(current, value=f"{current.value} {line.value}")
        else:
            raise line.error("neither a section (##), nor Purpose:, Words: or a point of a list")
    yield from [current] if current else []


def _read(at: int, line: str) -> _Line | None:
    """None for a blank line; without a key for one that goes on with something."""
    for key, pattern in _KEYS.items():
        if match := pattern.fullmatch(line):
            return _Line(at, key, match["value"])
    return _Line(at, "", line) if line else None


def _planned(block: Sequence[_Line], known: Sequence[str]) -> Planned:
    title, *rest = block
    number = _NUMBER.fullmatch(title.value)
    keeps = number is not None and number["number"].lstrip("0") in known
    return Planned(
        number=number["number"].lstrip("0") if number and keeps else "",
        title=one_line(number["title"] if number and keeps else title.value, limit=TITLE_LENGTH),
        purpose=plain(_only(rest, "purpose") or ""),
        words=_words(rest),
        hypotheses=tuple(point for line in rest if line.key == "hypothesis" and (point := plain(line.value))),
    )


def _words(lines: Sequence[_Line]) -> int:
    said = _only(lines, "words")
    if said is None:
        return 0
    if not re.fullmatch(r"[0-9]{1,6}", said.strip()):
        wrong = f"{said!r} is no number of words"
        raise next(line for line in lines if line.key == "words").error(wrong)
    return int(said)


def _only(lines: Sequence[_Line], key: str) -> str | None:
    found = [line for line in lines if line.key == key]
    if len(found) > 1:
        wrong = f"a section has one line {key.capitalize()}:"
        raise found[1].error(wrong)
    return found[0].value if found else None


def _place(sections: Sequence[Planned], number: str) -> int:
    for at, section in enumerate(sections):
        if section.number == number:
            return at
    message = f"the outline has no section {number}: its sections are 1 to {len(sections)}"
    raise UserError(message)


def _checked(sections: list[Planned], lines: Sequence[_Line] = ()) -> list[Planned]:
    """The sections, if they make an outline. `lines`: where each begins."""
    for at, section in enumerate(sections):
        wrong = _fault(section, sections[:at])
        if wrong:
            raise lines[at].error(wrong) if lines else UserError(wrong)
    if not 1 <= len(sections) <= MOST_SECTIONS:
        message = f"an outline has 1 to {MOST_SECTIONS} sections, and this one {len(sections)}"
        raise UserError(message)
    return sections


def _fault(section: Planned, before: Sequence[Planned]) -> str | None:
    """What is wrong with a section, beside those above it."""
    title = section.title
    if not any(character.isalnum() for character in title):
        return "the section has no title"
    if is_reserved(title):
        return f"{title!r} is a heading that the report has anyway"
    if any(other.title.casefold() == title.casefold() for other in before):
        return f"there are two sections {title!r}"
    if section.number and any(other.number == section.number for other in before):
        return f"there are two sections with the number {section.number}"
    if section.words and not SHORTEST <= section.words <= MOST_WORDS:
        return f"a section has {SHORTEST} to {MOST_WORDS} words, and {title!r} {section.words}"
    return None
