"""Tables: drawn on a terminal, plain text off it."""

import sys
from collections.abc import Sequence

import typer

WIDE = 10_000
"""Columns of a table that no terminal shows: nothing is cut or broken."""


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: bool = False) -> None:
    """To stdout. With `numbers`, all columns but the first are set flush right."""
    from rich.console import Console
    from rich.table import Table

    on_terminal = sys.stdout.isatty()
    console = Console(width=None if on_terminal else WIDE, markup=False, emoji=False, highlight=False)
    table = Table() if on_terminal else Table(box=None, pad_edge=False)
    for place, name in enumerate(header):
        table.add_column(name, justify="right" if numbers and place else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_printable, row))
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        typer.echo(line.rstrip())


def number(value: float | None) -> str:
    """Four digits, or all before the point; empty for None."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _printable(text: str) -> str:
    """Text of others with nothing in it that could mean something to the terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
