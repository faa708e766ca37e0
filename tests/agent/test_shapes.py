import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from redraft.agent.errors import UserError
from redraft.agent.shapes import KNOWN, Architecture, Shape, architecture, read_shape

SMALL = Shape(longest=8192, token_bytes=23_040, own_code=False)
QWEN3 = {
    "model_type": "qwen3",
    "num_hidden_layers": 36,
    "hidden_size": 4096,
    "intermediate_size": 12_288,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151_936,
    "tie_word_embeddings": False,
    "max_position_embeddings": 40_960,
}


def write(folder: Path, config: Mapping[str, object]) -> None:
    (folder / "config.json").write_text(json.dumps(config))


def test_the_shape_of_a_model_is_read_from_its_configuration(tmp_path: Path) -> None:
    config = {"max_position_embeddings": 8192, "num_hidden_layers": 30, "num_attention_heads": 9, "hidden_size": 576}
    write(tmp_path, config | {"num_key_value_heads": 3})

    assert read_shape(tmp_path) == SMALL


def test_the_shape_of_a_model_that_sees_is_that_of_its_text_part(tmp_path: Path) -> None:
    text = {"max_position_embeddings": 4096, "num_hidden_layers": 2, "num_attention_heads": 4, "head_dim": 8}
    write(tmp_path, {"text_config": text, "vision_config": {}})

    assert read_shape(tmp_path) == Shape(longest=4096, token_bytes=2 * 2 * 4 * 8 * 2, own_code=False)


def test_a_configuration_may_leave_the_shape_open(tmp_path: Path) -> None:
    write(tmp_path, {"model_type": "odd"})

    assert read_shape(tmp_path) == Shape(None, None, own_code=False, family="odd")


def test_code_counts_only_when_it_is_there(tmp_path: Path) -> None:
    write(tmp_path, {"auto_map": {"AutoModel": "modeling_odd.Odd"}})
    without = read_shape(tmp_path).own_code
    (tmp_path / "modeling_odd.py").touch()

    assert (without, read_shape(tmp_path).own_code) == (False, True)


@pytest.mark.parametrize("text", ["", "[", None])
def test_a_configuration_that_cannot_be_read_is_the_users_to_mend(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "config.json").write_text(text)

    with pytest.raises(UserError, match=r"config\.json cannot be read"):
        read_shape(tmp_path)


@pytest.mark.parametrize("name", ["chat_template.jinja", "tokenizer_config.json"])
def test_a_qwen3_whose_thinking_can_be_switched_marks_its_thoughts(tmp_path: Path, name: str) -> None:
    write(tmp_path, QWEN3)
    without = read_shape(tmp_path).reasoning_parser
    (tmp_path / name).write_text("{% if enable_thinking is defined and enable_thinking is false %}")

    assert (without, read_shape(tmp_path).reasoning_parser) == (None, "qwen3")


def test_of_another_family_the_marks_are_not_known(tmp_path: Path) -> None:
    write(tmp_path, QWEN3 | {"model_type": "minicpm"})
    (tmp_path / "chat_template.jinja").write_text("{{ enable_thinking }}")

    assert read_shape(tmp_path).reasoning_parser is None


def test_the_architecture_of_a_model_is_that_of_its_configuration() -> None:
    assert architecture(QWEN3) == KNOWN["Qwen/Qwen3-8B"].architecture
    few = {name: value for name, value in QWEN3.items() if name not in ("head_dim", "num_key_value_heads")}
    assert architecture(few)[5:7] == (32, 128)


def test_an_architecture_that_cannot_be_reckoned_with_is_refused() -> None:
    with pytest.raises(UserError, match="mixture of experts"):
        architecture(QWEN3 | {"num_experts": 128})
    with pytest.raises(UserError, match="does not tell its intermediate_size"):
        architecture({name: value for name, value in QWEN3.items() if name != "intermediate_size"})


@pytest.mark.parametrize(
    ("name", "billions", "kib"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", 8.03, 128),  # as their cards say
        ("Qwen/Qwen3-8B", 8.19, 144),
        ("openbmb/AgentCPM-Report", 8.19, 32),
    ],
)
def test_known_models_have_the_size_that_their_makers_give(name: str, billions: float, kib: int) -> None:
    model: Architecture = KNOWN[name].architecture

    assert (model.layer_weights + 2 * model.table_weights) / 1e9 == pytest.approx(billions, abs=0.01)
    assert model.token_bytes == kib * 1024
