import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tools.sentences import sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Trams run late.", "Who pays?", "The city!", "Nobody knows…"],
        ['She said "It works."', "Then she left."],
        ["It failed (twice.)", "They tried again."],
        ["**It is fast.**", "It is also small."],
        ["What a day!?", "Indeed."],
        ["It took a while... and then it worked.", "Fine."],
        ["pip installs packages.", "pytest runs tests."],
        ["“Really?” he asked.", "Yes."],
        ["| A bar does not make a table.", "It needs cells."],
    ],
)
def test_stops_end_sentences(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Use a fast server, e.g. vLLM, i.e. one with paged attention.",
        "Dr. Smith and Prof. J. R. Miller met Mrs. Jones at St. Mary vs. Oxford.",
        "See Fig. 3, No. 5, Sec. 2.1 and pp. 12 of vol. 7.",
        "As shown by Vaswani et al. (2017) and Brown et al. 2020 it scales.",
        "It supports Python 3.11 and 3.12, weighs 1.8 MB and costs 0.5 % more.",
        "Call os.path.join or open https://example.org/a.b?c=d. txt files.".replace(". txt", ".txt"),
        "J. Smith wrote the U.S. Army report for Acme Inc. and others.",
        "It reads logs, tables, etc. and writes reports approx. five times a day.",
        "1. Install the package",
        "*6.8. Keeping a System Up to Date* is a section of the handbook.",
        "Die Linie wurde am 5. Mai 2024 eröffnet und am 31. Dezember wieder geschlossen.",
        "Node.js and .NET are supported by example.com and v2.0.1-rc.1 alike.",
    ],
)
def test_full_stops_inside_a_sentence_do_not_end_it(sentence: str) -> None:
    assert sentences(sentence) == [sentence]


@pytest.mark.parametrize(
    "expected",
    [
        ["The answer is no.", "We tried."],
        ["They like tables, figures, etc.", "Others do not."],
        ["She lives in the U.S.", "He does not."],
        ["That was Brown et al.", "The rest followed."],
        ["It needs version 3.11.", "Older ones fail."],
        ["See example.org.", "It is free."],
        ["We met at 5 p.m.", "The tram was late."],
    ],
)
def test_a_short_form_may_end_a_sentence_when_the_next_one_plainly_begins(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["Trams are cheap.[e3]", "Buses are not."],
        ["Trams are cheap. [e3, e7]", "Buses are not."],
        ["Trams are cheap.[e3][e7] [e12]", "Buses are not."],
        ["Trams are cheap [e3].", "Buses are not [e4]."],
        ["Trams are cheap. [12]", "Buses are not."],
        ['"Trams are cheap." [e3]', "Buses are not."],
    ],
)
def test_a_citation_marker_behind_the_stop_belongs_to_the_sentence_before_it(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


def test_chinese_and_japanese_stops_need_no_space_behind_them() -> None:
    assert sentences("东京有电车。「很快！」他说？[e3]好。") == ["东京有电车。", "「很快！」", "他说？[e3]", "好。"]


def test_lines_of_a_paragraph_belong_together_and_blocks_do_not() -> None:
    text = """# A heading. With a stop

A paragraph goes
on over lines. It ends
here

- one item. Two sentences
- another item

| Year | Cost. |
| 2010 | 1.8 |

```python
print("Hello. World.")

print("Bye.")
```
Last"""

    assert sentences(text) == [
        "# A heading. With a stop",
        "A paragraph goes\non over lines.",
        "It ends\nhere",
        "- one item.",
        "Two sentences",
        "- another item",
        "| Year | Cost. |",
        "| 2010 | 1.8 |",
        '```python\nprint("Hello. World.")\n\nprint("Bye.")\n```',
        "Last",
    ]


WORDS = st.sampled_from(
    [
        "Trams",
        "run",
        "e.g.",
        "Dr.",
        "J.",
        "3.11",
        "U.S.",
        "no.",
        "[e3]",
        "(yes.)",
        "!",
        "...",
        "。",
        "「",
        "」",
        "#",
        "-",
        "|",
    ]
)
TEXTS = st.text() | st.lists(WORDS | st.sampled_from([" ", "\n", "\n\n", "```", "\t"]), max_size=40).map("".join)


@given(TEXTS)
def test_spans_are_ordered_disjoint_never_blank_and_cover_all_but_white_space(text: str) -> None:
    spans = sentence_spans(text)

    borders = [border for span in spans for border in span]
    assert borders == sorted(borders)
    assert all(piece == piece.strip() and piece for piece in sentences(text))
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
