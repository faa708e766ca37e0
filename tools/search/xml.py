"""XML from a provider, read without following anything in it."""

from lxml import etree

from redraft.tools.errors import SearchFailed
from redraft.tools.search.hits import one_line


def parsed_xml(provider: str, body: bytes) -> etree._Element:
    """The root. Loads no DTD, expands no entity, opens no address. Raises `SearchFailed` for what is no XML."""
    # A parser keeps state: each document has its own.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        message = f"an answer that is no XML: {error.msg}"
        raise SearchFailed(provider, "bad_answer", message) from error
    return root


def text_of(element: etree._Element | None) -> str:
    """All text inside, on one line; entities by their names."""
    # Not by XPath's string(): that expands entities after all.
    return "" if element is None else one_line("".join(map(str, element.itertext())))
