"""What a user gives in files for a run: a specification, samples of style, a text of theirs."""

import re
from pathlib import Path

from redraft.agent.errors import UserError
from redraft.tools.errors import PathNotFound

LONGEST = 200_000
"""Characters of one file: a book of 100 pages. More is a mistake."""
MOST_POINTS = 30
"""Of a specification: the prompts show them all."""


def read_text(path: Path) -> str:
    """Raises `PathNotFound` where there is no such file, and `UserError` where it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        message = f"there is no file {path}"
        raise PathNotFound(message) from error
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read {path} as text: {error}"
        raise UserError(message) from error


def given(path: Path) -> str:
    """The text of a file that says something, and not too much. Raises as `read_text` does, and `UserError`."""
    text = read_text(path).strip()
    if not text:
        message = f"{path} is empty"
        raise UserError(message)
    if len(text) > LONGEST:
        message = f"{path} has {len(text):,} characters, and at most {LONGEST:,} are taken"
        raise UserError(message)
    return text


def specification(path: Path) -> tuple[str, ...]:
    """The points of a file in Markdown. Raises `UserError` for more than `MOST_POINTS`."""
    found = points(given(path))
    if not 1 <= len(found) <= MOST_POINTS:
        message = f"{path} has {len(found)} points, and 1 to {MOST_POINTS} are taken"
        raise UserError(message)
    return found


def points(text: str) -> tuple[str, ...]:
    """What a specification demands: the items of its lists; without any its paragraphs, or the lines of its only one.

    Headings are none of them, and none is there twice.
    """
    body = re.sub(r"^ {0,3}#{1,6}\s.*$", "", text, flags=re.MULTILINE)
    items = [match["item"] for match in _ITEM.finditer(body)]
    paragraphs = [part for part in re.split(r"\n\s*\n", body) if part.strip()]
    found = items or (paragraphs if len(paragraphs) > 1 else body.splitlines())
    return tuple(dict.fromkeys(line for part in found if (line := " ".join(part.split()))))


_MARK = r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?"
_ITEM = re.compile(rf"^{_MARK}(?P<item>\S.*(?:\n(?!{_MARK})[ \t]+\S.*)*)", re.MULTILINE)
"""An item of a list, or a box to tick, with the indented lines that go on with it."""
