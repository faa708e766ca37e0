"""Stands in for vLLM with the bench's switch: answers each prompt with whose turn it is, in letters.

python fake_completions.py PORT … --additional-config JSON
"""

import http.server
import json
import sys
from pathlib import Path
from typing import Any

from redraft.agent.speculation.vllm_proposer import Count
from redraft.evals.speed.custom import KEY
from redraft.evals.speed.switching import Switch

PORT, *FLAGS = sys.argv[1:]
TOLD = dict(zip(FLAGS[::2], FLAGS[1::2], strict=True))
SWITCH = Switch(Path(json.loads(TOLD["--additional-config"])[KEY]))


class Completions(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        SWITCH.add(Count(steps=int(TOLD["--max-num-seqs"])))
        self._answer({"choices": [{"token_ids": [ord(sign) for sign in SWITCH.read()]}]})

    def _answer(self, body: dict[str, Any]) -> None:
        said = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    http.server.HTTPServer(("127.0.0.1", int(PORT)), Completions).serve_forever()
