"""Markdown as people write it, made into text worth quoting: no badges, raw HTML, link targets or marks of emphasis."""

import html
import re

from redraft.tools.blocks import FENCE

# Every pattern here stops at the next opening of its own kind, so that unclosed ones cost linear time.
_VERBATIM = re.compile(
    rf"(?P<comment><!--.*?(?:-->|\Z))|(?P<fence>{FENCE.pattern})"
    r"|(?P<code>(?<!`)(?P<tick>`+)(?!`)[^\n]*?(?<!`)(?P=tick)(?!`))|\\(?P<escaped>[!-/:-@\[-`{-~])",
    re.MULTILINE | re.DOTALL,
)
# Private-use characters never reach this module: here they hold the places of what must not be touched.
_SHELVED = re.compile("\ue000(\\d+)\ue001")

_SCRIPT = re.compile(r"<(script|style|svg)\b.*?(?:</\1\s*>|(?=\n\s*\n)|\Z)", re.IGNORECASE | re.DOTALL)
_IMAGE = re.compile(
    r"!\[(?:[^\[\]]|\[[^\[\]]*\])*\](?:\((?:[^()]|\([^()]*\))*\)|\[[^\[\]]*\])|<img\b[^<>]*>", re.IGNORECASE
)
_ANCHOR = re.compile(r"<a\b[^<>]*\bhref=[\"']?([^\s\"'<>]*)[^<>]*>((?:(?!</?a\b).)*)</a\s*>", re.IGNORECASE | re.DOTALL)
_TABLE = re.compile(r"<table\b(?:(?!<table\b).)*?</table\s*>", re.IGNORECASE | re.DOTALL)
_ROW = re.compile(r"<tr\b[^<>]*>", re.IGNORECASE)
_CELL = re.compile(r"<t[dh]\b[^<>]*>", re.IGNORECASE)
_HEADING = re.compile(r"<h([1-6])\b[^<>]*>((?:(?!<h[1-6]\b).)*?)</h\1\s*>", re.IGNORECASE | re.DOTALL)
_ITEM_TAG = re.compile(r"(?:(?<!\s)\s++)?<li\b[^<>]*>\s*", re.IGNORECASE)
_LINE_TAG = re.compile(r"(?:(?<![ \t])[ \t]++)?<br\b[^<>]*>", re.IGNORECASE)
_BLOCK_TAG = re.compile(
    r"(?:(?<!\s)\s++)?</?(?:article|aside|blockquote|center|details|div|dl|dd|dt|figcaption|figure|footer|form|header|hr"
    r"|iframe|main|nav|ol|p|picture|pre|section|summary|table|ul|video)\b[^<>]*>\s*",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"</?(?:a|abbr|b|bdo|big|body|br|button|caption|cite|code|col|colgroup|del|dfn|em|font|h[1-6]|head|html|i|img|input|ins"
    r"|kbd|label|li|link|mark|meta|object|option|path|q|s|samp|small|source|span|strike|strong|sub|sup|svg|tbody|td|tfoot"
    r"|th|thead|time|tr|tt|u|var|wbr)\b[^<>]*>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)

_DEFINITION = re.compile(r"^ {0,3}\[([^\[\]^\n][^\[\]\n]*)\]:[ \t]*(\S+)[^\n]*$", re.MULTILINE)
_FOOTNOTE = re.compile(r"^\[\^[^\[\]\s]+\]:[ \t]*|\[\^[^\[\]\s]+\]", re.MULTILINE)
_REFERENCE = re.compile(r"(\[((?:[^\[\]]|\[[^\[\]]*\])*)\])(?:\[([^\[\]\n]*)\])?(?![\[(:])")
_LINK = re.compile(
    r"\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*(?P<target><[^<>\n]*>|(?:[^()\s]|\([^()\s]*\))*)"
    r"(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)"
)
_AUTOLINK = re.compile(r"<((?:https?|ftp|mailto):[^<>\s]+)>")
_ALERT = re.compile(r"^[ \t]*>[ \t]*\[!\w+\][ \t]*\n", re.MULTILINE)

_SETEXT = re.compile(r"(\A|\n[ \t]*\n) {0,3}([^\s#>|*+-][^\n]{0,150}?)[ \t]*\n {0,3}(=+|-{2,})[ \t]*(?=\n|\Z)")
_ATX = re.compile(
    r"^ {0,3}(#{1,6})(?:[ \t]+([^\n]*?))??[ \t]*(?:[ \t]#+)?(?:[ \t]*\{:?[ \t]*[#.][^{}\n]*\})?[ \t]*$", re.MULTILINE
)
_STARS = re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])((?:[^*\n]|\n(?!\s*\n))+)(?<=\S)\1(?!\*)")
_UNDERSCORES = re.compile(r"(?<![\w_])(?:_(?=[^\s_])([^_\n]+)(?<=\S)_|__(?=[^\s_])([^_\n]* [^_\n]*)(?<=\S)__)(?![\w_])")
_RULE = re.compile(r"^[\s|•·,;/*_=~>–—-]*$")
_LISTED = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+")
_WORDS = re.compile(r"\w+")


def clean(text: str) -> str:
    """`text` as a reader would see it, still with `#` headings, list marks, tables and fenced code.

    Comments, badges, images, rows of links, tables of contents and raw HTML are gone; links and emphasis leave their
    words. `text` must be free of private-use characters.
    """
    shelf: list[str] = []

    def shelve(match: re.Match[str]) -> str:
        if match["comment"] is not None:
            return ""
        shelf.append(match["escaped"] or match[0])
        return f"\ue000{len(shelf) - 1}\ue001"

    prose = _without_marks(_without_links(_without_html(_VERBATIM.sub(shelve, text))))
    return _SHELVED.sub(lambda place: shelf[int(place[1])], prose).strip()


def _without_html(text: str) -> str:
    """Raw HTML as the Markdown that says the same; what only decorates is dropped."""
    text = _IMAGE.sub("", _SCRIPT.sub("", text))
    text = _ANCHOR.sub(lambda link: f"[{_inline(link[2])}]({link[1]})", text)
    text = _TABLE.sub(lambda table: _rows(table[0]), text)
    text = _HEADING.sub(_heading, text)
    text = _LINE_TAG.sub("\n", _BLOCK_TAG.sub("\n\n", _ITEM_TAG.sub("\n- ", text)))
    return _TAG.sub("", text)


def _inline(text: str) -> str:
    return " ".join(_TAG.sub("", _BLOCK_TAG.sub(" ", text)).split())


def _rows(table: str) -> str:
    rows = ([_inline(cell) for cell in _CELL.split(row)[1:]] for row in _ROW.split(table)[1:])
    return "\n\n" + "\n".join(f"| {' | '.join(cells)} |" for cells in rows if any(cells)) + "\n\n"


def _heading(match: re.Match[str]) -> str:
    """A heading that holds several links is a row of links in large letters."""
    marks = "" if match[2].count("](") > 1 else "#" * int(match[1]) + " "
    return f"\n\n{marks}{_inline(match[2])}\n\n"


def _without_links(text: str) -> str:
    targets = {_label(match[1]): match[2] for match in _DEFINITION.finditer(text)}

    def resolve(match: re.Match[str]) -> str:
        target = targets.get(_label(match[3] or match[2]))
        return f"{match[1]}({target})" if target else match[0]

    text = _REFERENCE.sub(resolve, _FOOTNOTE.sub("", _DEFINITION.sub("", text)))
    paragraphs = (_paragraph(paragraph) for paragraph in re.split(r"\n[ \t]*\n", text))
    return _AUTOLINK.sub(r"\1", "\n\n".join(paragraph for paragraph in paragraphs if paragraph))


def _label(words: str) -> str:
    """The name of a link as its uses and its definition have it in common."""
    return " ".join(words.casefold().split())


def _paragraph(text: str) -> str:
    """The paragraph with links turned into their words; nothing at all if it was there for the links alone."""
    if "](" not in text:
        return text
    if _is_contents(text) or _is_row_of_links(text):
        return ""
    lines = (line for line in text.split("\n") if line.count("](") < 2 or not _is_row_of_links(line))
    return _LINK.sub(lambda link: link["text"], "\n".join(lines))


def _is_contents(text: str) -> bool:
    """Whether every line is a list item that only points further down the same page."""
    bare = [
        _LINK.sub(lambda link: "" if link["target"].startswith("#") else link[0], line) for line in text.split("\n")
    ]
    return all(_LISTED.match(f"{line} ") and not _WORDS.search(_LISTED.sub("", f"{line} ", count=1)) for line in bare)


def _is_row_of_links(text: str) -> bool:
    """Whether a text that is neither list, table nor heading has next to no words outside its links."""
    if _LISTED.match(text) or text.lstrip().startswith(("|", "#")):
        return False
    # One word to four links spares "See [one](...), [two](...) and [three](...)"; "English | [Deutsch](...)..." goes.
    return 4 * len(_WORDS.findall(_LINK.sub(" ", text))) <= text.count("](")


def _without_marks(text: str) -> str:
    text = _SETEXT.sub(
        lambda title: f"{title[1]}{'#' if title[3][0] == '=' else '##'} {title[2]}", _ALERT.sub("", text)
    )
    text = _UNDERSCORES.sub(lambda words: words[1] or words[2], _STARS.sub(r"\2", _STARS.sub(r"\2", text)))
    text = _ATX.sub(lambda title: f"\n{title[1]} {title[2]}\n" if _WORDS.search(title[2] or "") else "", text)
    lines = ["" if _RULE.match(line) and not _is_delimiter(line) else line.rstrip() for line in text.split("\n")]
    joined = re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), joined)


def _is_delimiter(line: str) -> bool:
    """Whether a line without words is the one below the head of a table."""
    return "-" in line and "|" in line
