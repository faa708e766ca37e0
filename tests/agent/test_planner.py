import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.errors import UserError
from redraft.agent.gpus import GPUS
from redraft.agent.planner import WORKSPACE, Plan, find_gpu, find_model, plan
from redraft.agent.shapes import KNOWN
from redraft.tests.agent.test_shapes import QWEN3

LLAMA, QWEN, AGENT = "meta-llama/Llama-3.1-8B-Instruct", "Qwen/Qwen3-8B", "openbmb/AgentCPM-Report"


def planned(model: str, gpu: str, context: int = 16_384, memory: float = 0.9, dtype: str = "bfloat16") -> Plan:
    made = KNOWN[model].architecture
    return plan(made, GPUS[gpu], context=context, memory=memory, dtype=dtype)  # type: ignore[arg-type]  # one of them


@pytest.mark.parametrize(
    ("model", "gpu", "empty", "full"),
    [  # weights and cache that a step reads, by the bandwidth: 15.0 GB / 3.35 TB/s is 4.48 ms
        (LLAMA, "h100", 223, 195),
        (QWEN, "h100", 221, 191),
        (AGENT, "h100", 212, 205),
        (LLAMA, "h200", 320, 280),
        (QWEN, "h200", 317, 273),
        (AGENT, "h200", 304, 294),
    ],
)
def test_decoding_is_bound_by_what_a_step_reads(model: str, gpu: str, empty: int, full: int) -> None:
    made = planned(model, gpu)

    assert (round(made.empty.bound), round(made.full.bound)) == (empty, full)


def test_what_is_expected_is_what_was_seen_on_an_h100() -> None:
    assert planned(QWEN, "h100").empty.expected[1] == pytest.approx(147, abs=1.5)
    assert planned(LLAMA, "h100").empty.expected[0] == pytest.approx(141, abs=0.5)


def test_the_cache_gets_what_weights_and_workspace_leave() -> None:
    made = planned(LLAMA, "a100-40", memory=0.5)
    # 40,960 MiB, the half of it, less 16.06 GB of weights and 2 GiB
    assert made.weights == pytest.approx(16.06e9, rel=0.001)
    assert made.cache == 40_960 * 2**20 // 2 - made.weights - WORKSPACE
    assert made.cache_tokens == made.cache // 131_072
    assert made.requests == pytest.approx(made.cache / 131_072 / 16_384)


def test_a_card_of_24_gb_holds_one_request_of_the_profile_and_not_two() -> None:
    assert 1 < planned(QWEN, "rtx4090").requests < 2


def test_weights_that_do_not_fit_leave_no_cache() -> None:
    made = planned(QWEN, "rtx3090", memory=0.6)

    assert (made.cache, made.cache_tokens, made.requests, made.fits) == (0, 0, 0, False)


def test_fp8_halves_the_layers_and_leaves_the_tables() -> None:
    whole, half = planned(QWEN, "h100"), planned(QWEN, "h100", dtype="fp8")

    assert whole.weights - half.weights == KNOWN[QWEN].architecture.layer_weights
    assert half.empty.bound == pytest.approx(3.35e12 / (6.946e9 + 2 * 0.6223e9), rel=0.001)


def test_tied_tables_are_held_once() -> None:
    model = KNOWN[QWEN].architecture
    tied = plan(model._replace(tied=True), GPUS["h100"], context=1024, memory=0.9, dtype="auto")

    assert planned(QWEN, "h100").weights - tied.weights == 2 * 151_936 * 4096


def test_a_prompt_takes_two_operations_a_weight_and_attention_on_top() -> None:
    short, long = planned(LLAMA, "h100", context=1), planned(LLAMA, "h100")

    assert short.prefill_bound == pytest.approx(2 * 6.979e9 / 989e12, rel=0.001)
    assert long.prefill_bound == pytest.approx((2 * 6.979e9 * 16_384 + 7.037e13) / 989e12, rel=0.001)
    assert long.prefill_expected == pytest.approx(long.prefill_bound / 0.72)


@given(
    model=st.sampled_from([LLAMA, QWEN, AGENT]),
    gpu=st.sampled_from(list(GPUS)),
    context=st.integers(1, 131_072),
    memory=st.floats(0.01, 1),
    dtype=st.sampled_from(["auto", "fp8"]),
)
def test_nothing_is_ever_expected_beyond_its_bound_nor_cached_beyond_the_memory(
    model: str, gpu: str, context: int, memory: float, dtype: str
) -> None:
    made = planned(model, gpu, context, memory, dtype)

    assert made.full.bound < made.empty.bound
    assert all(expected < speed.bound for speed in (made.empty, made.full) for expected in speed.expected)
    assert made.prefill_expected > made.prefill_bound
    assert made.cache == 0 or made.cache + made.weights <= GPUS[gpu].memory * memory


def test_gpus_are_known_by_name() -> None:
    assert find_gpu("H100") == GPUS["h100"]
    assert all(gpu.source for gpu in GPUS.values())
    with pytest.raises(UserError, match="no GPU 'tpu' to plan for; known are h100, h200"):
        find_gpu("tpu")


def test_a_model_is_known_by_its_id_or_the_end_of_it(tmp_path: Path) -> None:
    for name in ("Qwen/Qwen3-8B", "qwen3-8b"):
        found = find_model(name, tmp_path)
        assert (found.name, found.architecture) == (QWEN, KNOWN[QWEN].architecture)
    assert find_model("AgentCPM-Report", tmp_path).shape.own_code


def test_of_a_folder_or_a_model_that_was_pulled_the_configuration_is_read(tmp_path: Path) -> None:
    pulled = tmp_path / "models" / "Qwen--Qwen3-8B"
    for folder in (pulled, tmp_path / "mine"):
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps(QWEN3 | {"num_hidden_layers": 2}))

    for name, folder in ((QWEN, pulled), (str(tmp_path / "mine"), tmp_path / "mine")):
        found = find_model(name, tmp_path)
        assert (found.name, found.architecture.layers) == (str(folder), 2)


@pytest.mark.parametrize(
    ("name", "advice"),
    [("org/strange", "run `redraft model pull org/strange`"), ("strange", "give its folder"), ("embedded", "pull")],
)
def test_a_model_whose_shape_is_not_known_is_refused(name: str, advice: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"shape of '{name}' is not known: .*{advice}"):
        find_model(name, tmp_path)
