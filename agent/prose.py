"""From a reply to running text: headings, reference lists and broken ends go before anything is judged."""

import re
from collections.abc import Iterator

from redraft.tools.language import CJK
from redraft.tools.sentences import sentence_spans
from redraft.tools.suspicion import LEFT_OUT

_HEADING = re.compile(r"^\s{0,3}(?:#{1,6}(?:\s|$)|(?:\*\*|__)[^*_\n]{1,120}(?:\*\*|__):?\s*$|[=\-_*]{3,}\s*$)")
_FENCE = re.compile(r"^\s*(?:```|~~~)")
# Evidence has it where a sentence was taken out: it is for the writer, who may copy it.
_LEFT_OUT = re.compile(rf"{re.escape(LEFT_OUT)}[ \t]*")
_REFERENCES = re.compile(
    r"^\W*(?:references?|sources?|bibliography|works cited|citations?|literatur(?:verzeichnis)?|quellen|références|"
    r"bibliographie|referencias|参考文献|参考资料|来源)\W*$",
    re.IGNORECASE,
)
_WORD = re.compile(rf"[^\W{CJK}]+(?:['’.-][^\W{CJK}]+)*")
_CJK_CHARACTER = re.compile(rf"[{CJK}]")
_END_OF_SENTENCE = re.compile(r"[.!?。！？…][\"'”’»)\]\s]*(?:\[[^\]]*\]\s*)*$")


def word_count(text: str) -> int:
    """The length of a text in words. Two CJK characters count as one word, as in the counts of bilingual publishers."""
    return len(_WORD.findall(text)) + (len(_CJK_CHARACTER.findall(text)) + 1) // 2


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
