"""A text written anew, held against the one that stands: what it keeps, what it corrects and what it loses. Pure.

Rewriting loses: agents that revise whole reports lose 16 to 27 % of what was covered (Mr Dre, arXiv 2601.13217).
"""

from collections.abc import Callable, Container, Mapping, Sequence, Set
from typing import NamedTuple

from redraft.agent.asking import Problem
from redraft.agent.citations import cited, without_marks
from redraft.agent.facts import unfounded
from redraft.agent.guard import REASONS, support, told
from redraft.agent.prose import word_count, wrong_language
from redraft.agent.repetition import Pair, repeated
from redraft.tools.sentences import sentence_spans

REVISED_RANGE = (0.7, 1.6)
"""Of the wanted length, the least also of the old text's where that is shorter: a text is never padded to be let
stand. Unlike a first draft a revision must be within it: there is a text that is."""
KEPT = 0.4
"""The share of a claim's terms that sentences with its citation must hold for it to be kept. Of 1,043 facts that a
model drew from a text (the nuggets of DeepScholar-Bench) 94 % find it in two sentences of that text, 1 % in one of
another text. Of 4,225 cited sentences that were cut out of 2,384 sections of four systems' reports, 98 to 99.5 % are
found missing; the others' words and figures stand in sentences with the same citation. None of these sections loses
anything by being left as it is with a new sentence behind it."""
SAME = 0.5
"""The same in a single sentence, for one that says something else on a claim's matter from other evidence. 79 % of
these facts find it in their text; of the cited sentences 2 to 6 % find it in another sentence of their section."""


class Claim(NamedTuple):
    """A sentence that cites."""

    text: str
    evidence: Set[int]


class Comparison(NamedTuple):
    """Each claim of the old text is in one of `kept`, `updated` and `lost`."""

    problems: Sequence[Problem]
    """Why the new text must not stand; empty where it may."""
    kept: Sequence[str]
    updated: Sequence[str]
    """The new text says something else on its matter, from new evidence."""
    lost: Sequence[str]
    """Gone. Each is among the problems unless it was free to go."""
    gains: bool
    """The new text has more claims, or cites more evidence."""


class Demands(NamedTuple):
    """What a revision has to hold to."""

    known: Container[int]
    """The evidence it may cite."""
    fresh: Set[int]
    """The evidence that it was made for."""
    others: Mapping[str, str]
    """The texts of the other sections, by number."""
    words: int
    """Wanted length."""
    language: str | None = None
    """The one it has to be in, if that is known."""
    may_go: Callable[[str], bool] = lambda claim: False
    """Whether a claim need not be kept, as it is what is wrong with the old text."""


def compare(old: str, new: str, demands: Demands) -> Comparison:
    """Whether a revision of a text may stand in its place, as far as it can be computed."""
    before, after = claims(old), claims(new)
    kept = [claim for claim in before if _is_kept(claim, after)]
    updated = [claim for claim in before if claim not in kept and _is_updated(claim, after, demands.fresh)]
    gone = [claim for claim in before if claim not in kept and claim not in updated]
    problems = [
        *_unknown(new, demands.known),
        *_missing([claim for claim in gone if not demands.may_go(claim.text)]),
        *_uncited(kept, after),
        *_form(old, new, demands),
        *_duplicates(old, new, demands.others),
        *([] if updated or gone or _sources(after) - _sources(before) else [_nothing_new(demands.fresh)]),
    ]
    gains = len(after) > len(before) or len(_sources(after)) > len(_sources(before))
    return Comparison(problems, _texts(kept), _texts(updated), _texts(gone), gains)


def lost(old: str, new: str) -> list[str]:
    """The sentences of a text that cite, and that another no longer says with the same evidence."""
    after = claims(new)
    return _texts([claim for claim in claims(old) if not _is_kept(claim, after)])


def claims(text: str) -> list[Claim]:
    sentences = [text[span.start : span.end] for span in sentence_spans(text)]
    return [Claim(sentence, frozenset(cited(sentence))) for sentence in sentences if cited(sentence)]


def _is_kept(claim: Claim, after: Sequence[Claim]) -> bool:
    """Its words, and all of its numbers, dates and quotations, are in sentences that rest on the same evidence."""
    holders = [without_marks(other.text) for other in after if other.evidence & claim.evidence]
    said = without_marks(claim.text)
    return bool(holders) and support(said, holders) >= KEPT and not unfounded(said, holders)


def _is_updated(claim: Claim, after: Sequence[Claim], fresh: Set[int]) -> bool:
    newer = [without_marks(other.text) for other in after if (other.evidence & fresh) - claim.evidence]
    return any(support(claim.text, [sentence]) >= SAME for sentence in newer)


def _sources(found: Sequence[Claim]) -> set[int]:
    return set[int]().union(*(claim.evidence for claim in found))


def _texts(found: Sequence[Claim]) -> list[str]:
    return [claim.text for claim in found]


def _unknown(new: str, known: Container[int]) -> list[Problem]:
    return [Problem(f"No evidence has the id [e{number}].") for number in cited(new) if number not in known]


def _missing(lost: Sequence[Claim]) -> list[Problem]:
    reason = 'The text no longer says this: "{}". Keep it, unless the new evidence says otherwise.'
    return [Problem(reason.format(" ".join(claim.text.split())[:200])) for claim in lost[:REASONS]]


def _uncited(kept: Sequence[Claim], after: Sequence[Claim]) -> list[Problem]:
    """Citations that are gone though what they stand for is kept."""
    gone = sorted(_sources(kept) - _sources(after))
    return [Problem(f"The text no longer cites [e{number}]. Cite it where you say what it says.") for number in gone]


def _form(old: str, new: str, demands: Demands) -> list[Problem]:
    length, (least, most) = word_count(new), REVISED_RANGE
    found = []
    # Where the evidence gave less than was wanted, what stood is the measure: a text is never to be padded.
    if not least * min(demands.words, word_count(old)) <= length <= most * demands.words:
        sizes = told(length, demands.language), told(demands.words, demands.language)
        found.append(Problem("The text has {}. Write about {}.".format(*sizes)))
    foreign = wrong_language(new, demands.language) if demands.language else None
    return [*found, Problem(foreign)] if foreign else found


def _duplicates(old: str, new: str, others: Mapping[str, str]) -> list[Problem]:
    """What another section says, and the old text did not repeat."""
    said = {pair.earlier for pair in _repeated(others, old)}
    reason = 'Section {} says this already: "{}". Leave it to that section.'
    return [
        Problem(reason.format(pair.section, text[:200]))
        for pair, text in ((p.earlier, without_marks(p.later.text)) for p in _repeated(others, new))
        if pair not in said
    ][:REASONS]


def _repeated(others: Mapping[str, str], text: str) -> list[Pair]:
    pairs = repeated({**others, "": text})
    return [pair for pair in pairs if pair.later.section == "" and pair.earlier.section != ""]


def _nothing_new(fresh: Set[int]) -> Problem:
    ids = ", ".join(f"[e{number}]" for number in sorted(fresh)[:REASONS])
    return Problem(f"The text says nothing new. Work in what was found out, and cite it: {ids}.")
