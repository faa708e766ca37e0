"""Ranking by meaning, from the command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from redraft.tests.meanings import install
from redraft.tests.programs import FAITHFUL, Program


def redraft(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "redraft.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)


@pytest.fixture(autouse=True)
def library(documents: Path) -> None:
    assert redraft("library", "add", str(documents)).returncode == 0


def test_a_library_is_encoded_ahead_of_time_and_only_once(home: Path) -> None:
    install(home / "cache")

    first, second = redraft("library", "embed"), redraft("library", "embed")

    assert (first.returncode, first.stdout) == (0, "")
    assert first.stderr == "library 'default': 6 passages encoded\n"
    assert second.stderr == "library 'default': 0 passages encoded\n"


def test_a_search_finds_by_meaning_what_shares_no_word(home: Path) -> None:
    install(home / "cache")

    by_words, by_meaning = (redraft("library", "search", "rails?", "--json", *flag) for flag in ((), ("--dense",)))

    assert len(by_words.stdout.splitlines()) < len(by_meaning.stdout.splitlines())
    assert all(json.loads(line)["text"] for line in by_meaning.stdout.splitlines())


@pytest.mark.parametrize(
    "command", [("library", "embed"), ("library", "search", "x", "--dense"), ("research", "Why trams?", "--dense")]
)
def test_without_the_model_one_line_says_what_to_run(command: tuple[str, ...]) -> None:
    done = redraft(*command)

    assert done.returncode == 9
    assert done.stderr.count("\n") == 1
    assert "the model minilm is not on this machine: run `redraft model pull minilm`" in done.stderr


def test_a_run_tells_what_it_encodes_before_it_asks_the_model(home: Path, tmp_path: Path) -> None:
    install(home / "cache")
    model = Program(FAITHFUL, tmp_path / "model")

    done = redraft("research", "What do trams and buses cost?", "--dense", "--sections", "2", "--llm-url", model.url)

    model.stop()
    assert done.returncode == 0
    assert "encoded: 6 passages, to be found by their meaning\n" in done.stderr.partition(" begun: ")[0]
    assert "\n## References\n" in done.stdout


def test_the_model_is_listed_and_not_served(home: Path) -> None:
    folder = install(home / "cache")

    assert redraft("model", "path", "minilm").stdout.strip() == str(folder)
    refused = redraft("serve", "start", "--model", "minilm")
    assert refused.returncode in (2, 9)  # 9 where there is no vLLM to serve anything
    assert "minilm cannot be served" in refused.stderr or "vLLM is not installed" in refused.stderr
