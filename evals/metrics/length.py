"""How long a report is, and how near to the length that was asked for."""

from redraft.agent.lengths import length_score as longwriter_score
from redraft.agent.prose import word_count
from redraft.evals.metrics.document import Document
from redraft.evals.metrics.given import OURS, Given, Metric, Values, values


def words(document: Document) -> float | None:
    """The words of the running text, without headings, citations and the list of references; two characters of Chinese,
    Japanese or Korean count as one."""
    return float(sum(word_count(sentence.plain) for sentence in document.sentences))


def length_score(document: Document, wanted: int) -> float | None:
    """S_l, of 100: how near the length is to the one asked for. Twice as long gives 67, half as long 50.

    Of a Chinese, Japanese or Korean text the characters count.
    """
    per_word = 2 if document.language in ("zh", "ja", "ko") else 1
    return longwriter_score(wanted, round(per_word * (words(document) or 0)))


_WORDS = Metric(words, "words", "neither", OURS, "whether they say anything: longer reports are not better")
_SCORE = Metric(length_score, "of 100", "higher", "S_l of LongBench-Write (arXiv 2408.07055)", "what fills the length")
METRICS = (_WORDS, _SCORE)


def measure(given: Given) -> Values:
    wanted = given.gold.words
    score = length_score(given.document, wanted) if wanted else None
    return values((_WORDS,), given.document) | {_SCORE.name: score}
