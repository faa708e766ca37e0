"""What the tests of adapters share: small files of data, and an article in redraft's form."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ARTICLE = """# Trams

## Summary

Trams carry many people in every large city of Europe today [1, 2]. They run on rails.

## Cost

A line costs between 15 and 40 million euros a kilometre in most places [2], which is much (see [9]).

### Rails

Rails last for thirty years if they are looked after well [3].

## References

[1] A Survey of Trams. Example, 2024-01-02. https://arxiv.org/abs/2401.00001v2
[2] Trams vs. Buses. Nature. https://nature.example/trams_(rail)
[3] Rails That Last. arXiv. https://arxiv.org/pdf/2402.00002
"""


def write_lines(path: Path, *rows: Mapping[str, Any]) -> Path:
    return write(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def write_table(path: Path, header: Sequence[str], *rows: Sequence[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path


def read_lines(path: Path) -> list[dict[str, Any]]:
    """As most of the scripts do it."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line.strip()) for line in file.readlines()]


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
