"""A sentence model of a few hundred numbers in the form of the real one."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

WORDS = ("?", "trams", "run", "on", "rails", "buses", "roads", "x")
WIDTH, INNER, LAYERS, PLACES = 8, 16, 2, 300


def write(folder: Path) -> Path:
    """The model's files in this folder."""
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "model_type": "bert",
        "vocab_size": len(WORDS),
        "hidden_size": WIDTH,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 2,
        "max_position_embeddings": PLACES,
    }
    (folder / "config.json").write_text(json.dumps(config))
    weights = {name: _numbers(name, *shape) for name, shape in _shapes()}
    save_file(weights, folder / "model.safetensors")
    return folder


def _numbers(name: str, *shape: int) -> NDArray[np.float32]:
    """Without pattern, and the same on every machine. Norms and biases leave most to the rest."""
    numbers = np.sin(np.arange(1, np.prod(shape) + 1) * 12.9898 + len(name)).reshape(shape)
    if len(shape) == 1:
        numbers = numbers / 10 + name.endswith("LayerNorm.weight")
    return np.asarray(numbers, np.float32)


def _shapes() -> list[tuple[str, tuple[int, ...]]]:
    tables = (("word", len(WORDS)), ("position", PLACES), ("token_type", 2))
    shapes: list[tuple[str, tuple[int, ...]]] = [
        (f"embeddings.{name}_embeddings.weight", (rows, WIDTH)) for name, rows in tables
    ]
    shapes += _norm("embeddings.LayerNorm")
    for layer in (f"encoder.layer.{number}" for number in range(LAYERS)):
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            shapes += _linear(f"{layer}.attention.{part}", WIDTH, WIDTH)
        shapes += _linear(f"{layer}.intermediate.dense", INNER, WIDTH) + _linear(f"{layer}.output.dense", WIDTH, INNER)
        shapes += _norm(f"{layer}.attention.output.LayerNorm") + _norm(f"{layer}.output.LayerNorm")
    return shapes


def _linear(name: str, out: int, width: int) -> list[tuple[str, tuple[int, ...]]]:
    return [(f"{name}.weight", (out, width)), (f"{name}.bias", (out,))]


def _norm(name: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(f"{name}.weight", (WIDTH,)), (f"{name}.bias", (WIDTH,))]
