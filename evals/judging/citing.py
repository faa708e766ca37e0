"""What a report cites, read from the report itself."""

from redraft.evals.judging.fact import Citation
from redraft.evals.metrics.document import UNNUMBERED, parse


def own_citations(article: str) -> list[Citation]:
    """Each sentence with each source that it cites, where that has an address. Nobody is asked.

    It is what extraction should give for marks behind each sentence; one behind a paragraph covers its last alone.
    """
    document = parse(article)
    sources = {reference.number: reference.url for reference in document.references}
    return [
        Citation(fact=sentence.plain, ref_idx=number if number < UNNUMBERED else 0, url=sources[number])
        for sentence in document.sentences
        for number in sentence.citations
        if sources.get(number)
    ]
