"""An HTML page as a tree, freed of what no reader sees."""

import re

import lxml.html
from lxml.html import HtmlElement, HTMLParser

from redraft.tools.sanitize import visible

# The style in lower case, without spaces.
_STYLE = "translate(@style, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ ', 'abcdefghijklmnopqrstuvwxyz')"
_UNSEEN = (
    "//script|//style|//template|//noscript|//svg|//iframe|//object|//canvas|//dialog|//*[@hidden]"
    f"|//*[contains({_STYLE}, 'display:none') or contains({_STYLE}, 'visibility:hidden')]"
)
_LINE = re.compile(r"\s*\n\s*")


def parse(text: str) -> HtmlElement:
    """The tree of a page, with a body even where the text has none."""
    # A parser for each page: one that is shared among threads has crashed libxml2.
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    return lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser, ensure_head_body=True)


def tidy(tree: HtmlElement) -> None:
    """Removes what is not seen and the marks behind headings that link to them; makes each paragraph one line.

    Blocks of code keep their lines, and lose their colours, of which extractors make a mess.
    """
    for element in tree.xpath(_UNSEEN):
        drop(element)
    for anchor in tree.xpath("//a[starts-with(@href, '#')]"):
        if not re.search(r"\w", anchor.text_content()):
            drop(anchor)
    _join_lines(tree)
    for block in tree.iter("pre"):
        _uncolour(block)


def drop(element: HtmlElement) -> None:
    """Removes an element, unless it is the root; the text behind it stays."""
    if element.getparent() is not None:
        element.drop_tree()


def _join_lines(tree: HtmlElement) -> None:
    verbatim = set(tree.xpath("//pre|//pre//*|//textarea"))
    for element in tree.iter():
        if "\n" in (element.text or "") and element not in verbatim:
            element.text = _LINE.sub(" ", visible(element.text))
        if "\n" in (element.tail or "") and element.getparent() not in verbatim:
            element.tail = _LINE.sub(" ", visible(element.tail))


def _uncolour(block: HtmlElement) -> None:
    for line_break in block.xpath(".//br"):
        line_break.tail = f"\n{line_break.tail or ''}"
    code = block.makeelement("code")
    code.text = visible(block.text_content())  # lxml takes no control characters, which `&#1;` brings in
    block[:] = [code]
    block.text = None
