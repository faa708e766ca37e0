"""One sentence by the model, held to all that a text of prose is held to. Pure functions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from redraft.agent import guard
from redraft.agent.asking import Problem
from redraft.agent.citations import cited, resolve, without_marks
from redraft.agent.prose import tidy, word_count, word_runs, wrong_language
from redraft.tools.language import comparable, language_of
from redraft.tools.sanitize import sanitize
from redraft.tools.sentences import sentence_spans

SUPPORT = 0.57
"""Of a sentence's terms, those that its evidence must hold. More than of a text's (`guard.SUPPORT`), as losing it costs
little: of 867 facts that a model drew from a text, 95 % find as many in one passage of it (`tools.retrieve.STEM`)."""


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """What a sentence may be, and what it may rest on."""

    evidence: Mapping[int, str]
    """The texts of the passages it may cite, by id."""
    origins: Mapping[int, str]
    instructions: str
    """The wording of the prompt it answers."""
    language: str | None
    words: int
    """The most it may have."""


class Checked(NamedTuple):
    text: str
    """In one line; cites ids of its evidence and nothing else."""
    problems: list[Problem]
    """All of them fatal: a sentence is good or is not used."""


_BEGINNING = re.compile(r"(?!\d{1,3}[.)]\s)[\w\"'“„«‘「『（(¿¡]")
"""Of a sentence that can stand anywhere in a paragraph: no mark of a list, a heading, a table or a fence."""


def checked(reply: str, wanted: Sentence, *, cut_off: bool = False) -> Checked:
    line = " ".join(tidy(reply, title="", cut_off=cut_off).split()).lstrip("-*+•> ")
    text, invented = resolve(line, wanted.evidence)
    dropped = guard.supported(text, wanted.evidence, wanted.origins).dropped
    whole = not cut_off and len(sentence_spans(text)) == 1 and _BEGINNING.match(text) is not None and _ends(text)
    faults = [
        *([] if whole else ["Write one whole sentence."]),
        *_faults(text, wanted, invented=bool(invented)),
        *(guard.not_supported(sentence).text for sentence in dropped or _loose(text, wanted.evidence)),
    ]
    return Checked(text, [Problem(fault) for fault in faults])


def _ends(text: str) -> bool:
    """Whether whatever follows is another sentence."""
    return len(sentence_spans(f"{text} Next")) == 2


def _loose(text: str, evidence: Mapping[int, str]) -> list[guard.Dropped]:
    """The sentence, where its evidence holds too few of its words."""
    passages = [evidence[number] for number in cited(text)]
    alike = comparable(language_of(text), language_of(" ".join(passages)))
    return [guard.Dropped(text, [])] if alike and passages and guard.support(text, passages) < SUPPORT else []


def _faults(text: str, wanted: Sentence, *, invented: bool) -> list[str]:
    plain = without_marks(text)
    ids = " or ".join(f"[e{number}]" for number in wanted.evidence)
    foreign = wrong_language(text, wanted.language) if wanted.language else None
    found = {
        f"Write at most {wanted.words} words.": word_count(text) > wanted.words,
        f"Put the id of its evidence behind the sentence: {ids}.": not cited(text),
        f"Cite {ids} and nothing else: no links, no other numbers in brackets.": invented,
        "Write plain words, without tags and template tokens.": sanitize(plain) != plain,
        "Write the sentence itself, nothing of the instructions.": _leaks(plain, wanted.instructions),
        foreign or "": foreign is not None,
    }
    return [fault for fault, there in found.items() if there]


def _leaks(text: str, instructions: str) -> bool:
    return not set(word_runs(text, guard.LEAKED)).isdisjoint(word_runs(instructions, guard.LEAKED))
