import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.prose import one_line, tidy, word_count, word_runs, wrong_language
from redraft.tests.texts import TEXTS


def tidied(text: str, *, cut_off: bool = False) -> str:
    return tidy(text, title="Cost of trams", cut_off=cut_off)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("Trams run.", 2),
        ("don't stop; state-of-the-art 9.5", 4),
        ("路面電車", 2),
        ("路面電", 2),
        ("電 tram 車", 2),
        ("- * | # > ", 0),
    ],
)
def test_words_are_counted_and_two_cjk_characters_are_one(text: str, count: int) -> None:
    assert word_count(text) == count


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("Trams run, trams run.", ["trams run", "run trams", "trams run"]),
        ("Trams", []),
        ("電車は走る", ["電 車 は 走", "車 は 走 る"]),
        ("電車 tram は走", ["電 車 tram", "車 tram は", "tram は 走"]),
        ("", []),
    ],
)
def test_runs_of_two_words_are_runs_of_four_cjk_characters(text: str, runs: list[str]) -> None:
    assert [" ".join(run) for run in word_runs(text, 2)] == runs


@given(TEXTS | st.text("電車 tram、。 1_a"), st.integers(1, 8))
def test_a_run_is_always_as_long_as_was_asked_for(text: str, words: int) -> None:
    for run in word_runs(text, words):
        assert words <= word_count(" ".join(run).replace("_", "x")) <= words + 1


GERMAN = "Die Straßenbahn fährt auf der Straße und ist für alle da [e1]."
ENGLISH = "The tram runs in the street and is for everybody [e1]."
CHINESE = "有轨电车在街道上行驶，每小时运送九千名乘客 [e1]。"


@pytest.mark.parametrize(
    ("text", "wanted", "reason"),
    [
        (ENGLISH, "de", "The text is not in German. Write it in German."),
        (CHINESE, "en", "The text is not in English. Write it in English."),
        (ENGLISH, "zh", "The text is not in Chinese. Write it in Chinese."),
        (GERMAN, "de", None),
        (CHINESE, "zh", None),
        ("Capacity: 9,000 [e1].", "de", None),
        ("", "zh", None),
        (f"Der Bericht sagt: “{ENGLISH}”", "de", None),
        (f"该报告指出：“{ENGLISH * 3}”[e1]", "zh", None),
        (f"Der Bericht sagt: “{ENGLISH}", "de", "The text is not in German. Write it in German."),
        ("```\nif it is not in the list:\n    to_be = the_end\n```", "de", None),
    ],
)
def test_a_text_that_is_surely_in_another_language_goes_back_with_the_reason(
    text: str, wanted: str, reason: str | None
) -> None:
    assert wrong_language(text, wanted) == reason


@pytest.mark.parametrize(
    "heading",
    ["# Costs", "### Costs of it", "**Costs**", "**Costs:**", "__Costs__", "---", "***", "===", "  ## Costs ##", "#"],
)
def test_headings_and_rules_go(heading: str) -> None:
    assert tidied(f"Trams cost much.\n\n{heading}\n\nBuses less.") == "Trams cost much.\n\nBuses less."


@pytest.mark.parametrize(
    "line", ["#1 of all trams.", "**Trams** run.", "- **Trams**: they run.", "| --- | --- |", "The references are old."]
)
def test_what_only_looks_like_a_heading_or_a_list_of_references_stays(line: str) -> None:
    assert tidied(f"Trams cost much.\n{line}") == f"Trams cost much.\n{line}"


@pytest.mark.parametrize("title", ["Cost of trams", "**Cost of trams**", "Cost of Trams:", "## Cost of trams"])
def test_its_own_title_goes(title: str) -> None:
    assert tidied(f"{title}\nTrams cost much.") == "Trams cost much."


@pytest.mark.parametrize(
    "heading",
    [
        "References",
        "## References",
        "**Sources:**",
        "Quellen",
        "Literaturverzeichnis",
        "参考文献",
        "المراجع",
        "참고문헌",
        "Works cited",
    ],
)
def test_a_list_of_references_goes_with_all_that_follows(heading: str) -> None:
    assert tidied(f"Trams cost much.\n\n{heading}\n[e1] A book.\n\nMore.") == "Trams cost much."


@pytest.mark.parametrize("opening", ["```", "```markdown", "```md"])
def test_a_reply_that_is_one_fence_is_unwrapped(opening: str) -> None:
    assert tidied(f"{opening}\n# Trams\nTrams cost much.\n```") == "Trams cost much."


def test_a_fence_in_the_text_stays_with_all_that_is_in_it() -> None:
    code = "```python\n# a comment\n---\nReferences\n    x = 1\n```"

    assert tidied(f"So:\n\n{code}\n\n# Next\nEnd.") == f"So:\n\n{code}\n\nEnd."


def test_blank_lines_and_ends_of_lines_are_tidied_and_indentation_stays() -> None:
    assert tidied("\n\n- one  \n    - two\t\n\n\n\nEnd.\n") == "- one\n    - two\n\nEnd."


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Trams cost much [e1]. Buses cost le", "Trams cost much [e1]."),
        ("Trams cost much. [e1] Buses [e", "Trams cost much. [e1]"),
        ("- Trams cost much.\n- Buses", "- Trams cost much."),
        ("路面電車は高い。バスは", "路面電車は高い。"),
        ("Trams cost", ""),
        ("Trams cost much [e1]. “Buses cost less.” [e2]", "Trams cost much [e1]. “Buses cost less.” [e2]"),
        ("", ""),
    ],
)
def test_of_a_reply_that_was_cut_off_the_broken_sentence_goes(text: str, left: str) -> None:
    assert tidied(text, cut_off=True) == left


def test_of_a_reply_that_was_not_cut_off_the_last_words_stay() -> None:
    assert tidied("Trams cost much. Buses less") == "Trams cost much. Buses less"


@given(TEXTS)
def test_tidying_only_ever_takes_away(text: str) -> None:
    left = tidied(text)

    rest = iter(text)
    assert all(character in rest for character in left if not character.isspace())


@given(TEXTS)
def test_a_tidied_text_without_code_never_has_a_heading(text: str) -> None:
    left = tidied(re.sub(r"```|~~~", "", text))

    assert not re.search(r"^ {0,3}#{1,6}\s", left, re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Trams\n in   cities.", "Trams in cities"),
        ("# **Trams** in `cities`", "Trams in cities"),
        ("Trams [e1] 【3】 ［4］", "Trams (e1) (3) (4)"),
        ("“Trams”: a <b>history</b> | part 1", "Trams”: a bhistory/b part 1"),
        ("x" * 200, "x" * 160),
    ],
)
def test_a_title_is_one_line_without_markup_or_brackets(text: str, line: str) -> None:
    assert one_line(text) == line


@given(TEXTS)
def test_a_title_never_forges_a_mark_or_breaks_its_line(text: str) -> None:
    line = one_line(text)

    assert not set(line) & set("[]【】［］#*`<>|\n\r")
    assert len(line) <= 160
    assert line == one_line(line)
