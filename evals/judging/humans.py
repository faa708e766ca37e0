"""What people have given the same reports: the human scores of DeepResearch Bench, as LongJudgeBench ships them."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Any

_DIMENSIONS = {
    "Comprehensiveness": "comprehensiveness",
    "depth": "insight",
    "instruction following": "instruction_following",
    "readability": "readability",
}
"""The annotators' names for RACE's dimensions."""


@dataclass(frozen=True)
class Rated:
    """One task."""

    task: str
    ratings: Sequence[Mapping[str, float]]
    """One for each annotator: by system, the dimensions' scores weighted as RACE weights them, 0 to 100."""
    overall: Sequence[Mapping[str, float]]
    """One for each annotator: by system, the score that was given for the whole report."""

    @property
    def means(self) -> dict[str, float]:
        """By system, the mean weighted score."""
        return {system: fmean(rating[system] for rating in self.ratings) for system in self.ratings[0]}


def rated(path: Path) -> list[Rated]:
    """Of a file in the form of `human_scores.zh.jsonl`."""
    with path.open(encoding="utf-8") as lines:
        return [_rated(json.loads(line)) for line in lines if line.strip()]


def _rated(row: Mapping[str, Any]) -> Rated:
    weights = row["dimension_weights"]

    def weighted(scores: Mapping[str, float]) -> float:
        return math.fsum(weights[_DIMENSIONS[name]] * score for name, score in scores.items())

    made = row["raw_annotations"]
    ratings = [{system: weighted(scores) for system, scores in one["dimension_scores"].items()} for one in made]
    return Rated(str(row["id"]), ratings, [one["overall_scores"] for one in made])


def agreement(judgements: Sequence[Sequence[Mapping[str, float]]]) -> float | None:
    """How often two annotators of a task put two systems in the same order, where both put them in one at all.

    `judgements`: by task and annotator. None where there is nothing to agree on.
    """
    same = [
        (one[a] > one[b]) == (other[a] > other[b])
        for annotators in judgements
        for one, other in combinations(annotators, 2)
        for a, b in combinations(sorted(one.keys() & other.keys()), 2)
        if one[a] != one[b] and other[a] != other[b]
    ]
    return fmean(same) if same else None


def accuracy(pairs: Sequence[tuple[Mapping[str, float], Mapping[str, float]]]) -> list[bool]:
    """Whether a judge agrees with people, for each two systems of a task that people tell apart. A tie is a miss.

    `pairs`: by task, the judge's scores and the people's, by system.
    """
    return [
        (judged[a] - judged[b]) * (people[a] - people[b]) > 0
        for judged, people in pairs
        for a, b in combinations(sorted(judged.keys() & people.keys()), 2)
        if people[a] != people[b]
    ]
