"""DeepScholar-Bench (Patel et al. 2025, arXiv 2508.20033): the related work of a paper, from its abstract."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from redraft.agent.errors import UserError
from redraft.evals.benchmarks import deepscholar_scores
from redraft.evals.benchmarks.base import Benchmark, Output, Task
from redraft.evals.benchmarks.deepscholar_scores import Work
from redraft.evals.benchmarks.reading import DataFile, Lax, Row, csv_rows, distinct, json_lines, needed, optional_rows
from redraft.evals.benchmarks.references import arxiv_id, link, references, split, with_marks
from redraft.evals.benchmarks.writing import articles, csv_text, publish_folder, run_file_name

PAPERS = DataFile("the papers", ("papers_with_related_works.csv", "dataset/papers_with_related_works.csv"))
NUGGETS = DataFile("the tasks' prompts and nuggets", ("nuggets.jsonl",))
CITED = DataFile("the cited works", ("recovered_citations.csv", "dataset/recovered_citations.csv"))
IMPORTANT = DataFile("the important ones of them", ("important_citations.csv", "dataset/important_citations.csv"))


class Paper(Lax):
    arxiv_id: str
    title: str
    abstract: str
    clean_latex_related_works: str


class Nugget(Row):
    text: str
    importance: str


class Nuggets(Row):
    arxiv_id: str
    query: str
    nuggets: list[Nugget]


class Citation(Lax):
    parent_paper_arxiv_id: str
    cited_paper_title: str
    cited_paper_arxiv_link: str
    cited_paper_abstract: str


def load(folder: Path) -> list[Task]:
    path = needed(folder, PAPERS)
    papers = csv_rows(path, Paper)
    distinct(path, [paper.arxiv_id for paper in papers])
    # Not by row number: the nuggets as published do not all lie at their paper's.
    nuggets = {row.arxiv_id: row for row in json_lines(needed(folder, NUGGETS), Nuggets)}
    cited, important = _works(folder, CITED), _works(folder, IMPORTANT)
    return [
        Task(
            id=paper.arxiv_id,
            prompt=_of(nuggets, paper.arxiv_id, folder).query,
            language="en",
            meta={
                "row": number,
                "title": paper.title,
                "abstract": paper.abstract,
                "related_work": paper.clean_latex_related_works,
                "nuggets": [nugget.model_dump() for nugget in nuggets[paper.arxiv_id].nuggets],
            }
            | ({"cited": cited[paper.arxiv_id]} if paper.arxiv_id in cited else {})
            | ({"important": important[paper.arxiv_id]} if paper.arxiv_id in important else {}),
        )
        for number, paper in enumerate(papers)
    ]


def _of(nuggets: Mapping[str, Nuggets], paper: str, folder: Path) -> Nuggets:
    if paper not in nuggets:
        message = f"{folder / NUGGETS.places[0]} has no prompt for the paper {paper}"
        raise UserError(message)
    return nuggets[paper]


def _works(folder: Path, file: DataFile) -> dict[str, list[Work]]:
    """The works that each paper cites."""
    works: dict[str, list[Work]] = {}
    for row in optional_rows(folder, file, Citation):
        work = Work(
            row.cited_paper_title.strip(), arxiv_id(row.cited_paper_arxiv_link), row.cited_paper_abstract.strip()
        )
        works.setdefault(row.parent_paper_arxiv_id.strip(), []).append(work)
    return works


def export(tasks: Sequence[Task], outputs: Sequence[Output], folder: Path, run_name: str) -> tuple[Path, ...]:
    """As `export_with`, with the abstracts of those works that the papers cite."""
    known = {work.arxiv_id: work.abstract for task in tasks for work in task.meta.get("cited", ()) if work.arxiv_id}
    return export_with(known, tasks, outputs, folder, run_name)


def export_with(
    texts: Mapping[str, str], tasks: Sequence[Task], outputs: Sequence[Output], folder: Path, run_name: str
) -> tuple[Path, ...]:
    """What the parser `deepscholar_base` reads: a folder a paper, named by its row, with the text and the cited works.

    `texts`: arXiv identifier → what the judges are shown of the work. The parser knows no works but those on arXiv:
    other citations are taken out. It leaves out a paper whose text cites none.
    """
    files: dict[str, str] = {}
    for task, article in articles(tasks, outputs):
        text, works = linked(article)
        rows = [(number, title, texts.get(number, "")) for number, title in works.items()]
        files[f"{task.meta['row']}/intro.md"] = text
        files[f"{task.meta['row']}/paper.csv"] = csv_text(("id", "title", "snippet"), rows)
    return publish_folder(folder / run_file_name(run_name), files)


def linked(article: str) -> tuple[str, dict[str, str]]:
    """The text with links to arXiv for marks, and the works that it so cites: identifier → title."""
    entries = {reference.number: reference for reference in references(article)}
    works: dict[str, str] = {}

    def mark(number: int) -> str:
        identifier = arxiv_id(entries[number].url) if number in entries else None
        if identifier is None:
            return ""
        works.setdefault(identifier, entries[number].title)
        return link(number, f"https://arxiv.org/abs/{identifier}")

    return with_marks(split(article)[0], mark), works


BENCHMARK = Benchmark(
    name="deepscholar",
    title="DeepScholar-Bench",
    licence="MIT",
    source="github.com/guestrin-lab/deepscholar-bench, arXiv 2508.20033",
    total=63,
    files=(PAPERS, NUGGETS, CITED, IMPORTANT),
    meta={
        "row": "the row of the paper, which the scripts name folders by",
        "title": "the paper's title",
        "abstract": "its abstract",
        "related_work": "the section as its authors wrote it, in LaTeX",
        "nuggets": "what that says, as text and importance (vital or okay)",
        "cited": "the works that it cites",
        "important": "the important ones of them",
    },
    load=load,
    export=export,
    scores=deepscholar_scores.scores,
    measure=deepscholar_scores.measure,
)
