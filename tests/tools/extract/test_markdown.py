import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tools.extract.markdown import clean


@pytest.mark.parametrize(
    "decoration",
    [
        "[![PyPI](https://img.shields.io/v/trams.svg)](https://trams.example/project) ![CI](ci.svg)",
        "[![PyPI][badge]][pypi]\n[badge]: https://img.shields.io/trams.svg\n[pypi]: https://trams.example",
        '<p align="center">\n  <a href="https://example.org"><img src="logo.svg" alt="Logo"></a>\n</p>',
        "![A chart](chart.png)",
        "<!-- Copyright 2020 The Tram Authors.\n\nLicensed under the Apache License -->",
        "[Docs](https://a.example) | [Source](https://b.example) • **[Help](#help)**",
        "**English** | [Deutsch](de.md) | [Français](fr.md) | [Español](es.md) | [日本語](ja.md) | [中文](zh.md)",
        "- [Install](#install)\n  - [With pip](#pip)\n- [Usage](#usage)",
        "---",
        "<style>\n.table { color: red }\n</style>",
        "<br/>\n<hr>",
        "# ![Logo](logo.svg)",
        "[//]: # (a comment)",
    ],
)
def test_what_only_decorates_is_dropped(decoration: str) -> None:
    assert clean(f"Before.\n\n{decoration}\n\nAfter.") == "Before.\n\nAfter."


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('See [the guide](https://example.org/a_(b) "Guide").', "See the guide."),
        (
            "See [the guide][1] and [more].\n\n[1]: https://a.example\n[more]: <https://b.example> 'More'",
            "See the guide and more.",
        ),
        ("See [the\nguide] [here][].\n\n[here]: x", "See [the\nguide] here."),
        ("At <https://example.org/a> now", "At https://example.org/a now"),
        ("It is **very *fast* indeed**, _really_ and __not slow__.", "It is very fast indeed, really and not slow."),
        (
            "Use `__init__`, __init__, snake_case_name and 2 ** 3 ** 4.",
            "Use `__init__`, __init__, snake_case_name and 2 ** 3 ** 4.",
        ),
        ("Call `f(**a)` or `<b>`, not <b>that</b>.", "Call `f(**a)` or `<b>`, not that."),
        (r"A \*star\* and with\_snake, \[brackets\] and a \<tag>.", "A *star* and with_snake, [brackets] and a <tag>."),
        ("AT&amp;T &lt;3 &copy; &unknown;", "AT&T <3 © &unknown;"),
        ("A claim[^1] here.\n\n[^1]: The note.", "A claim here.\n\nThe note."),
        ("> [!NOTE]\n> Mind the gap.", "> Mind the gap."),
        ("List<T> where T < U > V, <placeholder> too", "List<T> where T < U > V, <placeholder> too"),
        ("H<sub>2</sub>O<br>and <kbd>Ctrl</kbd>", "H2O\nand Ctrl"),
        (
            "Fast, says [Ann](a) and [Bob](b), and also [Cleo](c), who rides trams.",
            "Fast, says Ann and Bob, and also Cleo, who rides trams.",
        ),
    ],
)
def test_prose_keeps_its_words_and_loses_its_markup(written: str, read: str) -> None:
    assert clean(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Title\n=====\n\nPart\n---\nText", "# Title\n\n## Part\n\nText"),
        ("#  A *bold* title ##\nText", "# A bold title\n\nText"),
        ("## Costs {#costs}\n\nHigh", "## Costs\n\nHigh"),
        ('<h2 align="center">\n  Costs\n</h2>\nHigh', "## Costs\n\nHigh"),
        ("#426 is fixed", "#426 is fixed"),
    ],
)
def test_headings_of_every_kind_become_plain_ones(written: str, read: str) -> None:
    assert clean(written) == read


@pytest.mark.parametrize(
    "code",
    [
        "```html\n<!-- kept -->\n<p>**kept**</p> [a](b)\n\n\n\n![x](y)\n```",
        "~~~\n# no heading\n```\n~~~",
        "```python\nunclosed = '<b>'",
    ],
)
def test_fenced_code_stays_as_it_is(code: str) -> None:
    assert clean(f"Before.\n\n{code}") == f"Before.\n\n{code}"


def test_tables_stay_and_html_tables_become_such() -> None:
    table = "| Year | Cost |\n|:-----|-----:|\n| 2010 | 1.8 |"
    written = "<table>\n<tr>\n <th>Year</th><th>Cost</th></tr>\n<tr><td>2010</td>\n<td><b>1.8</b></td></tr></table>"

    assert clean(table) == table
    assert clean(written) == "| Year | Cost |\n| 2010 | 1.8 |"


def test_html_next_to_html_becomes_paragraphs_and_items() -> None:
    written = "Before\n\n<p>One</p>\n\n<p>Two</p>\n<ul>\n  <li>a</li>\n  <li>b</li>\n</ul>\nAfter"

    assert clean(written) == "Before\n\nOne\n\nTwo\n\n- a\n- b\n\nAfter"


def test_lists_stay() -> None:
    text = "* one\n* [two](https://example.org)\n  1. nested\n\n- [a](b) and more"

    assert clean(text) == "* one\n* two\n  1. nested\n\n- a and more"


@given(st.text(alphabet="ab #*_`~<>[]()!|-=\n\\&;:/h1", max_size=80))
def test_words_are_never_made_up(text: str) -> None:
    cleaned = clean(text)

    assert cleaned == cleaned.strip()
    assert "\ue000" not in cleaned
    assert sum(map(str.isalnum, cleaned)) <= sum(map(str.isalnum, text))


@pytest.mark.parametrize(
    "opening", ["[", "![", "<a ", "<table>", "<!--", "`", "*a ", "[a](", "\n \t", " ", "- [a](#b)\n"]
)
def test_a_page_of_openings_costs_no_more_than_its_length(opening: str) -> None:
    started = time.process_time()

    clean(opening * (200_000 // len(opening)))

    assert time.process_time() - started < 10  # seconds; a quadratic pattern takes minutes
