"""The evidence ids of a report's texts as the numbers that its reader sees."""

from collections.abc import Mapping

from redraft.agent.render import Report


def numbers(report: Report) -> Mapping[int, int]:
    """The number in the reference list of each piece of evidence, by its id."""
    return {
        exhibit.evidence.number: reference.number for reference in report.references for exhibit in reference.exhibits
    }
