"""DeepResearch Bench (Du et al. 2025, arXiv 2506.11763): reports judged against a reference report (RACE), and their
citations against the pages that they name (FACT).

RACE finds the tasks by their prompts, FACT by their numbers, which have to be integers: a string is skipped in silence.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from redraft.agent.errors import UserError
from redraft.evals.benchmarks import drb_scores
from redraft.evals.benchmarks.base import Benchmark, Output, Task
from redraft.evals.benchmarks.reading import DataFile, Row, distinct, json_lines, needed, optional_lines
from redraft.evals.benchmarks.writing import articles, json_line, publish_file, run_file_name

QUERIES = DataFile("the tasks", ("query.jsonl", "data/prompt_data/query.jsonl", "query.dev.jsonl"))
CRITERIA = DataFile(
    "the weighted criteria", ("criteria.jsonl", "data/criteria_data/criteria.jsonl", "criteria.dev.jsonl")
)
REFERENCES = DataFile(
    "the reference articles",
    ("reference.jsonl", "data/test_data/cleaned_data/reference.jsonl", "reference.partial.dev.jsonl"),
)
PEOPLE = DataFile("the scores that people gave four systems", ("human_scores.zh.jsonl",))


class Query(Row):
    id: int
    prompt: str
    language: str
    topic: str = ""


class Criterion(Row):
    criterion: str
    explanation: str
    weight: float


class Criteria(Row):
    prompt: str
    dimension_weight: dict[str, float]
    criterions: dict[str, list[Criterion]]


class Article(Row):
    prompt: str
    article: str


class Rated(Row):
    dimensions: dict[str, float]
    overall: float


class People(Row):
    id: int
    aggregated: dict[str, Rated]


def load(folder: Path) -> list[Task]:
    path = needed(folder, QUERIES)
    queries = json_lines(path, Query)
    distinct(path, [query.id for query in queries])
    distinct(path, [query.prompt for query in queries])
    criteria = {row.prompt: row for row in optional_lines(folder, CRITERIA, Criteria)}
    references = {row.prompt: row.article for row in optional_lines(folder, REFERENCES, Article)}
    people = {row.id: row.aggregated for row in optional_lines(folder, PEOPLE, People)}
    return [
        Task(
            id=str(query.id),
            prompt=query.prompt,
            language=query.language,
            topic=query.topic,
            meta=_weights(criteria.get(query.prompt))
            | ({"reference": references[query.prompt]} if query.prompt in references else {})
            | ({"people": _people(people[query.id])} if query.id in people else {}),
        )
        for query in queries
    ]


def _weights(criteria: Criteria | None) -> dict[str, Any]:
    if criteria is None:
        return {}
    dumped = criteria.model_dump()
    return {"weights": dumped["dimension_weight"], "criteria": dumped["criterions"]}


def _people(systems: Mapping[str, Rated]) -> dict[str, dict[str, float]]:
    return {system: {**rated.dimensions, "overall": rated.overall} for system, rated in systems.items()}


def export(tasks: Sequence[Task], outputs: Sequence[Output], folder: Path, run_name: str) -> tuple[Path, ...]:
    """Articles as RACE and FACT read them. RACE leaves out a task whose article is empty."""
    target = folder / "data" / "test_data" / "raw_data" / f"{_run_name(run_name)}.jsonl"
    return publish_file(target, "".join(json_line(_raw(task, article)) for task, article in articles(tasks, outputs)))


def _raw(task: Task, article: str) -> dict[str, Any]:
    return {"id": int(task.id), "prompt": task.prompt, "article": article}


def _run_name(name: str) -> str:
    if "openai" in name.lower():
        raise UserError("the scripts treat runs with 'openai' in their name in another way: give the run another name")
    return run_file_name(name)


class CitedFact(NamedTuple):
    """A sentence of an article, and a source that it cites."""

    task_id: str
    fact: str
    """Understood without its surroundings, and without marks."""
    number: int
    """Of the source in the article's list."""
    url: str


class Page(NamedTuple):
    """What a source says."""

    title: str
    description: str
    text: str


def export_fact(
    tasks: Sequence[Task],
    outputs: Sequence[Output],
    facts: Sequence[CitedFact],
    pages: Mapping[str, Page],
    folder: Path,
    run_name: str,
) -> tuple[Path, ...]:
    """What FACT would have extracted, deduplicated and scraped, so that it only has to validate and count.

    A fact that a page is cited for twice stands once. A page that is not in `pages` (by address) has no content, and
    FACT counts none of its facts, as it does with a page that it cannot have.
    """
    target = folder / "results" / "fact" / _run_name(run_name) / "scraped.jsonl"
    rows = (_scraped(task, article, facts, pages) for task, article in articles(tasks, outputs))
    return publish_file(target, "".join(map(json_line, rows)))


def _scraped(task: Task, article: str, facts: Sequence[CitedFact], pages: Mapping[str, Page]) -> dict[str, Any]:
    mine = [fact for fact in facts if fact.task_id == task.id]
    said: dict[str, list[str]] = {}
    for fact in mine:
        said.setdefault(fact.url, []).append(fact.fact)
    return _raw(task, article) | {
        "citations": [{"fact": fact.fact, "ref_idx": fact.number, "url": fact.url} for fact in mine],
        "citations_deduped": {
            url: {
                "facts": list(dict.fromkeys(sentences)),
                "url_content": "\n\n".join(pages[url]) if url in pages else None,
            }
            for url, sentences in said.items()
        },
    }


BENCHMARK = Benchmark(
    name="drb",
    title="DeepResearch Bench",
    licence="Apache-2.0",
    source="github.com/Ayanami0730/deep_research_bench, arXiv 2506.11763",
    total=100,
    files=(QUERIES, CRITERIA, REFERENCES, PEOPLE),
    meta={
        "weights": "the weight of each dimension",
        "criteria": "each dimension's criteria, as criterion, explanation and weight",
        "reference": "the reference article",
        "people": "what people gave four systems, of 100: system → dimension or `overall` → mean",
    },
    load=load,
    export=export,
    scores=drb_scores.scores,
)
