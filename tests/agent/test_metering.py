import httpx
import pytest

from redraft.agent.metering import Load, Told, ask, read

METRICS = """\
# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="small"} 3.0
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="small"} 2.0
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{engine="0",model_name="small"} 0.25
# TYPE vllm:prefix_cache_queries_total counter
vllm:prefix_cache_queries_total{engine="0",model_name="small"} 4000.0
# TYPE vllm:prefix_cache_hits_total counter
vllm:prefix_cache_hits_total{engine="0",model_name="small"} 2880.0
# TYPE vllm:prefix_cache_hits_created gauge
vllm:prefix_cache_hits_created{engine="0",model_name="small"} 1.79e+09
# TYPE vllm:spec_decode_num_drafts_total counter
vllm:spec_decode_num_drafts_total{engine="0",model_name="small"} 100.0
# TYPE vllm:spec_decode_num_draft_tokens_total counter
vllm:spec_decode_num_draft_tokens_total{engine="0",model_name="small"} 800.0
# TYPE vllm:spec_decode_num_accepted_tokens_total counter
vllm:spec_decode_num_accepted_tokens_total{engine="0",model_name="small"} 240.0
"""
LOAD = Load(running=3, waiting=2, cache_used=0.25, cache_hits=0.72, acceptance_length=3.4, acceptance_rate=0.3)


def test_the_work_of_a_server_is_read_from_its_metrics() -> None:
    assert read(METRICS) == LOAD


def test_of_several_engines_requests_add_up_and_the_fullest_cache_counts() -> None:
    second = METRICS.replace('engine="0"', 'engine="1"').replace("} 0.25", "} 0.5")
    samples = "\n".join(line for line in second.splitlines() if not line.startswith("#"))

    both = read(f"{METRICS}{samples}\n")

    assert (both.running, both.waiting, both.cache_used) == (6, 4, 0.5)
    assert both[3:] == LOAD[3:]


def test_what_was_never_counted_is_unknown_and_so_is_a_share_of_nothing() -> None:
    idle = METRICS.replace("4000.0", "0.0").replace("100.0", "0.0").replace("800.0", "0.0")

    assert read(idle)[3:] == (None, None, None)
    assert read("") == Load(None, None, None, None, None, None)


def test_a_server_is_asked_for_its_work_and_its_context() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/metrics":
            return httpx.Response(200, text=METRICS)
        return httpx.Response(200, json={"data": [{"id": "small", "max_model_len": 4096}]})

    transport = httpx.MockTransport(answer)

    assert ask("http://server", "small", transport) == Told(4096, LOAD)
    assert ask("http://server", "other", transport) == Told(None, LOAD)


@pytest.mark.parametrize("failure", [httpx.Response(404), httpx.ReadTimeout("slow")])
def test_a_server_that_tells_nothing_is_no_error(failure: httpx.Response | httpx.ReadTimeout) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if isinstance(failure, httpx.Response):
            return failure
        raise failure

    assert ask("http://server", "small", httpx.MockTransport(answer)) == Told(None, None)
