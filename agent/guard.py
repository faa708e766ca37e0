"""What a text must pass before it may stand in a report. Every check is computed; none asks a model.

A problem is told in a sentence that says what to do, because it goes back to the model that made it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from redraft.agent.asking import Problem
from redraft.agent.citations import cited, without_marks
from redraft.agent.facts import unfounded
from redraft.agent.prose import word_count, word_runs, wrong_language
from redraft.prompts.labels import labels
from redraft.tools.language import comparable, language_of
from redraft.tools.retrieve import terms
from redraft.tools.sentences import SentenceSpan, sentence_spans

SHORTEST = 20
"""Words. Two short sentences: less is no section."""
LENGTH_RANGE = (0.5, 1.6)
"""Of the wanted length, before the model is asked to mend it; a good text outside of it may still stand."""
REPEATED = 4
REPEATED_SHARE = 0.3
"""Of the runs of four words, those that stood in the text before. The most that any of 735 sections of published model
reports had was 0.28 (99 %: 0.18); drafts of a model that babbles had 0.5 and more."""
LEAKED = 8
"""Words in a row that a text shares with the prompt's wording: no sentence about a matter meets eight by chance."""
CITED_SHARE = 0.5
"""Of the sentences. One that links or concludes may go without; a text of which most goes without is not grounded."""
SUPPORT = 0.4
"""Of a sentence's terms, those that its evidence must hold. Of 867 facts that a model drew from a text (the nuggets of
DeepScholar-Bench), 1 % fall below it against the best passage of their own text, 90 % against a random other passage of
that text, and 99 % against one of another text."""
REASONS = 3
"""The most that are named of what a sentence says and its evidence does not."""


def judge(
    text: str,
    *,
    wanted: int,
    evidence: Mapping[int, str],
    instructions: str,
    cut_off: bool = False,
    language: str | None = None,
) -> list[Problem]:
    """Everything that is wrong with a section's text.

    `evidence`: the texts of the passages it may cite, by id. `instructions`: the wording of the prompt it answers.
    `cut_off`: the model ran out of room. `language`: the one it has to be in, if that is known.
    """
    length = word_count(text)
    if length < SHORTEST:
        short = f"The text has {told(length, language)}. Write about {told(wanted, language)} of running text."
        return [Problem(short)]
    found = [_length(length, wanted, language, cut_off=cut_off), _repetition(text), _leak(text, instructions)]
    found += [_scaffold(text), _listing(text)]
    foreign = wrong_language(text, language) if language else None
    found.append(Problem(foreign, fatal=False) if foreign else None)  # better a foreign text than none
    return [problem for problem in (*found, *_citations(text, evidence)) if problem]


def repeats_itself(text: str) -> bool:
    """Whether too much of a text stands in it more than once."""
    runs = Counter(word_runs(text, REPEATED))
    again = sum(count - 1 for count in runs.values())
    return again > REPEATED_SHARE * max(1, runs.total())


class Dropped(NamedTuple):
    """A sentence that its evidence does not carry."""

    sentence: str
    missing: list[str]
    """What of it is in none of the passages it cites; empty where it is the whole of it."""


class Supported(NamedTuple):
    """A text without the sentences that its evidence does not carry, and those sentences."""

    text: str
    dropped: list[Dropped]


def supported(text: str, evidence: Mapping[int, str], origins: Mapping[int, str] | None = None) -> Supported:
    """Takes out each sentence that cites evidence which does not say it, or not its numbers, dates and quotations.

    `origins`: what is shown of the evidence beside its text, as the titles and dates of sources, by id. A number may
    stand there as well.

    Of a sentence in another language than its evidence only numbers and dates are compared: whether the rest is said,
    only a reader of both could tell.
    """
    spoken = language_of(text)
    faults = {
        span: fault
        for span in sentence_spans(text)
        if (fault := _fault(text[span.start : span.end], spoken, evidence, origins or {}))
    }
    return Supported(without(text, faults), list(faults.values()))


def without(text: str, spans: Iterable[SentenceSpan]) -> str:
    """The text without these of its sentences, and without the gaps that they leave."""
    for span in sorted(spans, reverse=True):
        text = _without(text, span)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _fault(
    sentence: str, spoken: str | None, evidence: Mapping[int, str], origins: Mapping[int, str]
) -> Dropped | None:
    ids = cited(sentence)
    passages = [evidence[number] for number in ids]
    if not passages:
        return None
    alike = comparable(spoken, language_of(" ".join(passages)))
    known = [*passages, *(origins[number] for number in ids if number in origins)]
    missing = unfounded(without_marks(sentence), known, translated=not alike)
    if missing or (alike and support(sentence, passages) < SUPPORT):
        return Dropped(sentence, missing)
    return None


def not_supported(dropped: Dropped) -> Problem:
    ids = " and ".join(f"[e{number}]" for number in cited(dropped.sentence))
    said = " ".join(without_marks(dropped.sentence).split())[:120]
    # A few reasons tell the model what to look at; a sentence may have any number of them.
    why = f": {'; '.join(dropped.missing[:REASONS])}" if dropped.missing else ""
    return Problem(f'{ids} does not say this: "{said}"{why}. Say only what it says, or leave it out.', fatal=False)


def support(sentence: str, passages: Sequence[str]) -> float:
    """The share of a sentence's terms that the passages hold: 1.0 for a quotation, and for a sentence without terms."""
    said = terms(without_marks(sentence))
    known = set[str]().union(*map(terms, passages))
    return len(said & known) / len(said) if said else 1.0


_LEAD = re.compile(r"[ \t>]*(?:(?:[-*+•]|\d{1,3}[.)])[ \t]+)?")


def _without(text: str, span: SentenceSpan) -> str:
    """The text without one sentence. The mark of a list item goes only with the item's last words."""
    line = text.rfind("\n", 0, span.start) + 1
    lead = _LEAD.match(text, line)
    opened = lead.end() if lead else line
    before, after = text[: max(span.start, opened)], text[span.end :].lstrip(" ")
    if span.start > opened:
        gap = " " if before.endswith(" ") and after[:1] not in ("", "\n") else ""
        return before.rstrip(" ") + gap + after
    return text[:line] + after[1:] if after[:1] in ("", "\n") else before + after


def told(words: int, language: str | None) -> str:
    """A length in the unit that a writer of the language counts in."""
    said = labels(language or "en")
    return f"{words * said.per_word} {said.unit}"


def _length(length: int, wanted: int, language: str | None, *, cut_off: bool) -> Problem | None:
    least, most = (round(share * wanted) for share in LENGTH_RANGE)
    if cut_off or length > most:
        return Problem(f"The text is too long. End it after about {told(wanted, language)}.", fatal=False)
    if length < least:
        said = f"The text has only {told(length, language)}. Write about {told(wanted, language)}."
        return Problem(said, fatal=False)
    return None


def _repetition(text: str) -> Problem | None:
    return Problem("The text repeats itself. Say each thing once.") if repeats_itself(text) else None


def _leak(text: str, instructions: str) -> Problem | None:
    runs = _word_runs(without_marks(text)) & _word_runs(instructions)
    if not runs:
        return None
    return Problem(f'The text repeats the instructions ("{min(runs)}"). Write the section itself and nothing about it.')


# Of 4,812 sections of reports that five systems have published 35 hold one of these, all of them tags, of which 33 come
# from one system's own page.
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_TAG = (
    r"</?(?!(?:br|su[bp])\b)[A-Za-z][\w-]{0,30}(?:\s[^<>\n]{0,200})?/?>|<\|[^|\n]{0,40}\|>|SOURCE-TEXT"
    r"|\{%.{0,80}?%\}|\{\{\s?[\w.]{1,40}\s?\}\}"
)
_OPEN = (
    r"\[(?:(?:todo|tbd|placeholder)\b[^\]\n]{0,80}|(?:citation|source|evidence|research) needed"
    r"|needs? (?:a )?(?:research|source|citation|evidence))\]"
)
_ABOUT_ITSELF = (
    r"^\W*(?:sure|certainly|okay|here(?:['’]s| is| are)|below is)\b[^\n.]{0,60}"
    r"\b(?:(?:revis|updat|rewr)\w*|section|draft|text)\b"
    r"|\bas an ai\b|\bi(?: have|['’]ve) (?:revised|updated|rewritten)\b|\bword count\s*:|\bend of section\b"
)
_SCAFFOLD = re.compile(f"{_TAG}|{_OPEN}|{_ABOUT_ITSELF}", re.IGNORECASE)


def _scaffold(text: str) -> Problem | None:
    """What belongs to the making of a text: tags, marks of what is still to be done, words about itself."""
    found = _SCAFFOLD.search(_CODE.sub(" ", text))
    if found is None:
        return None
    said = " ".join(found[0].split())
    return Problem(f'"{said}" is no part of a report. Write the text alone, without tags, and nothing about it.')


def _listing(text: str) -> Problem | None:
    lines = [line.lstrip("-*> ") for line in text.splitlines() if cited(line)]
    listed = sum(line.startswith("[e") for line in lines)
    if 2 * listed <= len(lines):
        return None
    return Problem(
        "The text lists its evidence. Say in sentences what the evidence says, and cite after each sentence."
    )


def _word_runs(text: str) -> set[str]:
    return {" ".join(run) for run in word_runs(text, LEAKED)}


def _citations(text: str, evidence: Mapping[int, str]) -> list[Problem]:
    spans = [text[span.start : span.end] for span in sentence_spans(text)]
    citing = sum(bool(cited(sentence)) for sentence in spans)
    if not citing:
        ids = ", ".join(f"[e{number}]" for number in evidence)
        return [Problem(f"No sentence cites its evidence. Put the id after each fact: {ids}.")]
    if citing >= CITED_SHARE * len(spans):
        return []
    return [Problem(f"Only {citing} of {len(spans)} sentences cite evidence. Cite an id after each fact.")]
