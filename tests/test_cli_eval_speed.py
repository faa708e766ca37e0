"""`redraft eval speed` on small transcripts."""

from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from typer.testing import CliRunner

from redraft.agent.transcripts import append
from redraft.cli import app
from redraft.evals.speed.lookup import HAS_SUFFIX
from redraft.tests.evals.speed.given import call
from redraft.tests.evaluated import Answer
from redraft.tests.faithful import Handler


@pytest.fixture
def transcripts(tmp_path: Path) -> Path:
    """Two runs: in one a draft that quotes its prompt, and two queries; in the other one draft."""
    evidence = "The tram carries nine hundred people an hour. "
    folder = tmp_path / "transcripts"
    folder.mkdir()
    append(folder / "a.jsonl", call(evidence, "So: " + evidence * 2))
    append(folder / "a.jsonl", call("Queries?", "tram", "rail", node="query"))
    append(folder / "b.jsonl", call("Write.", "Words", node="draft")._replace(run="other"))
    return folder


def replayed(*arguments: object) -> Answer:
    return Answer("speed", "replay", *arguments)


def test_a_replay_counts_steps_by_drafter_and_by_node(transcripts: Path) -> None:
    found = replayed(transcripts, "--drafters", "ngram,redraft", "--concurrency", "1,2", "--json").data

    assert found["transcripts"] == {"runs": 2, "calls": 3, "output_tokens": 109}
    assert list(found["drafters"]) == ["off", "ngram", "redraft"]
    off, ngram, redraft = (found["drafters"][name]["1"] for name in ("off", "ngram", "redraft"))
    assert off["all"]["tokens_per_step"] == 1
    assert off["all"]["draft_length"] is None
    assert set(off["speedup"]["H100 SXM"].values()) != {None}
    assert redraft["nodes"]["draft"]["tokens_per_step"] > ngram["nodes"]["draft"]["tokens_per_step"] > 2
    assert ngram["nodes"]["query"] == off["nodes"]["query"], "too short to be drafted by it"
    assert ngram["speedup"]["H200 SXM"]["free"] == pytest.approx(ngram["all"]["tokens_per_step"], rel=0.02)
    assert len(ngram["all"]["acceptance_by_position"]) == 8
    assert set(found["gpus"]) == set(off["speedup"])


def test_a_replay_is_shown_in_four_tables(transcripts: Path) -> None:
    answer = replayed(transcripts, "--drafters", "ngram", "--concurrency", "2")

    assert answer.err == "2 runs, 3 calls, 109 tokens of output; 2 at once:\n"
    rows = answer.rows
    assert rows["query"] == ["6", "1"]
    assert rows["node"] == ["tokens", "ngram"]
    assert [line.split()[-3] for line in answer.out.splitlines() if line.startswith("RTX 4090")] == ["2"]
    assert "Share of drafted tokens that is taken, by position in the draft" in answer.out


def test_without_names_all_drafters_that_are_installed_are_replayed(transcripts: Path) -> None:
    found = replayed(transcripts / "b.jsonl", "--concurrency", "1", "--json").data

    assert list(found["drafters"]) == ["off", "ngram", *(["suffix"] if HAS_SUFFIX else []), "redraft"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--drafters", "eagle"), "there is no drafter 'eagle'"),
        (("--concurrency", "1,none"), "no list of numbers"),
        (("--concurrency", "0"), "no list of numbers"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_a_line(transcripts: Path, arguments: tuple[str, str], said: str) -> None:
    answer = replayed(transcripts, *arguments)

    assert answer.code == 2
    assert said in answer.err


def test_live_needs_a_prompt_that_fits(tmp_path: Path) -> None:
    append(tmp_path / "a.jsonl", call("p" * 2000, "o"))

    answer = Answer("speed", "live", tmp_path, "--context", "1024")

    assert answer.code == 2
    assert "no call in the transcripts fits into 1024 tokens" in answer.err


class Telling(Handler):
    """A faithful writer that tells token ids as vLLM does: a letter is a token."""

    def _send(self, body: dict[str, Any]) -> None:
        for served in body.get("data", ()):
            served["owned_by"] = "vllm"
        for choice in body.get("choices", ()):
            choice["token_ids"] = [ord(sign) for sign in choice["message"]["content"]]
            body["prompt_token_ids"] = [1, 2, 3]
        super()._send(body)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    Telling.log, Telling.delay, Telling.context = tmp_path / "asked", 0, 8192
    server = ThreadingHTTPServer(("127.0.0.1", 0), Telling)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.enable_socket  # loopback only
def test_a_run_records_what_is_replayed_and_writes_the_same_report(
    documents: Path, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def redraft(*arguments: object) -> str:
        done = CliRunner().invoke(app, list(map(str, arguments)))
        assert done.exit_code == 0, done.stderr
        return done.stdout

    redraft("library", "add", documents)
    research = ("research", "What do trams carry, and what do they cost?", "--preset", "quick", "--llm-url", url)
    plain = redraft(*research)
    monkeypatch.setenv("REDRAFT_TRANSCRIPTS", str(tmp_path / "transcripts"))
    recorded = redraft(*research)

    assert recorded == plain
    found = replayed(tmp_path / "transcripts", "--drafters", "redraft", "--concurrency", "1", "--json").data
    assert found["transcripts"]["calls"] > 10
    assert found["drafters"]["redraft"]["1"]["nodes"]["draft"]["tokens_per_step"] > 2
