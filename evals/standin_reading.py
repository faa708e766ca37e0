"""What a prompt shows to the stand-in, read back from its text."""

import re
from collections.abc import Iterator, Sequence

PIECE = re.compile(r"^\[e(\d+)\] [^\n]*\n(.*?)(?=^\[e\d+\] |^SOURCE-TEXT)", re.MULTILINE | re.DOTALL)
"""Number and text of each piece of evidence."""
CITED = re.compile(r".+?\[e\d+(?:, e\d+)*\]\.?", re.DOTALL)
"""A sentence with its citation."""


def cited_sentences(prompt: str) -> Iterator[str]:
    """What the evidence of a prompt says, one sentence of each piece after the other, cited."""
    pieces = [(number, sentences(text)) for number, text in PIECE.findall(prompt)]
    for turn in range(max((len(said) for _, said in pieces), default=0)):
        yield from (f"{said[turn]} [e{number}]." for number, said in pieces if turn < len(said))


def sentences(text: str) -> Sequence[str]:
    """Without headings, fragments and full stops."""
    body = " ".join(line for line in text.splitlines() if not line.startswith("#"))
    return [
        " ".join(part.split()).rstrip(".") for part in re.split(r"(?<=\.)\s", body.strip()) if len(part.split()) > 4
    ]


def standing(prompt: str) -> str:
    """The text of the section that is to be written again."""
    return prompt.rpartition("as it stands\n\n")[2].partition("\n\n# ")[0]


def outlined(prompt: str) -> list[tuple[str, str]]:
    """Number and title of every section that the prompt shows."""
    shown = prompt.partition("# Outline\n")[2].partition("\n# ")[0]
    return re.findall(r"^([\d.]+) (.+)$", shown, re.MULTILINE)


def up_to(said: Iterator[str], words: int) -> str:
    """As many of these sentences as `words` hold, one at least."""
    chosen: list[str] = []
    for sentence in said:
        if chosen and sum(len(text.split()) for text in chosen) + len(sentence.split()) > words:
            break
        chosen.append(sentence)
    return " ".join(chosen)


def wanted_words(prompt: str) -> int:
    """The length that a prompt asks for."""
    found = re.search(r"about (\d+) words", prompt)
    return int(found[1]) if found else 80


def long_words(text: str) -> set[str]:
    """Of four letters and more: those that say what a text is about."""
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > 3}
