"""Sentences that say again what the report has said. Pure functions.

Compared are the terms of sentences. Two that differ in a number, or of which only one denies, say different things
however alike they are, and a sentence that adds a number to another does not repeat it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import NamedTuple

from redraft.agent.citations import cited, without_marks
from redraft.agent.numerals import known, numbers
from redraft.tools.retrieve import terms
from redraft.tools.sentences import SentenceSpan, sentence_spans

LEAST_TERMS = 6
"""Sentences of fewer are too short to tell a repetition from a turn of phrase."""
SAME_SOURCE = 0.5
SAME_WORDS = 0.8
"""Jaccard's likeness of their terms from which on a sentence repeats another: the lower bound where both cite the same
evidence. In 336 reports of six research systems, 23,107 sentences in English and Chinese, that finds 57 pairs with a
shared citation: 24 are equal, and of 30 of the others 29 repeat. Without a shared citation 13 of 56 pairs between 0.6
and 0.8 do not repeat, but say the like of something else ("funded by the Danish government", "by the Swiss
government"); from 0.8 up to 1 it was one of 8 that were read."""
ALIKE = 0.4
"""The bound of `irr`. By it half of those reports are at 0.0002 or less, and a tenth above 0.003."""
_DENIAL = re.compile(
    r"\b(?:not?|never|without|neither|nor|cannot|nicht|kein\w*|nie|ohne|weder|ne|pas|jamais|sans|non|sin|nunca|ni|não|sem"
    r"|mai|senza|niet|geen|zonder|не|нет|без|لا|ليس|لم|لن|غير)\b|n[’']t\b|[不没沒無无未非]|ない|ません|않|없|못",
    re.IGNORECASE,
)


class Sentence(NamedTuple):
    """A sentence and where it stands."""

    section: str
    span: SentenceSpan
    text: str


class Pair(NamedTuple):
    earlier: Sentence
    later: Sentence
    likeness: float
    """Jaccard's, of their terms."""
    contained: float
    """The share of the later one's terms that the earlier one has."""


def repeated(texts: Mapping[str, str]) -> list[Pair]:
    """Each sentence that says again what one before it says, with that one: the likest, and the first of equals.

    `texts`: the sections' texts by number, in the order of the report. What an earlier sentence is compared with may
    stand in the same section. A sentence that is itself a repetition is not what another repeats.
    """
    sentences = _sentences(texts)
    earlier_ones: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for earlier, later, likeness in _alike([terms(without_marks(s.text)) for s in sentences], SAME_SOURCE):
        if _repeats(sentences[earlier], sentences[later], likeness):
            earlier_ones[later].append((earlier, likeness))
    pairs: dict[int, Pair] = {}
    for later in sorted(earlier_ones):
        standing = [(earlier, likeness) for earlier, likeness in earlier_ones[later] if earlier not in pairs]
        if standing:
            earlier, likeness = min(standing, key=lambda found: (-found[1], found[0]))
            pairs[later] = _pair(sentences[earlier], sentences[later], likeness)
    return list(pairs.values())


def irr(texts: Mapping[str, str], least: float = ALIKE) -> float:
    """Of all pairs of sentences, the share that is alike: 0 for a report that never says a thing twice.

    The counts are those of AutoPatent's Inverse Repetition Rate, which is the inverse of this share and has no value
    where nothing repeats.
    """
    features = [terms(without_marks(sentence.text)) for sentence in _sentences(texts)]
    pairs = len(features) * (len(features) - 1) // 2
    return sum(1 for _ in _alike(features, least)) / pairs if pairs else 0.0


def denials(text: str) -> int:
    """How often a text denies something: that it does is told by a word, what it denies is not."""
    return len(_DENIAL.findall(text))


def _sentences(texts: Mapping[str, str]) -> list[Sentence]:
    return [
        Sentence(section, span, sentence)
        for section, text in texts.items()
        for span in sentence_spans(text)
        if len(terms(without_marks(sentence := text[span.start : span.end]))) >= LEAST_TERMS
    ]


def _alike(features: Sequence[set[str]], least: float) -> Iterator[tuple[int, int, float]]:
    """Every pair, the earlier first, whose Jaccard likeness is `least` or more.

    Two sets so alike share one of their rarest terms (prefix filtering, Chaudhuri et al. 2006): only pairs that do are
    looked at, and none is missed.
    """
    counts = Counter(term for feature in features for term in feature)
    holders: dict[str, list[int]] = defaultdict(list)
    for later, feature in enumerate(features):
        rare = sorted(feature, key=lambda term: (counts[term], term))
        prefix = rare[: len(rare) - ceil(least * len(rare)) + 1]
        for earlier in sorted({held for term in prefix for held in holders[term]}):
            likeness = len(feature & features[earlier]) / len(feature | features[earlier])
            if likeness >= least:
                yield earlier, later, likeness
        for term in prefix:
            holders[term].append(later)


def _repeats(earlier: Sentence, later: Sentence, likeness: float) -> bool:
    shared = set(cited(earlier.text)) & set(cited(later.text))
    if likeness < (SAME_SOURCE if shared else SAME_WORDS):
        return False
    one, other = without_marks(earlier.text), without_marks(later.text)
    values = known(one)
    told = all(number.values & values for number in numbers(other))
    return told and denials(one) == denials(other)


def _pair(earlier: Sentence, later: Sentence, likeness: float) -> Pair:
    own = terms(without_marks(later.text))
    return Pair(earlier, later, likeness, len(own & terms(without_marks(earlier.text))) / len(own))
