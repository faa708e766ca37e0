"""Whether a report is whole, clean and in one language: what should never be wrong."""

import re

from redraft.agent import guard
from redraft.agent.citations import without_marks
from redraft.agent.prose import tidy, word_count
from redraft.evals.metrics.document import Document, table_blocks
from redraft.evals.metrics.given import OURS, Given, Metric, Values, share, values
from redraft.tools.blocks import blocks
from redraft.tools.language import language_of
from redraft.tools.sanitize import sanitize, visible

_SCAFFOLD = "is no part of a report"
"""How the guard tells that a text has something of its own making in it."""
_ABOUT_WORK = re.compile(
    r"\b(?:let me|i['’]ll|i will|i need to|i should)\b[^.:\n]{0,60}\b(?:search|look|find|research|gather|explore)\b"
    r"|(?:让我|我需要|我将|接下来我)[^。：\n]{0,20}(?:搜索|查找|查询|检索|研究|了解|收集)",
    re.IGNORECASE,
)
_RAIL = re.compile(r"[ \t]*(?:`{3,}|~{3,})[`~]*[ \t]*")
_TAG = re.compile(r"<[^<>]{0,200}>")
_CELL = re.compile(r"(?<!\\)\|")


def scaffold_leaks(document: Document) -> float | None:
    """Sections of 20 words and more with tags, marks of what is still to be done, or words about the text itself, as
    `redraft.agent.guard` finds them."""
    return float(sum(_has_scaffold(section.text) for section in document.sections))


def process_talk(document: Document) -> float | None:
    """Sentences in which the writer tells what it will search or look up next, in English or Chinese."""
    return float(sum(_ABOUT_WORK.search(sentence.plain) is not None for sentence in document.sentences))


def template_tokens(document: Document) -> float | None:
    """Lines with control tokens of chat templates or of agents in them, as `redraft.tools.sanitize` finds them."""
    lines = visible(document.raw).splitlines()
    return float(sum(sanitize(line) != line for line in lines))


def unclosed_fences(document: Document) -> float | None:
    """1 where a block of code is opened and not closed, else 0."""
    text = visible(document.raw)
    code = [text[block.start : block.end].splitlines() for block in blocks(text) if block.kind == "code"]
    return float(any(len(lines) < 2 or not _RAIL.fullmatch(lines[-1]) for lines in code))


def uneven_tables(document: Document) -> float | None:
    """Tables whose rows do not all have as many cells."""
    tables = [section.text[b.start : b.end] for section in document.sections for b in table_blocks(section.text)]
    return float(sum(len({_cells(row) for row in table.splitlines()}) > 1 for table in tables))


def cut_off(document: Document) -> float | None:
    """1 where the text ends in a paragraph without the end of a sentence, else 0. None of a report without text."""
    ends = [(block.kind, document.text[block.start : block.end]) for block in blocks(document.text)]
    said = [(kind, piece) for kind, piece in ends if any(map(str.isalnum, without_marks(_TAG.sub("", piece))))]
    if not said:
        return None
    kind, last = said[-1]
    return float(kind == "text" and tidy(last, title="", cut_off=True) != tidy(last, title="", cut_off=False))


def language_purity(document: Document, wanted: str | None = None) -> float | None:
    """Of the words in sections whose language can be told, those in sections of the wanted language, or without one of
    the language of the whole."""
    told = [(language_of(section.text), word_count(section.text)) for section in document.sections]
    known = [(language, count) for language, count in told if language]
    mine = wanted or document.language
    return share(sum(count for language, count in known if language == mine), sum(count for _, count in known))


def _has_scaffold(text: str) -> bool:
    problems = guard.judge(text, wanted=word_count(text), evidence={}, instructions="")
    return any(_SCAFFOLD in problem.text for problem in problems)


def _cells(row: str) -> int:
    return len(_CELL.split(row.strip().removeprefix("|").removesuffix("|")))


_FORM = (
    Metric(scaffold_leaks, "sections", "lower", OURS, "leaks in sections of fewer words, and in words of their own"),
    Metric(process_talk, "sentences", "lower", OURS, "other languages than English and Chinese"),
    Metric(template_tokens, "lines", "lower", OURS, "a token that a report quotes, in code as well, from a leak"),
    Metric(unclosed_fences, "0 or 1", "lower", "CommonMark 0.31, section 4.5", "whether code should be there"),
    Metric(
        uneven_tables,
        "tables",
        "lower",
        "GitHub Flavored Markdown, section 4.10, which lets rows be uneven",
        "whether the cells are the right ones",
    ),
    Metric(
        cut_off,
        "0 or 1",
        "lower",
        OURS,
        "a list or a table that breaks off; a report that ends too soon in a whole sentence",
    ),
)
_PURITY = Metric(
    language_purity, "share", "higher", OURS, "foreign words within a section; quotations count as foreign"
)
METRICS = (*_FORM, _PURITY)


def measure(given: Given) -> Values:
    return values(_FORM, given.document) | values((_PURITY,), given.document, given.gold.language)
