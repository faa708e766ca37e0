import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.evals.speed.steptime import GPUS, H100_FITTED, HOST, StepTime


def seconds(gpu: StepTime, computed: int, cached: int = 0) -> float:
    return float(gpu.seconds(np.array([computed]), np.array([cached]))[0])


def test_an_h100_steps_as_was_measured() -> None:
    assert seconds(H100_FITTED, 1) == pytest.approx(7.114e-3)
    assert seconds(H100_FITTED, 1, 16_384) - seconds(H100_FITTED, 1) == pytest.approx(0.64e-3, rel=0.01)


def test_by_its_data_sheet_an_h100_reads_fifteen_gigabytes_in_four_and_a_half_milliseconds() -> None:
    h100 = next(gpu for gpu in GPUS if gpu.name == "H100 SXM")

    assert seconds(h100, 1) - HOST == pytest.approx(4.48e-3, rel=0.01)
    assert seconds(h100, 200) == seconds(h100, 1), "two hundred tokens are computed while the weights are read"
    assert seconds(h100, 600) == pytest.approx(2 * seconds(h100, 300) - HOST, rel=0.05)


@pytest.mark.parametrize("gpu", GPUS, ids=lambda gpu: gpu.name)
@given(computed=st.integers(1, 5000), more=st.integers(0, 5000), cached=st.integers(0, 10**6))
def test_more_tokens_never_take_less(gpu: StepTime, computed: int, more: int, cached: int) -> None:
    assert seconds(gpu, computed, cached) <= seconds(gpu, computed + more, cached)
    assert seconds(gpu, computed, cached) <= seconds(gpu, computed, cached + more)
    assert gpu.source
