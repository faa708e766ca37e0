import importlib
from typing import get_type_hints

import pytest

from redraft.agent.speculating import NEEDS_DRAFT, SPECULATIONS, Speculation, speculation_config


def everything(module: str) -> bool:
    return True


def nothing(module: str) -> bool:
    return False


@pytest.mark.parametrize("name", [name for name in SPECULATIONS if name != "off"])
def test_every_drafter_whose_parts_are_there_has_a_method_and_a_length(name: Speculation) -> None:
    found = speculation_config(name, draft="some/head", importable=everything)

    assert found.dropped is None
    assert found.config is not None
    assert found.config["method"] == ("custom_class" if name == "redraft" else name)
    assert 1 <= found.config["num_speculative_tokens"] <= 32
    assert (found.config.get("model") == "some/head") == (name in NEEDS_DRAFT)


def test_off_is_no_drafter_and_nothing_is_missing() -> None:
    assert speculation_config("off", importable=nothing) == (None, None)


@pytest.mark.parametrize("name", ["eagle3", "draft_model"])
def test_a_drafter_that_is_a_model_is_dropped_without_one(name: Speculation) -> None:
    assert speculation_config(name) == (None, "no draft model was given")


@pytest.mark.parametrize(("name", "wanted"), [("suffix", "pip install arctic-inference==0.1.1"), ("redraft", "numba")])
def test_a_drafter_whose_package_is_missing_is_dropped_with_what_to_install(name: Speculation, wanted: str) -> None:
    found = speculation_config(name, importable=nothing)

    assert found.config is None
    assert found.dropped is not None
    assert wanted in found.dropped
    assert "\n" not in found.dropped


def test_ngram_needs_nothing() -> None:
    assert speculation_config("ngram", importable=nothing).config is not None


def test_one_answer_does_not_change_another() -> None:
    first = speculation_config("ngram").config
    assert first is not None
    first["num_speculative_tokens"] = 99

    second = speculation_config("ngram").config
    assert second is not None
    assert second["num_speculative_tokens"] == 8


def test_what_vllm_is_told_to_load_is_there() -> None:
    config = speculation_config("redraft", importable=everything).config
    assert config is not None
    module, _, name = config["model"].rpartition(".")

    proposer = getattr(importlib.import_module(module), name)

    assert "sampled_token_ids" in get_type_hints(proposer.propose)
