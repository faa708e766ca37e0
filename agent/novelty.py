"""What an answer adds to a report. Pure functions."""

from collections.abc import Container, Iterable

from redraft.agent.citations import cited, without_marks
from redraft.agent.facts import unfounded
from redraft.tools.retrieve import terms
from redraft.tools.sentences import sentence_spans

SAID = 0.6
"""The share of a sentence's terms that another sentence holds from which on it is said already. Of 1,043 facts that a
model drew from a text (the nuggets of DeepScholar-Bench), 39 % find so much in one sentence of that text and 0.1 % in
one of another text; 4.7 % find it in a second sentence of theirs. At 0.5 it is 49, 0.5 and 13.5 %."""


def is_said(sentence: str, others: Iterable[str]) -> bool:
    """Whether one of the others says it. A number, date or quotation that it lacks makes it something else."""
    words = without_marks(sentence)
    mine = terms(words)
    return not mine or any(
        len(mine & terms(without_marks(other))) >= SAID * len(mine) and not unfounded(words, [without_marks(other)])
        for other in others
    )


def novelty(answer: str, report: Iterable[str], known: Container[int]) -> float:
    """The share of an answer's sentences that are new to a report: 0.0 for an empty answer.

    `report`: all its texts. `known`: the evidence that the text in question cites: what rests on nothing else is not
    new to it. What the run has only just found cannot be among it.
    """
    said = [sentence for text in report for sentence in _split(text)]
    sentences = _split(answer)
    founded = [one for one in sentences if any(number not in known for number in cited(one))]
    return sum(not is_said(one, said) for one in founded) / len(sentences) if sentences else 0.0


def _split(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentence_spans(text)]
