"""The metrics that need no judge, of the reports of several systems, as a Markdown table.

    python -m redraft.evals.reports_table FILE... [--scores FILE...] [--language CODE]

Each FILE has a report a line, in JSON with `id`, `prompt` and `article`, as DeepResearch Bench takes them. A cell is
the mean over the reports of which the metric can be told, with their number where it is not that of all. `--scores`
names files of official scores, a line a report with `id` and `overall_score`, and adds Spearman's rank correlation of
each metric with them. A file is of the system that its name begins with: `NAME.raw.jsonl`, `NAME.gemini25.jsonl`.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from redraft.evals.metrics import METRICS, measure
from redraft.evals.statistics import spearman
from redraft.tools.language import language_of_question

WHOLE = 100
"""From here on the decimals of a mean are left out."""


class System(NamedTuple):
    name: str
    measured: Mapping[str, Mapping[str, float | None]]
    """By the id of the task."""


class Scores(NamedTuple):
    system: str
    overall: Mapping[str, float]
    """By the id of the task."""


def read_reports(path: Path, language: str | None = None) -> System:
    """Every metric of each report on a question in this language, or in any."""
    rows = [row for row in _lines(path) if language in (None, language_of_question(str(row["prompt"])))]
    return System(_name(path), {str(row["id"]): measure(str(row["article"])) for row in rows})


def read_scores(path: Path) -> Scores:
    return Scores(_name(path), {str(row["id"]): float(row["overall_score"]) for row in _lines(path)})


def table(systems: Sequence[System], scores: Sequence[Scores] = ()) -> str:
    """A row for each metric that can be told of a report."""
    pairs = [(system, one) for one in scores for system in systems if _belongs(one, system)]
    head = ["metric", *(f"{s.name} ({len(s.measured)})" for s in systems), *(f"ρ {s.name}" for s, _ in pairs)]
    lines = [head, ["---"] * len(head)]
    for name in METRICS:
        cells = [mean_cell(list(_of(system, name).values()), len(system.measured)) for system in systems]
        if any(cells):
            told = [_correlation(_of(system, name), one.overall) for system, one in pairs]
            lines.append([name, *cells, *told])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def mean_cell(values: Sequence[float], whole: int) -> str:
    """The mean, with how many it is of where they are not all; empty of none."""
    if not values:
        return ""
    mean = fmean(values)
    told = f"{mean:,.0f}" if mean >= WHOLE else f"{mean:.3g}"
    return told + (f" ({len(values)})" if len(values) != whole else "")


def _of(system: System, name: str) -> dict[str, float]:
    return {task: value for task, found in system.measured.items() if (value := found[name]) is not None}


def _correlation(found: Mapping[str, float], overall: Mapping[str, float]) -> str:
    both = sorted(found.keys() & overall.keys())
    rho = spearman([found[task] for task in both], [overall[task] for task in both])
    return "" if rho is None else f"{rho:+.2f} ({len(both)})"


def _belongs(scores: Scores, system: System) -> bool:
    return scores.system == system.name


def _name(path: Path) -> str:
    """Of the system: the file's, but for its last two parts."""
    return path.name.removesuffix(".jsonl").rpartition(".")[0] or path.stem


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m redraft.evals.reports_table", description=__doc__.split("\n\n")[0])
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="reports, one a line")
    parser.add_argument(
        "--scores", type=Path, nargs="*", default=[], metavar="FILE", help="official scores, one a line"
    )
    parser.add_argument("--language", help="only reports on questions in it, as en or zh")
    given = parser.parse_args(arguments)
    try:
        systems = [read_reports(path, given.language) for path in given.files]
        scores = [read_scores(path) for path in given.scores]
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"not a file of reports or scores: {error!r}")
    sys.stdout.write(f"{table(systems, scores)}\n")


if __name__ == "__main__":
    main()
