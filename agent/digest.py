"""The report in few words, for prompts that must know of it without holding it.

What a digest takes grows with the number of sections by a line each, and stops growing at `MOST_CHARACTERS`: a prompt
stays as long as it is, however long the report gets.
"""

from collections.abc import Iterable, Mapping, Sequence

from redraft.agent import tree
from redraft.agent.citations import without_marks
from redraft.agent.prose import one_line
from redraft.store.models import Section
from redraft.store.runs import place
from redraft.tools.sentences import sentence_spans

MOST_CHARACTERS = 6000
"""Of a digest of the whole tree: about 1,500 tokens, a fifth of the smallest context that is served."""
SENTENCE_CHARACTERS = 220
NEIGHBOURS = 6
"""Sections that a writer is told the matter of: the closest in the tree."""


def outline(sections: Sequence[Section]) -> str:
    """Every section by number and title, deeper ones only as far as there is room."""
    lines = [(tree.depth(s.number), f"{s.number} {one_line(s.title)}") for s in tree.body(sections)]
    for depth in range(tree.DEEPEST, 1, -1):
        text = "\n".join(line for level, line in lines if level <= depth)
        if len(text) <= MOST_CHARACTERS:
            return text
    return "\n".join(line for level, line in lines if level == 1)


def report(sections: Sequence[Section], texts: Mapping[str, str], limit: int = MOST_CHARACTERS) -> str:
    """Every section with what it says, in a sentence or two. `texts`: what stands there, by the section's number.

    About `limit` characters at most, but a few words of each section.
    """
    entries = [section for section in tree.body(sections) if section.number in texts]
    each = limit // max(1, len(entries))
    return "\n".join(_entry(section, texts[section.number], each) for section in entries)


def neighbours(sections: Sequence[Section], number: str, texts: Mapping[str, str]) -> str:
    """What the closest sections say, or are to say where nothing stands: for a writer who must not repeat it."""
    order = [section for section in tree.body(sections) if section.number != number]
    near = sorted(order, key=lambda section: _distance(section.number, number))[:NEIGHBOURS]
    kept = [section for section in order if section in near]
    return "\n".join(_entry(s, texts.get(s.number, s.purpose), 2 * SENTENCE_CHARACTERS) for s in kept)


def gist(text: str, room: int = SENTENCE_CHARACTERS) -> str:
    """The first sentences of a text, without its citations, as far as `room` characters hold them."""
    said = ""
    for sentence in _sentences(text):
        longer = f"{said} {sentence}".strip()
        if len(longer) > room:
            break
        said = longer
    return said or without_marks(text)[:room]


def _entry(section: Section, text: str, room: int) -> str:
    title = one_line(section.title)
    return f"{section.number} {title}: {gist(text, max(40, min(room - len(title), 2 * SENTENCE_CHARACTERS)))}"


def _sentences(text: str) -> Iterable[str]:
    return (" ".join(without_marks(text[span.start : span.end]).split()) for span in sentence_spans(text))


def _distance(one: str, other: str) -> tuple[int, int]:
    """Steps through the tree from one section to the other, then how far apart they stand in their rows."""
    mine, theirs = place(one), place(other)
    shared = next(
        (i for i, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), min(len(mine), len(theirs))
    )
    apart = abs(mine[shared] - theirs[shared]) if shared < min(len(mine), len(theirs)) else 0
    return len(mine) + len(theirs) - 2 * shared, apart
