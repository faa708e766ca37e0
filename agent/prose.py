"""From a reply to running text: headings, reference lists and broken ends go before anything is judged."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from redraft.prompts.labels import labels
from redraft.tools.language import CJK, language_of
from redraft.tools.sentences import sentence_spans
from redraft.tools.suspicion import LEFT_OUT

_HEADING = re.compile(r"^\s{0,3}(?:#{1,6}(?:\s|$)|(?:\*\*|__)[^*_\n]{1,120}(?:\*\*|__):?\s*$|[=\-_*]{3,}\s*$)")
_FENCE = re.compile(r"^\s*(?:```|~~~)")
# Evidence has it where a sentence was taken out: it is for the writer, who may copy it.
_LEFT_OUT = re.compile(rf"{re.escape(LEFT_OUT)}[ \t]*")
_REFERENCES = re.compile(
    r"^\W*(?:references?|sources?|bibliography|works cited|citations?|literatur(?:verzeichnis)?|quellen|références|"
    r"bibliographie|referencias|fuentes|riferimenti|fonti|bibliografia|referências|fontes|bronnen|referenties|источники|"
    r"литература|المراجع|المصادر|参考文献|参考资料|来源|出典|참고문헌|출처)\W*$",
    re.IGNORECASE,
)
_WORD = re.compile(rf"[^\W{CJK}]+(?:['’.-][^\W{CJK}]+)*")
_CJK_CHARACTER = re.compile(rf"[{CJK}]")
_TOKEN = re.compile(rf"[{CJK}]|[^\W{CJK}]+")
# A quotation ends soon or is none: an opening mark alone takes nothing along, and a page of them costs little time.
_NOT_ITS_OWN = re.compile(
    r"```.*?```|`[^`\n]{,400}`|https?://\S+|“[^”]{,400}”|„[^“”]{,400}[“”]|«[^»]{,400}»|‘[^’\n]{,400}’|「[^」]{,400}」"
    r"|『[^』]{,400}』|《[^》]{,400}》|\"[^\"\n]{,400}\"|\[[^\]\n]{,400}\]",
    re.DOTALL,
)
_END_OF_SENTENCE = re.compile(r"[.!?。！？…؟][\"'”’»)\]\s]*(?:\[[^\]]*\]\s*)*$")


CHARACTERS_PER_WORD = 2
"""CJK characters that count as one word. Of an English word, Django's translators made 1.5 Chinese, 2.1 Korean and 2.5
Japanese characters (138 messages of 1,763 words), and 0.92 (Arabic) to 1.18 words (French) of other languages."""


def word_count(text: str) -> int:
    """The length of a text in words."""
    return len(_WORD.findall(text)) + -(-len(_CJK_CHARACTER.findall(text)) // CHARACTERS_PER_WORD)


def word_runs(text: str, words: int) -> Iterator[tuple[str, ...]]:
    """Every run of so many words in a row, in small letters; a CJK character is the part of a word that it counts."""
    tokens = _TOKEN.findall(text.lower())
    sizes = (1 if _CJK_CHARACTER.match(token) else CHARACTERS_PER_WORD for token in tokens)
    reached = [0, *accumulate(sizes)]
    for at, start in enumerate(reached[:-1]):
        end = bisect_left(reached, start + words * CHARACTERS_PER_WORD)
        if end < len(reached):
            yield tuple(tokens[at:end])


def wrong_language(text: str, wanted: str) -> str | None:
    """Why a text is not in the wanted language, as a sentence for its writer; None where it is, or nothing is sure.

    What is quoted does not count, nor do links, code and citations.
    """
    found = language_of(_NOT_ITS_OWN.sub(" ", text))
    if found in (None, wanted):
        return None
    return f"The text is not in {labels(wanted).name}. Write it in {labels(wanted).name}."


def tidy(text: str, *, title: str, cut_off: bool) -> str:
    """The running text of a reply: without headings, rules, its own title, and any list of references at its end.

    What marks a gap in the evidence goes too.

    `cut_off` says that the model ran out of room: then the last, broken sentence goes too.
    """
    lines = [line.rstrip() for line in _running(_LEFT_OUT.sub("", _unwrapped(text)).splitlines())]
    if lines and _same(lines[0], title):
        lines = lines[1:]
    tidied = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return _whole_sentences(tidied) if cut_off else tidied


def one_line(text: str, *, limit: int = 160) -> str:
    """A title or name that can stand in Markdown: one line, no markup, no brackets that could pass for a citation."""
    plain = re.sub(r"[*_`#<>|]+", "", text).translate(str.maketrans("[]【】［］", "()()()"))
    return " ".join(plain.split())[:limit].strip(" :.-\"'“”")


def _unwrapped(text: str) -> str:
    """The inside of a reply that is one code fence, as models like to wrap Markdown."""
    wrapped = re.fullmatch(r"\s*```(?:markdown|md|text)?\n(.*?)\n?```\s*", text, re.DOTALL)
    return wrapped[1] if wrapped else text


def _running(lines: list[str]) -> Iterator[str]:
    """The lines up to a list of references, without headings. What stands in a code fence stays as it is."""
    fenced = False
    for line in lines:
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and _REFERENCES.match(line):
            return
        if fenced or not _HEADING.match(line):
            yield line


def _same(line: str, title: str) -> bool:
    return one_line(line).casefold() == one_line(title).casefold()


def _whole_sentences(text: str) -> str:
    if _END_OF_SENTENCE.search(text):
        return text
    spans = sentence_spans(text)
    return text[: spans[-2].end].rstrip() if len(spans) > 1 else ""
