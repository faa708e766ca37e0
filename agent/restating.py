"""Whether sentences say in other words what one of another report says. Pure functions."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from redraft.agent.citations import cited, without_marks
from redraft.agent.facts import facts, unfounded
from redraft.agent.repetition import denials
from redraft.agent.statements import sentences
from redraft.tools.retrieve import terms

PARTS = 3
"""Sentences that one may have been split into."""
PART = 2
"""Terms that each of them adds: a single one is chance."""
TOGETHER = 0.5
"""The share of a sentence's terms that so many with one of its citations must hold to say it. Of 27 rewordings, in
English and Chinese, of sentences of two systems' reports all reach it, three splits among them; of 496 sentences that
were cut out of these reports 5 % do. At 0.4 it is 9 %, at 0.6 3 %, and then six rewordings do not. With a single
sentence instead of three the splits do not."""
ALONE = 0.6
"""The same of any single sentence: see `redraft.agent.novelty.SAID`."""
OF_IT = 0.6
"""Jaccard's likeness of their terms from which on a denial in one of two texts is a denial of what the other says:
below it may be of what only one of them speaks of. At 0.7 two of seven contradictions are missed that were written
for sentences of these reports."""
SHARED = 3
"""Terms, besides figures, that two sentences on one matter must share. Starting point."""

_PART = re.compile(r"[|#>]|```|~~~|[-+*•][ \t]|\d{1,3}[.)][ \t]|\[[^\]]*\]:")


@dataclass(frozen=True)
class Said:
    """A sentence that cites, in one line."""

    text: str

    @cached_property
    def words(self) -> str:
        return without_marks(self.text)

    @cached_property
    def evidence(self) -> frozenset[int]:
        return frozenset(cited(self.text))

    @cached_property
    def terms(self) -> frozenset[str]:
        return frozenset(terms(self.words))

    @cached_property
    def matter(self) -> frozenset[str]:
        """What it is about, whatever figures it gives."""
        return frozenset(term for term in self.terms if not any(map(str.isdigit, term)))

    @cached_property
    def denials(self) -> int:
        return denials(self.words)

    @cached_property
    def figures(self) -> bool:
        """Whether it holds a number, a date or a quotation."""
        return any(facts(self.words))


def said_in(texts: Iterable[str]) -> list[Said]:
    """The sentences of texts that cite and can stand alone, each once: no rows of tables, headings and fences."""
    lines = (line for text in texts for line in sentences(text))
    found = [Said(line) for line in lines if not _PART.match(line)]
    return list({said.words: said for said in reversed(found)}.values())[::-1]


def is_held(said: Said, others: Sequence[Said], together: float = TOGETHER, alone: float = ALONE) -> bool:
    """Whether a few sentences with one of its citations together, or any single one, say it with all its figures."""
    if any(said.words == other.words for other in others):
        return True
    parts = _parts(said, [other for other in others if other.evidence & said.evidence])
    return _hold(parts, said, together) or any(_hold([other], said, alone) for other in others)


def denies(one: Said, other: Said) -> bool:
    """Whether one of two sentences denies what the other says."""
    return not _agree(one, [other])


def recounts(one: Said, other: Said) -> bool:
    """Whether one of two sentences has a number, a date or a quotation that the other has not."""
    return bool(unfounded(one.words, [other.words]) or unfounded(other.words, [one.words]))


def likeness(old: Said, new: Said) -> float:
    """The share of what one sentence is about that another is about, too."""
    shared = len(old.matter & new.matter)
    return shared / len(old.matter) if shared >= SHARED else 0.0


def _parts(said: Said, others: Sequence[Said]) -> list[Said]:
    """The sentences that say most of one, each of what those before it left; of equals the first."""
    left, parts = said.terms, list[Said]()
    for _ in others[:PARTS]:
        best = max(others, key=lambda other: len(left & other.terms))
        if parts and len(left & best.terms) < PART:
            break
        parts.append(best)
        left -= best.terms
    return parts


def _hold(holders: Sequence[Said], said: Said, share: float) -> bool:
    held = _terms(holders)
    enough = len(said.terms & held) >= share * len(said.terms)
    return bool(holders) and enough and _agree(said, holders) and not _missing(said, holders)


def _missing(said: Said, holders: Sequence[Said]) -> list[str]:
    return unfounded(said.words, [holder.words for holder in holders])


def _agree(said: Said, holders: Sequence[Said]) -> bool:
    """Whether they deny as much as a sentence does, or speak of so much else that it cannot be told."""
    held = _terms(holders)
    alike = len(said.terms & held) >= OF_IT * len(said.terms | held)
    return not alike or sum(holder.denials for holder in holders) == said.denials


def _terms(holders: Iterable[Said]) -> frozenset[str]:
    return frozenset[str]().union(*(holder.terms for holder in holders))
