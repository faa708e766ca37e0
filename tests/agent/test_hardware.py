import sys
from collections.abc import Sequence

from redraft.agent.hardware import Card, cards


def printing(text: str, code: int = 0) -> Sequence[str]:
    return (sys.executable, "-c", f"import sys; print({text!r}); sys.exit({code})")


def test_every_gpu_is_told_with_its_driver_and_its_memory() -> None:
    told = "NVIDIA H100 80GB HBM3, 580.95.05, 81559, 81079\nNVIDIA GB10, 580.95.05, [N/A], [N/A]\n"

    assert cards(printing(told)) == [
        Card("NVIDIA H100 80GB HBM3", "580.95.05", 81_559, 81_079),
        Card("NVIDIA GB10", "580.95.05", 0, 0),
    ]


def test_without_a_driver_or_a_gpu_there_are_none() -> None:
    assert cards(("/nowhere/nvidia-smi",)) == []
    assert cards(printing("couldn't communicate with the NVIDIA driver", 9)) == []
    assert cards(printing("No devices were found")) == []
