"""Texts as a careless model or a hostile document could write them, for properties that hold for every text."""

from hypothesis import strategies as st

FRAGMENTS = [
    *("[", "]", "(", ")", "【", "】", "［", "］", "<", ">", "!", "^", ",", "; ", " ", "  ", "\t", "\n", "\n\n", "."),
    *("e", "E", "e1", "e2", "e9", "e ", "1", "12", "٣", "2024", "9" * 20, "and ", "see ", "source ", "Sources: "),
    *(
        "[e1]",
        "[e9]",
        "[E2]",
        "[^e1]",
        "【e1】",
        "[e1, e9]",
        "[e1][e2]",
        "[e1-e9]",
        "[source e9]",
        "(e9)",
        "[e1, p. 4]",
    ),
    *("[1]", "[1, 2]", "[^3]", "[1-3]", "[[1]]", "[2024]", "[1]: "),
    *("http", "HTTPS", "://", "http://", "https://a.org/b", "www.", "www.a.org", "doi:", "10.1234/ab", "doi.org/"),
    *("[a](https://a.org)", "![a](b)", "[e1](c)", "[1](#c)", "[[e1]](d)", "](https://a.org/x_(y))", '[a](b "c")'),
    *("Trams run.", " Trams run [e1].", "- ", "1. ", "# ", "> ", "| a | b |", "```", "    x", "*", "_", "`", "“", "”"),
    *("东京", "。", "，", "路面電車。", "<think>", "</think>", "<|im_end|>"),
]
TEXTS = st.text() | st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=40).map("".join)
IDS = st.frozensets(st.integers(1, 12))
"""Evidence that may be cited."""
