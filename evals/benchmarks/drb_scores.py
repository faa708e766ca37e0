"""The scores that the scripts of DeepResearch Bench write, per task or summed up."""

import re
from collections.abc import Sequence
from pathlib import Path

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.base import Scores, Task
from redraft.evals.benchmarks.reading import Row, json_lines, text_of
from redraft.evals.benchmarks.scoring import TaskScores, collected, means

DIMENSIONS = ("comprehensiveness", "insight", "instruction_following", "readability")
OURS = {
    "overall_score": "overall",
    "total_citations": "judged_citations",
    "total_valid_citations": "effective_citations",
    "valid_rate": "citation_accuracy",
}
"""What the scripts call a measure → what it is called here."""


class Race(Row):
    """A line of `raw_results.jsonl`: the report's share of its points and the reference's together, 0 to 1."""

    id: int
    comprehensiveness: float
    insight: float
    instruction_following: float
    readability: float
    overall_score: float


class Verdict(Row):
    result: str


class Validated(Row):
    validate_error: str | None
    validate_res: list[Verdict]


class Fact(Row):
    """A line of `validated.jsonl`."""

    id: int
    citations: list[object]
    citations_deduped: dict[str, Validated]


def scores(path: Path, tasks: Sequence[Task]) -> Scores:
    """Of RACE (`raw_results.jsonl`, `race_result.txt`) or FACT (`validated.jsonl`, `fact_result.txt`).

    RACE: the means over the tasks. FACT: citations that are judged and found supported, per task, and the share of the
    latter in all of them; a task without citations is left out, as its script leaves it out.
    """
    if path.suffix == ".txt":
        return Scores({}, _totals(path))
    if '"citations_deduped"' in text_of(path):
        facts = {str(row.id): _fact(row) for row in json_lines(path, Fact) if row.citations}
        return collected(tasks, facts, _fact_totals)
    races = {str(row.id): _race(row) for row in json_lines(path, Race)}
    return collected(tasks, races)


def _race(row: Race) -> TaskScores:
    return {"overall": row.overall_score, **row.model_dump(include=set(DIMENSIONS))}


def _fact(row: Fact) -> TaskScores:
    judged = [
        verdict.result
        for page in row.citations_deduped.values()
        if page.validate_error is None
        for verdict in page.validate_res
        if verdict.result != "unknown"
    ]
    supported = judged.count("supported")
    rate = {"citation_accuracy": supported / len(judged)} if judged else {}
    return {"judged_citations": len(judged), "effective_citations": supported, **rate}


def _fact_totals(rows: Sequence[TaskScores]) -> dict[str, float]:
    judged = sum(row["judged_citations"] for row in rows)
    supported = sum(row["effective_citations"] for row in rows)
    return {**means(rows), "citation_accuracy": supported / judged if judged else 0.0}


def _totals(path: Path) -> dict[str, float]:
    lines = re.findall(r"^(\w+):[ \t]*([\d.]+(?:[eE][+-]?\d+)?)[ \t]*$", text_of(path), flags=re.MULTILINE)
    if not lines:
        message = f"{path} has no line of the form 'measure: value'"
        raise UserError(message)
    return {OURS.get(name.lower(), name.lower()): float(value) for name, value in lines}
