"""STYLE: from the user's sample texts to rules of tone and form, some told by the model and some measured."""

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from statistics import median
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from redraft.agent.asking import Problem, fill, fitted
from redraft.agent.guard import repeats_itself
from redraft.agent.llm import Request
from redraft.agent.prompting import messages
from redraft.agent.prose import one_line, word_count, word_runs
from redraft.agent.state import Deps
from redraft.tools.language import language_of
from redraft.tools.sanitize import fence
from redraft.tools.sentences import sentence_spans
from redraft.tools.suspicion import harmless

MOST_RULES = 6
STYLE_TOKENS = 400
"""Room for six rules of the longest kind."""
TEMPERATURE = 0.2
SAMPLE_CHARACTERS = (12_000, 6_000, 3_000, 1_000)
"""Of all samples together: as many as the served context holds. A style shows on a page or two."""
COPIED = 5
"""Words in a row that a rule may not share with a sample. Starting point, not measured."""
PERSONAL_SHARE = 0.05
"""Of the sentences, from which on a text speaks in the first person: a single "I" may be a quotation. Starting point,
not measured."""

Rule = Annotated[str, StringConstraints(min_length=4, max_length=160)]


class StyleForm(BaseModel):
    rules: Annotated[list[Rule], Field(min_length=1, max_length=MOST_RULES)]


async def style_rules(deps: Deps, run_id: str) -> list[str]:
    """Rules for the writer: what was measured, then what the model read out of the samples. None without samples.

    No rule of the model's carries a fact of a sample on: one that has a number, a quotation, a name of the sample or
    some words of it in a row is left out.
    """
    samples = [sample for sample in deps.settings.style if sample.strip()]
    if not samples:
        return []
    prompts = (messages(deps.database, run_id, "style", samples=_shown(samples, size)) for size in SAMPLE_CHARACTERS)
    request = Request(node="style", messages=(), max_tokens=STYLE_TOKENS, temperature=TEMPERATURE)
    fit = await fitted(deps, request, prompts)
    found = await fill(deps, fit.request, StyleForm, _problems) if fit else None
    told = [one_line(rule) for rule in found.rules] if found else []
    return [*measured(samples), *without_facts(told, samples)]


def measured(samples: Sequence[str]) -> list[str]:
    """What can be counted: the length of sentences and paragraphs, and who speaks."""
    texts = [paragraph for sample in samples for paragraph in _paragraphs(sample)]
    sentences = [text[span.start : span.end] for text in texts for span in sentence_spans(text)]
    if not sentences:
        return []
    rules = [f"Sentences have about {_typical(sentences)} words, paragraphs about {_typical(texts)}."]
    return [*rules, *_person(sentences)]


def without_facts(rules: Iterable[str], samples: Sequence[str]) -> list[str]:
    """The rules that say nothing which only a sample can have told."""
    words = {word for sample in samples for word in _WORD.findall(sample)}
    names = {word for word in words if word[:1].isupper() and word.lower() not in words}
    copied = set(chain.from_iterable(word_runs(sample, COPIED) for sample in samples))
    return [rule for rule in rules if not _tells(rule, names, copied)]


_WORD = re.compile(r"[^\W\d_]+")
_FACT = re.compile(r"\d|[\"“”„«»「」『』]")


def _tells(rule: str, names: set[str], copied: set[tuple[str, ...]]) -> bool:
    told = set(_WORD.findall(rule)) & names
    return bool(told or _FACT.search(rule)) or not copied.isdisjoint(word_runs(rule, COPIED))


def _problems(reply: StyleForm) -> list[Problem]:
    if repeats_itself(" ".join(reply.rules)):
        return [Problem("The rules repeat themselves. Say each thing once.")]
    return []


def _shown(samples: Sequence[str], size: int) -> str:
    """The beginnings of the samples, which share the room evenly."""
    each = size // len(samples)
    return fence("\n\n".join(harmless(sample.strip()[:each]).text for sample in samples))


def _paragraphs(sample: str) -> list[str]:
    """Running text, without headings, lists and tables."""
    blocks = (block.strip() for block in re.split(r"\n\s*\n", sample))
    return [block for block in blocks if block and not re.match(r"[#>|*+-]|\d+[.)]\s|```", block)]


def _typical(texts: Sequence[str]) -> int:
    return round(median(map(word_count, texts)))


_FIRST_PERSON = {
    "en": "i we me us my our mine ours",
    "de": "ich wir mich uns mir mein meine meinen meiner unser unsere unseren unserer",
    "fr": "je j nous me moi mon ma mes notre nos",
    "nl": "ik wij we mij ons onze mijn",
    "ru": "я мы нас нам наш наша наши мой моя мои",
    "es": "yo nosotros nos me mi mis nuestro nuestra nuestros nuestras",
    "it": "io noi ci mi mio mia miei nostro nostra nostri",
    "pt": "eu nós nos me meu minha nosso nossa nossos",
}
_ALWAYS_SAID = frozenset({"en", "de", "fr", "nl", "ru"})
"""The languages of these that do not leave the pronoun out: only there its absence tells something."""


def _person(sentences: Sequence[str]) -> list[str]:
    spoken = language_of(" ".join(sentences))
    pronouns = set(_FIRST_PERSON.get(spoken or "", "").split())
    personal = sum(not pronouns.isdisjoint(_WORD.findall(sentence.lower())) for sentence in sentences)
    if personal > PERSONAL_SHARE * len(sentences):
        return ["The writer speaks in the first person."]
    return ["The writer never speaks in the first person."] if spoken in _ALWAYS_SAID else []
