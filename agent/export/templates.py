"""Templates of HTML, in which whatever is put in shows as text."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from redraft.tools.sanitize import visible


@cache
def templates(package: str) -> Environment:
    """Those that lie in a package, by the names of their files. A value that is missing is an error."""
    return Environment(
        loader=PackageLoader(package, ""),
        autoescape=True,
        finalize=lambda value: visible(value) if type(value) is str else value,  # no Markup: that is HTML already
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
