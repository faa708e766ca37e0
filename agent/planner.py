"""What a GPU would make of a model, reckoned without either: memory, cache, and how fast it could be.

The bounds are a roofline (Williams et al., CACM 2009): decoding reads the weights and the cache once a step, whatever
else it does, and reading a prompt takes two operations for each weight and token, and attention's. No server reaches
them; what others have measured is given beside.
"""

from pathlib import Path
from typing import NamedTuple

from redraft.agent.errors import UserError
from redraft.agent.gpus import GPUS, Gpu
from redraft.agent.models import PACKAGED, place, source_of
from redraft.agent.profiles import Dtype
from redraft.agent.shapes import KNOWN, Architecture, Shape, architecture, read_config, read_shape

WORKSPACE = 2 * 2**30
"""Bytes for activations, graphs and CUDA itself: starting point, not measured."""
SEEN = (0.63, 0.67)
"""Share of the data sheet's roofline that decoding reaches: vLLM on an H100 without speculation, at one request. The
model card of Dogacel/Qwen3-8B-DSpark has 147 tokens a second for Qwen3-8B, of 221; the fit to Llama-3.1-8B by the
authors of arXiv 2601.11580 gives 141, of 223."""
SEEN_READING = 0.72
"""Share of the data sheet's operations with which prompts are read: the same fit has 21.0 µs a token on an H100, where
15.2 µs are what the operations take."""
SOURCES = (
    "decoding at 63 to 67 % of that: vLLM on an H100 (model card of Dogacel/Qwen3-8B-DSpark; arXiv 2601.11580)",
    "reading prompts at 72 % of that: the latter's authors",
)


class Model(NamedTuple):
    """A model as a plan knows it."""

    name: str
    """vLLM's `--model`: a folder, or an id on the hub."""
    architecture: Architecture
    shape: Shape
    source: str


class Speed(NamedTuple):
    """Tokens a second of one request."""

    bound: float
    """The roofline."""
    expected: tuple[float, float]
    """From … to."""


class Plan(NamedTuple):
    """Sizes in bytes."""

    weights: int
    token: int
    """KV cache of one token."""
    cache: int
    """What is left for the KV cache; 0 where the weights do not fit."""
    cache_tokens: int
    requests: float
    """That fit at the whole context."""
    empty: Speed
    """Of a request with little behind it."""
    full: Speed
    """Of one at the end of its context."""
    prefill_bound: float
    """Seconds to read a prompt as long as the context."""
    prefill_expected: float

    @property
    def fits(self) -> bool:
        """vLLM starts: one request at least has room."""
        return self.requests >= 1


def find_gpu(name: str) -> Gpu:
    """Raises `UserError` for one that is not known."""
    if name.lower() not in GPUS:
        message = f"there is no GPU {name!r} to plan for; known are {', '.join(GPUS)}"
        raise UserError(message)
    return GPUS[name.lower()]


def find_model(name: str, cache: Path) -> Model:
    """A folder, a model that was pulled, or one of `KNOWN`, also by the last part of its id. Of a folder only
    `config.json` is needed. Raises `UserError` for any other."""
    pulled = place(name, cache)
    folder = pulled if (pulled / "config.json").is_file() else Path(name).expanduser()
    if folder.is_dir():
        found = architecture(read_config(folder))
        return Model(str(folder.resolve()), found, read_shape(folder), f"{folder.resolve() / 'config.json'}")
    full = next((id_ for id_ in KNOWN if name.lower() in (id_.lower(), id_.split("/")[1].lower())), None)
    if full is None:
        hint = f"run `redraft model pull {name}`" if name in PACKAGED or source_of(name) == "hub" else "give its folder"
        message = f"the shape of {name!r} is not known: {hint}, or choose from {', '.join(KNOWN)}"
        raise UserError(message)
    known = KNOWN[full]
    return Model(full, known.architecture, known.architecture.shape, known.source)


def plan(model: Architecture, gpu: Gpu, *, context: int, memory: float, dtype: Dtype) -> Plan:
    """`memory`: share of the GPU's. The cache has 16 bits, whatever the dtype."""
    layers, table = model.layer_weights * (1 if dtype == "fp8" else 2), model.table_weights * 2
    weights = layers + table * (1 if model.tied else 2)
    cache = max(0, int(gpu.memory * memory) - weights - WORKSPACE)
    token = model.token_bytes
    prefill = _operations(model, context) / gpu.operations
    return Plan(
        weights=weights,
        token=token,
        cache=cache,
        cache_tokens=cache // token,
        requests=cache / (token * context),
        empty=_speed(gpu, layers + table),
        full=_speed(gpu, layers + table + token * context),
        prefill_bound=prefill,
        prefill_expected=prefill / SEEN_READING,
    )


def _speed(gpu: Gpu, read: int) -> Speed:
    """Of steps that read so many bytes. Of the input embeddings, a step reads a few rows only."""
    bound = gpu.bandwidth / read
    least, most = SEEN
    return Speed(bound, (least * bound, most * bound))


def _operations(model: Architecture, tokens: int) -> float:
    """To read a prompt: a multiplication and an addition for each weight and token, and for each pair of tokens, of
    which causal attention looks at half, for keys and again for values."""
    attention = 2 * model.layers * model.heads * model.head_size * tokens**2
    return 2.0 * model.layer_weights * tokens + attention
