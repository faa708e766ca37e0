"""GPUs by their data sheets."""

from collections.abc import Mapping
from typing import NamedTuple


class Gpu(NamedTuple):
    name: str
    memory: int
    """Bytes, as `nvidia-smi` shows them: what a data sheet calls 80 GB is nearer to 80 GiB, less what ECC takes."""
    bandwidth: float
    """Bytes a second."""
    operations: float
    """Dense bf16 operations a second, accumulated in 32 bits."""
    source: str


_MIB = 2**20
GPUS: Mapping[str, Gpu] = {
    "h100": Gpu(
        "H100 SXM",
        81_559 * _MIB,
        3.35e12,
        989e12,
        "NVIDIA H100 data sheet: 3.35 TB/s, 1,979 TFLOPS of which half dense",
    ),
    "h200": Gpu(
        "H200 SXM",
        143_771 * _MIB,
        4.8e12,
        989e12,
        "NVIDIA H200 data sheet: 4.8 TB/s, 1,979 TFLOPS of which half dense",
    ),
    "a100-80": Gpu("A100 SXM 80 GB", 81_920 * _MIB, 2.039e12, 312e12, "NVIDIA A100 data sheet: 2,039 GB/s, 312 TFLOPS"),
    "a100-40": Gpu("A100 SXM 40 GB", 40_960 * _MIB, 1.555e12, 312e12, "NVIDIA A100 data sheet: 1,555 GB/s, 312 TFLOPS"),
    "l40s": Gpu("L40S", 46_068 * _MIB, 864e9, 362.05e12, "NVIDIA L40S data sheet: 864 GB/s, 362.05 TFLOPS"),
    "rtx4090": Gpu(
        "RTX 4090",
        24_564 * _MIB,
        1.008e12,
        165.2e12,
        "NVIDIA Ada GPU architecture white paper: 1,008 GB/s, 165.2 TFLOPS",
    ),
    "rtx3090": Gpu(
        "RTX 3090", 24_576 * _MIB, 936e9, 71e12, "NVIDIA Ampere GA102 GPU architecture white paper: 936 GB/s, 71 TFLOPS"
    ),
}
"""By the names that `redraft serve plan` takes."""
