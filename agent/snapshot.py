"""Fetches a model from the hub: `python -m redraft.agent.snapshot ORG/NAME FOLDER`; prints the revision it fetched.

A program of its own, so that what arrives can be watched, and stopped, from outside.
"""

import sys

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import RepositoryNotFoundError

WANTED = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja", "LICENSE*")
"""Not the same weights again in older formats."""
OWN_CODE = ("openbmb/",)
"""Publishers whose models bring Python without which they cannot be loaded. vLLM runs what is fetched here."""


def fetch(name: str, folder: str) -> str:
    """What is in `folder` from an earlier try is used."""
    revision = HfApi().model_info(name).sha
    wanted = [*WANTED, *(["*.py"] if name.startswith(OWN_CODE) else [])]
    snapshot_download(name, revision=revision, local_dir=folder, allow_patterns=wanted)
    return str(revision)


if __name__ == "__main__":
    try:
        sys.stdout.write(fetch(sys.argv[1], sys.argv[2]) + "\n")
    except RepositoryNotFoundError:
        sys.exit("it has no such model, or none that is open to you: log in there, or set HF_TOKEN")
