"""Stands in for vLLM with a dummy model: its steps, and the times between its tokens, are what is planted.

python fake_vllm.py PORT [… --additional-config JSON]
"""

import http.server
import json
import sys
from pathlib import Path
from typing import Any

from redraft.evals.gpu.fixed import Step, Turns
from redraft.evals.gpu.measuring import BETWEEN_TOKENS, WARMING
from redraft.evals.speed.custom import KEY
from redraft.tests.evals.gpu.given import GRID, took

PORT, *FLAGS = sys.argv[1:]
TOLD = dict(zip(FLAGS[::2], FLAGS[1::2], strict=True)).get("--additional-config")
TURNS = Turns(Path(json.loads(TOLD)[KEY])) if TOLD else None
BETWEEN = {"sum": 0.0, "count": 0}


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        lines = [f"{BETWEEN_TOKENS}_{name} {value}\n" for name, value in BETWEEN.items()]
        self._answer("".join((f"# TYPE {BETWEEN_TOKENS} histogram\n", *lines)))

    def do_POST(self) -> None:
        body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["content-length"])))
        BETWEEN["count"] += body["max_tokens"] - 1
        BETWEEN["sum"] += (body["max_tokens"] - 1) * took(1, len(body["prompt"]))
        if TURNS and body["max_tokens"] > 1:
            _step(TURNS)
        self._answer("{}")

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


def _step(turns: Turns) -> None:
    turn, draft = turns.read()
    if turn != WARMING:
        point = GRID.points(GRID.drafts)[turn]
        computed, cached = point.batch * (1 + draft), point.batch * point.context
        turns.add(Step(turn, took(computed, cached), point.batch, computed, cached))


if __name__ == "__main__":
    http.server.HTTPServer(("127.0.0.1", int(PORT)), Answers).serve_forever()
