"""Whether the sources say what they are cited for, as far as words and vectors tell.

A claim is held against the passages of the sources that it cites. Two in different languages are not compared, but for
their numbers and dates.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from redraft.agent.coverage import WINDOW
from redraft.agent.facts import facts, unfounded
from redraft.evals.metrics.citations import cited_references
from redraft.evals.metrics.document import Document, Sentence
from redraft.evals.metrics.given import OURS, Encode, Given, Metric, Values, share, unknown, values
from redraft.tools.language import comparable, language_of
from redraft.tools.retrieve import terms
from redraft.tools.search.canonical import canonical
from redraft.tools.sentences import sentence_spans

LEXICAL = 0.11
"""The lexical support from which on a claim counts as supported. Of 1,098 pairs of a sentence of related work and an
abstract, half of them cited by it and half elsewhere in the same paper, it tells those that are cited with a precision
of 0.69 and a recall of 0.74 (AUC 0.76), and with every number, date and quotation found 0.69 and 0.73. It was fitted on
1,208 pairs of other papers: `python -m redraft.evals.support_bench FOLDER WEIGHTS`. It is so low as an abstract says
little of a work: against whole texts it lets most things pass, and the mean, `lexical_support`, tells more."""
COSINE = 0.37
"""The same of the cosine by all-MiniLM-L6-v2: precision 0.59, recall 0.81 (AUC 0.72). Words tell more, so that it is
no part of `supported_claims`."""


class Held(NamedTuple):
    """A claim held against its sources."""

    claim: Sentence
    sources: int
    """How many of those that it cites the store has."""
    missing: Sequence[str]
    """Of its numbers, dates and quotations, as `redraft.agent.facts.unfounded` tells them."""
    lexical: float | None
    """None where the languages differ."""
    cosine: float | None
    """None without an encoder too."""

    @property
    def is_supported(self) -> bool:
        """Whether a window has enough of its words, and nothing exact is missing."""
        return self.lexical is not None and self.lexical >= LEXICAL and not self.missing


def number_support(held: Sequence[Held]) -> float | None:
    """Of the numbers in claims whose sources the store has, those that stand in a passage of these sources.

    Percentages, thousands, units, scales and numbers said to be rounded are read as `redraft.agent.facts` does.
    """
    return _founded(held, "number", lambda text: len(facts(text).numbers))


def date_support(held: Sequence[Held]) -> float | None:
    """The same of dates."""
    return _founded(held, "date", lambda text: len(facts(text).dates))


def quote_support(held: Sequence[Held]) -> float | None:
    """Of the quotations of three words and more in claims of the sources' language, those that a passage has word for
    word, but for case, punctuation and spacing."""
    alike = [one for one in held if one.lexical is not None]
    return _founded(alike, "quotation", lambda text: len(facts(text).quotes))


def lexical_support(held: Sequence[Held]) -> float | None:
    """The mean, over claims whose sources the store has, of the share of a claim's terms that the best three sentences
    in a row of its sources hold; each term counts by how rare it is in the store (BM25's idf)."""
    return _mean(one.lexical for one in held)


def embedding_support(held: Sequence[Held]) -> float | None:
    """The mean, over the same claims, of the cosine of a claim with the nearest three sentences in a row."""
    return _mean(one.cosine for one in held)


def supported_claims(held: Sequence[Held]) -> float | None:
    """Of the claims whose sources the store has, in their language, those of which three sentences in a row hold
    0.11 of the terms as above, and the sources every number, date and quotation."""
    alike = [one for one in held if one.lexical is not None]
    return share(sum(one.is_supported for one in alike), len(alike))


def meant_claims(held: Sequence[Held]) -> float | None:
    """Of the same claims, those whose cosine with three sentences in a row is 0.37 or more."""
    known = [one.cosine for one in held if one.cosine is not None]
    return share(sum(cosine >= COSINE for cosine in known), len(known))


def effective_citations(held: Sequence[Held]) -> float | None:
    """Pairs of a supported claim and a source that it cites."""
    return float(sum(one.sources for one in held if one.is_supported))


def windows(text: str) -> list[str]:
    """Every three sentences in a row; a shorter text as a whole."""
    spans = sentence_spans(text)
    starts = range(max(1, len(spans) - WINDOW + 1)) if spans else ()
    return [text[spans[at].start : spans[min(at + WINDOW, len(spans)) - 1].end] for at in starts]


def rarity(texts: Iterable[str]) -> Callable[[str], float]:
    """How much a term tells: BM25's inverse document frequency over these texts, never 0 or less."""
    sets = [terms(text) for text in texts]
    met = Counter(term for found in sets for term in found)
    return lambda term: math.log(1 + (len(sets) - met[term] + 0.5) / (met[term] + 0.5))


def recall(said: set[str], window: set[str], weight: Callable[[str], float]) -> float:
    """The share of what is said that a window holds, by weight: 1 of nothing."""
    whole = math.fsum(map(weight, sorted(said)))
    return min(1.0, math.fsum(map(weight, sorted(said & window))) / whole) if whole else 1.0


def hold(document: Document, passages: Mapping[str, Sequence[str]], encode: Encode | None = None) -> list[Held]:
    """Every claim that cites a source of the store, with what these sources say."""
    sources = {
        number: list(passages[canonical(reference.url)])
        for number, reference in cited_references(document).items()
        if reference and passages.get(canonical(reference.url))
    }
    weight = rarity(text for texts in passages.values() for text in texts)
    cut = {number: [window for text in texts for window in windows(text)] for number, texts in sources.items()}
    near = _nearness(document.claims, cut, encode) if encode and cut else None
    return [
        _held(claim, [number for number in claim.citations if number in sources], _Store(sources, cut, weight, near))
        for claim in document.claims
        if any(number in sources for number in claim.citations)
    ]


_Nearness = Callable[[str, Sequence[str]], float]


class _Store(NamedTuple):
    texts: Mapping[int, Sequence[str]]
    windows: Mapping[int, Sequence[str]]
    weight: Callable[[str], float]
    near: _Nearness | None


def _held(claim: Sentence, numbers: Sequence[int], store: _Store) -> Held:
    texts = [text for number in numbers for text in store.texts[number]]
    cut = [window for number in numbers for window in store.windows[number]]
    alike = comparable(language_of(claim.plain), language_of(" ".join(texts)))
    missing = unfounded(claim.plain, texts, translated=not alike)
    if not alike:
        return Held(claim, len(numbers), missing, None, None)
    said = terms(claim.plain)
    lexical = max((recall(said, terms(window), store.weight) for window in cut), default=0.0)
    return Held(claim, len(numbers), missing, lexical, store.near(claim.plain, cut) if store.near else None)


def _nearness(claims: Sequence[Sentence], cut: Mapping[int, Sequence[str]], encode: Encode) -> _Nearness:
    """The cosine of a claim with the nearest of some windows; each text is encoded once."""
    texts = list(dict.fromkeys([*(claim.plain for claim in claims), *(w for found in cut.values() for w in found)]))
    rows = {text: row for row, text in enumerate(texts)}
    vectors = encode(texts)

    def nearest(claim: str, found: Sequence[str]) -> float:
        products = vectors[[rows[window] for window in found]] @ vectors[rows[claim]]
        return float(products.max(initial=-1.0))

    return nearest


def _founded(held: Sequence[Held], kind: str, count: Callable[[str], int]) -> float | None:
    said = sum(count(one.claim.plain) for one in held)
    missing = sum(what.startswith(f"the {kind} ") for one in held for what in one.missing)
    return share(said - missing, said)


def _mean(found: Iterable[float | None]) -> float | None:
    known = [value for value in found if value is not None]
    return math.fsum(known) / len(known) if known else None


_NOT_TRUTH = "paraphrase in other words; a negation, an order or a cause that is turned round"
METRICS = (
    Metric(number_support, "share", "higher", OURS, "whether the number belongs to the same thing there"),
    Metric(date_support, "share", "higher", OURS, "whether the date is of the same event"),
    Metric(quote_support, "share", "higher", OURS, "whether the words are those of whom they are ascribed to"),
    Metric(lexical_support, "share", "higher", OURS, _NOT_TRUTH),
    Metric(embedding_support, "cosine", "higher", OURS, "numbers and negations, to which vectors are nearly blind"),
    Metric(
        supported_claims,
        "share",
        "higher",
        "citation accuracy of FACT (arXiv 2506.11763), without its judge",
        _NOT_TRUTH,
    ),
    Metric(meant_claims, "share", "higher", OURS, "numbers and negations, to which vectors are nearly blind"),
    Metric(
        effective_citations,
        "pairs",
        "higher",
        "effective citations of FACT (arXiv 2506.11763), without its judge",
        _NOT_TRUTH + "; whether the claims are worth making",
    ),
)


def measure(given: Given) -> Values:
    if given.sources is None:
        return unknown(METRICS)
    return values(METRICS, hold(given.document, given.sources, given.encode))
