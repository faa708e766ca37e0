"""Reports made worse on purpose, in ways that nobody can dispute: what a judge must see. Pure functions."""

import re
from collections.abc import Callable, Mapping

from redraft.tools.language import language_of

CUT = 0.3
"""The share of the sections that is taken out."""
EVERY = 3
"""Each third paragraph is said twice."""
PADDING = {
    "en": "It is important to note that this is an important aspect which deserves careful and thorough consideration.",
    "zh": "值得注意的是，这是一个非常重要的方面，需要我们从多个角度进行全面、深入、细致的思考和关注。",
}
"""A sentence that says nothing."""

_SECTION = re.compile(r"^(?=#{1,6}[ \t])", re.MULTILINE)
_MARK = re.compile(r"(?<=[^\s\[])([ \t]?)\[(\d{1,3})\](?!\()")


def without_sections(article: str) -> str:
    """Spread evenly; the first stays. Of a report with fewer than four headings, paragraphs are taken instead."""
    parts = _SECTION.split(article)
    if len(parts) < 4:
        return "\n\n".join(_thinned(article.split("\n\n")))
    return "".join(_thinned(parts))


def _thinned(parts: list[str]) -> list[str]:
    return [part for place, part in enumerate(parts) if not place or int(place * CUT) == int((place - 1) * CUT)]


def with_doubled_paragraphs(article: str) -> str:
    """Each third one comes again after the next."""
    paragraphs = article.split("\n\n")
    doubled = (
        [paragraph, paragraphs[place - 1]] if place % EVERY == EVERY - 1 else [paragraph]
        for place, paragraph in enumerate(paragraphs)
    )
    return "\n\n".join(paragraph for pieces in doubled for paragraph in pieces)


def with_padding(article: str) -> str:
    """A sentence that says nothing at the end of each paragraph and each list, not of headings, tables and code."""
    padding = PADDING.get(language_of(article) or "en", PADDING["en"])
    paragraphs = article.split("\n\n")
    return "\n\n".join(f"{one} {padding}" if _takes_padding(one) else one for one in paragraphs)


def _takes_padding(paragraph: str) -> bool:
    last = paragraph.rpartition("\n")[2].strip()
    return bool(last) and not last.startswith(("#", "|", "`", "["))


def with_shuffled_citations(article: str) -> str:
    """Every mark `[n]` in the text points to the source that the next number had; the list stays."""
    numbers = sorted({int(match[2]) for match in _MARK.finditer(article)})
    following = dict(zip(numbers, numbers[1:] + numbers[:1], strict=True))
    return _MARK.sub(lambda match: f"{match[1]}[{following[int(match[2])]}]", article)


Damage = Callable[[str], str]
DAMAGES: Mapping[str, Damage] = {
    "sections removed": without_sections,
    "paragraphs doubled": with_doubled_paragraphs,
    "citations shuffled": with_shuffled_citations,
}
"""What a score must fall with."""
