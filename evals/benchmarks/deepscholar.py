"""DeepScholar-Bench (Patel et al. 2025, arXiv 2508.20033): the related work of a paper, from its abstract."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from redraft.agent.errors import UserError
from redraft.evals.benchmarks import deepscholar_scores
from redraft.evals.benchmarks.base import Benchmark, CorpusDocument, Output, Task
from redraft.evals.benchmarks.deepscholar_scores import Work
from redraft.evals.benchmarks.reading import DataFile, Lax, Row, csv_rows, distinct, json_lines, needed, optional_rows
from redraft.evals.benchmarks.references import arxiv_id, link, normalised, references, split, with_marks
from redraft.evals.benchmarks.writing import articles, csv_text, publish_folder, run_file_name
from redraft.tools.search.canonical import canonical

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
    bib_paper_year: str = ""
    search_res_title: str = ""
    """Of the page that a search for the work found first."""
    search_res_url: str = ""
    search_res_content: str = ""
    """What the search showed of it."""


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


def corpus(folder: Path) -> Iterator[CorpusDocument]:
    """The cited works that are on arXiv, by their abstracts; of the others what a search for them found, as that page.

    Three of four such pages are of the work by their titles, and the rest, of dictionaries and shops among them, are
    there to be passed by. Raises `UserError` where the cited works are not among the data.
    """
    seen: set[str] = set()
    rows = csv_rows(needed(folder, CITED), Citation)
    for document in [*map(_abstract, rows), *map(_found, rows)]:
        if document and (key := canonical(document.url)) not in seen:
            seen.add(key)
            yield document


def _abstract(row: Citation) -> CorpusDocument | None:
    identifier, abstract = arxiv_id(row.cited_paper_arxiv_link), row.cited_paper_abstract.strip()
    if not (identifier and abstract):
        return None
    year = row.bib_paper_year[:4] or None
    return CorpusDocument(f"https://arxiv.org/abs/{identifier}", row.cited_paper_title, abstract, year)


def _found(row: Citation) -> CorpusDocument | None:
    url, text = row.search_res_url.strip(), row.search_res_content.strip()
    if row.cited_paper_abstract.strip() or not (url and text):
        return None
    work, page = normalised(row.cited_paper_title), normalised(row.search_res_title)
    # Titles of search results are cut short.
    title = row.cited_paper_title if page and work.startswith(page) else row.search_res_title
    return CorpusDocument(url, title, text)


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
    corpus=corpus,
)
