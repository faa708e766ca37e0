"""How large a report of each preset is, and how much work goes into it."""

from typing import Literal, NamedTuple

Preset = Literal["quick", "standard", "deep"]


class Size(NamedTuple):
    """What a preset decides."""

    sections: int
    """Top-level sections, without the summary."""
    words: int
    """Wanted length of the whole report, in words."""
    passages: int
    """Passages of evidence shown to the writer of one section, at most."""
    pages: int
    """Pages of the web that are read, at most."""
    rounds: int
    """Rounds of deepening and denoising, at most."""
    lanes: int
    """Rounds that go side by side in one wave, each on a section of its own."""
    question_variants: int
    """Wordings of a round's question that are sampled and merged into one."""
    answer_variants: int
    """Answers to it, likewise."""
    deepenings: int
    """Rounds that may add subsections, at most."""


# Starting points, not yet measured on an 8B model: reports of one, four and eight pages, in sections well below the
# 600 words that a small model rewrites without losing the thread.
SIZES: dict[Preset, Size] = {
    "quick": Size(4, 900, 6, 12, rounds=3, lanes=3, question_variants=1, answer_variants=1, deepenings=1),
    "standard": Size(6, 2100, 8, 24, rounds=8, lanes=4, question_variants=3, answer_variants=3, deepenings=3),
    "deep": Size(9, 4000, 10, 40, rounds=16, lanes=4, question_variants=5, answer_variants=3, deepenings=5),
}
