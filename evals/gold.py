"""What the tasks of benchmarks say that a report should hold, in the form that metrics take."""

from collections.abc import Mapping, Sequence
from typing import Any

from redraft.evals.benchmarks.base import Task
from redraft.evals.metrics.given import Gold, Work


def gold(task: Task) -> Gold:
    """By the keys of `Task.meta`, which mean the same in every benchmark that has them."""
    meta = task.meta
    nuggets: Sequence[Mapping[str, str]] = meta.get("nuggets", ())
    return Gold(
        references=_works(meta),
        vital=[nugget["text"] for nugget in nuggets if nugget["importance"] == "vital"],
        okay=[nugget["text"] for nugget in nuggets if nugget["importance"] != "vital"],
        key_points=meta.get("key_points", ()),
        headings=[title for _, title in meta.get("outline", ())],
        words=meta.get("length"),
        language=task.language,
    )


def _works(meta: Mapping[str, Any]) -> list[Work]:
    titles = [Work(title) for title in meta.get("references", ())]
    cited = meta.get("important", meta.get("cited", ()))
    pages = [Work("", url=page) for page in meta.get("gold_pages", ())]
    return [*titles, *(Work(work.title, arxiv=work.arxiv_id or "") for work in cited), *pages]
