"""The models on this machine: which there are, and where they lie.

A model is named `embedded` (a small one from a Python package, which any machine can serve), by a folder, or by its id
on the hub, `org/name`. One more, `minilm`, is not served: it makes vectors of passages. What is pulled lies below the
cache with a manifest, and appears there only whole.
"""

import re
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from redraft.agent.errors import EngineMissing, UserError

EMBEDDED = "embedded"
MINILM = "minilm"
PACKAGED = {EMBEDDED: "smollm2-135m-instruct", MINILM: "all-minilm-l6-v2"}
"""The models that come from Python packages, with the names of their folders."""
MANIFEST = "redraft.json"

Source = Literal["embedded", "hub", "folder"]
"""`embedded` stands for a Python package."""


class Model(NamedTuple):
    name: str
    """What to ask for it by."""
    path: Path
    source: Source
    version: str
    """Of the package, or the hub's revision; empty for a folder of the user's own."""
    size: int
    """Bytes on disk."""


class Content(BaseModel):
    model_config = ConfigDict(frozen=True)

    size: int
    sha256: str


class Manifest(BaseModel):
    """Written last into a folder that was pulled, next to what it describes."""

    model_config = ConfigDict(frozen=True)

    name: str
    source: Source
    version: str
    files: dict[str, Content]


_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_PARTS = {
    "config.json": ["config.json"],
    "a tokenizer": ["tokenizer.json", "tokenizer.model", "tokenizer_config.json"],
    "safetensors weights": ["*.safetensors"],
}


def find(name: str, cache: Path) -> Path:
    """The folder of a model that is there already.

    Raises `EngineMissing` for one that has to be pulled, `UserError` for a folder that holds no model.
    """
    if source_of(name) == "folder":
        return check_folder(Path(name).expanduser().resolve())
    folder = place(name, cache)
    if read_manifest(folder) is None:
        argument = "" if name == EMBEDDED else f" {name}"
        message = f"the model {name} is not on this machine: run `redraft model pull{argument}`"
        raise EngineMissing(message)
    return folder


def installed(cache: Path) -> list[Model]:
    """What has been pulled, by name."""
    folders = (manifest.parent for manifest in (cache / "models").glob(f"*/{MANIFEST}"))
    found = ((folder, read_manifest(folder)) for folder in folders)
    return sorted(describe(folder, manifest) for folder, manifest in found if manifest)


def preferred(cache: Path, *, gpu: bool) -> str:
    """What to serve when nobody says: on a GPU the largest model that was pulled, else the embedded one."""
    from_hub = (model for model in installed(cache) if model.source == "hub")
    largest = max(from_hub, key=lambda model: model.size, default=None)
    return largest.name if gpu and largest else EMBEDDED


def served_name(name: str) -> str:
    """What a server calls the model. Raises `UserError` for one that writes nothing."""
    if name == MINILM:
        message = f"{MINILM} cannot be served: it finds passages by their meaning (--dense), and writes nothing"
        raise UserError(message)
    match source_of(name):
        case "embedded":
            return PACKAGED[name]
        case "folder":
            return Path(name).expanduser().resolve().name
        case "hub":
            return name


def source_of(name: str) -> Source:
    """A folder that exists is meant before a model on the hub that is called the same."""
    if name in PACKAGED:
        return "embedded"
    if Path(name).expanduser().is_dir() or not _HUB_ID.fullmatch(name):
        return "folder"
    return "hub"


def place(name: str, cache: Path) -> Path:
    """Where a model that was pulled lies, or will."""
    return cache / "models" / PACKAGED.get(name, name.replace("/", "--"))


def check_folder(folder: Path) -> Path:
    """The folder, if it can be served from."""
    if not folder.is_dir():
        message = f"no model at {folder}: give `embedded`, a folder, or the id of a model on the hub, as in org/name"
        raise UserError(message)
    for what, patterns in _PARTS.items():
        if not any(any(folder.glob(pattern)) for pattern in patterns):
            message = f"{folder} holds no model that can be served: {what} missing"
            raise UserError(message)
    return folder


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder that is whole, as far as names and sizes tell."""
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
        sizes = {name: (folder / name).stat().st_size for name in manifest.files}
    except (OSError, ValidationError):
        return None
    return manifest if sizes == {name: content.size for name, content in manifest.files.items()} else None


def describe(folder: Path, manifest: Manifest) -> Model:
    size = sum(content.size for content in manifest.files.values())
    return Model(manifest.name, folder, manifest.source, manifest.version, size)
