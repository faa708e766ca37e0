"""Models that are a shape and nothing else: vLLM fills them with numbers of its own, and steps as long as the real one.

A step multiplies by the same matrices and reads the same cache whatever they hold, so their time is true. What they say
is not, so nothing about acceptance may be taken from them.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redraft.agent.errors import UserError
from redraft.agent.shapes import KNOWN, Architecture

SHAPES: Mapping[str, Architecture] = {
    "llama-3.1-8b": KNOWN["meta-llama/Llama-3.1-8B-Instruct"].architecture,
    "qwen3-8b": KNOWN["Qwen/Qwen3-8B"].architecture,
    "minicpm4.1-8b": KNOWN["openbmb/MiniCPM4.1-8B"].architecture,
    "tiny": Architecture("llama", 2, 128, 256, 4, 2, 32, 65_536, tied=False, longest=131_072),
}
"""`tiny` is for machines without a GPU: it shows that the bench works, and tells nothing about speed."""

_CLASSES = {"llama": "LlamaForCausalLM", "qwen3": "Qwen3ForCausalLM"}
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja")
_NEEDED = _TOKENIZER[:2]
BYTES = 2
"""Of a weight, in bf16."""


def read_each_step(shape: Architecture) -> int:
    """Bytes of weights: all, without the input embeddings, of which a step reads a few rows."""
    return BYTES * (shape.layer_weights + shape.table_weights)


def write(folder: Path, shape: Architecture, tokenizer: Path) -> None:
    """A model without weights, for `--load-format dummy`. `tokenizer` is the folder of any model that has fewer tokens.

    Raises `UserError` where it holds no tokenizer.
    """
    if missing := [name for name in _NEEDED if not (tokenizer / name).is_file()]:
        message = f"{tokenizer} holds no tokenizer: {missing[0]} is missing"
        raise UserError(message)
    folder.mkdir(parents=True, exist_ok=True)
    for name in _TOKENIZER:
        if (tokenizer / name).is_file():
            shutil.copy(tokenizer / name, folder / name)
    (folder / "config.json").write_text(json.dumps(config(shape), indent=2) + "\n")


def config(shape: Architecture) -> dict[str, Any]:
    """For transformers and vLLM. A family that only Python from the hub can read is served as a Llama of its size,
    which multiplies by the same matrices: MiniCPM differs by constants that it scales with."""
    family = shape.family if shape.family in _CLASSES else "llama"
    return {
        "architectures": [_CLASSES[family]],
        "model_type": family,
        "num_hidden_layers": shape.layers,
        "hidden_size": shape.width,
        "intermediate_size": shape.inner,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.cached_heads,
        "head_dim": shape.head_size,
        "vocab_size": shape.vocabulary,
        "tie_word_embeddings": shape.tied,
        "max_position_embeddings": shape.longest,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-5,
        "torch_dtype": "bfloat16",
    }
