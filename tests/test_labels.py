import dataclasses
import string
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from redraft.agent.prose import word_count
from redraft.prompts.labels import LANGUAGES, Labels, labels
from redraft.tools.errors import SearchFault
from redraft.tools.language import FUNCTION_WORDS, OTHER_SCRIPTS, language_of

ROOT = Path(__file__).parents[1]
TEXTS = [field.name for field in dataclasses.fields(Labels) if field.type is str]
SENTENCES = ["limits", "quoted", "unplanned", "invented", "unsupported", "offline", "suspicious", "unread", "replaced"]
SENTENCES += ["stopped_tokens", "stopped_rounds", "open_questions", "unchecked", "hedged", "deleted", "uncovered"]
SENTENCES += ["rolled_back", "stale", "no_conclusion", "since", "nothing_changed", "newer"]
NEWS = ["news", "added", "changed", "before_now", "contradicted", "withdrawn", "more"]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_a_report_can_be_written_in_every_language_that_is_recognised() -> None:
    assert set(LANGUAGES) == FUNCTION_WORDS.keys() | OTHER_SCRIPTS


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_every_wording_with_the_same_values_in_it(code: str) -> None:
    said, english = labels(code), labels("en")

    for name in TEXTS:
        assert getattr(said, name) or name == "between", name
        assert placeholders(getattr(said, name)) == placeholders(getattr(english, name)), name
    assert said.reasons.keys() == english.reasons.keys()
    assert all(said.reasons.values())


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_every_language_but_english_has_words_for_every_failure_of_a_search(code: str) -> None:
    # A provider that was not asked, because the run is offline, is not said to have failed.
    assert labels(code).failures.keys() == set(get_args(SearchFault)) - {"offline"}


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_wordings_of_a_language_are_in_that_language(code: str) -> None:
    said = labels(code)

    assert language_of(" ".join(getattr(said, name) for name in SENTENCES).replace("robots.txt", "")) == code


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_no_wording_was_left_in_english(code: str) -> None:
    def sentences(said: Labels) -> set[str]:
        return {
            getattr(said, name) for name in (*SENTENCES, *NEWS, "found_nothing", "failed_always", "failed_sometimes")
        }

    assert not sentences(labels(code)) & sentences(labels("en"))


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_length_that_is_asked_for_is_the_length_that_is_counted(code: str) -> None:
    said = labels(code)
    unit = {"words": "tram ", "characters": "電"}[said.unit]

    assert word_count(unit * 50 * said.per_word) == 50


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_heading_is_one_line_without_a_mark(code: str) -> None:
    said = labels(code)
    for heading in (said.summary, said.references, said.limits, said.news):
        assert not set(heading) & set("#*[]\n")


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_kinds_of_news_can_be_told_apart(code: str) -> None:
    said = labels(code)

    assert len({said.added, said.changed, said.contradicted, said.withdrawn}) == 4


def test_the_wordings_are_shipped() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folder = ROOT / "prompts"
    shipped = {file for pattern in settings["package-data"]["redraft.prompts"] for file in folder.glob(pattern)}

    assert {folder / "languages" / f"{code}.toml" for code in LANGUAGES} <= shipped
