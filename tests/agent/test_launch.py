from pathlib import Path

import pytest

from redraft.agent.errors import UserError
from redraft.agent.launch import cache_gib, command, drafter, environment, fitted_context, launch, reason, warnings
from redraft.agent.profiles import PROFILES, ProfileName
from redraft.agent.settings import load_settings
from redraft.agent.shapes import Shape

SMALL = Shape(longest=8192, token_bytes=23_040, own_code=False)
NGRAM = '{"method": "ngram", "num_speculative_tokens": 8, "prompt_lookup_min": 2, "prompt_lookup_max": 8}'


def flags(name: ProfileName, *, shape: Shape = SMALL, **given: object) -> list[str]:
    settings = load_settings(**{"speculation": "ngram", **given})
    made = command(
        "/models/small",
        shape,
        settings,
        name="small",
        port=8001,
        context=4096,
        profile=PROFILES[name],
        drafting=drafter(settings),
    )
    return made[made.index("--model") :]


def test_a_cpu_serves_four_sequences_without_compiling() -> None:
    assert flags("cpu") == [
        *("--model", "/models/small", "--served-model-name", "small", "--host", "127.0.0.1", "--port", "8001"),
        *("--max-model-len", "4096", "--enable-prompt-tokens-details", "--scheduling-policy", "priority"),
        *("--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}'),
        *("--speculative-config", NGRAM),
        *("--dtype", "bfloat16", "--max-num-seqs", "4", "--enforce-eager"),
    ]


def test_a_gpu_serves_more_with_graphs_for_few_sequences() -> None:
    assert flags("gpu")[-10:] == [
        *("--dtype", "auto", "--gpu-memory-utilization", "0.9", "--max-num-seqs", "16"),
        *("--max-num-batched-tokens", "8192", "--performance-mode", "interactivity"),
    ]


@pytest.mark.parametrize("profile", ["cpu", "gpu"])
def test_whose_turn_comes_first_is_for_the_calls_to_say(profile: ProfileName) -> None:
    made = flags(profile)

    assert made[made.index("--scheduling-policy") + 1] == "priority"


def test_drafting_can_be_switched_off() -> None:
    assert "--speculative-config" not in flags("cpu", speculation="off")


def test_a_drafter_whose_parts_are_missing_is_left_out_with_a_warning(tmp_path: Path) -> None:
    settings = load_settings(speculation="eagle3")
    elsewhere = load_settings(speculation="eagle3", llm_draft="org/head")
    (tmp_path / "config.json").write_text("{}")
    there = load_settings(speculation="eagle3", llm_draft=str(tmp_path))

    assert "--speculative-config" not in flags("gpu", speculation="eagle3")
    assert list(warnings(settings, 16_384, drafter(settings))) == [
        "the drafter eagle3 is left out: no draft model was given"
    ]
    assert list(warnings(elsewhere, 16_384, drafter(elsewhere))) == [
        "the drafter eagle3 is left out: org/head is not on this machine: run `redraft model pull org/head`"
    ]
    assert list(warnings(there, 16_384, drafter(there))) == []
    assert (drafter(there).config or {})["model"] == str(tmp_path)


def test_a_model_that_marks_its_thoughts_is_served_with_what_reads_the_marks() -> None:
    made = flags("gpu", shape=SMALL._replace(reasoning_parser="qwen3"))

    assert made[made.index("--reasoning-parser") + 1] == "qwen3"
    assert "--reasoning-parser" not in flags("gpu")


@pytest.mark.parametrize(
    ("family", "own_code", "trusted"),
    [("minicpm", True, True), ("minicpm", False, False), ("qwen3", True, False)],
)
def test_code_of_the_model_is_run_only_where_the_family_needs_it_and_the_folder_brings_it(
    family: str, own_code: bool, trusted: bool
) -> None:
    made = flags("gpu", shape=SMALL._replace(family=family, own_code=own_code), trust_remote_code=True)

    assert ("--trust-remote-code" in made) == trusted


def test_code_of_the_model_is_never_run_unless_the_user_has_said_so() -> None:
    with pytest.raises(UserError, match=r"small cannot be read without the Python in its folder.*--trust-remote-code"):
        flags("gpu", shape=SMALL._replace(family="minicpm", own_code=True))


@pytest.mark.parametrize(
    ("profile", "asked", "longest", "served"),
    [
        ("gpu", None, 40_960, 16_384),
        ("gpu", 32_768, 40_960, 32_768),
        ("gpu", 65_536, 40_960, 40_960),
        ("cpu", None, 8192, 8192),
        ("cpu", None, 2048, 2048),
        ("cpu", 4096, None, 4096),
    ],
)
def test_the_context_is_what_is_asked_for_as_far_as_the_model_goes(
    profile: ProfileName, asked: int | None, longest: int | None, served: int
) -> None:
    settings = load_settings(context=asked)

    assert fitted_context(settings, PROFILES[profile], SMALL._replace(longest=longest)) == served


def test_a_launch_is_made_of_the_settings_the_model_and_the_profile(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    for name in ("tokenizer.json", "model.safetensors"):
        (folder / name).touch()
    (folder / "config.json").write_text('{"max_position_embeddings": 4096}')
    settings = load_settings(llm_model=str(folder), context=8192, speculation="draft_model")

    made = launch(settings, 8001, PROFILES["cpu"])

    assert (made.model, made.context, made.asked, made.drafter, made.limit) == ("small", 4096, 8192, "off", 300)
    assert [warning.split(":")[0] for warning in made.warnings] == [
        "the drafter draft_model is left out",
        "the model was made for 4096 tokens of context",
    ]
    assert made.command[made.command.index("--model") + 1] == str(folder)
    assert made.environment["VLLM_CPU_KVCACHE_SPACE"] == "4"
    assert launch(load_settings(llm_model=str(folder), speculation="ngram"), 8001, PROFILES["gpu"]).drafter == "ngram"


def test_a_context_that_the_model_does_not_hold_is_said() -> None:
    settings = load_settings(context=65_536)

    assert list(warnings(settings, 40_960, drafter(settings))) == [
        "the model was made for 40960 tokens of context: it is served with these, not 65536"
    ]
    assert list(warnings(settings, 65_536, drafter(settings))) == []


def test_the_engine_is_offline_and_uses_every_core() -> None:
    assert environment(PROFILES["cpu"], SMALL, context=8192, cores={3, 0, 1}) == {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "0,1,3",
        "VLLM_CPU_NUM_OF_RESERVED_CPU": "0",
    }


def test_the_engine_on_a_gpu_needs_to_be_told_nothing_about_cores() -> None:
    assert environment(PROFILES["gpu"], SMALL, context=8192, cores={0}) == {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
    }


@pytest.mark.parametrize(
    ("token_bytes", "context", "gib"),
    [(23_040, 8192, 1), (32_768, 8192, 2), (147_456, 8192, 5), (147_456, 32_768, 19), (None, 8192, 4)],
)
def test_the_cache_holds_four_sequences_at_their_longest(token_bytes: int | None, context: int, gib: int) -> None:
    assert cache_gib(Shape(None, token_bytes, own_code=False), context, sequences=4) == gib


LOG = """\
(APIServer pid=7) INFO 11-22 06:46:49 [api_utils.py:286] non-default args: {}
(EngineCore pid=8) ERROR 11-22 06:50:55 [core.py:1510] Traceback (most recent call last):
(EngineCore pid=8) ERROR 11-22 06:50:55 [core.py:1510]   File "core.py", line 1482, in run_engine_core
(EngineCore pid=8) ERROR 11-22 06:50:55 [core.py:1510] torch.OutOfMemoryError: CUDA out of memory.
(APIServer pid=7) RuntimeError: Engine core initialization failed. See root cause above.
[rank0] destroy_process_group() was not called
"""


@pytest.mark.parametrize(
    ("log", "line"),
    [
        (LOG, "torch.OutOfMemoryError: CUDA out of memory."),
        ("api_server.py: error: unrecognized arguments: --x\n", "api_server.py: error: unrecognized arguments: --x"),
        (
            "pydantic.ValidationError: 1 validation error for ModelConfig\n  Value error, no model there [type=x]\n",
            "Value error, no model there [type=x]",
        ),
        ("one\ntwo\n\n", "two"),
        ("", "its log is empty"),
    ],
)
def test_the_reason_is_the_last_fault_that_no_other_caused(log: str, line: str) -> None:
    assert reason(log) == line
