"""What the tests of `redraft eval` share: what a command prints, and small files of data."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from redraft.cli import app
from redraft.tests.evals.benchmarks.given import write_lines, write_table

PROMPTS = {"1": "为什么有轨电车便宜？", "2": "Why are trams cheap?", "3": "Who pays for trams?"}


class Answer:
    """What a command has printed."""

    def __init__(self, *arguments: object) -> None:
        done = CliRunner().invoke(app, ["eval", *map(str, arguments)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        self.code, self.out, self.err = done.exit_code, done.stdout, done.stderr

    @property
    def data(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def rows(self) -> dict[str, list[str]]:
        """The table's lines, by their first cell."""
        assert self.code == 0, self.err
        return {(cells := line.split())[0]: cells[1:] for line in self.out.splitlines() if line.strip()}


def benchmarks(folder: Path) -> Path:
    """Three tasks of DeepResearch Bench and one of DeepScholar-Bench, in a folder each."""
    languages = {"1": "zh"}
    queries = ({"id": int(n), "prompt": p, "language": languages.get(n, "en")} for n, p in PROMPTS.items())
    write_lines(folder / "drb" / "query.jsonl", *queries)
    header = ("arxiv_id", "title", "abstract", "clean_latex_related_works")
    write_table(folder / "scholar" / "papers_with_related_works.csv", header, ("2501.1", "Rails", "On rails.", "Much."))
    nuggets = [
        {"text": "Rails last for thirty years", "importance": "vital"},
        {"text": "Cats purr", "importance": "okay"},
    ]
    write_lines(folder / "scholar" / "nuggets.jsonl", {"arxiv_id": "2501.1", "query": "Write.", "nuggets": nuggets})
    cited = ("parent_paper_arxiv_id", "cited_paper_title", "cited_paper_arxiv_link", "cited_paper_abstract")
    works = [("2501.1", f"Work {n} of Trams", f"http://arxiv.org/abs/2401.0000{n}", "Long.") for n in (1, 2)]
    write_table(folder / "scholar" / "recovered_citations.csv", cited, *works)
    return folder


def reports(folder: Path, name: str, articles: Mapping[str, str | None]) -> Path:
    rows = ({"id": int(task), "prompt": PROMPTS[task], "article": article} for task, article in articles.items())
    return write_lines(folder / f"{name}.raw.jsonl", *rows)


def races(folder: Path, name: str, overall: Mapping[int, float]) -> Path:
    dimensions = dict.fromkeys(("comprehensiveness", "insight", "instruction_following", "readability"), 0.5)
    return write_lines(folder / name, *({"id": n, **dimensions, "overall_score": v} for n, v in overall.items()))
