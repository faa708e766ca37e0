"""A report on an evaluation as Markdown (CommonMark with tables, as GitHub shows it)."""

import re
from collections.abc import Iterator, Mapping, Sequence

from redraft.evals.report.document import Block, Document, Paragraph, Table
from redraft.tools.sanitize import visible

_MEANING = re.compile(r"[\\`*\[\]<>|~&#$]|(?<!\w)_|_(?!\w)|^[-+=]|(?<=\d)[.)](?=\s|$)")
"""What would mean something where text is meant. A `_` inside a word does not."""


def markdown(document: Document, pictures: Mapping[str, str] | None = None) -> str:
    """`pictures`: caption of a plot → the file that it lies in; a plot without one is left out, since all that it shows
    stands in a table."""
    parts = [f"# {escaped(document.title)}"]
    for section in document.sections:
        parts.append(f"## {escaped(section.title)}")
        parts += [part for block in section.blocks for part in _block(block, pictures or {})]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """One line, in which every sign stands for itself."""
    return _MEANING.sub(r"\\\g<0>", " ".join(visible(text).split()))


def _block(block: Block, pictures: Mapping[str, str]) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield escaped(block.text)
    elif isinstance(block, Table):
        yield f"**{escaped(block.caption)}**"
        yield "\n".join(_lines(block))
    elif block.caption in pictures:
        yield f"![{escaped(block.alt)}]({pictures[block.caption]})"
        yield escaped(block.caption)


def _lines(table: Table) -> Iterator[str]:
    yield _line(table.header)
    right = "---:" if table.numbers else "---"
    yield f"| {' | '.join('---' if place < table.heads else right for place in range(len(table.header)))} |"
    yield from map(_line, table.rows)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"
