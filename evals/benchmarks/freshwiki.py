"""FreshWiki (Shao et al. 2024, arXiv 2402.14207): the outline of an article, against that of Wikipedia's.

Its closed world are the articles of Wikipedia themselves, without their headings. What is written from it tells
whether a writer finds the one right source, and what outline it makes of a text that covers the topic; it does not
tell, as the benchmark does, how well it finds out what belongs to a topic.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from redraft.evals.benchmarks.base import Benchmark, CorpusDocument, Output, Scores, Task
from redraft.evals.benchmarks.reading import (
    DataFile,
    Lax,
    Row,
    csv_rows,
    distinct,
    json_object,
    located,
    needed,
    optional_lines,
)
from redraft.evals.benchmarks.references import split
from redraft.evals.benchmarks.scoring import TaskScores, collected
from redraft.evals.benchmarks.writing import articles, publish_folder, run_file_name
from redraft.evals.metrics.document import parse
from redraft.evals.metrics.references import cited_works, leads_to

TOPICS = DataFile("the topics", ("topic_list.csv",))
OUTLINES = DataFile("the outlines of Wikipedia's articles", ("outlines.jsonl",))
ARTICLES = DataFile("Wikipedia's articles", ("articles/*.json",))
FILE = "storm_gen_outline.txt"
"""What the script is told to look for in each topic's folder, unless it is told another name."""
_HEADING = re.compile(r"^(?P<signs>#{1,6})[ \t]+(?P<title>\S.*?)[ \t#]*$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


class Topic(Lax):
    topic: str
    url: str
    predicted_class: str = ""


class Heading(Row):
    level: int
    title: str


class Outline(Row):
    url: str
    summary: str
    headings: list[Heading]


class Sentence(Row):
    sentence: str


class Section(Row):
    section_content: list[Sentence]
    subsections: list["Section"]


class Article(Row):
    title: str
    url: str
    summary: str
    content: list[Section]


def load(folder: Path) -> list[Task]:
    path = needed(folder, TOPICS)
    topics = csv_rows(path, Topic)
    distinct(path, [file_name(topic.topic) for topic in topics])
    outlines = {row.url: row for row in optional_lines(folder, OUTLINES, Outline)}
    here = {article.url for article in _articles(folder)}
    return [
        Task(
            id=file_name(topic.topic),
            prompt=topic.topic,
            language="en",
            topic=topic.predicted_class,
            meta=(_meta(outlines[topic.url]) if topic.url in outlines else {})
            | ({"article": topic.url} if topic.url in here else {}),
        )
        for topic in topics
    ]


def _meta(outline: Outline) -> dict[str, object]:
    return {"outline": [(heading.level, heading.title) for heading in outline.headings], "summary": outline.summary}


def corpus(folder: Path) -> Iterator[CorpusDocument]:
    """Wikipedia's articles, a paragraph a section, without headings: they are what is asked for.

    Raises `UserError` where there are none.
    """
    needed(folder, ARTICLES)
    for article in _articles(folder):
        text = "\n\n".join(filter(None, [article.summary.strip(), *_paragraphs(article.content)]))
        yield CorpusDocument(article.url, article.title.replace("_", " "), text)


def _articles(folder: Path) -> list[Article]:
    return [json_object(path, Article) for path in located(folder, ARTICLES)]


def _paragraphs(sections: Sequence[Section]) -> Iterator[str]:
    for section in sections:
        yield " ".join(f"{said.sentence.strip().removesuffix('.')}." for said in section.section_content)
        yield from _paragraphs(section.subsections)


def measure(task: Task, output: Output) -> TaskScores:
    """Of a topic whose article is in the closed world: whether a report cites it (`topic_article_recall`), and its
    share of the pages that the report cites (`topic_article_precision`), which is 0 without any.

    Of a report from the web they tell the opposite: that it copies what it is compared with.
    """
    if "article" not in task.meta:
        return {}
    cited = cited_works(parse(output.article))
    right = sum(leads_to(work.url, task.meta["article"]) for work in cited)
    return {"topic_article_recall": float(right > 0), "topic_article_precision": right / len(cited) if cited else 0.0}


def file_name(topic: str) -> str:
    """What the script makes of a topic to find its files."""
    return topic.replace(" ", "_").replace("/", "_")


def headings(article: str) -> list[tuple[int, str]]:
    """Level, from 1, and title of each heading below the article's own title. Without the list of references."""
    text = _FENCE.sub("", split(article)[0])
    found = [(len(match["signs"]), match["title"]) for match in _HEADING.finditer(text)]
    if found and found[0][0] == 1 and all(level > 1 for level, _ in found[1:]):
        return [(level - 1, title) for level, title in found[1:]]
    return found


def export(tasks: Sequence[Task], outputs: Sequence[Output], folder: Path, run_name: str) -> tuple[Path, ...]:
    """A folder a topic, with the headings alone."""
    files = {f"{task.id}/{FILE}": outline(article) for task, article in articles(tasks, outputs)}
    return publish_folder(folder / run_file_name(run_name), files)


def outline(article: str) -> str:
    """The headings of an article, a line each, with as many `#` as their level."""
    return "".join(f"{'#' * level} {title}\n" for level, title in headings(article))


class Evaluated(Lax):
    """A row of the table that `eval_outline_quality.py` writes."""

    topic: str
    entity_recall: float
    heading_soft_recall: float


def scores(path: Path, tasks: Sequence[Task]) -> Scores:
    """Of the table that `eval_outline_quality.py` writes: the means over the topics."""
    rows = {file_name(row.topic): row.model_dump(exclude={"topic"}) for row in csv_rows(path, Evaluated)}
    return collected(tasks, rows)


BENCHMARK = Benchmark(
    name="freshwiki",
    title="FreshWiki, outlines",
    licence="CC BY-SA 4.0",
    source="github.com/stanford-oval/storm, arXiv 2402.14207",
    total=100,
    files=(TOPICS, OUTLINES, ARTICLES),
    meta={
        "outline": "the headings of Wikipedia's article, as level (from 1) and title",
        "summary": "the beginning of Wikipedia's article",
        "article": "the address of Wikipedia's article, whose text is here",
    },
    load=load,
    export=export,
    scores=scores,
    measure=measure,
    corpus=corpus,
)
