"""Whether a report cites, and whether its citations lead to what was read."""

from collections.abc import Collection

from redraft.evals.metrics.document import UNNUMBERED, Document, Reference, Sentence
from redraft.evals.metrics.given import OURS, Given, Metric, Values, share, unknown, values
from redraft.tools.search.canonical import canonical


def citation_coverage(document: Document) -> float | None:
    """Of the claims (sentences of 50 characters and more, in Chinese of 25, that are no questions), those that cite."""
    return _citing(document.claims)


def hard_citation_coverage(document: Document) -> float | None:
    """Of the claims with a number, a date or a quotation, those that cite."""
    return _citing([claim for claim in document.claims if claim.is_hard])


def section_citation_coverage(document: Document) -> float | None:
    """Of the sections with a claim, those in which one cites."""
    claiming = {claim.section for claim in document.claims}
    return share(len(claiming & {claim.section for claim in document.claims if claim.citations}), len(claiming))


def citations_per_claim(document: Document) -> float | None:
    """How many references a claim that cites cites on average."""
    citing = [claim for claim in document.claims if claim.citations]
    return share(sum(len(claim.citations) for claim in citing), len(citing))


def dangling_citations(document: Document) -> float | None:
    """Of the references that the text cites by number, those that its list does not have."""
    numbered = {number for number in document.cited if number < UNNUMBERED}
    return share(len(numbered - {reference.number for reference in document.references}), len(numbered))


def unused_references(document: Document) -> float | None:
    """Of the references in the list, those that the text does not cite."""
    listed = {reference.number for reference in document.references[: document.listed]}
    return share(len(listed - set(document.cited)), len(listed))


def numbering_faults(document: Document) -> float | None:
    """Numbers that the list has twice, and numbers below its highest that it leaves out."""
    numbers = [reference.number for reference in document.references if reference.number < UNNUMBERED]
    distinct = set(numbers)
    # Each session of a chat has a thousand numbers of its own.
    sessions = {number // 1000: max(n for n in distinct if n // 1000 == number // 1000) for number in distinct}
    missing = sum(highest % 1000 for highest in sessions.values()) - len(distinct - {0})
    return float(len(numbers) - len(distinct) + max(0, missing)) if numbers else None


def duplicate_references(document: Document) -> float | None:
    """Of the references in the list that have an address, those whose page stands there already."""
    pages = [canonical(reference.url) for reference in document.references[: document.listed] if reference.url]
    return share(len(pages) - len(set(pages)), len(pages))


def fabricated_citations(document: Document, store: Collection[str]) -> float | None:
    """Of the references that the text cites, those whose address was never read: not in the run's store.

    Addresses are compared by `redraft.tools.search.canonical`; a reference without one counts as fabricated, as does a
    number without a reference. `store`: what was read, so compared.
    """
    return _outside(document, store)


def unreachable_citations(document: Document, cited: Collection[str]) -> float | None:
    """Of the references that the text cites, those whose address could not be read when the report was measured.

    Addresses are compared as above; a reference without one counts, as does a number without a reference. `cited`: what
    could be read, so compared.
    """
    return _outside(document, cited)


def _outside(document: Document, pages: Collection[str]) -> float | None:
    cited = cited_references(document)
    known = {number for number, found in cited.items() if found and canonical(found.url) in pages}
    return share(len(cited) - len(known), len(cited))


def cited_references(document: Document) -> dict[int, Reference | None]:
    """What the text cites, by number: the first entry of that number, None where there is none."""
    entries = {reference.number: reference for reference in reversed(document.references)}
    return {number: entries.get(number) for number in document.cited}


def _citing(claims: Collection[Sentence]) -> float | None:
    return share(sum(bool(claim.citations) for claim in claims), len(claims))


_FORM = (
    Metric(
        citation_coverage,
        "share",
        "higher",
        "citation recall of DeepResearchGym (arXiv 2505.19253), its claims told by their form",
        "whether the source says it; a mark behind a paragraph covers its last sentence alone",
    ),
    Metric(hard_citation_coverage, "share", "higher", OURS, "as above; spelled-out numbers up to 12 are not hard"),
    Metric(section_citation_coverage, "share", "higher", OURS, "how much of a section rests on its one citation"),
    Metric(citations_per_claim, "references", "neither", OURS, "whether any of them is needed"),
    Metric(
        dangling_citations,
        "share",
        "lower",
        "LiveResearchBench's presentation checks (arXiv 2510.14240)",
        "an interval such as [1, 3] from a mark; a list whose entries hold neither number nor address",
    ),
    Metric(
        unused_references,
        "share",
        "lower",
        "LiveResearchBench's presentation checks (arXiv 2510.14240)",
        "a list of further reading from one of references",
    ),
    Metric(
        numbering_faults,
        "numbers",
        "lower",
        "LiveResearchBench's presentation checks (arXiv 2510.14240)",
        "whether a number leads to the right source",
    ),
    Metric(duplicate_references, "share", "lower", OURS, "two addresses of one text"),
)
_STORE = (
    Metric(fabricated_citations, "share", "lower", OURS, "whether a page that was read says what it is cited for"),
)
_READ = (
    Metric(
        unreachable_citations,
        "share",
        "lower",
        OURS,
        "an invented page from one behind a wall or gone since; whether the writer has read it",
    ),
)
METRICS = (*_FORM, *_STORE, *_READ)


def measure(given: Given) -> Values:
    found = values(_FORM, given.document)
    for metrics, pages in ((_STORE, given.passages), (_READ, given.cited)):
        found |= unknown(metrics) if pages is None else values(metrics, given.document, pages.keys())
    return found
