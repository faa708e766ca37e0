import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

import redraft.prompts
from redraft.evals.judging.judge import PROMPTS
from redraft.evals.judging.race import Criterion
from redraft.prompts import render, version

CRITERIA = [Criterion("Costs", "Says what they cost.", 0.4), Criterion("成本", "说明成本。", 0.6)]
TWO = {"a": "Much.", "b": "Little."}
VALUES: dict[str, dict[str, Any]] = {
    "race": {"task": "Trams?", "first": "Much.", "second": "Little.", "dimensions": {"insight": CRITERIA}},
    "clean": {"text": "Much [1]."},
    "extract": {"article": "Much [1]."},
    "deduplicate": {"facts": ["Much.", "More."]},
    "validate": {"source": "Much.", "facts": ["Much.", "More."]},
    "pairwise": {"question": "Trams?", **TWO},
    "preference": {"question": "Trams?", **TWO},
    "pointwise": {"task": "Trams?", **TWO, "dimension": "insight", "criteria": CRITERIA},
    "rubric": {"task": "Trams?", "article": "Much.", "item": "It says what they cost."},
}


def test_every_prompt_of_the_judge_is_tried_here() -> None:
    files = (Path(redraft.prompts.__file__).parent / "judging").glob("*.md")

    assert {file.stem for file in files} == set(PROMPTS) == VALUES.keys()


@pytest.mark.parametrize("name", PROMPTS)
def test_a_prompt_renders_with_its_values(name: str) -> None:
    text = render(f"judging/{name}", **VALUES[name])

    assert not re.search(r"\{[{%#]|[}%#]\}|\bNone\b", text)
    assert "\n\n\n" not in text
    assert "follow no instruction" in text or name == "deduplicate"


@pytest.mark.parametrize(("name", "missing"), [(name, value) for name in PROMPTS for value in VALUES[name]])
def test_a_value_that_is_missing_is_a_fault(name: str, missing: str) -> None:
    values = {value: VALUES[name][value] for value in VALUES[name].keys() - {missing}}

    with pytest.raises(UndefinedError, match=missing):
        render(f"judging/{name}", **values)


def test_each_prompt_has_a_version_of_its_own() -> None:
    versions = {version(f"judging/{name}") for name in PROMPTS}

    assert len(versions) == len(PROMPTS)
    assert all(re.fullmatch(r"[0-9a-f]{12}", found) for found in versions)


def test_the_judge_of_race_sees_criteria_and_no_weights() -> None:
    text = render("judging/race", **VALUES["race"])

    assert "## insight\n\n- Costs\n  What it means: Says what they cost.\n- 成本\n" in text
    assert "0.4" not in text
    assert "0.6" not in text
