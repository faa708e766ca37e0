"""What a model's `config.json` tells of it: what serving it takes, and how large its parts are."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from redraft.agent.errors import UserError

REASONING_PARSERS: Mapping[str, str] = {"qwen3": "qwen3", "qwen3_moe": "qwen3"}
"""vLLM's `--reasoning-parser` by family, for models whose thinking can be switched: only with it is the length of a
thought capped. Others think without a mark that vLLM 0.32 knows, or not at all."""
OWN_CODE = frozenset({"minicpm"})
"""Families that vLLM 0.32 serves, but whose configuration only Python from the model's folder can read."""
_SWITCH = "enable_thinking"
"""In a chat template: what switches thinking on and off."""


class Shape(NamedTuple):
    """What serving a model depends on."""

    longest: int | None
    """Tokens of context it was made for."""
    token_bytes: int | None
    """What one token takes in a 16-bit cache."""
    own_code: bool
    """Its folder brings Python of its own."""
    family: str = ""
    """`model_type`, as transformers calls it."""
    reasoning_parser: str | None = None
    """For a model that marks its thoughts."""


class Architecture(NamedTuple):
    """A dense decoder with grouped attention and a gated feed-forward part, as all current 8B writers are."""

    family: str
    layers: int
    width: int
    inner: int
    """Width of the feed-forward part."""
    heads: int
    cached_heads: int
    """Heads of keys and of values."""
    head_size: int
    vocabulary: int
    tied: bool
    """One table serves both as input embeddings and as output layer."""
    longest: int

    @property
    def layer_weights(self) -> int:
        """Of all layers, without their norms, which are less than a thousandth."""
        attention = 2 * self.width * self.head_size * (self.heads + self.cached_heads)
        return self.layers * (attention + 3 * self.width * self.inner)

    @property
    def table_weights(self) -> int:
        """Of the input embeddings, and again of the output layer unless they are tied."""
        return self.vocabulary * self.width

    @property
    def token_bytes(self) -> int:
        """What one token takes in a 16-bit cache: keys and values."""
        return self.layers * 2 * self.cached_heads * self.head_size * 2

    @property
    def shape(self) -> Shape:
        parser = REASONING_PARSERS.get(self.family)
        return Shape(self.longest, self.token_bytes, self.family in OWN_CODE, self.family, parser)


class Known(NamedTuple):
    architecture: Architecture
    source: str


_MINICPM = Architecture("minicpm", 32, 4096, 16_384, 32, 2, 128, 73_448, tied=False, longest=65_536)
KNOWN: Mapping[str, Known] = {
    "openbmb/AgentCPM-Report": Known(_MINICPM, "built on MiniCPM4.1-8B, as its repository says"),
    "openbmb/MiniCPM4.1-8B": Known(
        _MINICPM, "config.json of openbmb/MiniCPM4-8B, which has the same layers; 65,536 tokens as its README says"
    ),
    "Qwen/Qwen3-8B": Known(
        Architecture("qwen3", 36, 4096, 12_288, 32, 8, 128, 151_936, tied=False, longest=40_960),
        "config.json of Qwen/Qwen3-8B",
    ),
    "meta-llama/Llama-3.1-8B-Instruct": Known(
        Architecture("llama", 32, 4096, 14_336, 32, 8, 128, 128_256, tied=False, longest=131_072),
        "config.json of meta-llama/Llama-3.1-8B-Instruct",
    ),
}
"""Models that a server can be planned for before they are on this machine, by their ids on the hub."""


def read_shape(model: Path) -> Shape:
    """Of a folder with a `config.json`; what that does not tell is None."""
    config = read_config(model)
    own_code = "auto_map" in config and any(model.glob("*.py"))
    text = config.get("text_config", config)
    family = str(config.get("model_type", ""))
    parser = REASONING_PARSERS.get(family) if _thinks_when_asked(model) else None
    return Shape(text.get("max_position_embeddings"), _token_bytes(text), own_code, family, parser)


def read_config(model: Path) -> dict[str, Any]:
    """Raises `UserError` for a folder without a configuration that can be read."""
    try:
        config: dict[str, Any] = json.loads((model / "config.json").read_text())
    except (OSError, ValueError) as error:
        message = f"{model / 'config.json'} cannot be read: {error}"
        raise UserError(message) from error
    return config


def architecture(config: Mapping[str, Any]) -> Architecture:
    """Raises `UserError` for a configuration that does not tell it, or that of a mixture of experts."""
    text = config.get("text_config", config)
    if any("expert" in key and value for key, value in text.items()):
        raise UserError("the model is a mixture of experts: only dense models can be planned for")
    try:
        heads, width = text["num_attention_heads"], text["hidden_size"]
        return Architecture(
            family=str(config.get("model_type", "")),
            layers=text["num_hidden_layers"],
            width=width,
            inner=text["intermediate_size"],
            heads=heads,
            cached_heads=text.get("num_key_value_heads", heads),
            head_size=text.get("head_dim") or width // heads,
            vocabulary=text["vocab_size"],
            tied=bool(text.get("tie_word_embeddings", False)),
            longest=text["max_position_embeddings"],
        )
    except KeyError as error:
        message = f"the model's config.json does not tell its {error.args[0]}: no server can be planned for it"
        raise UserError(message) from error


def _token_bytes(config: Mapping[str, Any]) -> int | None:
    try:
        heads = config["num_attention_heads"]
        size = config.get("head_dim") or config["hidden_size"] // heads
        keys_and_values = 2 * config.get("num_key_value_heads", heads) * size
        return int(config["num_hidden_layers"] * keys_and_values * 2)
    except KeyError:
        return None


def _thinks_when_asked(model: Path) -> bool:
    """Other models of a family never end a thought, and with the parser their replies would be taken for one."""
    templates = (model / name for name in ("chat_template.jinja", "tokenizer_config.json"))
    return any(file.is_file() and _SWITCH in file.read_text(errors="replace") for file in templates)
