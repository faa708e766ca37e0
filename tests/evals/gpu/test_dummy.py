import json
from pathlib import Path

import pytest

from redraft.agent.errors import UserError
from redraft.agent.shapes import architecture, read_config
from redraft.evals.gpu.dummy import SHAPES, read_each_step, write
from redraft.tests.evals.gpu.given import tokenizer


@pytest.mark.parametrize("name", SHAPES)
def test_a_folder_is_of_the_shape_that_was_asked_for(tmp_path: Path, name: str) -> None:
    shape = SHAPES[name]

    write(tmp_path / "model", shape, tokenizer(tmp_path / "other"))

    found = architecture(read_config(tmp_path / "model"))
    assert found._replace(family=shape.family) == shape
    assert {file.name for file in (tmp_path / "model").iterdir()} == {
        *("config.json", "tokenizer.json", "tokenizer_config.json")
    }


def test_a_family_that_needs_python_of_its_own_is_served_as_a_llama(tmp_path: Path) -> None:
    write(tmp_path / "model", SHAPES["minicpm4.1-8b"], tokenizer(tmp_path / "other"))

    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert (config["model_type"], config["architectures"]) == ("llama", ["LlamaForCausalLM"])
    assert "auto_map" not in config


def test_without_a_tokenizer_there_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"tokenizer\.json is missing"):
        write(tmp_path / "model", SHAPES["tiny"], tmp_path)
    assert not (tmp_path / "model").exists()


def test_a_step_reads_fifteen_gigabytes_of_an_8b_model() -> None:
    assert read_each_step(SHAPES["llama-3.1-8b"]) == pytest.approx(15.0e9, rel=0.01)
    assert read_each_step(SHAPES["qwen3-8b"]) == pytest.approx(15.1e9, rel=0.01)
    assert read_each_step(SHAPES["minicpm4.1-8b"]) == pytest.approx(15.8e9, rel=0.01)
