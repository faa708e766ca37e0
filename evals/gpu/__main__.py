"""The bench of one GPU: README.md beside this file says how to run it.

    python -m redraft.evals.gpu steps --shape llama-3.1-8b --tokenizer FOLDER --gpu h100 --out FILE
    python -m redraft.evals.gpu live TRANSCRIPTS --model FOLDER --out FILE
    python -m redraft.evals.gpu compare FILE TRANSCRIPTS

Not a command of `redraft`, which needs more packages than a machine has that nothing but a GPU was put into.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from redraft.agent.errors import RedraftError
from redraft.agent.gpus import GPUS, Gpu
from redraft.agent.settings import load_settings
from redraft.agent.transcripts import read
from redraft.evals.gpu import results, tables
from redraft.evals.gpu.comparing import compared
from redraft.evals.gpu.dummy import SHAPES
from redraft.evals.gpu.measuring import Grid
from redraft.evals.gpu.steps import measured
from redraft.evals.speed import comparison, live, served
from redraft.evals.speed.drafters import chosen
from redraft.tools.errors import ToolError


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (RedraftError, ToolError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _steps(options: argparse.Namespace) -> None:
    gpu = GPUS[options.gpu] if options.gpu else _of_bandwidth(options.bandwidth)
    grid = Grid(options.batches, options.contexts, options.drafts, options.steps, options.rounds)
    found = asyncio.run(measured(options.shape, options.tokenizer, grid, gpu, _tell))
    results.write(options.out, found)
    sys.stdout.write(tables.steps(found))


def _of_bandwidth(bandwidth: float) -> Gpu:
    return Gpu("", 0, bandwidth, 0.0, f"{bandwidth:g} bytes a second, as given")


def _compare(options: argparse.Namespace) -> None:
    found = results.read(options.steps)
    rows = compared(found, read(options.transcripts), chosen(options.drafters), options.concurrency)
    if options.out:
        _write(options.out, [row._asdict() for row in rows])
    sys.stdout.write(tables.rows(found, rows))


def _live(options: argparse.Namespace) -> None:
    settings = load_settings(llm_model=str(options.model), context=options.context)
    calls = read(options.transcripts)
    asked = live.prompts(calls, each=options.each, most=options.most, context=options.context, nodes=options.nodes)
    timed = asyncio.run(
        served.bench(
            *(settings, asked, list(chosen(options.drafters))),
            rounds=options.rounds,
            concurrencies=options.concurrency,
            tell=_tell,
        )
    )
    _write(options.out, {"machine": results.machine(), **comparison.compared(timed)})


def _write(file: Path, found: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found, indent=1) + "\n")


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m redraft.evals.gpu", description="What one GPU makes of drafting.")
    commands = parser.add_subparsers(required=True)
    _add_steps(commands.add_parser("steps", help="time steps of a model's shape, with dummy weights"))
    _add_live(commands.add_parser("live", help="time drafters on a server with a real model"))
    _add_compare(commands.add_parser("compare", help="replay transcripts with the step times that were measured"))
    return parser


def _add_steps(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shape", choices=SHAPES, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True, metavar="FOLDER", help="of any model")
    reads = parser.add_mutually_exclusive_group(required=True)
    reads.add_argument("--gpu", choices=GPUS, help="whose data sheet has the bandwidth")
    reads.add_argument("--bandwidth", type=float, help="bytes a second, where none of these is it")
    parser.add_argument("--batches", type=_numbers, default=[1, 4, 8], metavar="N,…", help="requests at once")
    parser.add_argument("--contexts", type=_numbers, default=[1024, 8192, 16_384], metavar="N,…")
    parser.add_argument("--drafts", type=_numbers, default=[0, 1, 3, 7, 15, 31], metavar="N,…")
    parser.add_argument("--steps", type=int, default=128, help="tokens of an answer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.set_defaults(run=_steps)


def _add_live(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("transcripts", type=Path)
    parser.add_argument("--model", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--nodes", type=_names, default=[], metavar="NAME,…", help="steps of the run [all]")
    parser.add_argument("--each", type=int, default=8, help="calls of each")
    parser.add_argument("--most", type=int, default=256, help="tokens of an answer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--context", type=int, default=8192)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    _add_drafters(parser)
    parser.set_defaults(run=_live)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("steps", type=Path, metavar="FILE", help="as `steps` wrote it")
    parser.add_argument("transcripts", type=Path)
    parser.add_argument("--out", type=Path, metavar="FILE")
    _add_drafters(parser)
    parser.set_defaults(run=_compare)


def _add_drafters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--drafters", metavar="NAME,…", help="of off, ngram, suffix, redraft [all that are installed]")
    parser.add_argument("--concurrency", type=_numbers, default=[1, 4, 8], metavar="N,…")


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
