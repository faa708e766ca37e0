"""What metrics are measured from, and how one is described."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from inspect import cleandoc
from typing import TYPE_CHECKING, Literal, NamedTuple

from redraft.evals.metrics.document import Document

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Encode = Callable[[Sequence[str]], "NDArray[np.float32]"]
"""Sentence vectors of length 1, a row a text: `redraft.tools.dense.Encoder.encode`."""
Values = dict[str, float | None]
"""By the name of the metric; None where what is given does not tell."""


class Work(NamedTuple):
    """A work that a report may cite. Empty is what is not known of it."""

    title: str
    url: str = ""
    """Its address or, as `/docs/a.html`, the end of its path on whatever host."""
    doi: str = ""
    arxiv: str = ""


@dataclass(frozen=True, kw_only=True)
class Gold:
    """What a benchmark knows of a task. What it does not know is empty, and then not measured."""

    references: Sequence[Work] = ()
    vital: Sequence[str] = ()
    """Nuggets that an answer has to hold."""
    okay: Sequence[str] = ()
    """Nuggets that are good to have."""
    key_points: Sequence[str] = ()
    headings: Sequence[str] = ()
    words: int | None = None
    """The length that was asked for, of Chinese in characters."""
    language: str | None = None


class Trace(NamedTuple):
    """How a report came about: read by `redraft.evals.metrics.history.trace`."""

    sections: Sequence[Sequence[str]]
    """The texts that stood in each section, one after the other."""
    novelty: Sequence[float]
    """Of each round that was answered."""


class Cost(NamedTuple):
    """What a report took: read by `redraft.evals.metrics.cost.of_run`. None is what is not known."""

    tokens: int | None = None
    """Of prompts and replies."""
    calls: int | None = None
    seconds: float | None = None
    watts: float | None = None
    """Drawn on average by what the model ran on."""


NOTHING = Cost()


@dataclass(frozen=True, kw_only=True)
class Given:
    """An article and all that it can be held against."""

    document: Document
    passages: Mapping[str, Sequence[str]] | None = None
    """The store of the run: the texts that were read, by `redraft.tools.search.canonical` of their address."""
    cited: Mapping[str, Sequence[str]] | None = None
    """The texts of the pages that the article cites, read when it is measured, by the same; without those that could
    not be read."""
    published: Mapping[str, date] | None = None
    """When sources were published, by the same."""
    today: date | None = None
    """Where the age of a source is counted from."""
    gold: Gold = Gold()
    encode: Encode | None = None
    trace: Trace | None = None
    cost: Cost = NOTHING

    @property
    def sources(self) -> Mapping[str, Sequence[str]] | None:
        """What claims are held against: what was read to measure, so that every system is held against the same, else
        the store."""
        return self.passages if self.cited is None else self.cited


@dataclass(frozen=True)
class Metric:
    """A metric: its name and its definition are those of the function."""

    function: Callable[..., float | None]
    unit: str
    better: Literal["higher", "lower", "neither"]
    source: str
    """Where the definition is from."""
    blind: str
    """What it cannot tell."""

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def definition(self) -> str:
        return " ".join(cleandoc(self.function.__doc__ or "").split())


def values(metrics: Sequence[Metric], *arguments: object) -> Values:
    """What each function makes of the same arguments."""
    return {metric.name: metric.function(*arguments) for metric in metrics}


def unknown(metrics: Sequence[Metric]) -> Values:
    return dict.fromkeys((metric.name for metric in metrics), None)


def share(part: int, whole: int) -> float | None:
    """None of nothing."""
    return part / whole if whole else None


OURS = "redraft"
"""The source of a definition that is our own."""
