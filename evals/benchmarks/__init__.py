"""Benchmarks for writers of reports: their tasks, the files that their own scripts read, and the scores these write."""

from collections.abc import Mapping
from types import MappingProxyType

from redraft.evals.benchmarks import (
    deepconsult,
    deepscholar,
    drb,
    freshwiki,
    longbench_write,
    questions,
    reportbench,
    researchy,
)
from redraft.evals.benchmarks.base import Benchmark

BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType(
    {
        benchmark.name: benchmark
        for benchmark in (
            drb.BENCHMARK,
            deepconsult.BENCHMARK,
            researchy.BENCHMARK,
            reportbench.BENCHMARK,
            deepscholar.BENCHMARK,
            freshwiki.BENCHMARK,
            longbench_write.LONGBENCH_WRITE,
            longbench_write.LONGWRITE_RULER,
            questions.BENCHMARK,
        )
    }
)
