"""What the model is told: one Markdown file for each question, named after the step of the run that asks it.

Every prompt begins alike, so that the server's prefix cache is hit: `system.md`, then `context.md` (question, brief,
outline: what only grows), then the step's own role and evidence, and what changes most at the very end.
"""

import hashlib
import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(name: str, **values: Any) -> str:
    """The text of a prompt. A variable that the template names and `values` lacks raises `UndefinedError`."""
    return _environment().get_template(f"{name}.md").render(**values)


def wording(name: str) -> str:
    """The words of a prompt that are always the same: no value, nothing from the context, no tags."""
    return re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " … ", _source(name))


def version(name: str) -> str:
    """Of the file of a prompt, as a short SHA-256: what was judged by other words is not comparable."""
    return hashlib.sha256(_source(name).encode()).hexdigest()[:12]


def _source(name: str) -> str:
    source, _, _ = _environment().loader.get_source(_environment(), f"{name}.md")  # type: ignore[union-attr]
    return source


@cache
def _environment() -> Environment:
    # Prompts are plain text for a model, not HTML: nothing is to be escaped.
    return Environment(  # noqa: S701
        loader=PackageLoader("redraft.prompts", ""),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
