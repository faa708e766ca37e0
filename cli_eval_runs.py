"""`redraft eval runs`, `show`, `rm`: evaluation runs as they are kept."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from redraft.cli_eval_scores import AsJson
from redraft.cli_tables import number, print_table
from redraft.cli_terminal import say

if TYPE_CHECKING:
    from redraft.store.database import Database
    from redraft.store.models import EvalRun, EvalTask

EvalName = Annotated[str, typer.Argument(metavar="NAME", help="Of an evaluation run.", show_default=False)]


def list_runs(*, as_json: AsJson = False) -> None:
    """List the evaluation runs: on what, by whom, how far they are, and by what they are scored."""
    from redraft.store import evals

    database = _opened()
    found = [_summary(database, eval_run) for eval_run in evals.everyone(database)]
    if as_json:
        typer.echo(json.dumps({"runs": found}))
        return
    rows = [
        [
            *(run[field] for field in ("name", "benchmark", "writer")),
            *(str(run[field]) for field in ("done", "failed", "waiting", "tokens")),
            ", ".join(f"{s['protocol']} ({s['label']})" if s["label"] else s["protocol"] for s in run["scorings"]),
        ]
        for run in found
    ]
    print_table(["name", "benchmark", "writer", "done", "failed", "waiting", "tokens", "scored by"], rows)


def show(name: EvalName, *, as_json: AsJson = False) -> None:
    """Print the tasks of an evaluation run, with all that is needed to repeat it."""
    from redraft.store import evals

    database = _opened()
    eval_run = evals.get(database, name)
    about = eval_run.model_dump(mode="json", include={"settings", "made_with", "token_limit"})
    tasks = [_told(task) for task in evals.tasks(database, eval_run)]
    if as_json:
        typer.echo(json.dumps(_summary(database, eval_run) | about | {"tasks": tasks}))
        return
    fields = ("task", "repeat", "state", "run", "words", "seconds", "tokens", "failure")
    print_table(fields, [[_cell(task[field]) for field in fields] for task in tasks])
    for what in ("settings", "made_with"):
        for key, value in about[what].items():
            typer.echo(f"{what.replace('_', ' ')}: {key}: {json.dumps(value, ensure_ascii=False)}")
    typer.echo(f"token limit: {eval_run.token_limit or 'none'}")


def rm(name: EvalName) -> None:
    """Forget an evaluation run with its scores. The reports that redraft wrote stay as runs."""
    from redraft.store import evals

    database = _opened()
    evals.remove(database, evals.get(database, name))
    say(f"{name} is forgotten")


def _opened() -> "Database":
    from redraft.agent.archive import open_database
    from redraft.agent.settings import load_settings

    return open_database(load_settings())


def _summary(database: "Database", eval_run: "EvalRun") -> dict[str, Any]:
    from redraft.evals.generating import standing
    from redraft.store import evals

    about = eval_run.model_dump(mode="json", include={"name", "benchmark", "writer", "created_at"})
    how_far = standing(database, evals.tasks(database, eval_run))._asdict()
    scored = [{"protocol": one.protocol, "label": one.label} for one in evals.scorings(database, eval_run)]
    return about | how_far | {"scorings": scored}


def _told(task: "EvalTask") -> dict[str, Any]:
    from redraft.evals.metrics.document import parse
    from redraft.evals.metrics.length import words

    kept = task.model_dump(include={"repeat", "state", "seconds", "tokens", "failure", "language", "topic"})
    counted = round(words(parse(task.article)) or 0) if task.article else None
    return {"task": task.task_id, "run": task.run_id, "words": counted} | kept


def _cell(value: object) -> str:
    if isinstance(value, float):
        return number(value)
    return "" if value is None else str(value)
