"""Loops over arrays as machine code where Numba is installed, as it is wherever vLLM is; else as plain Python."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

try:
    from numba import njit  # type: ignore[import-untyped,unused-ignore]  # it has no types
except ImportError:
    njit = None

P = ParamSpec("P")
T = TypeVar("T")


def compiled(function: Callable[P, T]) -> Callable[P, T]:
    """Kept on disk once compiled, where there is a folder to keep it in: it takes seconds."""
    if njit is None:
        return function
    try:
        return cast("Callable[P, T]", njit(cache=True)(function))
    except RuntimeError:  # Numba finds no folder, as where nothing may be written
        return cast("Callable[P, T]", njit(function))
