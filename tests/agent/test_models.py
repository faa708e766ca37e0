import json
from pathlib import Path

import pytest

from redraft.agent.errors import EngineMissing, UserError
from redraft.agent.models import MINILM, Model, find, installed, preferred, served_name
from redraft.tests.meanings import install


def made(folder: Path, *leave_out: str) -> Path:
    """A folder as a model's: what is in its files does not matter here."""
    folder.mkdir(parents=True)
    for name in {"config.json", "tokenizer.json", "model.safetensors"} - set(leave_out):
        (folder / name).write_text("{}")
    return folder


def pulled(cache: Path, name: str, *, size: int = 2) -> Path:
    """A model as `pull` leaves it."""
    folder = made(cache / "models" / name.replace("/", "--"))
    files = {"config.json": {"size": size, "sha256": ""}}
    manifest = {"name": name, "source": "hub", "version": "abc", "files": files}
    (folder / "redraft.json").write_text(json.dumps(manifest))
    return folder


def test_a_folder_of_the_users_own_is_used_where_it_is(tmp_path: Path) -> None:
    folder = made(tmp_path / "mine")

    assert find(str(folder), tmp_path / "cache") == folder


@pytest.mark.parametrize(
    ("missing", "what"),
    [
        ("config.json", "config.json missing"),
        ("tokenizer.json", "a tokenizer missing"),
        ("model.safetensors", "safetensors weights missing"),
    ],
)
def test_a_folder_must_hold_what_a_server_needs(tmp_path: Path, missing: str, what: str) -> None:
    folder = made(tmp_path / "mine", missing)

    with pytest.raises(UserError, match=what):
        find(str(folder), tmp_path / "cache")


@pytest.mark.parametrize("name", ["nowhere", "./org/name", "/no/such/folder", "a/b/c", ""])
def test_a_name_that_is_no_model_says_what_a_model_is(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UserError, match=r"no model at|holds no model"):
        find(name, tmp_path / "cache")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("embedded", "run `redraft model pull`"),
        ("minilm", "run `redraft model pull minilm`"),
        ("org/name", "run `redraft model pull org/name`"),
    ],
)
def test_a_model_that_is_not_there_says_how_to_get_it(tmp_path: Path, name: str, advice: str) -> None:
    with pytest.raises(EngineMissing, match=advice):
        find(name, tmp_path)


def test_a_model_from_the_hub_is_found_in_the_cache(tmp_path: Path) -> None:
    folder = pulled(tmp_path, "org/name")

    assert find("org/name", tmp_path) == folder


def test_a_model_whose_files_have_other_sizes_counts_as_missing(tmp_path: Path) -> None:
    pulled(tmp_path, "org/name", size=3)

    assert installed(tmp_path) == []
    with pytest.raises(EngineMissing):
        find("org/name", tmp_path)


def test_what_is_installed_is_listed_by_name(tmp_path: Path) -> None:
    second, first = pulled(tmp_path, "org/b"), pulled(tmp_path, "org/a")

    assert installed(tmp_path) == [
        Model("org/a", first, "hub", "abc", 2),
        Model("org/b", second, "hub", "abc", 2),
    ]


def test_a_folder_goes_before_a_model_on_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = made(tmp_path / "org" / "name")
    monkeypatch.chdir(tmp_path)

    assert find("org/name", tmp_path / "cache") == folder


def test_models_are_served_under_names_that_say_what_they_are(tmp_path: Path) -> None:
    folder = made(tmp_path / "my-8b")

    names = [served_name(name) for name in ("embedded", "org/name", str(folder))]

    assert names == ["smollm2-135m-instruct", "org/name", "my-8b"]


def test_a_gpu_is_given_the_largest_model_and_a_cpu_the_embedded_one(tmp_path: Path) -> None:
    for name, size in (("embedded", 10), ("org/large", 30), ("org/middling", 20)):
        folder = pulled(tmp_path, name, size=size)
        (folder / "config.json").write_text("x" * size)

    assert preferred(tmp_path, gpu=True) == "org/large"
    assert preferred(tmp_path, gpu=False) == "embedded"
    assert preferred(tmp_path / "empty", gpu=True) == "embedded"


def test_the_sentence_model_is_listed_and_found_but_never_served(tmp_path: Path) -> None:
    folder = install(tmp_path)

    assert find(MINILM, tmp_path) == folder
    assert [(model.name, model.path, model.source) for model in installed(tmp_path)] == [(MINILM, folder, "embedded")]
    assert preferred(tmp_path, gpu=True) == "embedded"
    with pytest.raises(UserError, match=r"minilm cannot be served: it finds passages by their meaning"):
        served_name(MINILM)
