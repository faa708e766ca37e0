"""The Markdown of a text as HTML. The text is a model's, after pages of strangers: it is data, and never markup."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from redraft.tools.sanitize import visible

_MARK = re.compile(r"\[(\d{1,9}(?:, \d{1,9})*)\]")
_NEVER = ["html_block", "html_inline", "link", "image", "autolink", "reference", "heading", "lheading"]
"""Only the list of references leads elsewhere, and only sections have headings."""


@dataclass(frozen=True)
class Marked:
    """The texts of one report, in its order: the first mention of a reference is where the list links back to."""

    references: int
    """How many there are. A number beyond is no citation."""
    mentioned: set[int] = field(default_factory=set)
    """Those that a text has cited up to now."""

    def blocks(self, text: str) -> Markup:
        """Paragraphs, lists, quotations, tables and code. `[3, 7]` links to the references 3 and 7."""
        return Markup(_markdown().render(visible(text), {"marked": self}))  # noqa: S704  # it makes all the tags itself

    def line(self, text: str) -> Markup:
        """The same without anything that begins a block."""
        return Markup(_markdown().renderInline(visible(text), {"marked": self}))  # noqa: S704  # likewise

    def link(self, number: int) -> str:
        anchor = "" if number in self.mentioned else f' id="mention-{number}"'
        self.mentioned.add(number)
        return f'<a href="#reference-{number}"{anchor}>{number}</a>'


@cache
def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable(_NEVER)
    parser.inline.ruler.push("citation", _citation)
    parser.add_render_rule("citation", _linked)
    return parser


def _citation(state: StateInline, silent: bool) -> bool:
    match = _MARK.match(state.src, state.pos)
    numbers = [int(number) for number in match[1].split(", ")] if match else []
    if match is None or not all(1 <= number <= state.env["marked"].references for number in numbers):
        return False
    if not silent:
        state.push("citation", "", 0).meta = {"numbers": numbers}
    state.pos = match.end()
    return True


def _linked(_: RendererProtocol, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    return f"[{', '.join(map(env['marked'].link, tokens[at].meta['numbers']))}]"
